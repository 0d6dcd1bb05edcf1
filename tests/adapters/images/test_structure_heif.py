"""The walk over HEIC and AVIF files: boxes, data of items, turns, bursts, sequences, what phones append."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_corpus import AVIFS, HEICS
from structure_samples import examined, noise, saved

from retouchd.core.pictures import ColourProfile, Incomplete, PhotoFormat, Picture

DATA = b"coded picture data"
PICTURE = Picture(format=PhotoFormat.HEIC, width=6, height=4)
NO_PICTURE = Incomplete(reason="there is no picture in it")


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_a_part_of_the_picture_that_is_zeros_is_told(kind: str) -> None:
    """Zeros that a copier wrote to reserve space, and has not filled yet, are seen."""
    whole = saved(noise(size=(300, 200)), kind)
    middle = whole.index(b"mdat") + 2000
    hollow = whole[:middle] + bytes(8192) + whole[middle + 8192 :]

    examination, before = examined(hollow), examined(whole)

    assert isinstance(before, Picture)
    assert not before.has_empty_space
    assert examination == replace(before, has_empty_space=True)


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with its length."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def versioned(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that begins with its version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def ispe(width: int = 6, height: int = 4) -> bytes:
    """The property for a size."""
    return versioned(b"ispe", struct.pack(">II", width, height))


def located(item: int, offset: int, length: int) -> bytes:
    """An item of one piece, in the oldest layout."""
    return struct.pack(">HHHII", item, 0, 1, offset, length)


def iloc(*items: bytes) -> bytes:
    """The places of items, in the oldest layout."""
    return versioned(b"iloc", struct.pack(">HH", 0x4400, len(items)), *items)


def properties(*ones: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """What is said of item 1 and, if anything, of item 2."""
    first = struct.pack(">HB", 1, len(ones)) + bytes(range(1, len(ones) + 1))
    second = struct.pack(">HB", 2, len(others)) + bytes(range(len(ones) + 1, len(ones) + len(others) + 1))
    rows = struct.pack(">I", 2 if others else 1) + first + (second if others else b"")
    return box(b"iprp", box(b"ipco", *ones, *others), versioned(b"ipma", rows))


def heif(
    *,
    brand: bytes = b"heic",
    places: bytes = b"",
    said: bytes = b"",
    more: bytes = b"",
    rest: bytes = b"",
    primary: bytes = b"\0\1",
) -> bytes:
    """A file whose picture's data comes before its description, so that its place is known."""
    head = box(b"ftyp", brand, bytes(4), b"mif1") + box(b"mdat", DATA)
    meta = versioned(
        b"meta",
        versioned(b"pitm", primary),
        places or iloc(located(1, len(head) - len(DATA), len(DATA))),
        said or properties(ispe()),
        more,
    )
    return head + meta + rest


START = heif().index(DATA)


def track(samples: int, *, name: bytes = b"stsz") -> bytes:
    """A track of so many pictures."""
    sizes = versioned(name, struct.pack(">II", 0, samples))
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", sizes))))


@pytest.mark.parametrize(
    "places",
    [
        iloc(located(1, START, len(DATA))),
        versioned(b"iloc", struct.pack(">HHHHHHII", 0x4400, 1, 1, 0, 0, 1, START, 18), version=1),
        versioned(b"iloc", struct.pack(">HIIHHQHII", 0x4480, 1, 1, 0, 0, START, 1, 0, 18), version=2),
        versioned(
            b"iloc", struct.pack(">HHHHHIHIIII", 0x4444, 1, 1, 0, 0, START, 1, 7, 0, 18, 0)[:-4], version=1
        ),
        versioned(
            b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 2, START, 9) + struct.pack(">II", START + 9, 9)
        ),
        versioned(b"iloc", struct.pack(">HHHHH", 0, 1, 1, 0, 1)),
    ],
    ids=["oldest", "with a method", "long numbers", "with an index", "two pieces", "all of the file"],
)
def test_reads_every_layout_of_places(places: bytes) -> None:
    """The picture's data is found in each version of the list of places."""
    assert examined(heif(places=places)) == PICTURE


def test_numbers_of_items_may_be_long() -> None:
    """A file of more than 65535 items counts in four bytes everywhere."""
    said = box(
        b"iprp",
        box(b"ipco", ispe()),
        versioned(b"ipma", struct.pack(">IIBH", 1, 70_000, 1, 0x8001), version=1, flags=1),
    )
    places = versioned(b"iloc", struct.pack(">HIIHHHII", 0x4400, 1, 70_000, 0, 0, 1, START, 18), version=2)
    content = heif(said=said, places=places, primary=b"").replace(
        versioned(b"pitm"), versioned(b"pitm", struct.pack(">I", 70_000), version=1)
    )
    meta = content.index(b"meta") - 4
    content = content[:meta] + struct.pack(">I", len(content) - meta) + content[meta + 4 :]

    assert examined(content) == PICTURE


