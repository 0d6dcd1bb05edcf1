"""What a mask must be for a photo, and how it is made to fit: rules alone, from the sizes of both."""

from dataclasses import dataclass
from typing import Final

from retouchd.core.pictures import Picture

MARKS_NOTHING: Final = (
    "it marks nothing: paint white (or make transparent) what is to be edited, and leave the rest black"
)
MARKS_EVERYTHING: Final = "it marks the whole photo: leave black what is to stay, or take the mask away"
HAS_COLOURS: Final = (
    "it is neither black and white nor transparent: paint white what is to be edited, and the rest black, or"
    " rename it if it is a photo"
)
NOTHING_LEFT: Final = "what it marks is too small for the size in which the photo is sent: mark more"
_UPRIGHT: Final = 1
# Sides that were rounded to whole pixels; in tiny masks a pixel is much, so the shape must agree too.
_TOLERATED_PIXELS: Final = 1
_TOLERATED_SHAPE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFit:
    """How a mask is made to fit a photo as it is seen.

    Attributes:
        turn: The EXIF orientation by which the mask is turned, beyond its own; 1 turns nothing.
    """

    turn: int


def fit_mask(mask: Picture, photo: Picture) -> MaskFit | str:
    """Say how a mask fits a photo, or why it does not, as a clause for people.

    A mask is made of the photo as it is seen, or of its stored pixels by a program that ignores EXIF; the
    right size beats the right shape, and as it is seen beats as it is stored.
    """
    if mask.animated:
        return "it is an animation: export one frame of it"
    stored = (photo.width, photo.height)
    ways = ((photo.shown_size, _UPRIGHT), (stored, photo.orientation))
    for is_fit in (_is_same, _is_alike):
        for size, turn in ways:
            if is_fit(mask.shown_size, size):
                return MaskFit(turn=turn)
    sizes = f"it has {_size(mask.shown_size)} pixels and the photo {_size(photo.shown_size)}"
    return f"{sizes}: export it in the photo's size"


def _is_same(mask: tuple[int, int], photo: tuple[int, int]) -> bool:
    return mask == photo


def _is_alike(mask: tuple[int, int], photo: tuple[int, int]) -> bool:
    """Say whether both have the same shape, give or take a pixel at one side."""
    one, other = mask[0] * photo[1], mask[1] * photo[0]
    is_near = abs(one - other) <= _TOLERATED_PIXELS * max(photo)
    return is_near and abs(one - other) <= _TOLERATED_SHAPE * max(one, other)


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
