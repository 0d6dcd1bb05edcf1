"""The walk over JPEG files: segments, scans, markers across blocks."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structure_samples import JPEGS, WHOLE, examined, jpeg, jpeg_segment, noise, oriented, saved

from retouchd.core.pictures import Incomplete, PhotoFormat, Picture

BLOCK = 65_536
PICTURE = Picture(format=PhotoFormat.JPEG, width=5, height=3)
# Up to the first bytes of the scan, without an end mark.
OPEN_SCAN = jpeg()[:-2]


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize(
    "ending",
    [
        b"\xff\xd9",
        b"\xff\xff\xff\xd9",
        b"\xff\x00\xff\xd9",
        b"\xff\xd0\xff\xd7\xff\xd9",
        b"\xff\xff\x00\xff\xff\xd9",
        b"\xff\xfe\x00\x02\xff\xda\x00\x02\x77\xff\xd9",
    ],
    ids=["end mark", "fill bytes", "escaped FF", "restarts", "filled escape", "second scan"],
)
def test_markers_in_a_scan_may_lie_across_blocks(blocks: int, ending: bytes) -> None:
    """The end of a scan is found wherever it lies in relation to the blocks in which it is read.

    The first block begins behind SOI and the second with the first's last byte, hence the borders.
    """
    leads = [blocks * (BLOCK - 1) - len(OPEN_SCAN) + shift for shift in range(-24, 24)]
    whole = [examined(OPEN_SCAN + b"\x55" * lead + ending) for lead in leads]
    arriving = [examined(OPEN_SCAN + b"\x55" * lead + ending[:-1]) for lead in leads]

    assert whole == [PICTURE] * len(leads)
    assert all(isinstance(examination, Incomplete) for examination in arriving)


@pytest.mark.parametrize("shift", range(-40, 8))
def test_segments_may_lie_across_blocks(shift: int) -> None:
    """A picture is whole wherever its segments lie in relation to the blocks in which it is read."""
    lead = jpeg_segment(0xEE, b"\x55" * (BLOCK - 46 + shift))
    content = jpeg(lead, jpeg_segment(0xE1, oriented(6)), b"\xff\xff" + jpeg_segment(0xFE, b"a comment"))

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert examination.orientation == 6


def test_long_data_full_of_escapes_is_whole() -> None:
    """A scan of nothing but escaped FF and fill bytes, over several blocks, ends at its end mark."""
    content = OPEN_SCAN + b"\xff\x00" * BLOCK + b"\xff" * (2 * BLOCK) + b"\xd9"

    assert examined(content) == PICTURE


@pytest.mark.parametrize("lead", [0, 1, 4097, BLOCK - 4097, BLOCK - 4096, BLOCK - 1, BLOCK, 3 * BLOCK + 77])
def test_a_part_of_a_scan_that_is_zeros_is_told(lead: int) -> None:
    """Zeros that a copier wrote to reserve space, and has not filled yet, are seen wherever they lie."""
    content = OPEN_SCAN + b"\x55" * lead + bytes(8192) + b"\x55" * 99 + b"\xff\xd9"

    assert examined(content) == replace(PICTURE, has_empty_space=True)


def test_zeros_beside_a_scan_are_nothing_to_wait_for() -> None:
    """Cameras leave space in their notes and behind the end mark; that is whole."""
    content = jpeg(jpeg_segment(0xE2, bytes(30_000))) + bytes(30_000)

    assert examined(content) == PICTURE


@given(name=st.sampled_from(sorted(JPEGS)), trailer=st.binary(max_size=200))
def test_more_may_follow_the_end_mark(name: str, trailer: bytes) -> None:
    """What phones and cameras append after the end mark does not change what the picture is."""
    content = JPEGS[name] + trailer + b"SEFT"

    assert examined(content) == examined(JPEGS[name])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_finds_every_orientation(orientation: int) -> None:
    """The orientation is found, also when a thumbnail with an end mark of its own follows it."""
    exif = oriented(orientation) + saved(noise(size=(16, 16)), "JPEG")

    examination = examined(saved(noise(), "JPEG", exif=exif))

    assert isinstance(examination, Picture)
    assert examination.orientation == orientation


def test_a_thumbnails_end_mark_is_not_the_pictures() -> None:
    """A photo cut right after its thumbnail is incomplete."""
    whole = WHOLE["jpeg with thumbnail"]
    cut = whole.index(b"\xff\xd9") + 2

    assert isinstance(examined(whole[:cut]), Incomplete)


def test_exif_may_follow_other_applications() -> None:
    """The orientation is found behind other segments of the same code, such as XMP, and behind short ones."""
    xmp = jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
    content = jpeg(jpeg_segment(0xE1), jpeg_segment(0xE1, b"Exif"), xmp, jpeg_segment(0xE1, oriented(7)))

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert examination.orientation == 7


def test_the_first_of_each_counts() -> None:
    """Of two frames or two blocks of EXIF, which no camera writes, the first counts."""
    content = jpeg(jpeg_segment(0xE1, oriented(7)), jpeg_segment(0xE1, oriented(2)))[:-2] + jpeg(width=9)[2:]

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert (examination.orientation, examination.width) == (7, 5)


def test_a_height_may_come_after_the_scan() -> None:
    """A scanner that learns the height at the end writes it after the scan."""
    content = jpeg(height=0)[:-2] + jpeg_segment(0xDC, struct.pack(">H", 3)) + b"\xff\xd9"

    assert examined(content) == PICTURE


@pytest.mark.parametrize(
    "content",
    [
        jpeg(height=0),
        jpeg(width=0),
        jpeg(height=0)[:-2] + jpeg_segment(0xDC, b"\0\0") + b"\xff\xd9",
    ],
    ids=["no height", "no width", "no height after the scan either"],
)
def test_needs_a_size(content: bytes) -> None:
    """A picture that nowhere says how large it is, is incomplete."""
    assert examined(content) == Incomplete(reason="it does not say how large it is")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + jpeg_segment(0xFE, b"nothing else") + b"\xff\xd9",
        b"\xff\xd8" + jpeg_segment(0xC0, b"\x08\0\x03\0\x05\x01") + b"\xff\xd9",
        b"\xff\xd8" + jpeg_segment(0xDA, b"\x01") + b"data\xff\xd9",
        b"\xff\xd8"
        + jpeg_segment(0xDA, b"\x01")
        + b"data"
        + jpeg_segment(0xC0, b"\x08\0\x03\0\x05")
        + b"\xff\xd9",
        b"\xff\xd8" + jpeg_segment(0xC4, b"\x08\0\x03\0\x05") + jpeg_segment(0xDA, b"\x01") + b"data\xff\xd9",
    ],
    ids=["neither", "no scan", "no frame", "frame after the scan", "tables are no frame"],
)
def test_needs_a_picture(content: bytes) -> None:
    """A JPEG without a frame and a scan in it is incomplete."""
    assert examined(content) == Incomplete(reason="there is no picture in it")


@pytest.mark.parametrize("code", sorted(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}))
def test_knows_every_frame(code: int) -> None:
    """Every way to code a frame, from baseline to arithmetic, tells its size in the same place."""
    content = jpeg().replace(b"\xff\xc0", bytes((0xFF, code)))

    assert examined(content) == PICTURE


@pytest.mark.parametrize("code", [0x01, 0xD0, 0xD7])
def test_marks_without_a_length_are_passed(code: int) -> None:
    """A stray mark that has no length, before the frame, is passed over."""
    assert examined(jpeg(bytes((0xFF, code)))) == PICTURE


@pytest.mark.parametrize(
    ("damage", "place"),
    [(b"\xff\xfe\0\2\0\0", 6), (b"\xff\xd8", 4), (b"\xff\x02\0\4hi", 4), (b"\xff\xfe\0\1", 4)],
    ids=["zeros between segments", "a second beginning", "no such marker", "an impossible length"],
)
def test_says_where_it_is_damaged(damage: bytes, place: int) -> None:
    """Bytes that can't be a segment are told with their place."""
    assert examined(jpeg(damage)) == Incomplete(reason=f"it is damaged at {place} bytes")


def test_a_frame_too_short_for_a_size_is_damaged() -> None:
    """A frame that ends before its size is told with its place."""
    content = b"\xff\xd8" + jpeg_segment(0xC0, b"\x08\0") + jpeg_segment(0xDA, b"\x01") + b"data\xff\xd9"

    assert examined(content) == Incomplete(reason="it is damaged at 6 bytes")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE["jpeg baseline"][:-2], "it ends before its end mark"),
        (
            WHOLE["jpeg with profile"][:40_000] + b"arriving",
            "it ends before its end mark (40.0 of at least 65.6 kB are there)",
        ),
        (
            b"\xff\xd8" + jpeg_segment(0xFE, b"a comment"),
            "it ends before its end mark (15 of at least 17 bytes are there)",
        ),
    ],
    ids=["in a scan", "in a segment", "after a segment"],
)
def test_says_how_much_is_missing(content: bytes, reason: str) -> None:
    """What ends too early is told with how much is needed, where a length in it says so."""
    assert examined(content) == Incomplete(reason=reason)