def test_data_may_stand_in_the_description() -> None:
    """A picture of tiles has its own few bytes in the description, which must be there too."""
    places = versioned(b"iloc", struct.pack(">HHHHHHII", 0x4400, 1, 1, 1, 0, 1, 2, 6), version=1)

    assert examined(heif(places=places, more=box(b"idat", b"xxgrid01"))) == PICTURE
    assert isinstance(examined(heif(places=places, more=box(b"idat", b"xxgrid0"))), Incomplete)
    assert isinstance(examined(heif(places=places)), Incomplete)


def test_data_of_every_item_must_be_there() -> None:
    """A tile of the picture, or its transparency, that lies behind the file's end makes it incomplete."""
    places = iloc(located(1, START, len(DATA)), located(2, 2000, 500))

    assert examined(heif(places=places)) == Incomplete(
        reason="it ends before its end mark (0.2 of at least 2.5 kB are there)"
    )


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("name", ["heic", "avif"])
def test_a_turn_is_told_as_decoders_leave_it(turn: int, name: str) -> None:
    """HEIC comes turned from its decoders, AVIF does not: applied once, the shown size is the same."""
    said = properties(ispe(), box(b"irot", bytes([turn])))

    examination = examined(heif(brand=name.encode(), said=said))

    assert isinstance(examination, Picture)
    assert examination.shown_size == ((4, 6) if turn % 2 else (6, 4))
    assert examination.orientation == (1 if name == "heic" else {1: 8, 2: 3, 3: 6}[turn])


def test_what_is_cut_away_is_no_part_of_the_size() -> None:
    """The size is that of the part of the picture that is shown."""
    clap = box(b"clap", struct.pack(">IIIIiIiI", 10, 2, 9, 3, 0, 1, 0, 1))

    assert examined(heif(said=properties(ispe(), clap))) == Picture(
        format=PhotoFormat.HEIC, width=5, height=3
    )


@pytest.mark.parametrize(
    ("role", "has_alpha"),
    [
        (b"urn:mpeg:hevc:2015:auxid:1\0", True),
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", True),
        (b"urn:mpeg:hevc:2015:auxid:2\0", False),
        (b"urn:com:apple:photo:2020:aux:hdrgainmap\0", False),
    ],
    ids=["alpha of HEIC", "alpha of AVIF", "depth", "gain map"],
)
@pytest.mark.parametrize("version", [0, 1])
def test_only_transparency_is_alpha(role: bytes, version: int, *, has_alpha: bool) -> None:
    """Of what is added to a picture, depths and gain maps are no transparency."""
    said = properties(ispe(), others=(versioned(b"auxC", role),))
    link = struct.pack(">IHI" if version else ">HHH", 2, 1, 1)
    more = versioned(b"iref", box(b"thmb", link), box(b"auxl", link), version=version)

    examination = examined(heif(said=said, more=more))

    assert isinstance(examination, Picture)
    assert examination.has_alpha is has_alpha


@pytest.mark.parametrize(
    ("colours", "profile"),
    [
        ((b"nclx\0\x01\0\x0d\0\x05\x80",), ColourProfile.SRGB),
        ((b"nclx\0\x02\0\x02\0\x02\0",), ColourProfile.SRGB),
        ((b"nclx\0\x0c\0\x0d\0\x05\x80",), ColourProfile.OTHER),
        ((b"nclx\0\x09\0\x10\0\x09\x80",), ColourProfile.OTHER),
        ((b"prof" + bytes(300),), ColourProfile.NONE),
        ((b"nclx\0\x01\0\x0d\0\x05\x80", b"rICC" + bytes(36) + b"acsp" + bytes(200)), ColourProfile.OTHER),
    ],
    ids=["sRGB", "not told", "Display P3", "PQ", "a broken profile", "a profile beside numbers"],
)
def test_reads_what_the_colours_mean(colours: tuple[bytes, ...], profile: ColourProfile) -> None:
    """Numbers that name a colour space are known; an embedded profile counts before them."""
    said = properties(ispe(), *(box(b"colr", one) for one in colours))

    examination = examined(heif(said=said))

    assert isinstance(examination, Picture)
    assert examination.profile is profile


