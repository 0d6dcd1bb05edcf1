"""The one thing in EXIF that changes a picture's shape: its orientation. Nothing else in there is read."""

import struct
from typing import Final

UPRIGHT: Final = 1
EXIF_PREFIX: Final = b"Exif\0\0"

_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION_TAG: Final = 0x0112
_SHORT: Final = 3
_ENTRY_BYTES: Final = 12
_ORIENTATIONS: Final = range(1, 9)


def find_orientation(exif: bytes) -> int:
    """The orientation 1..8 that a block of EXIF names, with or without its prefix; 1 if it can't be read.

    EXIF is not needed to show a picture, so damage in it is no reason to refuse the picture.
    """
    tiff = exif.removeprefix(EXIF_PREFIX)
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        return _find_in_first_directory(tiff, order)
    except struct.error:
        return UPRIGHT


def _find_in_first_directory(tiff: bytes, order: str) -> int:
    """The orientation from IFD0; an offset or a count that points outside raises struct.error."""
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    entry = struct.Struct(f"{order}HHIH")
    for number in range(count):
        tag, kind, _, value = entry.unpack_from(tiff, directory + 2 + number * _ENTRY_BYTES)
        if tag == _ORIENTATION_TAG:
            return value if kind == _SHORT and value in _ORIENTATIONS else UPRIGHT
    return UPRIGHT
