"""What goes out: every byte of the body, the headers, and nothing when a picture is not what it was."""

import base64
import gc
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import PurePath

import pytest
from endpoint_calls import KEY, BytesImage, MakeCaller, make_order
from hypothesis import given
from hypothesis import strategies as st

from retouchd.adapters.endpoint.body import PIECE_BYTES, Body
from retouchd.core.errors import FileTroubleError, SourceChangedError, SourceGoneError
from retouchd.core.outcomes import Answered, NoAnswer, NotSent, NotSentKind
from retouchd.core.pictures import PictureFormat
from retouchd.core.request import Size
from servers import Exchange, ScriptedServer, answering, relay, reply_bytes


@given(
    st.lists(
        st.binary(max_size=300) | st.binary(min_size=1).map(lambda b: b * 60_000), min_size=1, max_size=4
    )
)
def test_any_pictures_arrive_as_they_are(contents: list[bytes]) -> None:
    """Whatever the pictures' lengths, the body is JSON of the announced length with their very bytes."""
    order = make_order(
        prompt="höher \ud800 😀", size=Size(width=1024, height=1024), image_count=len(contents)
    )
    body = Body(order, [BytesImage(content) for content in contents])

    sent = b"".join(body)

    fields = json.loads(sent)
    assert len(sent) == body.length
    assert [base64.b64decode(one) for one in fields.pop("input_images_base64")] == contents
    assert fields == {
        "prompt": "höher \ud800 😀",
        "size": "1024x1024",
        "quality": "low",
        "format": "png",
        "background": "auto",
        "savePath": "/retouchd/a.png",
    }


@given(st.binary(max_size=300) | st.binary(min_size=1).map(lambda b: b * 60_000))
def test_any_mask_arrives_as_it_is(content: bytes) -> None:
    """A mask goes out behind the pictures, and counts for the announced length."""
    body = Body(make_order(), [BytesImage(b"a"), BytesImage(b"b")], BytesImage(content))

    sent = b"".join(body)

    fields = json.loads(sent)
    assert len(sent) == body.length
    assert base64.b64decode(fields["mask_base64"]) == content
    assert len(fields["input_images_base64"]) == 2


def test_a_mask_that_changes_is_never_sent_whole(make_caller: MakeCaller) -> None:
    """A mask that is not what it was ends the call before the body is whole, though all pictures went out."""
    with ScriptedServer(answering(200)) as server:
        end = make_caller(server.url).submit(mask=BytesImage(b"x" * 100_000, announced=100_001))

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.SOURCE


def test_the_sent_line_stands_behind_the_last_piece() -> None:
    """The body counts as sent only when more than its last piece was asked for."""
    body = Body(make_order(), [BytesImage(b"picture")])
    pieces: Iterator[bytes] = iter(body)
    taken = b""

    while len(taken) < body.length:
        taken += next(pieces)
    before = body.sent
    after = next(pieces, None)

    assert (before, after, body.sent) == (False, None, True)


def test_compression_is_sent_when_it_is_given() -> None:
    """output_compression is sent when there is one, and never as null."""
    body = b"".join(Body(make_order(format=PictureFormat.JPEG, output_compression=0), [BytesImage(b"a")]))

    assert json.loads(body)["output_compression"] == 0
    assert "output_compression" not in json.loads(b"".join(Body(make_order(), [BytesImage(b"a")])))


def test_the_headers_are_the_documented_ones(make_caller: MakeCaller) -> None:
    """The request says who we are, what it is, how long it is, and asks for nothing compressed."""
    with ScriptedServer(answering(200)) as server:
        make_caller(server.url + "/api/v1/").submit()

    request = server.requests[0]
    length = request.headers.pop("content-length")
    agent = request.headers.pop("user-agent")
    assert (request.method, request.path) == ("POST", "/api/v1/images/edits")
    assert int(length) == len(request.body)
    assert agent.startswith("retouchd/")
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "idempotency-key": "retouchd:1:1",
    }