@pytest.mark.parametrize(
    ("moov", "animated"),
    [
        (b"", False),
        (box(b"moov", box(b"mvhd"), track(1)), False),
        (box(b"moov", track(1), track(2)), True),
        (box(b"moov", track(2, name=b"stz2")), False),
    ],
    ids=["none", "of one picture", "of two pictures", "of unknown length"],
)
def test_more_than_one_picture_in_a_track_is_an_animation(moov: bytes, *, animated: bool) -> None:
    """A sequence is an animation once it has two pictures."""
    examination = examined(heif(brand=b"avis", rest=moov))

    assert isinstance(examination, Picture)
    assert examination.animated is animated


def test_a_burst_is_one_picture() -> None:
    """Of several pictures in a file that do not follow each other in time, the primary one counts."""
    content = saved(noise(), "HEIF", save_all=True, append_images=[noise(size=(32, 32))], primary_index=0)

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert (examination.width, examination.animated) == (97, False)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (box(b"ftyp", b"heic", bytes(4)), NO_PICTURE),
        (box(b"ftyp", b"heic", bytes(4)) + versioned(b"meta"), NO_PICTURE),
        (heif(places=iloc(located(2, START, 5))), NO_PICTURE),
        (heif(said=properties(box(b"irot", b"\1"))), Incomplete(reason="it does not say how large it is")),
        (
            box(b"ftyp", b"msf1", bytes(4)) + box(b"moov", track(9)),
            Incomplete(reason="it is an animation and no single picture", advice="export one frame of it"),
        ),
    ],
    ids=["no description", "an empty description", "no data", "no size", "a sequence alone"],
)
def test_needs_a_picture(content: bytes, found: Incomplete) -> None:
    """A file with nothing to show in it is incomplete, and says what it lacks."""
    assert examined(content) == found


@given(name=st.sampled_from(sorted({**HEICS, **AVIFS})))
def test_what_is_no_box_may_follow(name: str) -> None:
    """What some phones append without making it a box does not change what the picture is."""
    whole = {**HEICS, **AVIFS}[name]

    assert examined(whole + b'vivo{"stamp":"1"}') == examined(whole)
    assert examined(whole + bytes(100)) == examined(whole)


def test_a_film_that_follows_must_be_there() -> None:
    """The film of a motion photo is a box, so that a file which ends within it is still arriving."""
    whole = heif(rest=box(b"mpvd", bytes(5000)))

    assert examined(whole) == PICTURE
    assert isinstance(examined(whole[:-1]), Incomplete)


def test_data_must_lie_in_what_was_walked_over() -> None:
    """A file that has its length and description but zeros where its data will be is incomplete."""
    head = box(b"ftyp", b"heic", bytes(4)) + versioned(
        b"meta", versioned(b"pitm", b"\0\1"), iloc(located(1, 400, 50)), properties(ispe())
    )

    assert examined(head + bytes(1000)) == Incomplete(reason=f"it is damaged at {len(head)} bytes")


@pytest.mark.parametrize("long_length", [False, True])
def test_a_box_may_go_on_to_the_end(*, long_length: bool) -> None:
    """The last box may have no length, and any box a long one."""
    mdat = box(b"mdat", b"more")
    rest = struct.pack(">I4sQ", 1, b"mdat", 20) + b"more" if long_length else b"\0\0\0\0" + mdat[4:]

    assert examined(heif(rest=rest)) == PICTURE


@pytest.mark.parametrize(
    "content",
    [
        heif(places=versioned(b"iloc", struct.pack(">HH", 0, 65_535) + b"\0\1\0\0\xff\xff" * 65_535)),
        heif(brand=b"avis", rest=box(b"moov", box(b"free") * 60_000)),
        heif(brand=b"avis", rest=box(b"moov", track(0) * 11_000)),
        heif(
            said=box(b"iprp", versioned(b"ipma", struct.pack(">I", 999) + (b"\0\1\xff" + bytes(255)) * 999))
        ),
    ],
    ids=["pieces of nothing", "boxes of nothing", "tracks", "properties of nothing"],
)
def test_promises_without_end_are_cheap(content: bytes) -> None:
    """Numbers that promise more than any picture has do not keep a worker busy."""
    assert examined(content) == Incomplete(reason="it has more than 50000 parts, which no picture has")


def test_promises_that_reach_out_are_damage() -> None:
    """More items than the list of their places has room for are damage at once."""
    places = versioned(b"iloc", struct.pack(">HI", 0, 2**32 - 1) + bytes(8), version=2)

    assert isinstance(examined(heif(places=places)), Incomplete)


def test_an_inner_box_cannot_reach_out() -> None:
    """A box that is longer than the one it lies in is damage."""
    content = heif(more=struct.pack(">I4s", 40, b"free") + bytes(8), rest=box(b"free", bytes(90)))

    assert isinstance(examined(content), Incomplete)
