"""Answers and refusals: JSON that may be anything becomes typed values, and nothing of it raises."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retouchd.core.answer import (
    find_signed_url,
    is_hash_of,
    parse_answer,
    parse_envelope,
    reply_words,
    request_ids,
    retry_after,
    service_words,
)
from retouchd.core.outcomes import Envelope
from strategies import NOW, answer_fields, any_text, error_values

SHA256 = "5e" * 32
WHOLE = {
    "ok": True,
    "prompt": "make the sky blue",
    "b64_json": "AAAA",
    "estimatedCostUsd": 0.066,
    "contentHash": SHA256,
    "sizeBytes": 3,
    "mimeType": "image/png",
    "signedUrl": "https://example.com/x",
    "usage": {"any": [1, None]},
    "model": "m",
    "endpoint": "images/edits",
    "path": "/x.png",
}
URL = "https://example.com/credits"


def test_a_documented_answer() -> None:
    """Every documented field arrives with its type; all of it but the picture is kept as it came."""
    answer = parse_answer(WHOLE)

    assert answer.ok
    assert answer.oddities == ()
    assert (answer.estimated_cost_usd, answer.prompt, answer.content_hash) == (0.066, WHOLE["prompt"], SHA256)
    assert (answer.size_bytes, answer.mime_type, answer.signed_url) == (
        3,
        "image/png",
        "https://example.com/x",
    )
    assert answer.fields == {key: value for key, value in WHOLE.items() if key != "b64_json"}


@given(fields=answer_fields)
@example(fields={"estimatedCostUsd": 10**400})
def test_no_answer_raises(fields: dict[str, object]) -> None:
    """Whatever an answer holds it was paid for: it becomes values, and a cost that can be counted or none."""
    answer = parse_answer(fields)

    assert answer.estimated_cost_usd is None or 0 <= answer.estimated_cost_usd < math.inf
    assert answer.ok == (fields.get("ok") is not False)
    assert set(answer.fields) == set(fields) - {"b64_json"}
    assert {type(one) for one in (answer.prompt, answer.signed_url, answer.content_hash)} <= {str, type(None)}


@pytest.mark.parametrize("cost", [-0.01, math.nan, math.inf, 10**400, "0.066", True, [0.066]])
def test_costs_that_are_none(cost: object) -> None:
    """A cost that is no amount of money is recorded as an oddity, not booked."""
    answer = parse_answer(WHOLE | {"estimatedCostUsd": cost})

    assert answer.estimated_cost_usd is None
    assert math.isnan(answer.reported_cost_usd or 0)
    assert answer.oddities == ("estimatedCostUsd is no amount of money",)


@pytest.mark.parametrize("cost", [0.066, 0, None])
def test_what_it_says_that_it_cost(cost: float | None) -> None:
    """An amount is reported as it is, and an answer that says nothing reports nothing."""
    assert parse_answer(WHOLE | {"estimatedCostUsd": cost}).reported_cost_usd == cost


@pytest.mark.parametrize("ok", [False, None, 1, 0, "true"])
def test_ok_must_be_true(ok: object) -> None:
    """An answer that does not say that it is well is odd; only one that denies it is not well."""
    answer = parse_answer(WHOLE | {"ok": ok})

    assert answer.ok == (ok is not False)
    assert answer.oddities == ("ok is not true",)


@pytest.mark.parametrize("size", [True, 3.0, "3", -1])
def test_sizes_that_are_none(size: object) -> None:
    """Only a whole number is compared with the picture's length."""
    answer = parse_answer(WHOLE | {"sizeBytes": size})

    assert answer.size_bytes is None
    assert answer.oddities == ("sizeBytes is no number of bytes",)


