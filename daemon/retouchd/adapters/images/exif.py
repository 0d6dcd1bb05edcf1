"""What in EXIF changes how a picture looks: its orientation, and a camera's word for Adobe RGB.

Nothing else in there is read.
"""

import struct
from dataclasses import dataclass
from typing import Final, Self

UPRIGHT: Final = 1
EXIF_PREFIX: Final = b"Exif\0\0"

_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION_TAG, _COLOUR_SPACE_TAG, _INDEX_TAG = 0x0112, 0xA001, 0x0001
_EXIF_TAG, _INTEROPERABILITY_TAG = 0x8769, 0xA005
_SHORT, _LONG = 3, 4
_NUMBERS: Final = {_SHORT: "H", _LONG: "I"}
_ENTRY_BYTES: Final = 12
_ORIENTATIONS: Final = range(1, 9)
# Most cameras say that it is no sRGB, and by an index which one it is; a few have a number for it.
_UNCALIBRATED, _ADOBE_RGB = 0xFFFF, 2
_ADOBE_RGB_INDEX: Final = b"R03\0"


def find_orientation(exif: bytes) -> int:
    """The orientation 1..8 that a block of EXIF names, with or without its prefix; 1 if it can't be read.

    EXIF is not needed to show a picture, so damage in it is no reason to refuse the picture.
    """
    try:
        entry = _Block.read(exif).find(_ORIENTATION_TAG)
    except (struct.error, KeyError):
        return UPRIGHT
    return entry.number if entry.type == _SHORT and entry.number in _ORIENTATIONS else UPRIGHT


def is_adobe_rgb(exif: bytes) -> bool:
    """Whether a camera says that its colours are those of Adobe RGB, for which it embeds no profile."""
    try:
        details = _Block.read(exif).follow(_EXIF_TAG)
        space = details.find(_COLOUR_SPACE_TAG).number
        if space != _UNCALIBRATED:
            return space == _ADOBE_RGB
        return details.follow(_INTEROPERABILITY_TAG).find(_INDEX_TAG).value == _ADOBE_RGB_INDEX
    except (struct.error, KeyError):
        return False


@dataclass(frozen=True, slots=True)
class _Entry:
    """A tag's type and the four bytes in which its value stands, or its place."""

    order: str
    type: int
    value: bytes

    @property
    def number(self) -> int:
        """The value as a number; raises KeyError where it is none."""
        return int(struct.unpack_from(self.order + _NUMBERS[self.type], self.value)[0])


@dataclass(frozen=True, slots=True)
class _Block:
    """One directory in a block of EXIF; what points outside raises struct.error."""

    tiff: bytes
    order: str
    directory: int

    @classmethod
    def read(cls, exif: bytes) -> Self:
        """The first directory; raises KeyError where no EXIF begins."""
        tiff = exif.removeprefix(EXIF_PREFIX)
        order = _BYTE_ORDERS[tiff[:4]]
        return cls(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0])

    def find(self, wanted: int) -> _Entry:
        """The entry for a tag; raises KeyError where there is none."""
        (count,) = struct.unpack_from(f"{self.order}H", self.tiff, self.directory)
        layout = struct.Struct(f"{self.order}HHI4s")
        for number in range(count):
            tag, kind, _, value = layout.unpack_from(self.tiff, self.directory + 2 + number * _ENTRY_BYTES)
            if tag == wanted:
                return _Entry(self.order, kind, value)
        raise KeyError(wanted)

    def follow(self, pointer: int) -> Self:
        """The directory that a tag points to."""
        return type(self)(self.tiff, self.order, self.find(pointer).number)
