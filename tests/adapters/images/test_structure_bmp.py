"""The walk over BMP files: all headers, and rows that are counted since lengths in headers lie."""

import struct
from typing import Any

import pytest
from photo_corpus import RUNS, bmp
from structure_samples import examined

from retouchd.core.pictures import Incomplete, PhotoFormat, Picture

PICTURE = Picture(format=PhotoFormat.BMP, width=5, height=3)
MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


@pytest.mark.parametrize("header_bytes", [12, 16, 40, 52, 56, 64, 108, 124])
@pytest.mark.parametrize("depth", [1, 4, 8, 24])
def test_reads_every_header(header_bytes: int, depth: int) -> None:
    """The size is found in each of the headers that were ever written."""
    assert examined(bmp(header_bytes=header_bytes, depth=depth)) == PICTURE


@pytest.mark.parametrize("file_bytes", [0, 60, 10**9])
def test_a_wrong_length_in_the_header_is_no_damage(file_bytes: int) -> None:
    """Many programs write a wrong length, so that it says nothing where rows can be counted."""
    whole = bmp(file_bytes=file_bytes)

    assert examined(whole) == PICTURE
    assert isinstance(examined(whole[:-1]), Incomplete)


def test_runs_end_where_the_header_says() -> None:
    """Rows in runs can't be counted, so the length of their data counts, and without it that of the file."""
    told = bmp(depth=8, compression=1, data=RUNS, data_bytes=len(RUNS), file_bytes=0)
    untold = bmp(depth=8, compression=1, data=RUNS)

    assert [examined(told), examined(untold)] == [PICTURE, PICTURE]
    assert isinstance(examined(told[:-1]), Incomplete)
    assert isinstance(examined(untold[:-1]), Incomplete)


@pytest.mark.parametrize(
    ("header", "has_alpha"),
    [
        ({"header_bytes": 108, "masks": MASKS}, True),
        ({"header_bytes": 56, "masks": MASKS}, True),
        ({"header_bytes": 124, "masks": MASKS[:3]}, False),
        ({"header_bytes": 40, "masks": MASKS[:3]}, False),
    ],
    ids=["newer", "oldest with a mask for it", "no mask for it", "no room for a mask"],
)
def test_alpha_is_what_a_mask_says(header: dict[str, Any], *, has_alpha: bool) -> None:
    """A fourth byte of a pixel is transparency only where a mask names it."""
    examination = examined(bmp(depth=32, compression=3, **header))

    assert isinstance(examination, Picture)
    assert examination.has_alpha is has_alpha


@pytest.mark.parametrize(
    "content",
    [
        bmp().replace(struct.pack("<I", 40), struct.pack("<I", 41), 1),
        bmp(width=-5),
        bmp(height=0),
        bmp(depth=5),
    ],
    ids=["no such header", "no width", "no height", "no such depth"],
)
def test_says_that_it_is_damaged(content: bytes) -> None:
    """A header that no program writes is damage."""
    assert examined(content) == Incomplete(reason="it is damaged at 14 bytes")


def test_other_pictures_in_it_are_refused() -> None:
    """A JPEG or PNG in a BMP, meant for printers, is refused with what to do."""
    assert examined(bmp(compression=4)) == Incomplete(
        reason="it holds a picture of another kind", advice="save it as PNG or JPEG"
    )
