"""Finds the picture in a spooled answer without ever holding the answer in memory.

An answer is JSON with 1 to 25 MB of base64 in one of its values. That value is found by its position, a
random word is put in its place, and only the small rest is parsed; if the word comes back as the value
of the top-level `b64_json` the position was right. What cannot be read is a value, never an exception.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from retouchd.adapters.spool.decoding import decode_blocks, has_line_breaks, has_prefix, unescape_blocks
from retouchd.core.answer import Answer, Unreadable, parse_answer
from retouchd.core.outcomes import Answered

_KEY: Final = "b64_json"
_QUOTED_KEY: Final = b'"b64_json"'
_VALUE_BEGIN: Final = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"')
_VALUE_BEGIN_BYTES: Final = 256
_BLOCK_BYTES: Final = 64 * 1024
# What stands beside a picture is two kilobytes and a prompt of at most 32 000 characters.
_MAX_REST_BYTES: Final = 1024 * 1024
# Parsed as a whole when no position fits: an escaped key, UTF-16, an error instead of a picture.
_MAX_WHOLE_BYTES: Final = 2 * 1024 * 1024
# Inside a JSON string the key's quotes are escaped, so valid JSON has it rarely more than once.
_MAX_CANDIDATES: Final = 1000
# Deeper values would pass here and overflow the stack of whoever writes them down again.
_MAX_DEPTH: Final = 64
# More digits than a float has, and than Python agrees to read or multiply out.
_MAX_DIGITS: Final = 300
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Body:
    """The body's bytes in an open file of the spool.

    Attributes:
        length: Bytes; the trailer behind them is never read as body.
    """

    descriptor: int
    length: int

    def read(self, start: int, end: int) -> bytes:
        """Give the bytes from start to end, fewer at the body's end."""
        return os.pread(self.descriptor, max(min(end, self.length) - start, 0), start)

    def blocks(self, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes from start to end in blocks of 64 KiB."""
        return (self.read(at, min(at + _BLOCK_BYTES, end)) for at in range(start, end, _BLOCK_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The picture's place, as escaped bytes between two quotes, and everything beside it."""

    fields: Mapping[str, object]
    body: Body
    start: int
    end: int

    def blocks(self) -> Iterator[bytes]:
        return unescape_blocks(self.body.blocks(self.start, self.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """A picture out of an answer that was parsed as a whole."""

    fields: Mapping[str, object]
    picture: bytes

    def blocks(self) -> Iterator[bytes]:
        return (self.picture[at : at + _BLOCK_BYTES] for at in range(0, len(self.picture), _BLOCK_BYTES))


def find_answer(head: Answered, body: Body) -> Answer | Unreadable:
    """Give the answer's fields without its picture, or why there is no picture in it."""
    found = _find(head, body)
    if isinstance(found, Unreadable):
        return found
    answer = parse_answer(found.fields)
    return replace(answer, oddities=(*answer.oddities, *_find_oddities(head, found)))


def picture_of(head: Answered, body: Body) -> Iterator[bytes]:
    """Decode the picture in pieces of at most 48 KiB.

    Raises:
        ValueError: The base64 is broken, or there is none.
    """
    found = _find(head, body)
    if isinstance(found, Unreadable):
        raise ValueError(found.reason)  # noqa: TRY004 - what came is wrong, not its Python type
    return decode_blocks(found.blocks())


def _find_oddities(head: Answered, found: _Found | _Parsed) -> Iterator[str]:
    if head.cut:
        yield f"the reply did not end as announced: {head.cut}"
    if has_prefix(next(found.blocks(), b"")):
        yield "b64_json begins with a data: prefix"
    if any(has_line_breaks(block) for block in found.blocks()):
        yield "b64_json has line breaks in it"


def _find(head: Answered, body: Body) -> _Found | _Parsed | Unreadable:
    if head.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        return Unreadable(reason="it came compressed although that was not asked for")
    found = _find_by_position(body) or _parse_whole(body)
    if isinstance(found, Unreadable) and head.cut:
        return Unreadable(reason=f"it is cut after {body.length / _MEGABYTE:.1f} MB: {head.cut}")
    return found


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
    for at in range(0, body.length, _BLOCK_BYTES):
        block = body.read(at, at + _BLOCK_BYTES + overlap)
        yield from (at + found.end() for found in re.finditer(_QUOTED_KEY, block))


def _try_candidate(body: Body, start: int) -> _Found | None:
    end = _find_quote(body, start)
    if end is None or end == start or body.length - (end - start) > _MAX_REST_BYTES:
        return None
    word = secrets.token_hex(16)
    rest = body.read(0, start) + word.encode("ascii") + body.read(end, body.length)
    fields = _parse_object(rest)
    if isinstance(fields, Unreadable) or fields.get(_KEY) != word:
        return None
    return _Found(fields=fields, body=body, start=start, end=end)


def _find_quote(body: Body, start: int) -> int | None:
    """Give where the string ends; base64 has no quotes in it, so an escaped one ends the search."""
    for at in range(start, body.length, _BLOCK_BYTES):
        found = body.read(at, at + _BLOCK_BYTES).find(b'"')
        if found >= 0:
            end = at + found
            return None if body.read(end - 1, end) == b"\\" else end
    return None


def _parse_whole(body: Body) -> _Parsed | Unreadable:
    if body.length > _MAX_WHOLE_BYTES:
        return Unreadable(reason="no picture was found in it")
    fields = _parse_object(body.read(0, body.length))
    if isinstance(fields, Unreadable):
        return fields
    picture = fields.get(_KEY)
    if not isinstance(picture, str) or not picture:
        return Unreadable(reason="it has no picture")
    return _Parsed(fields=fields, picture=picture.encode("utf-8", "surrogatepass"))


def _parse_object(text: bytes) -> Mapping[str, object] | Unreadable:
    try:
        fields = json.loads(text, parse_int=_parse_int)
    except RecursionError:
        return Unreadable(reason="it is nested too deeply")
    except ValueError:
        return Unreadable(reason="it is no JSON")
    if not isinstance(fields, dict):
        return Unreadable(reason="it is no JSON object")
    if _is_deeper(fields, _MAX_DEPTH):
        return Unreadable(reason="it is nested too deeply")
    return fields


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _is_deeper(value: object, depth: int) -> bool:
    """Say whether lists and objects lie deeper in each other than `depth`, level by level."""
    level = [value]
    while level and depth:
        level = [child for one in level for child in _children(one)]
        depth -= 1
    return any(isinstance(one, dict | list) for one in level)


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else iter(())
