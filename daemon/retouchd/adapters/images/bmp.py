"""The walk over a BMP: its headers, and from them where its rows end. Nothing is decoded.

A BMP has no checksums and no end mark, and black rows are zeros: a hole can't be seen this way.
"""

import re
import struct
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.images.window import AS_PICTURE, NotWholeError, Window, damaged
from retouchd.core.pictures import PhotoFormat, Picture

# Two reserved numbers follow the length; then the place of the rows, whose upper half no file needs.
MAGIC: Final = re.compile(rb"BM.{8}.{2}[\0-\x3f]\0[\x0c-\x7c]\0\0\0", re.DOTALL)

_FILE_HEADER_BYTES: Final = 14
_OLDEST, _SHORT = 12, 16
_HEADERS: Final = frozenset({_OLDEST, _SHORT, 40, 52, 56, 64, 108, 124})
_WITH_ALPHA_MASK: Final = 56
_DEPTH_WITH_ALPHA_BITS: Final = 32
_DEPTHS: Final = frozenset({1, 2, 4, 8, 16, 24, 32})
_PLAIN, _RLE8, _RLE4, _MASKS, _MASKS_WITH_ALPHA = 0, 1, 2, 3, 6
_IN_RUNS: Final = frozenset({_RLE8, _RLE4})
_IN_ROWS: Final = frozenset({_PLAIN, _MASKS, _MASKS_WITH_ALPHA})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What the second header says; a height below zero means that the topmost row comes first."""

    width: int
    height: int
    depth_bits: int
    compression: int = _PLAIN
    data_bytes: int = 0
    has_alpha: bool = False


def walk(window: Window) -> Picture:
    """What a BMP is; raises NotWholeError if its rows are not all there."""
    header = _read_header(window)
    if header.width <= 0 or header.height == 0 or header.depth_bits not in _DEPTHS:
        raise damaged(_FILE_HEADER_BYTES)
    window.require(_end_of_data(window, header))
    return Picture(
        format=PhotoFormat.BMP,
        width=header.width,
        height=abs(header.height),
        has_alpha=header.has_alpha,
    )


def _read_header(window: Window) -> _Header:
    (length,) = _unpack(window, "<I", _FILE_HEADER_BYTES)
    if length not in _HEADERS:
        raise damaged(_FILE_HEADER_BYTES)
    start = _FILE_HEADER_BYTES + 4
    if length == _OLDEST:
        width, height, _, depth_bits = _unpack(window, "<HHHH", start)
        return _Header(width=width, height=height, depth_bits=depth_bits)
    width, height, _, depth_bits = _unpack(window, "<iiHH", start)
    compression, data_bytes = _unpack(window, "<II", start + 12) if length > _SHORT else (_PLAIN, 0)
    window.require(_FILE_HEADER_BYTES + length)
    return _Header(
        width=width,
        height=height,
        depth_bits=depth_bits,
        compression=compression,
        data_bytes=data_bytes,
        has_alpha=_has_alpha(window, length, depth_bits, compression),
    )


def _has_alpha(window: Window, length: int, depth_bits: int, compression: int) -> bool:
    """Whether a mask names some of 32 bits as transparency."""
    if length < _WITH_ALPHA_MASK or depth_bits != _DEPTH_WITH_ALPHA_BITS or compression == _PLAIN:
        return False
    (mask,) = _unpack(window, "<I", _FILE_HEADER_BYTES + 52)
    return mask != 0


def _end_of_data(window: Window, header: _Header) -> int:
    """Where the file must reach to: the length in its first header is wrong in many, so rows are counted."""
    file_bytes, _, start = _unpack(window, "<III", 2)
    if header.compression in _IN_ROWS:
        row_bytes = (header.width * header.depth_bits + 31) // 32 * 4
        return start + row_bytes * abs(header.height)
    if header.compression in _IN_RUNS:
        return start + header.data_bytes if header.data_bytes else file_bytes
    reason = "it holds a picture of another kind"
    raise NotWholeError(reason, AS_PICTURE)


def _unpack(window: Window, layout: str, start: int) -> tuple[int, ...]:
    return struct.unpack(layout, window.read(start, struct.calcsize(layout)))