@pytest.mark.parametrize(
    ("change", "oddities"),
    [
        ({"prompt": 7}, ("prompt is no text",)),
        ({"model": None}, ("model is no text",)),
        ({"signedUrl": None, "contentHash": None, "sizeBytes": None}, ()),
        ({"signedUrl": ["https://x"]}, ("signedUrl is no text",)),
        ({"mimeType": {}, "path": True}, ("path is no text", "mimeType is no text")),
    ],
)
def test_values_of_another_type(change: dict[str, object], oddities: tuple[str, ...]) -> None:
    """A value of another type than documented is told and taken for none; null is, where it may be."""
    answer = parse_answer(WHOLE | change)

    assert answer.oddities == oddities
    assert not isinstance(answer.signed_url, list)


def test_missing_values() -> None:
    """What the documentation promises and what is not there is told."""
    assert parse_answer({"b64_json": "AAAA", "ok": True}).oddities == tuple(
        f"{name} is missing" for name in ("model", "endpoint", "prompt", "path", "signedUrl")
    )


def test_an_empty_signed_url_is_none() -> None:
    """An empty text leads nowhere."""
    assert parse_answer(WHOLE | {"signedUrl": ""}).signed_url is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"error": {"message": "no\x1b[31m room", "code": "c"}}, "no\\x1b[31m room"),
        ({"error": {"code": "c"}}, "c"),
        ({"error": "out of credits"}, "out of credits"),
        ({"ok": False, "message": "come back"}, "come back"),
        ({"ok": False, "code": "late"}, "late"),
        ({"error": {"message": ["x"]}, "message": "outside"}, ""),
        ({"message": 7}, ""),
        ({}, ""),
    ],
)
def test_words_of_an_answer_without_a_picture(fields: dict[str, object], words: str) -> None:
    """What the service says for itself is told to people, wherever it stands, with nothing that steers."""
    assert service_words(fields) == words


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (b'{"ok": true, "signedUrl" : "https://a.b/c?d=e", "b64', "https://a.b/c?d=e"),
        (rb'..."signedUrl":"https:\/\/a.b\/c?d\u0026e"', "https://a.b/c?d&e"),
        (b'"signedUrl": "https://a.b/cut', None),
        (b'"signedUrl": null', None),
        (rb'"prompt": "\"signedUrl\": \"https://evil/\""', None),
        (rb'"signedUrl": "https://a\x"', None),
        (b'"signedUrl": "ftp://a.b/"', None),
        (b"", None),
    ],
)
def test_signed_urls_in_what_cannot_be_parsed(text: bytes, url: str | None) -> None:
    """A whole link is found in a part of an answer; half of one, or one inside of a text, is none."""
    assert find_signed_url(text) == url


@pytest.mark.parametrize(
    ("announced", "expected"),
    [
        (SHA256, True),
        (SHA256.upper(), True),
        (SHA256[:8], True),
        ("sha256:" + SHA256, True),
        ("SHA256-" + SHA256[:16], True),
        ("0" * 64, False),
        (SHA256[:7], None),
        (SHA256 + "0", None),
        ("md5:" + SHA256[:32], None),
        ("W/" + SHA256, None),
        ("", None),
        (None, None),
    ],
)
def test_content_hashes(announced: str | None, expected: bool | None) -> None:  # noqa: FBT001 - the result's own three values
    """A hash of a known kind fits or does not; an unknown scheme says nothing and fails nothing."""
    assert is_hash_of(announced, SHA256) is expected


