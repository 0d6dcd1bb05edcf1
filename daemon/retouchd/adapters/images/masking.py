"""A mask as the service wants it, out of a mask as people make them. Part of the developer.

The service edits where the mask's alpha is 0 and says nothing of what lies between: so nothing lies between
in what is made here. White is what people paint where something is to happen.
"""

from typing import Final

from PIL import Image, ImageChops

from retouchd.adapters.images.orders import MaskCut
from retouchd.core.masks import HAS_COLOURS, MARKS_EVERYTHING, MARKS_NOTHING, NOTHING_LEFT
from retouchd.core.pictures import PhotoFormat
from retouchd.core.request import MAX_MASK_BYTES

_EDITED, _KEPT = 0, 255
# From the middle on it is white: smoothed edges, and what JPEG makes of them, go to the nearer side.
_WHITE: Final = 128
# What JPEG makes of black and white is nearly grey. A photo that got a mask's name by mistake would be cut by
# its brightness, and paid for.
_COLOURED: Final = 64
_MOST_COLOURED: Final = 0.05
_SAMPLE_PIXELS: Final = 256
_WITH_COLOURS: Final = frozenset({"RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr"})
_SHARPENED: Final = [_EDITED] + [_KEPT] * 255
_ALPHA_OF_GREY: Final = [_KEPT] * _WHITE + [_EDITED] * (256 - _WHITE)


class MaskFaultError(Exception):
    """Raised when a mask does not say what is to be edited, with why, as a clause for people."""


def cut_mask(stored: Image.Image, order: MaskCut, turns: dict[int, Image.Transpose]) -> Image.Image | None:
    """Give a mask that lies on the photo as it is sent, or None where its own bytes will do.

    Args:
        stored: As it was decoded, turned by nothing.
        order: Where it goes.
        turns: How a stored picture is turned for each orientation.

    Raises:
        MaskFaultError: It marks nothing, or everything, or is a picture in colours.
    """
    alpha, is_own = _read_alpha(stored)
    _check(alpha, MARKS_NOTHING)
    size = (order.sent_width, order.sent_height)
    needed = [one for one in (order.subject.orientation, order.turn) if one in turns]
    is_taken = order.subject.format is PhotoFormat.PNG and order.bytes < MAX_MASK_BYTES
    if is_own and is_taken and not needed and alpha.size == size:
        return None
    alpha = alpha.point(_SHARPENED)
    for orientation in needed:
        alpha = alpha.transpose(turns[orientation])
    if alpha.size != size:
        alpha = alpha.resize(size, Image.Resampling.NEAREST)
        _check(alpha, NOTHING_LEFT)
    black = Image.new("L", size)
    return Image.merge("RGBA", (black, black, black, alpha))


def _read_alpha(stored: Image.Image) -> tuple[Image.Image, bool]:
    """Give what is edited as alpha, and whether that is the file's own channel."""
    if stored.has_transparency_data:
        alpha = stored.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (_KEPT, _KEPT):
            return alpha, stored.mode in {"RGBA", "LA"}
    if _has_colours(stored):
        raise MaskFaultError(HAS_COLOURS)
    return stored.convert("L").point(_ALPHA_OF_GREY), False


def _has_colours(stored: Image.Image) -> bool:
    """Say whether more than a few of some pixels all over the picture are far from grey."""
    if stored.mode not in _WITH_COLOURS:
        return False
    size = (min(stored.width, _SAMPLE_PIXELS), min(stored.height, _SAMPLE_PIXELS))
    red, green, blue = stored.resize(size, Image.Resampling.NEAREST).convert("RGB").split()
    highest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    lowest = ImageChops.darker(ImageChops.darker(red, green), blue)
    coloured = sum(ImageChops.subtract(highest, lowest).histogram()[_COLOURED:])
    return coloured > _MOST_COLOURED * size[0] * size[1]


def _check(alpha: Image.Image, nothing: str) -> None:
    edited = alpha.histogram()[_EDITED]
    if not edited:
        raise MaskFaultError(nothing)
    if edited == alpha.width * alpha.height:
        raise MaskFaultError(MARKS_EVERYTHING)
