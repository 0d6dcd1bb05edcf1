"""Turns base64 as it stands in JSON into bytes, block by block, strictly but for two oddities.

A `data:` prefix and line breaks are passed over: what was paid for is not thrown away for them.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, NoReturn

import pybase64

_ESCAPE: Final = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_OPEN_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_SHORT_ESCAPES: Final = {b"/": b"/", b"n": b"\n", b"r": b"\r"}
_DATA_PREFIX: Final = re.compile(rb"\Adata:[^,]{0,100};base64,", re.IGNORECASE)
_LINE_BREAKS: Final = b"\r\n"
# No base64 has it, so the strict decoder refuses what stood in an escape that base64 does not need.
_INVALID: Final = b"\\"
_ASCII: Final = 128


def unescape_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    r"""Undo JSON's escapes, also those that are cut in two: some encoders write `\/` and `\u002b`."""
    carried = b""
    for block in blocks:
        text = carried + block
        split = _OPEN_ESCAPE.search(text)
        carried = split[0] if split else b""
        yield _ESCAPE.sub(_unescape, text.removesuffix(carried))
    yield carried


def _unescape(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        code = int(escape[1], 16)
        return bytes([code]) if code < _ASCII else _INVALID
    return _SHORT_ESCAPES.get(escape[2], _INVALID)


def has_prefix(text: bytes) -> bool:
    """Say whether the text begins as a data URL does."""
    return _DATA_PREFIX.match(text) is not None


def has_line_breaks(text: bytes) -> bool:
    """Say whether there are line breaks in the text."""
    return b"\n" in text or b"\r" in text


def decode_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Decode the text of all blocks, of which the first holds the whole `data:` prefix if there is one.

    Raises:
        ValueError: The text is no base64, is cut, goes on after its padding, or is empty.
    """
    carried = last = b""
    for text in _strip(blocks):
        if last.endswith(b"="):
            _refuse("the base64 goes on after its end")
        joined = carried + text
        usable = len(joined) - len(joined) % 4
        last, carried = joined[:usable] or last, joined[usable:]
        yield pybase64.b64decode(joined[:usable], validate=True)
    if carried or not last:
        _refuse("the base64 is cut" if last else "there is no base64")


def _strip(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = _DATA_PREFIX.sub(b"", next(blocks, b""))
    stripped = (block.translate(None, _LINE_BREAKS) for block in chain((first,), blocks))
    return (text for text in stripped if text)


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
