"""Photos that are too large for the service, with real pictures, real bytes and a real daemon."""

import base64
import hashlib
import json
import os
import zlib
from io import BytesIO

import pytest
from answers import good, good_reply, refusal_reply
from invariants import check_all, check_asked_once
from PIL import Image
from workshop import OpenShop, Workshop, picture

from servers import Exchange, Recorded, Script, ScriptedServer, reply_bytes

LIMIT = 3_000_000
ENVELOPE = refusal_reply(413, "request_too_large")
BARE = reply_bytes(413, b"<html>413 Request Entity Too Large</html>", {"Connection": "close"})


def noisy(side: int, seed: int = 0) -> bytes:
    """Give a PNG that no format makes small; its body has about four bytes a pixel."""
    pixels = seed.to_bytes(3) + os.urandom(side * side * 3 - 3)
    buffer = BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def refusing_above(limit: int, reply: bytes) -> Script:
    """Give a script that reads all of a request and refuses it when it is too large."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(reply if length(exchange.request) > limit else good_reply())

    return script


def refusing_early_above(limit: int, reply: bytes) -> Script:
    """Give a script that refuses a request that is too large before it has read it, and closes."""

    def script(exchange: Exchange) -> None:
        exchange.read_head()
        if length(exchange.request) > limit:
            exchange.send(reply)
            exchange.pause(0.3)
            return
        exchange.read_body()
        exchange.send(good_reply())

    return script


def resetting_above(limit: int) -> Script:
    """Give a script that cuts the connection in the midst of a request that is too large."""

    def script(exchange: Exchange) -> None:
        exchange.read_head()
        if length(exchange.request) > limit:
            exchange.read_body(100_000)
            exchange.reset()
            return
        exchange.read_body()
        exchange.send(good_reply())

    return script


def length(request: Recorded) -> int:
    """Give the length that a request announced."""
    return int(request.headers["content-length"])


def sent_pictures(request: Recorded) -> list[bytes]:
    """Give the pictures in a request."""
    return [base64.b64decode(one) for one in json.loads(request.body)["input_images_base64"]]


def check_sent_smaller(shop: Workshop, request: Recorded, source: bytes, name: str = "large") -> None:
    """Check that the metadata tells the truth of a picture that went out smaller."""
    (sent,) = sent_pictures(request)
    fields = shop.metadata(f"{name}.jpg")
    with Image.open(BytesIO(sent)) as image:
        assert fields["sent"] == [
            {
                "sha256": hashlib.sha256(sent).hexdigest(),
                "bytes": len(sent),
                "width": image.width,
                "height": image.height,
                "format": "jpeg",
                "path": None,
                "why": "it was too large to be sent",
            }
        ]
        assert image.format == "JPEG"
    assert fields["source"][0]["sha256"] == hashlib.sha256(source).hexdigest()
    assert fields["source"][0]["format"] == "png"


REFUSING = [
    pytest.param(refusing_above(LIMIT, ENVELOPE), id="with envelope"),
    pytest.param(refusing_above(LIMIT, BARE), id="without envelope"),
    pytest.param(refusing_early_above(LIMIT, ENVELOPE), id="early"),
    pytest.param(refusing_early_above(LIMIT, BARE), id="early without envelope"),
]


@pytest.mark.parametrize("refusing", REFUSING)
def test_refused_photo_is_made_smaller_and_delivered(open_shop: OpenShop, refusing: Script) -> None:
    """A 413, however it comes, is followed by one smaller call; a small photo beside it goes untouched."""
    source, small = noisy(1300), picture(2)
    with ScriptedServer(refusing) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1)
        shop.drop("large.png", source, "make it evening")
        shop.drop("small.jpg", small, "make it morning")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["large.jpg", "small.jpg"]
    large = [one for one in server.requests if length(one) > 100_000]
    assert [length(one) > LIMIT for one in large] == [True, False]
    assert [one["outcome"] for one in shop.attempts() if one["outcome"] != "answered"] == ["too_large"]
    check_sent_smaller(shop, large[1], source)
    assert [sent_pictures(one) for one in server.requests if length(one) <= 100_000] == [[small]]
    assert large[0].headers["idempotency-key"] == large[1].headers["idempotency-key"]
    assert [one["reserved"] for one in shop.attempts()] == [0, 0, 0]
    check_all(shop)
    refused = server.requests.index(large[0])
    check_asked_once(server.requests, {refused: True})


def test_what_was_learned_is_kept_for_the_next_photo_and_start(open_shop: OpenShop) -> None:
    """The next large photo is made smaller before its first call, also after a restart."""
    with ScriptedServer(refusing_above(LIMIT, ENVELOPE)) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("large.png", noisy(1300), "make it evening")
        assert shop.until_idle().code == 0
        source = noisy(1300, seed=1)
        shop.drop("next.png", source, "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [length(one) > LIMIT for one in server.requests] == [True, False, False]
    check_sent_smaller(shop, server.requests[2], source, "next")
    check_all(shop)


def test_large_body_that_is_cut_twice_is_made_smaller(open_shop: OpenShop) -> None:
    """A large body that was not taken twice running goes out smaller, for the price of one call."""
    source = noisy(2000)
    with ScriptedServer(resetting_above(9_000_000)) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("large.png", source, "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one["outcome"] for one in shop.attempts()] == ["interrupted", "too_large", "answered"]
    check_sent_smaller(shop, server.requests[2], source)
    check_all(shop)
    check_asked_once(server.requests)


def test_refused_however_small_it_is(open_shop: OpenShop) -> None:
    """A service that refuses the smaller call too gets no third one; the note says how large it was."""
    with ScriptedServer(refusing_above(100_000, ENVELOPE)) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("large.png", noisy(1300), "make it evening")
        shop.drop("small.jpg", picture(2), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 1
    assert shop.outputs() == ["small.jpg"]
    assert len([one for one in server.requests if length(one) > 100_000]) == 2
    note = (shop.failed / "large.png.error.txt").read_text()
    assert "nothing was paid" in note
    assert "too large for the service (413)" in note
    assert "MB: export the photo smaller" in note
    check_all(shop)


def test_answer_before_the_request_was_out_is_delivered(open_shop: OpenShop) -> None:
    """A picture that comes before the whole photo was sent is taken for paid and delivered (I7)."""

    def hasty(exchange: Exchange) -> None:
        exchange.read_head()
        exchange.send(good_reply())
        exchange.pause(0.3)

    with ScriptedServer(hasty) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("large.png", noisy(2000), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one.complete for one in server.requests] == [False]
    assert [one["charged"] > 0 for one in shop.attempts()] == [True]
    check_all(shop)


def test_above_the_own_limit_is_made_smaller_before_paying(open_shop: OpenShop) -> None:
    """A photo above endpoint.max_request_bytes is made smaller; no larger request ever leaves."""
    limit = 3 * 1024 * 1024
    source = noisy(1300)
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", endpoint__max_request_bytes=limit)
        shop.drop("large.png", source, "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [length(one) <= limit for one in server.requests] == [True]
    check_sent_smaller(shop, server.requests[0], source)
    assert sorted(one.name for one in shop.state.iterdir() if one.name.startswith("made")) == []
    check_all(shop)


def test_photo_that_no_program_can_decode_fails_unsent(open_shop: OpenShop) -> None:
    """A photo that would have to be made smaller and is none inside fails for nothing; the others go on."""
    whole = noisy(800)
    chunk = whole.index(b"IDAT")
    broken = _with_chunk(whole, chunk)
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", endpoint__max_request_bytes=1024 * 1024)
        shop.drop("large.png", broken, "make it evening")
        shop.drop("small.jpg", picture(2), "make it morning")

        ended = shop.until_idle()

    assert ended.code == 1
    assert len(server.requests) == 1
    assert shop.outputs() == ["small.jpg"]
    assert "cannot be decoded" in (shop.failed / "large.png.error.txt").read_text()
    check_all(shop)


def _with_chunk(whole: bytes, at: int) -> bytes:
    """Give a PNG whose first chunk of pixels is garbage with a right checksum."""
    size = int.from_bytes(whole[at - 4 : at])
    garbage = b"IDAT" + b"\xff" * size
    return whole[:at] + garbage + zlib.crc32(garbage).to_bytes(4) + whole[at + size + 8 :]
