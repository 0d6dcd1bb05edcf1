"""The word "match": a legal size of the photo's own shape."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.request import Size
from retouchd.core.sizes import match_size

sides = st.integers(1, 100_000)
# Sixteen pixels are about a per cent of the shortest side there is, and the area may give way too.
TOLERANCE = 0.02


@pytest.mark.parametrize(
    ("shown", "megapixels", "expected"),
    [
        ((4032, 3024), 1.57, "1472x1104"),
        ((6000, 4000), 1.57, "1536x1024"),
        ((1080, 1920), 1.57, "944x1680"),
        ((1024, 1024), 1.57, "1248x1248"),
        ((100, 10_000), 8.29, "1280x3840"),
        ((6000, 4000), 0.01, "1008x672"),
    ],
)
def test_documented_sizes(shown: tuple[int, int], megapixels: float, expected: str) -> None:
    """The ordinary shapes become the sizes that the manual promises; the extreme ones the nearest legal."""
    assert str(match_size(shown, megapixels)) == expected


@given(width=sides, height=sides, megapixels=st.floats(0.001, 100))
def test_every_shape_gives_a_legal_size(width: int, height: int, megapixels: float) -> None:
    """A Size that the endpoint would refuse cannot be made, whatever the photo's shape is."""
    assert isinstance(match_size((width, height), megapixels), Size)


@given(width=st.integers(1000, 3000), height=st.integers(1000, 3000))
def test_the_shape_is_kept(width: int, height: int) -> None:
    """The result has the photo's shape within what nobody sees: a reshaped picture is paid for in vain."""
    size = match_size((width, height), 1.57)

    assert math.isclose(size.width / size.height, width / height, rel_tol=TOLERANCE)
    assert math.isclose(size.pixels, 1_570_000, rel_tol=0.2)


@given(width=sides, height=sides)
def test_turning_the_photo_turns_the_shape(width: int, height: int) -> None:
    """A photo on its side gets as good a shape as one that is upright."""
    lying, upright = match_size((width, height), 1.57), match_size((height, width), 1.57)

    assert math.isclose(lying.width / lying.height, upright.height / upright.width, rel_tol=TOLERANCE)
