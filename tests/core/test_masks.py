"""Which masks fit a photo, from the sizes of both alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.masks import MaskFit, fit_mask
from retouchd.core.pictures import PhotoFormat, Picture


def picture(width: int, height: int, orientation: int = 1, **facts: Any) -> Picture:
    """Give a picture of a size."""
    kind = PhotoFormat.PNG
    return Picture(format=kind, width=width, height=height, orientation=orientation, **facts)


@pytest.mark.parametrize(
    ("mask", "photo", "turn"),
    [
        # As it is seen, in the right size.
        (picture(40, 30), picture(40, 30), 1),
        (picture(30, 40), picture(40, 30, 6), 1),
        # As it is stored.
        (picture(40, 30), picture(40, 30, 6), 6),
        (picture(40, 30), picture(40, 30, 5), 5),
        # Both are the same size: as it is seen.
        (picture(40, 30), picture(40, 30, 3), 1),
        (picture(40, 40), picture(40, 40, 6), 1),
        # Another size, the same shape, a rounded side.
        (picture(20, 15), picture(40, 30), 1),
        (picture(400, 300), picture(40, 30), 1),
        (picture(1024, 683), picture(6000, 4000), 1),
        (picture(1024, 682), picture(6000, 4000), 1),
        (picture(15, 20), picture(40, 30, 8), 1),
        (picture(20, 15), picture(40, 30, 8), 8),
        # A mask with an orientation of its own.
        (picture(30, 40, 6), picture(40, 30), 1),
    ],
)
def test_masks_that_fit(mask: Picture, photo: Picture, turn: int) -> None:
    """A mask of the photo as it is seen or as it is stored fits, scaled if need be."""
    assert fit_mask(mask, photo) == MaskFit(turn=turn)


@pytest.mark.parametrize(
    ("mask", "photo"),
    [
        (picture(30, 40), picture(40, 30)),
        (picture(1024, 690), picture(6000, 4000)),
        (picture(2, 2), picture(640, 427)),
        (picture(3, 1), picture(4, 1)),
        (picture(4000, 2990), picture(4000, 3000)),
    ],
)
def test_masks_of_another_shape(mask: Picture, photo: Picture) -> None:
    """A mask of another shape is refused with both sizes and what to do, and never stretched."""
    fault = fit_mask(mask, photo)

    assert isinstance(fault, str)
    assert f"{mask.width}x{mask.height}" in fault
    assert f"{photo.width}x{photo.height}" in fault


def test_animated_mask() -> None:
    """An animation is no mask."""
    assert (
        fit_mask(picture(4, 4, animated=True), picture(4, 4)) == "it is an animation: export one frame of it"
    )


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 8), st.integers(1, 40))
def test_what_is_scaled_from_the_photo_fits(width: int, height: int, orientation: int, by: int) -> None:
    """A mask that was painted on the photo at any whole multiple of its size fits as it is seen."""
    photo = picture(width, height, orientation)
    shown = photo.shown_size

    assert fit_mask(picture(shown[0] * by, shown[1] * by), photo) == MaskFit(turn=1)