@pytest.mark.parametrize(
    ("reply", "envelope"),
    [
        (
            {"error": {"message": "no", "type": "t", "code": "c", "details": {"field": "size"}}},
            Envelope(message="no", type="t", code="c", details='{"field": "size"}'),
        ),
        ({"message": "no", "code": "c"}, Envelope(message="no", code="c")),
        ({"error": "bad", "code": "c"}, Envelope(code="c")),
        ({"type": "t", "message": "no"}, Envelope(type="t", message="no")),
        ({"error": [1], "code": "c"}, Envelope(code="c")),
        ({"error": {"code": "c"}, "message": "outside"}, Envelope(code="c")),
        ({"error": {"code": 502, "message": "no"}}, Envelope(message="no", code="502")),
        ({"error": {"code": 10**20 - 1, "message": "no"}}, Envelope(message="no", code="9" * 20)),
        ({"error": {"code": 10**20, "message": "no"}}, Envelope(message="no")),
        ({"error": {"code": True, "message": "no"}}, Envelope(message="no")),
        ({"error": {"code": 502.0, "message": "no"}}, Envelope(message="no")),
        ({"error": {"message": "no", "details": "ä"}}, Envelope(message="no", details='"ä"')),
        ({"error": {"type": "t", "details": None}}, Envelope(type="t")),
        ({"error": {"type": "t", "details": {}}}, Envelope(type="t")),
        ({"error": {"type": "t", "details": False}}, Envelope(type="t", details="false")),
        ({"error": {"code": "c", "topUpUrl": URL}}, Envelope(code="c", top_up_url=URL)),
        ({"error": {"code": "c"}, "topUpUrl": URL}, Envelope(code="c", top_up_url=URL)),
        ({"error": {"code": "c", "details": [{"topUpUrl": URL}]}}, None),
        ({"error": {"code": "c"}, "topUpUrl": None, "more": {"topUpUrl": URL}}, None),
        ({"ok": False, "topUpUrl": URL}, Envelope(top_up_url=URL)),
    ],
)
def test_envelopes(reply: object, envelope: Envelope | None) -> None:
    """The service's error object is found inside or at the top, and a topUpUrl wherever it is."""
    found = parse_envelope(json.dumps(reply).encode())

    assert found is not None
    assert found.top_up_url == (URL if "topUpUrl" in json.dumps(reply) else "")
    assert envelope is None or found == envelope


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_envelopes_in_any_encoding(encoding: str) -> None:
    """Whatever Unicode encoding a refusal is in, the service has spoken."""
    body = json.dumps({"error": {"code": "ä"}}, ensure_ascii=False).encode(encoding)

    assert parse_envelope(body) == Envelope(code="ä")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"null",
        b'"message"',
        b"[1]",
        b"{}",
        b'{"error": "bad gateway"}',
        b'{"error": "bad gateway", "message": "no"}',
        b'{"error": [{"message": "no", "code": "c"}]}',
        b'{"errors": [{"message": "no", "code": "c"}]}',
        b'{"detail": "no"}',
        b'{"detail": [{"loc": ["body", "size"], "msg": "no", "type": "value_error"}]}',
        b'{"type": "about:blank", "title": "Bad Gateway", "status": 502}',
        b'{"success": false, "result": null}',
        b'[{"error": {"message": "no", "code": "c"}}]',
        b'{"error": {}}',
        b'{"error": {"message": 7}}',
        b'{"message": "cut',
        b'{"code": 502}',
        b'{"error": {"code": 502}}',
        b"\xff\xfe\xff",
        b"[" * 60_000,
        b'{"code": ' + b"9" * 5000 + b"}",
        b'{"error": {"code": "c"}, "more": "' + b"x" * 65_536 + b'"}',
    ],
)
def test_what_something_in_front_said(body: bytes) -> None:
    """A reply without the error object was not answered by the service, however it looks."""
    assert parse_envelope(body) is None


@given(body=st.binary(max_size=100) | error_values.map(lambda value: json.dumps(value).encode()))
def test_no_reply_raises(body: bytes) -> None:
    """Any bytes are an envelope of clipped texts or none."""
    envelope = parse_envelope(body)

    assert len(reply_words(body)) <= 2000
    assert (
        envelope is None or max(map(len, (envelope.message, envelope.details, envelope.top_up_url))) <= 2000
    )


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ({"error": "bad gateway"}, "bad gateway"),
        ({"message": "no", "error": "Bad Request"}, "no"),
        ({"detail": "size is wrong"}, "size is wrong"),
        ({"detail": [{"msg": "no size"}]}, '[{"msg": "no size"}]'),
        ({"type": "about:blank", "title": "Bad Gateway"}, "Bad Gateway"),
        ({"error": {}, "detail": None, "title": ""}, ""),
        ({"error": 7}, "7"),
        ({"other": "no"}, ""),
        ([1], ""),
        ({"detail": "x" * 9000}, "x" * 2000),
    ],
)
def test_what_a_reply_without_the_error_object_says(reply: object, words: str) -> None:
    """People read why a request was refused, also where it is not sure who refused it."""
    assert reply_words(json.dumps(reply).encode()) == words
    assert reply_words(b"<html>no</html>") == ""


