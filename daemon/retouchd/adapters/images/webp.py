"""The walk over a WebP: the length that RIFF promises and the chunks inside it. Nothing is decoded.

A WebP has no checksums and no end mark: a hole of zeros in the packed picture is told of.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.images.exif import UPRIGHT, find_orientation
from retouchd.adapters.images.icc import classify_profile
from retouchd.adapters.images.window import NotWholeError, Part, Window, damaged, first_of_each
from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture

MAGIC: Final = re.compile(rb"RIFF.{4}WEBP", re.DOTALL)

_RIFF_HEADER_BYTES: Final = 12
_SPACE: Final = 0x20

_ANIMATION_FLAG: Final = 0x02
_ALPHA_FLAG: Final = 0x10
# 9D 01 2A, as a little-endian 16-bit number and a byte.
_LOSSY_START_CODE: Final = (0x019D, 0x2A)
_LOSSLESS_SIGNATURE: Final = 0x2F
_PACKED: Final = frozenset({b"VP8 ", b"VP8L"})
_FOURTEEN_BITS: Final = 0x3FFF


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What one of the three kinds of header says."""

    width: int
    height: int
    has_alpha: bool = False
    animated: bool = False


def walk(window: Window) -> Picture:
    """What a WebP is; raises NotWholeError if less is there than its lengths promise. More is allowed."""
    firsts = first_of_each(_chunks(window), _TELLING)
    headers = [read(window, firsts[kind]) for kind, read in _HEADERS.items() if kind in firsts]
    if not _has_image(headers, firsts):
        reason = "there is no picture in it"
        raise NotWholeError(reason)
    for kind in _PACKED & firsts.keys():
        window.sweep(firsts[kind])
    exif, profile = firsts.get(b"EXIF"), firsts.get(b"ICCP")
    return Picture(
        format=PhotoFormat.WEBP,
        width=headers[0].width,
        height=headers[0].height,
        orientation=find_orientation(window.beginning(exif)) if exif else UPRIGHT,
        has_alpha=b"ALPH" in firsts or any(header.has_alpha for header in headers),
        animated=headers[0].animated,
        profile=classify_profile(window.beginning(profile)) if profile else ColourProfile.NONE,
        has_empty_space=window.has_empty_space,
    )


def _chunks(window: Window) -> Iterator[Part]:
    """The chunks inside the length that RIFF promises, once that much is there."""
    end = 8 + int.from_bytes(window.read(4, 4), "little")
    window.require(end)
    offset = _RIFF_HEADER_BYTES
    while offset + 8 <= end:
        kind, length = struct.unpack("<4sI", window.read(offset, 8))
        chunk = Part(kind=kind, start=offset + 8, end=offset + 8 + length)
        if chunk.end > end or min(kind) < _SPACE:
            raise damaged(offset)
        yield chunk
        offset = chunk.end + length % 2


def _has_image(headers: list[_Header], firsts: dict[bytes, Part]) -> bool:
    """Whether something to show stands beside the header."""
    if headers and headers[0].animated:
        return b"ANMF" in firsts
    return b"VP8 " in firsts or b"VP8L" in firsts


def _read_canvas(window: Window, chunk: Part) -> _Header:
    """The header of a WebP that may have metadata, transparency and frames."""
    flags, width, width_high, height, height_high = window.unpack("<B3xHBHB", chunk)
    return _Header(
        width=1 + width + (width_high << 16),
        height=1 + height + (height_high << 16),
        has_alpha=bool(flags & _ALPHA_FLAG),
        animated=bool(flags & _ANIMATION_FLAG),
    )


def _read_lossless(window: Window, chunk: Part) -> _Header:
    """The header of a VP8L stream: 14 bits of width, 14 of height, one of alpha."""
    signature, bits = window.unpack("<BI", chunk)
    if signature != _LOSSLESS_SIGNATURE:
        raise damaged(chunk.start)
    return _Header(
        width=1 + (bits & _FOURTEEN_BITS),
        height=1 + (bits >> 14 & _FOURTEEN_BITS),
        has_alpha=bool(bits >> 28 & 1),
    )


def _read_lossy(window: Window, chunk: Part) -> _Header:
    """The header of a VP8 key frame: the two bits above a side are a wish to scale, which nobody grants."""
    tag, code, code_high, width, height = window.unpack("<B2xHBHH", chunk)
    is_key_frame = not tag & 1 and (code, code_high) == _LOSSY_START_CODE
    header = _Header(width=width & _FOURTEEN_BITS, height=height & _FOURTEEN_BITS)
    if not is_key_frame or header.width == 0 or header.height == 0:
        raise damaged(chunk.start)
    return header


# The canvas comes first: where there is one, its size is the picture's.
_HEADERS: Final[dict[bytes, Callable[[Window, Part], _Header]]] = {
    b"VP8X": _read_canvas,
    b"VP8L": _read_lossless,
    b"VP8 ": _read_lossy,
}
_TELLING: Final = frozenset({*_HEADERS, b"ALPH", b"ANMF", b"EXIF", b"ICCP"})
