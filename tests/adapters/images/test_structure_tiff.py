"""The walk over TIFF files: both kinds, data in every form, pages and thumbnails, RAW files."""

import struct

import pytest
from photo_corpus import (
    BYTE,
    COMPRESSION,
    DEPTH,
    DNG_VERSION,
    HEIGHT,
    INNER,
    KIND_OF_PAGE,
    LENGTHS,
    LONG,
    LONG8,
    OFFSETS,
    OLD_KIND_OF_PAGE,
    PHOTOMETRIC,
    SHORT,
    WIDTH,
    directory_of,
    grey,
    tiff,
)
from structure_samples import examined, noise, saved

from retouchd.core.pictures import ColourProfile, Incomplete, PhotoFormat, Picture

PICTURE = Picture(format=PhotoFormat.TIFF, width=8, height=4)
ROWS = [bytes(range(32))]
RAW = Incomplete(reason="it is a camera RAW file and no picture yet", advice="develop it and save it as JPEG")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("large", [False, True])
def test_reads_both_kinds_in_both_orders(order: str, *, large: bool) -> None:
    """Classic and large files of both byte orders are read, and every beginning of them is incomplete."""
    whole = tiff((grey(), ROWS), order=order, large=large)
    beginnings = [examined(whole[:cut]) for cut in range(len(whole))]

    assert examined(whole) == PICTURE
    assert all(isinstance(beginning, Incomplete) for beginning in beginnings)


@pytest.mark.parametrize("kind", [SHORT, LONG, LONG8])
def test_places_may_be_numbers_of_any_length(kind: int) -> None:
    """Where strips lie is told in 16, 32 or 64 bits."""
    tags = {**grey(), OFFSETS: (kind, [16]), LENGTHS: (SHORT, [32])}
    whole = tiff((tags, ROWS), large=True)

    assert examined(whole) == PICTURE
    tags[OFFSETS] = (kind, [len(whole) - 31])
    assert isinstance(examined(tiff((tags, ROWS), large=True)), Incomplete)


def test_more_strips_than_are_read_at_once() -> None:
    """The lists of places and lengths are read piece by piece, to their last numbers."""
    pieces = [b"x"] * 20_000
    tags = {**grey(1, 20_000)}
    whole = tiff((tags, pieces))
    reaching_out = {**tags, OFFSETS: (LONG, [8] * 19_999 + [10**6])}

    assert isinstance(examined(whole), Picture)
    assert isinstance(examined(tiff((reaching_out, pieces))), Incomplete)


def test_a_jpeg_in_it_must_be_there() -> None:
    """A whole JPEG as old programs put it in has its own two tags."""
    jpeg = {**grey(), COMPRESSION: (SHORT, [6]), 0x201: (LONG, [8]), 0x202: (LONG, [32])}
    whole = tiff((jpeg, []), large=False)

    assert examined(whole) == PICTURE
    assert isinstance(examined(tiff(({**jpeg, 0x202: (LONG, [3200])}, []))), Incomplete)


def test_lengths_may_be_missing() -> None:
    """Programs of the first years did not write how long strips are; where they begin must be there."""
    tags = {**grey(), OFFSETS: (LONG, [8])}
    whole = tiff((tags, []))

    assert examined(whole) == PICTURE
    assert isinstance(examined(tiff(({**tags, OFFSETS: (LONG, [500])}, []))), Incomplete)


@pytest.mark.parametrize(
    ("second", "animated"),
    [
        (grey(), True),
        ({**grey(), KIND_OF_PAGE: (LONG, [2])}, True),
        ({**grey(), KIND_OF_PAGE: (LONG, [1])}, False),
        ({**grey(), KIND_OF_PAGE: (LONG, [4])}, False),
        ({**grey(), OLD_KIND_OF_PAGE: (SHORT, [2])}, False),
        ({**grey(), OLD_KIND_OF_PAGE: (SHORT, [3])}, True),
        (grey(4, 2), False),
        (grey(5, 2), True),
    ],
    ids=["page", "marked page", "copy", "mask", "old copy", "old page", "thumbnail", "smaller page"],
)
def test_further_pages_make_it_more_than_a_photo(
    second: dict[int, tuple[int, list[int]]], *, animated: bool
) -> None:
    """Pages count, while thumbnails, smaller copies and masks do not."""
    examination = examined(tiff((grey(), ROWS), (second, ROWS)))

    assert isinstance(examination, Picture)
    assert examination.animated is animated


def test_a_page_that_is_cut_is_missed() -> None:
    """The data of every page must be there, not only that of the first."""
    content = tiff((grey(), ROWS), ({**grey(), OFFSETS: (LONG, [900])}, ROWS))

    assert isinstance(examined(content), Incomplete)


def _with_inner(tags: dict[int, tuple[int, list[int]]]) -> bytes:
    """A page that points to a further directory."""
    directory, values = directory_of(tags, 8)
    place = 8 + len(values)
    return tiff(({**grey(), INNER: (LONG, [place])}, [values + directory]))


