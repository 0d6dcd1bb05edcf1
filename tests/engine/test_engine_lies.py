"""Answers that lie: what gives a whole picture is delivered with what was odd, the rest needs you."""

import base64
import json
import struct
import zlib
from pathlib import Path

import pytest
from engine_answers import Counter, answer_body, answer_fields, picture
from engine_house import House

from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.outcomes import Answered

BASE64 = base64.b64encode(picture()).decode()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Give a PNG's chunk."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def bomb() -> bytes:
    """Give a PNG of 400 megapixels in half a kilobyte, whole as far as its structure goes."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def wrapped(text: str) -> str:
    """Give the text in lines."""
    return "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def url_safe(text: str) -> str:
    """Give base64 in the alphabet for URLs."""
    return text.replace("+", "-").replace("/", "_").rstrip("=")


def encoded(content: bytes) -> str:
    """Give base64."""
    return base64.b64encode(content).decode()


DELIVERED = [
    pytest.param(answer_body(), None, id="nothing odd"),
    pytest.param(answer_body(ok="yes"), "ok is not true", id="ok of another type"),
    pytest.param(
        json.dumps({"b64_json": BASE64}).encode(), "signedUrl is missing", id="nothing but the picture"
    ),
    pytest.param(
        answer_body(prompt=7, model=[], path={}, signedUrl=3, mimeType=None),
        "signedUrl is no text",
        id="other types",
    ),
    pytest.param(b'{"ok": false,' + answer_body()[1:], "a key stands twice in it", id="duplicate keys"),
    pytest.param(b"\xef\xbb\xbf" + answer_body(), None, id="BOM"),
    pytest.param(answer_body().decode().encode("utf-16"), "written in utf-16", id="UTF-16"),
    pytest.param(b'{"x": "\xff\xc3",' + answer_body()[1:], "no utf-8", id="broken UTF-8"),
    pytest.param(b'{"estimatedCostUsd": NaN,' + answer_body()[1:], "no amount", id="NaN"),
    pytest.param(answer_body(estimatedCostUsd=-5), "no amount", id="negative cost"),
    pytest.param(answer_body(estimatedCostUsd=1e300), "1e+300, which is not believable", id="absurd cost"),
    pytest.param(answer_body(estimatedCostUsd=10**400), "no amount", id="endless cost"),
    pytest.param(answer_body(b64_json=wrapped(BASE64)), "line breaks", id="line breaks"),
    pytest.param(answer_body(b64_json="data:image/png;base64," + BASE64), "data: prefix", id="data: prefix"),
    pytest.param(answer_body(b64_json=url_safe(encoded(picture("JPEG")))), "URLs", id="URL-safe"),
    pytest.param(
        answer_body(b64_json=encoded(picture("WEBP")), mimeType="image/png"),
        "mimeType is another kind",
        id="another format than announced",
    ),
    pytest.param(answer_body(b64_json=encoded(picture("JPEG"))), "jpeg came", id="another format"),
    pytest.param(answer_body(b64_json=encoded(picture("PNG", (16, 16)))), "16x16 came", id="another size"),
    pytest.param(answer_body(b64_json=encoded(bomb())), "more pixels", id="400 megapixels"),
    pytest.param(answer_body(contentHash="0" * 64), "contentHash is not", id="wrong hash"),
    pytest.param(answer_body(sizeBytes=3), "sizeBytes is 3", id="wrong size"),
    pytest.param(answer_body(prompt="another"), "the prompt in the answer", id="another prompt"),
    pytest.param(
        answer_body(
            path="../../../etc/passwd", format="/../x", mimeType="image/../x\x1b[2J", storageId="/dev"
        ),
        "mimeType is another kind",
        id="paths that lead out",
    ),
]


@pytest.mark.parametrize(("body", "oddity"), DELIVERED)
def test_usable_answers_are_delivered(house: House, tmp_path: Path, body: bytes, oddity: str | None) -> None:
    """A whole picture that was paid for is delivered under its true name, with what was odd (I4)."""
    counter = Counter(house, tmp_path)

    job = counter.deliver(counter.take(body))

    assert job.state is JobState.DELIVERED, job.detail
    name, note = counter.outputs()
    assert name in {"beach.png", "beach.jpg", "beach.webp"}
    assert note == f"{name}.json"
    raw = (counter.outbox / note).read_text("utf-8")
    oddities = counter.metadata()["oddities"]
    assert any(oddity in one for one in oddities) if oddity else oddities == []
    (told,) = (fields for event, fields in house.log.lines if event == "job.delivered")
    assert list(told.get("oddities", [])) == oddities
    is_cost_odd = any("estimatedCostUsd" in one for one in oddities)
    assert ("cost.disbelieved" in house.log.events()) == is_cost_odd
    assert all(character.isprintable() or character == "\n" for character in raw)
    assert counter.links.asked == []


HELD = [
    (answer_body(ok=False), 'it says itself that it is not "ok"'),
    (b"", "it is no JSON"),
    (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    (b'{"usage": ' + b"[" * 100_000 + b"]" * 100_000 + b"," + answer_body()[1:], "nested too deeply"),
    (answer_body(b64_json=None), "it has no picture"),
    (answer_body(b64_json=[BASE64]), "it has no picture"),
    (answer_body(b64_json=""), "it has no picture"),
    (answer_body(b64_json=BASE64[:-4]), "its picture is not usable"),
    (answer_body(b64_json=BASE64[:101]), "its picture cannot be decoded: the base64 is cut"),
    (answer_body(b64_json="no base64!"), "its picture cannot be decoded"),
    (answer_body(b64_json=encoded(picture()[:-20])), "its picture is not usable"),
    (answer_body(b64_json=encoded(b"<svg xmlns='http://www.w3.org/2000/svg'/>")), "it is SVG"),
    (answer_body(b64_json=encoded(b"<!doctype html><p>Sorry")), "it is a web page"),
    (answer_body(b64_json=encoded(b"GIF89a" + bytes(99))), "it is a GIF"),
    (answer_body()[:-500], "it is no JSON"),
    (answer_body() * 2, "it is no JSON"),
    (json.dumps([answer_fields()]).encode(), "it is no JSON object"),
    (picture(), "it is no JSON"),
    (b'{"error": {"message": "no room\x1b[31m"}}'.replace(b"\x1b", b"\\u001b"), 'says: "no room\\x1b[31m"'),
    (b'{"ok": false, "error": "out of luck"}', 'says: "out of luck"'),
]


@pytest.mark.parametrize(("body", "detail"), HELD)
def test_unusable_answers_are_held_and_kept(house: House, tmp_path: Path, body: bytes, detail: str) -> None:
    """What gives no picture needs you, was paid, is kept as it came, and leaves no output (I7)."""
    counter = Counter(house, tmp_path)

    job = counter.deliver(counter.take(body))

    assert (job.state, job.hold) == (JobState.HELD, HoldReason.UNREADABLE_ANSWER)
    assert detail in job.detail
    assert "\x1b" not in job.detail
    assert job.answer is not None
    assert house.spool.read_reply(job.answer, len(body) + 1) == body
    assert house.journal.get_attempt(job.answer).charged.micro > 0
    assert counter.outputs() == []
    assert counter.links.asked == []


@pytest.mark.parametrize("content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(99)])
def test_no_advice_for_photos_is_given_about_answers(house: House, tmp_path: Path, content: bytes) -> None:
    """Who is told that the service sent no picture is not told to save a photo as another kind."""
    counter = Counter(house, tmp_path)

    job = counter.deliver(counter.take(answer_body(b64_json=encoded(content))))

    assert "its picture is not usable: it is" in job.detail
    assert "save" not in job.detail


@pytest.mark.parametrize("status", [201, 202, 203, 206])
def test_another_success_is_held(house: House, tmp_path: Path, status: int) -> None:
    """Any success but 200 was paid for and is not what was documented: it is kept and needs you (I7)."""
    counter = Counter(house, tmp_path)

    job = counter.deliver(counter.take(answer_body(), Answered(status=status, elapsed_seconds=1)))

    assert (job.state, job.hold) == (JobState.HELD, HoldReason.UNREADABLE_ANSWER)
    assert f"its status is {status}" in job.detail


def test_a_whole_picture_in_a_cut_reply_is_delivered(house: House, tmp_path: Path) -> None:
    """A reply that ended before its announced length, but after its picture, was paid for and is used."""
    counter = Counter(house, tmp_path)
    cut = Answered(status=200, elapsed_seconds=1, cut="the connection was lost")

    job = counter.deliver(counter.take(answer_body(), cut))

    assert job.state is JobState.DELIVERED
    assert counter.metadata()["oddities"] == ["the reply did not end as announced: the connection was lost"]
