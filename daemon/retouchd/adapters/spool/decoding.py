"""Turns base64 as it stands in JSON into bytes, block by block, strictly but for four oddities.

A `data:` prefix, line breaks, the alphabet for URLs and missing padding: what was paid for is not thrown away
for them. Whether the picture is whole is found out by its structure.
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
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
# No base64 has it, so the strict decoder refuses what stood in an escape that base64 does not need.
_INVALID: Final = b"\\"
_ASCII: Final = 128


def unescape_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    r"""Undo JSON's escapes, also those that are cut in two: some encoders write `\/` and `\u002b`."""
    carried = b""
    for block in blocks:
        if not carried and b"\\" not in block:
            yield block
            continue
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


def find_oddities(blocks: Iterator[bytes]) -> Iterator[str]:
    """Say what is odd about a text that can be decoded all the same; blocks as for `decode_blocks`."""
    breaks = length = 0
    url_safe = False
    first = next(blocks, b"")
    if _DATA_PREFIX.match(first):
        yield "b64_json begins with a data: prefix"
    for block in chain((_DATA_PREFIX.sub(b"", first),), blocks):
        stripped = _without_breaks(block)
        breaks += len(block) - len(stripped)
        url_safe |= b"-" in stripped or b"_" in stripped
        length += len(stripped)
    if breaks:
        yield "b64_json has line breaks in it"
    if url_safe:
        yield "b64_json is in the alphabet for URLs"
    if length % 4:
        yield "b64_json lacks its padding"


def decode_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Decode the text of all blocks, of which the first holds the whole `data:` prefix if there is one.

    Raises:
        ValueError: The text is no base64, is cut, goes on after its padding, or is empty.
    """
    return decode_plain(_strip(blocks))


def decode_plain(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Decode a text that has nothing in it but base64 of the usual alphabet, and is not empty.

    Raises:
        ValueError: As `decode_blocks` raises it.
    """
    carried = last = b""
    for text in texts:
        _refuse_after_end(last)
        joined = carried + text
        usable = len(joined) - len(joined) % 4
        last, carried = joined[:usable] or last, joined[usable:]
        yield pybase64.b64decode(joined[:usable], validate=True)
    if carried:
        _refuse_after_end(last)
        yield _decode_end(carried)
    elif not last:
        _refuse("there is no base64")


def _decode_end(text: bytes) -> bytes:
    """Decode the one to three characters behind the last whole group of four."""
    if len(text) == 1:
        _refuse("the base64 is cut")
    return pybase64.b64decode(text + b"=" * (4 - len(text)), validate=True)


def _refuse_after_end(last: bytes) -> None:
    if last.endswith(b"="):
        _refuse("the base64 goes on after its end")


def _strip(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = _DATA_PREFIX.sub(b"", next(blocks, b""))
    stripped = (_plain(_without_breaks(block)) for block in chain((first,), blocks))
    return (text for text in stripped if text)


def _without_breaks(block: bytes) -> bytes:
    # To look for what is hardly ever there takes a tenth of the time that translating takes.
    return block.translate(None, _LINE_BREAKS) if b"\n" in block or b"\r" in block else block


def _plain(text: bytes) -> bytes:
    return text.translate(_URL_SAFE) if b"-" in text or b"_" in text else text


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
