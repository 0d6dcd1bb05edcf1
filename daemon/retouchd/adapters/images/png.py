"""The walk over a PNG: every chunk with its checksum, from the header to IEND. Nothing is decoded."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from retouchd.adapters.blocks import BLOCK_BYTES
from retouchd.adapters.images.exif import UPRIGHT, find_orientation
from retouchd.adapters.images.icc import classify_profile
from retouchd.adapters.images.window import (
    NotWholeError,
    Part,
    Window,
    amount,
    damaged,
    first_of_each,
)
from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture

MAGIC: Final = re.compile(rb"\x89PNG\r\n\x1a\n")

_TELLING: Final = frozenset({b"IHDR", b"IDAT", b"tRNS", b"acTL", b"eXIf", b"iCCP"})
# Behind the signature, the header's own length and its name.
_HEADER_START: Final = 16
_HEADER: Final = ">IIBBBBB"
_LONGEST: Final = 2**31 - 1
_SIDES: Final = range(1, 2**31)
_COLOUR_TYPES: Final = frozenset({0, 2, 3, 4, 6})
_COLOUR_TYPES_WITH_ALPHA: Final = frozenset({4, 6})


def walk(window: Window) -> Picture:
    """What a PNG is; raises NotWholeError if something up to its end mark is missing or wrong."""
    firsts = first_of_each(_chunks(window), _TELLING)
    width, height, depth_bits, colour_type = _read_header(window, firsts)
    exif = firsts.get(b"eXIf")
    return Picture(
        format=PhotoFormat.PNG,
        width=width,
        height=height,
        orientation=find_orientation(window.beginning(exif)) if exif else UPRIGHT,
        has_alpha=colour_type in _COLOUR_TYPES_WITH_ALPHA or b"tRNS" in firsts,
        animated=b"acTL" in firsts,
        depth_bits=depth_bits,
        profile=_read_profile(window, firsts.get(b"iCCP")),
    )


def _chunks(window: Window) -> Iterator[Part]:
    """The chunks to IEND, each after its checksum was found right."""
    offset, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", window.read(offset, 8))
        if not kind.isalpha() or length > _LONGEST:
            raise damaged(offset)
        chunk = Part(kind=kind, start=offset + 8, end=offset + 8 + length)
        _compare_checksum(window, chunk)
        yield chunk
        offset = chunk.end + 4


def _compare_checksum(window: Window, chunk: Part) -> None:
    """Raise NotWholeError unless the CRC-32 after a chunk is that of its kind and body."""
    window.require(chunk.end + 4)
    checksum, offset = zlib.crc32(chunk.kind), chunk.start
    while offset < chunk.end:
        piece = window.piece(offset, chunk.end)
        checksum = zlib.crc32(piece, checksum)
        offset += len(piece)
    if window.read(chunk.end, 4) != checksum.to_bytes(4, "big"):
        reason = f"a checksum in it is wrong at {amount(chunk.start)}"
        raise NotWholeError(reason)


def _read_header(window: Window, firsts: dict[bytes, Part]) -> tuple[int, int, int, int]:
    """Width, height, depth and colour type, if the header is the first chunk and a picture follows."""
    if b"IDAT" not in firsts:
        reason = "there is no picture in it"
        raise NotWholeError(reason)
    header = next(iter(firsts.values()))
    comes_first = header.kind == b"IHDR" and header.start == _HEADER_START
    width, height, depth_bits, colour_type, *_ = window.unpack(_HEADER, header)
    sane = width in _SIDES and height in _SIDES and colour_type in _COLOUR_TYPES
    if not comes_first or not sane:
        raise damaged(header.start)
    return width, height, depth_bits, colour_type


def _read_profile(window: Window, chunk: Part | None) -> ColourProfile:
    """What an embedded profile says: behind its name and the number of the only method it is packed."""
    if chunk is None:
        return ColourProfile.NONE
    _, _, packed = window.beginning(chunk).partition(b"\0")
    try:
        return classify_profile(zlib.decompressobj().decompress(packed[1:], BLOCK_BYTES))
    except zlib.error:
        return ColourProfile.NONE
