"""The orientation in EXIF: found where it is well written, upright where it is not."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structure_samples import oriented

from retouchd.adapters.images.exif import find_orientation

SHORT, LONG = 3, 4
ORIENTATION = 0x0112


def tiff(order: str, *entries: tuple[int, int, int], directory: int = 8, count: int | None = None) -> bytes:
    """A TIFF header and first directory of entries of tag, type and value."""
    sign = b"II*\0" if order == "<" else b"MM\0*"
    rows = b"".join(struct.pack(f"{order}HHIHH", tag, kind, 1, value, 0) for tag, kind, value in entries)
    number = len(entries) if count is None else count
    return sign + struct.pack(f"{order}IH", directory, number) + rows


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"Exif\0\0", b""])
def test_reads_both_byte_orders(orientation: int, order: str, prefix: bytes) -> None:
    """Every orientation is found in both byte orders, with and without the prefix, behind other entries."""
    exif = prefix + tiff(order, (0x010F, 2, 9), (0x0110, 2, 9), (ORIENTATION, SHORT, orientation))

    assert find_orientation(exif) == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reads_what_pillow_writes(orientation: int) -> None:
    """Every orientation that Pillow writes is found."""
    assert find_orientation(oriented(orientation)) == orientation


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"XX*\0" + tiff("<", (ORIENTATION, SHORT, 6))[4:],
        tiff("<"),
        tiff("<", (0x010F, SHORT, 6)),
        tiff("<", (ORIENTATION, SHORT, 0)),
        tiff("<", (ORIENTATION, SHORT, 9)),
        tiff("<", (ORIENTATION, LONG, 6)),
        tiff(">", (0x010F, SHORT, 6), count=65_535),
        tiff(">", (ORIENTATION, SHORT, 6), directory=2**32 - 1),
        tiff("<", (ORIENTATION, SHORT, 6))[:-5],
    ],
    ids=[
        "nothing",
        "a prefix alone",
        "a header alone",
        "no byte order",
        "no entries",
        "other entries",
        "too small",
        "too large",
        "of a wrong type",
        "more entries than there are",
        "a directory outside",
        "cut in its entry",
    ],
)
def test_what_cannot_be_read_is_upright(exif: bytes) -> None:
    """EXIF that is damaged, or silent about it, means upright and is no reason to refuse a picture."""
    assert find_orientation(exif) == 1


@given(order=st.sampled_from([b"II*\0", b"MM\0*"]), rest=st.binary(max_size=200))
def test_never_raises(order: bytes, rest: bytes) -> None:
    """Whatever follows a byte order, the answer is an orientation."""
    assert find_orientation(order + rest) in range(1, 9)