@pytest.mark.parametrize(
    "content",
    [
        tiff(({**grey(), DNG_VERSION: (BYTE, [1, 4, 0, 0])}, ROWS)),
        tiff(({**grey(), PHOTOMETRIC: (SHORT, [32803])}, ROWS)),
        _with_inner({WIDTH: (SHORT, [6000]), PHOTOMETRIC: (SHORT, [34892])}),
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(4) + directory_of({}, 0)[0],
    ],
    ids=["DNG", "sensor's numbers", "sensor's numbers further in", "Canon"],
)
def test_camera_raw_is_told_apart(content: bytes) -> None:
    """A RAW file looks like a TIFF, of whose first page only a small copy would be edited: refused."""
    assert examined(content) == RAW


def test_data_of_inner_directories_must_be_there() -> None:
    """What a directory inside points to must be there as well."""
    inner = {WIDTH: (SHORT, [4]), OFFSETS: (LONG, [8]), LENGTHS: (LONG, [4])}

    assert examined(_with_inner(inner)) == Picture(format=PhotoFormat.TIFF, width=8, height=4)
    assert isinstance(examined(_with_inner({**inner, LENGTHS: (LONG, [4000])})), Incomplete)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"II*\0\0\0\0\0" + bytes(8), "there is no picture in it"),
        (tiff((grey(), [])), "there is no picture in it"),
        (tiff(({**grey(), WIDTH: (SHORT, [0])}, ROWS)), "it does not say how large it is"),
        (tiff(({**grey(), HEIGHT: (BYTE, [])}, ROWS)), "it does not say how large it is"),
        (tiff(({**grey(), HEIGHT: (BYTE, [])}, ROWS))[:40], "it ends before its end mark"),
    ],
    ids=["no page", "no data", "no width", "no height", "cut"],
)
def test_needs_a_picture(content: bytes, reason: str) -> None:
    """A TIFF with nothing to show in it is incomplete, and says what it lacks."""
    examination = examined(content)

    assert isinstance(examination, Incomplete)
    assert examination.reason.startswith(reason)


def test_pages_in_a_circle_are_damage() -> None:
    """A page that is followed by itself is damage, and does not keep a worker busy."""
    once = tiff((grey(), ROWS))
    first = struct.unpack_from("<I", once, 4)[0]

    assert isinstance(examined(once[:-4] + struct.pack("<I", first)), Incomplete)


def test_places_and_lengths_must_be_as_many() -> None:
    """Two places with one length are damage, as are places that are no numbers."""
    odd = tiff(({**grey(), OFFSETS: (LONG, [8, 8])}, ROWS))
    text = tiff((grey(), ROWS)).replace(struct.pack("<HH", OFFSETS, LONG), struct.pack("<HH", OFFSETS, 2))

    assert isinstance(examined(odd), Incomplete)
    assert isinstance(examined(text), Incomplete)


@pytest.mark.parametrize("times", [1, 100])
def test_promises_without_end_are_cheap(times: int) -> None:
    """Numbers that promise more than any picture has are refused before they are read."""
    directory, _ = directory_of({**grey(), OFFSETS: (LONG, [8]), LENGTHS: (LONG, [8])}, 0)
    many = directory.replace(struct.pack("<HHI", OFFSETS, LONG, 1), struct.pack("<HHI", OFFSETS, LONG, 10**6))
    many = many.replace(struct.pack("<HHI", LENGTHS, LONG, 1), struct.pack("<HHI", LENGTHS, LONG, 10**6))
    examination = examined(b"II*\0\x08\0\0\0" + many * times + bytes(4 * 10**6 + 10**5))

    assert examination == Incomplete(reason="it has more than 250000 parts, which no picture has")


def test_directories_of_nothing_are_counted() -> None:
    """A file of nothing but empty pages is refused before they fill the memory."""
    pages = tiff(*[({}, [])] * 2600)

    assert examined(pages) == Incomplete(reason="it has more than 250000 parts, which no picture has")


def test_what_is_unknown_is_passed_over() -> None:
    """A tag whose values are of no known type is nobody's business, nor is one with a number for a text."""
    odd = tiff(({**grey(), 0xFFFF: (SHORT, [7])}, ROWS)).replace(
        struct.pack("<HH", 0xFFFF, SHORT), struct.pack("<HH", 0xFFFF, 99)
    )

    assert examined(odd) == PICTURE


def test_depth_and_profile() -> None:
    """How many bits a colour has and what the colours mean is read as it stands."""
    deep = examined(tiff(({**grey(), DEPTH: (SHORT, [16])}, ROWS)))
    profiled = examined(saved(noise(), "TIFF", icc_profile=bytes(36) + b"acsp" + bytes(200)))

    assert isinstance(deep, Picture)
    assert isinstance(profiled, Picture)
    assert (deep.depth_bits, profiled.profile) == (16, ColourProfile.OTHER)
