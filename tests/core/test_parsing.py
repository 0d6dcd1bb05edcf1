"""JSON that may be anything becomes an object with its oddities, or the reason why there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.parsing import NoObject, ParsedObject, parse_object


def test_an_ordinary_object() -> None:
    """An ordinary object comes out as it is, and nothing about it is odd."""
    assert parse_object('{"a": [1, {"b": "ä"}]}'.encode()) == ParsedObject(fields={"a": [1, {"b": "ä"}]})


@pytest.mark.parametrize(
    ("text", "fields", "oddity"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}, "a key stands twice in it; the last value counts"),
        (b'[{"a": 1}]'[1:-1].replace(b"1", b'{"b": 1, "b": 2}'), {"a": {"b": 2}}, "a key stands twice"),
        (b'{"a": "\xff"}', {"a": "\ufffd"}, "a text in it is no utf-8"),
        ('{"a": "ä"}'.encode("utf-16"), {"a": "ä"}, "it is written in utf-16, not in utf-8"),
        ('{"a": "ä"}'.encode("utf-32-le"), {"a": "ä"}, "it is written in utf-32-le, not in utf-8"),
        ('{"a": "ä"}'.encode("utf-8-sig"), {"a": "ä"}, ""),
        (b'{"a": "\\ud800"}', {"a": "\ud800"}, ""),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": float("inf")}, ""),
        (b'{"a": -' + b"9" * 299 + b"}", {"a": -int("9" * 299)}, ""),
        (b'{"a": ' + b"[" * 63 + b"]" * 63 + b"}", None, ""),
    ],
)
def test_odd_objects(text: bytes, fields: dict[str, object] | None, oddity: str) -> None:
    """Whatever can be read is read, with a sentence about what is odd."""
    found = parse_object(text)

    assert isinstance(found, ParsedObject)
    assert fields is None or found.fields == fields
    assert oddity in "; ".join(found.oddities)
    assert bool(oddity) == bool(found.oddities)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it is no JSON"),
        (b"<html>", "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b'{"a": 1}{"a": 2}', "it is no JSON"),
        (b"[1]", "it is no JSON object"),
        (b"NaN", "it is no JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "it is nested too deeply"),
    ],
)
def test_no_objects(text: bytes, reason: str) -> None:
    """Whatever cannot be read says why."""
    assert parse_object(text) == NoObject(reason=reason)


@given(text=st.binary(max_size=60))
def test_nothing_raises(text: bytes) -> None:
    """No bytes raise."""
    assert isinstance(parse_object(text), ParsedObject | NoObject)
