"""Finds the picture in a spooled answer without ever holding the answer in memory.

An answer is JSON with 1 to 25 MB of base64 in one of its values. That value is found by its position, a
random word is put in its place, and only the small rest is parsed; if the word comes back as the value
of the top-level `b64_json` the position was right. What cannot be read is a value, never an exception.
"""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from retouchd.adapters.blocks import BLOCK_BYTES, read_blocks
from retouchd.adapters.spool.decoding import decode_blocks, decode_plain, find_oddities, unescape_blocks
from retouchd.core.answer import HANDED_IN, Answer, Unreadable, find_signed_url, parse_answer
from retouchd.core.outcomes import Answered
from retouchd.core.parsing import NoObject, ParsedObject, parse_object

_KEY: Final = "b64_json"
_QUOTED_KEY: Final = b'"b64_json"'
_VALUE_BEGIN: Final = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"')
_VALUE_BEGIN_BYTES: Final = 256
# What stands beside a picture is two kilobytes and a prompt of at most 32 000 characters.
_MAX_REST_BYTES: Final = 1024 * 1024
# Parsed as a whole when no position fits: an escaped key, UTF-16, an error instead of a picture.
_MAX_WHOLE_BYTES: Final = 2 * 1024 * 1024
# An escape, a line break, the alphabet for URLs, a "data:" before it.
ODD: Final = (b"\\", b"\n", b"\r", b"-", b"_", b":")
# Inside a JSON string the key's quotes are escaped, so valid JSON has it rarely more than once.
_MAX_CANDIDATES: Final = 1000
_MEGABYTE: Final = 1_000_000
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Body:
    """The body's bytes in an open file of the spool.

    Attributes:
        offset: Where it begins in the file; every other position here is the body's own.
        length: Bytes; the trailer behind them is never read as body.
    """

    descriptor: int
    offset: int
    length: int

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes from start to end, fewer at the body's end."""
        return os.pread(self.descriptor, max(min(end, self.length) - start, 0), self.offset + start)

    def blocks(self, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes from start to end in blocks of 256 KiB."""
        return read_blocks(self.descriptor, self.offset + start, self.offset + end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a picture stands in a body, as escaped bytes between two quotes.

    Attributes:
        is_plain: There is nothing in it but base64 of the usual alphabet.
    """

    start: int
    end: int
    is_plain: bool

    @property
    def length(self) -> int:
        """Bytes."""
        return self.end - self.start

    def blocks(self, body: Body) -> Iterator[bytes]:
        """Give the picture's text."""
        return unescape_blocks(body.blocks(self.start, self.end))

    def decode(self, body: Body) -> Iterator[bytes]:
        """Give the picture; ValueError when it is no base64."""
        if self.is_plain:
            return decode_plain(body.blocks(self.start, self.end))
        return decode_blocks(self.blocks(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The picture's place, and everything beside it."""

    rest: ParsedObject
    body: Body
    place: Place

    def blocks(self) -> Iterator[bytes]:
        return self.place.blocks(self.body)

    def oddities(self) -> Iterator[str]:
        return iter(()) if self.place.is_plain else find_oddities(self.blocks())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """A picture out of an answer that was parsed as a whole."""

    rest: ParsedObject
    picture: bytes

    place: None = None

    def blocks(self) -> Iterator[bytes]:
        return (self.picture[at : at + BLOCK_BYTES] for at in range(0, len(self.picture), BLOCK_BYTES))

    def oddities(self) -> Iterator[str]:
        return find_oddities(self.blocks())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """No picture is there; `rest` has whatever else is."""

    reason: str
    rest: ParsedObject = field(default_factory=lambda: ParsedObject(fields={}))


def find_answer(
    head: Answered, body: Body, seen: Place | None = None
) -> tuple[Answer | Unreadable, Place | None]:
    """Give the answer's fields without its picture, or why there is no picture in it.

    With them comes the picture's place, where one was found without parsing the whole.

    Args:
        seen: Where the picture seems to stand.
    """
    found = _try_place(body, seen) or _find(body)
    if isinstance(found, _Missing):
        rest = _describe(head, found.rest)
        if not found.rest.fields:
            rest = replace(rest, signed_url=_search_signed_url(body))
        return Unreadable(reason=_explain(head, body, found.reason), rest=rest), None
    answer = _describe(head, found.rest)
    if head.status != _OK:
        return Unreadable(reason=f"its status is {head.status}, not {_OK}", rest=answer), None
    return replace(answer, oddities=(*answer.oddities, *found.oddities())), found.place


def _describe(head: Answered, rest: ParsedObject) -> Answer:
    answer = parse_answer(rest.fields)
    return replace(answer, oddities=(*answer.oddities, *rest.oddities, *_find_oddities(head)))


def _find_oddities(head: Answered) -> Iterator[str]:
    if HANDED_IN in head.headers:
        yield "a person handed this picture in; it did not come as the answer to the call"
    if head.cut:
        yield f"the reply did not end as announced: {head.cut}"
    if _is_encoded(head):
        yield f"it came as {head.headers['content-encoding'][:100]} although that was not asked for"


def _is_encoded(head: Answered) -> bool:
    return head.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def _explain(head: Answered, body: Body, reason: str) -> str:
    if head.cut:
        is_small = body.length < _MEGABYTE
        came = f"{body.length / 1000:.1f} kB" if is_small else f"{body.length / _MEGABYTE:.1f} MB"
        return f"it is cut after {came}: {head.cut}"
    if _is_encoded(head):
        return "it came compressed although that was not asked for"
    return reason


def _search_signed_url(body: Body) -> str | None:
    """Look for the link at both ends of what cannot be parsed: the picture stands between them."""
    ends = (body.read(0, BLOCK_BYTES), body.read(max(body.length - BLOCK_BYTES, 0), body.length))
    return next(filter(None, map(find_signed_url, ends)), None)


def picture_of(body: Body, place: Place | None) -> Iterator[bytes]:
    """Decode the picture in pieces of at most 192 KiB.

    Args:
        place: Where it was found in this body; None to look for it.

    Raises:
        ValueError: The base64 is broken, or there is none.
    """
    if place is not None:
        return place.decode(body)
    found = _find(body)
    if isinstance(found, _Missing):
        raise ValueError(found.reason)  # noqa: TRY004 - what came is wrong, not its Python type
    return decode_blocks(found.blocks())


def _find(body: Body) -> _Found | _Parsed | _Missing:
    return _find_by_position(body) or _parse_whole(body)


def _find_by_position(body: Body) -> _Found | None:
    found = (_try_candidate(body, start) for start in islice(_find_values(body), _MAX_CANDIDATES))
    return next((one for one in found if one), None)


def _find_values(body: Body) -> Iterator[int]:
    """Give where the strings begin that stand behind the key, wherever it occurs."""
    for key_end in _find_keys(body):
        begin = _VALUE_BEGIN.match(body.read(key_end, key_end + _VALUE_BEGIN_BYTES))
        if begin:
            yield key_end + begin.end()


def _find_keys(body: Body) -> Iterator[int]:
    overlap = len(_QUOTED_KEY) - 1
    for at in range(0, body.length, BLOCK_BYTES):
        block = body.read(at, at + BLOCK_BYTES + overlap)
        yield from (at + found.end() for found in re.finditer(_QUOTED_KEY, block))


def _try_candidate(body: Body, start: int) -> _Found | None:
    return _try_place(body, _find_end(body, start))


def _try_place(body: Body, place: Place | None) -> _Found | None:
    if place is None or place.end == place.start or body.length - place.length > _MAX_REST_BYTES:
        return None
    word = secrets.token_hex(16)
    rest = body.read(0, place.start) + word.encode("ascii") + body.read(place.end, body.length)
    parsed = parse_object(rest)
    if isinstance(parsed, NoObject) or parsed.fields.get(_KEY) != word:
        return None
    return _Found(rest=parsed, body=body, place=place)


def _find_end(body: Body, start: int) -> Place | None:
    """Go to the string's end; base64 has no quotes in it, so an escaped one ends the search."""
    is_odd = False
    for at in range(start, body.length, BLOCK_BYTES):
        text, quote, _ = body.read(at, at + BLOCK_BYTES).partition(b'"')
        is_odd = is_odd or any(sign in text for sign in ODD)
        if quote:
            end = at + len(text)
            is_escaped = body.read(end - 1, end) == b"\\"
            is_plain = not is_odd and (end - start) % 4 == 0
            return None if is_escaped else Place(start=start, end=end, is_plain=is_plain)
    return None


def _parse_whole(body: Body) -> _Parsed | _Missing:
    if body.length > _MAX_WHOLE_BYTES:
        return _Missing(reason="no picture was found in it")
    parsed = parse_object(body.read(0, body.length))
    if isinstance(parsed, NoObject):
        return _Missing(reason=parsed.reason)
    picture = parsed.fields.get(_KEY)
    if not isinstance(picture, str) or not picture:
        return _Missing(reason="it has no picture", rest=parsed)
    return _Parsed(rest=parsed, picture=picture.encode("utf-8", "surrogatepass"))