def test_the_environment_s_proxy_is_used(make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is honoured."""
    with ScriptedServer(relay) as proxy, ScriptedServer(answering(200)) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert proxy.requests[0].path == f"{server.url}/images/edits"


@pytest.mark.parametrize(
    "image",
    [
        BytesImage(b"x" * 100_000, announced=100_001),
        BytesImage(b"x" * 100_000, announced=99_999),
        BytesImage(b"x" * PIECE_BYTES * 2, announced=PIECE_BYTES),
        BytesImage(b"", announced=1),
        BytesImage(b"x" * 100_000, error=SourceChangedError("send", "a.png", "it grew")),
        BytesImage(b"x" * 100_000, error=SourceGoneError("send", "a.png", "it is gone")),
    ],
)
def test_a_source_that_changes_is_never_sent_whole(make_caller: MakeCaller, image: BytesImage) -> None:
    """A picture that shrinks, grows or goes away ends the call before the body is whole."""
    with ScriptedServer(answering(200)) as server:
        end = make_caller(server.url).submit(BytesImage(b"first"), image)

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.SOURCE
    assert end.detail
    assert not any(request.complete for request in server.requests)


@pytest.mark.parametrize(
    "error",
    [OSError(5, "Input/output error"), OSError(), FileTroubleError("read", PurePath("a.png"), "stale")],
)
def test_a_source_that_cannot_be_read_now_says_nothing_about_it(
    make_caller: MakeCaller, error: Exception
) -> None:
    """A share that fails for a moment ends the call for nothing, and the photo is not taken for another."""
    with ScriptedServer(answering(200)) as server:
        end = make_caller(server.url).submit(BytesImage(b"x" * 100_000, error=error))

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.OBSTRUCTED
    assert end.detail
    assert not any(request.complete for request in server.requests)


def test_too_large_a_request_is_not_sent(make_caller: MakeCaller) -> None:
    """A request above max_request_bytes is refused without a connection."""
    with ScriptedServer(answering(200)) as server:
        end = make_caller(server.url).submit(BytesImage(b"x" * 30_000_000))

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.TOO_LARGE
    assert "40.0 MB, allowed are 30.0 MB" in end.detail
    assert server.requests == []


class _GrownImage(BytesImage):
    """Twenty megabytes that are made while they are sent."""

    def __init__(self) -> None:
        super().__init__(b"", announced=20_000_000)

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give one piece again and again."""
        piece = b"x" * piece_bytes
        for at in range(0, self.size, piece_bytes):
            yield piece[: self.size - at]


def test_i12_memory_does_not_grow_with_the_picture(make_caller: MakeCaller) -> None:
    """I12: sending 20 MB and receiving 25 MB takes less than 3 MB of memory."""

    def swallow(exchange: Exchange) -> None:
        left = int(exchange.read_head().headers["content-length"]) - len(exchange.take_buffered())
        while left > 0:
            left -= len(exchange.connection.recv(65536))
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 25000000\r\n\r\n")
        for _ in range(250):
            exchange.send(b"x" * 100_000)

    with ScriptedServer(answering(200), swallow) as server:
        caller = make_caller(server.url)
        caller.endpoint.probe()
        gc.collect()
        tracemalloc.start()
        end = caller.submit(_GrownImage())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert isinstance(end, Answered)
    assert end.cut is None
    assert peak < 3_000_000


@pytest.mark.parametrize("key", ["bad\nkey-secret", "k\u00e9y-secret", "key-secret\x00"])
def test_i9_an_impossible_key_raises_nothing(make_caller: MakeCaller, key: str) -> None:
    """I9: a key that is no header value is refused by the service instead of being quoted in an error."""
    with ScriptedServer(answering(401)) as server:
        end = make_caller(server.url, key=key).submit()

    assert isinstance(end, Answered)
    assert "?" in server.requests[0].headers["authorization"]


def test_i9_no_failure_shows_the_key(make_caller: MakeCaller) -> None:
    """I9: a server that sends the key back in what is no HTTP gets it into no detail."""

    def echo(exchange: Exchange) -> None:
        key = exchange.read_request().headers["authorization"]
        exchange.send(f"HTTP/1.1 200 OK\r\n{key}\r\n\r\n".encode())

    with ScriptedServer(echo) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, NoAnswer)
    assert end.detail == "what came back is no HTTP"


def test_no_redirect_is_followed(make_caller: MakeCaller) -> None:
    """A redirect is an answer: neither key nor pictures go to where it leads."""
    with ScriptedServer(answering(200)) as other:
        reply = reply_bytes(307, b"", {"Location": other.url})
        with ScriptedServer(lambda exchange: (exchange.read_request(), exchange.send(reply))) as server:
            end = make_caller(server.url).submit()

    assert isinstance(end, Answered)
    assert (end.status, end.headers["location"]) == (307, other.url)
    assert other.requests == []
    assert len(server.requests) == 1
