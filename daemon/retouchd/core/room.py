"""How much room must be free before a photo is paid for: its result must not be what finds the disk full."""

from typing import Final

from retouchd.core.pictures import MEGAPIXEL
from retouchd.core.request import AutoSize, Size

# A lossless picture of noise has three bytes a pixel; three times that must be free before anything is paid.
_ROOM_PER_PIXEL: Final = 9
_PIXELS_OF_AUTO: Final = 2 * MEGAPIXEL
# The journal must not be the one to find the disk full: what is under way could not be booked then.
ROOM_FOR_JOURNAL: Final = 16 * 1024 * 1024


def room_needed(size: Size | AutoSize) -> int:
    """Give the bytes that must be free for a result of this size."""
    pixels = size.pixels if isinstance(size, Size) else _PIXELS_OF_AUTO
    return pixels * _ROOM_PER_PIXEL
