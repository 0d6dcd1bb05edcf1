"""The word "match": the legal size nearest to a photo's own shape.

The endpoint reshapes a picture to whatever size is asked for, so the shape must be right before.
"""

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from retouchd.core.pictures import MEGAPIXEL
from retouchd.core.request import MAX_EDGE, MAX_PIXELS, MAX_RATIO, MIN_PIXELS, SIZE_STEP, Size

# A per cent of a wrong shape is seen at once, a per cent of more or fewer pixels never.
_SHAPE_WEIGHT: Final = 20.0


# Some 250 sizes are weighed, which takes as long as looking at a whole photo; a camera has but few shapes.
@lru_cache(64)
def match_size(shown: tuple[int, int], megapixels: float) -> Size:
    """Give the legal size nearest to the shown shape at about so many megapixels.

    Args:
        shown: Width and height in pixels as a person sees the photo.
        megapixels: Wished area in millions of pixels; what is not legal is brought to the nearest legal one.
    """
    aspect = min(max(shown[0] / shown[1], 1 / MAX_RATIO), float(MAX_RATIO))
    pixels = min(max(megapixels * MEGAPIXEL, MIN_PIXELS), MAX_PIXELS)
    return min(_legal_near(aspect), key=lambda size: _distance(size, aspect, pixels))


def _legal_near(aspect: float) -> Iterator[Size]:
    for width in range(SIZE_STEP, MAX_EDGE + 1, SIZE_STEP):
        lower = int(width / aspect) // SIZE_STEP * SIZE_STEP
        for height in (lower, lower + SIZE_STEP):
            if _is_legal(width, height):
                yield Size(width=width, height=height)


def _is_legal(width: int, height: int) -> bool:
    longer, shorter = max(width, height), min(width, height)
    return 0 < longer <= min(MAX_EDGE, MAX_RATIO * shorter) and MIN_PIXELS <= width * height <= MAX_PIXELS


def _distance(size: Size, aspect: float, pixels: float) -> float:
    shape_error = abs(math.log(size.width / size.height / aspect))
    return shape_error * _SHAPE_WEIGHT + abs(math.log(size.pixels / pixels))