def test_a_gateways_message_is_no_envelope() -> None:
    """A message alone at the top level is what gateways say for themselves, so it answers for no service."""
    assert parse_envelope(b'{"message": "Internal server error"}') is None


def test_long_messages_are_clipped() -> None:
    """No refusal fills the journal."""
    envelope = parse_envelope(
        json.dumps({"error": {"message": "x" * 9000, "details": ["y" * 9000]}}).encode()
    )

    assert envelope is not None
    assert len(envelope.message) == len(envelope.details) == 2000


def test_request_ids() -> None:
    """The headers by which the service's support finds a call are kept, clipped, and no others."""
    headers = {"x-request-id": "r" * 9000, "cf-ray": "c", "set-cookie": "secret"}

    assert request_ids(headers) == {"x-request-id": "r" * 2000, "cf-ray": "c"}
    assert request_ids({}) == {}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "-5"}, 1),
        ({"retry-after": "86400"}, 3600),
        ({"retry-after": "1e9"}, 3600),
        ({"retry-after": "1e300"}, 3600),
        ({"retry-after": "-1e300"}, 1),
        ({"retry-after": "5, 10"}, 10),
        ({"retry-after": "10,5"}, 10),
        ({"retry-after-ms": "1500, 2500", "retry-after": "60"}, 2.5),
        ({"retry-after-ms": "-1"}, 1),
        ({"retry-after-ms": "1e308"}, 3600),
        ({"retry-after-ms": "2500"}, 2.5),
        ({"retry-after-ms": "1"}, 1),
        ({"retry-after-ms": "2500", "retry-after": "60"}, 2.5),
        ({"retry-after-ms": "soon", "retry-after": "60"}, 60),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 14:00:30 +0200"}, 30),
        ({"retry-after": "Monday, 23-Nov-26 12:00:30 GMT"}, 30),
        ({"retry-after": "Mon Nov 23 12:00:30 2026"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 1),
        ({"retry-after": "Sun, 01 Jan 2090 00:00:00 GMT"}, 3600),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 1),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float) -> None:
    """Milliseconds, seconds, fractions and all dates of HTTP are understood, within a second and an hour."""
    assert retry_after(headers, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"retry-after": ""},
        {"retry-after": "soon"},
        {"retry-after": "nan"},
        {"retry-after": "inf"},
        {"retry-after": "5, inf"},
        {"retry-after": "5, soon"},
        {"retry-after": ","},
        {"retry-after": "\u00bd"},
        {"retry-after": "2026-11-23"},
        {"retry-after": "Mon, 99 Nov 2026 12:00:30 GMT"},
        {"retry-after": "Mon, 23 Nov 99999999999999999999 12:00:30 GMT"},
        {"retry-after-ms": "inf"},
    ],
)
def test_no_retry_after(headers: dict[str, str]) -> None:
    """What says nothing is nothing: the ordinary back-off counts."""
    assert retry_after(headers, NOW) is None


words = st.sampled_from(
    ["Mon,", "23", "Nov", "2026", "12:00:30", "GMT", "+9999", "-0000", "1e999", "9" * 30, ","]
)


@given(value=any_text | st.lists(words, max_size=8).map(" ".join), name=st.sampled_from(["", "-ms"]))
def test_no_retry_after_raises(value: str, name: str) -> None:
    """Any header gives a wait between a second and an hour, or none."""
    wait = retry_after({f"retry-after{name}": value}, datetime(2026, 11, 23, tzinfo=UTC))

    assert wait is None or timedelta(seconds=1) <= wait <= timedelta(hours=1)
