"""The walk over PNG files: chunks, checksums, header."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structure_samples import PNGS, examined, oriented, png, png_chunk

from retouchd.core.pictures import Incomplete, Picture

DATA = png_chunk(b"IDAT", b"data")
BLOCK = 65_536


@given(name=st.sampled_from(sorted(PNGS)), data=st.data())
def test_every_changed_byte_is_noticed(name: str, data: st.DataObject) -> None:
    """No byte of a PNG can be changed without the picture being incomplete."""
    content = bytearray(PNGS[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    assert isinstance(examined(bytes(content)), Incomplete)


@given(name=st.sampled_from(sorted(PNGS)), data=st.data())
def test_every_hole_is_noticed(name: str, data: st.DataObject) -> None:
    """Zeros where a block has not arrived yet make the picture incomplete, wherever they are."""
    whole = PNGS[name]
    begin = data.draw(st.integers(0, len(whole) - 33))
    end = data.draw(st.integers(begin + 32, len(whole)))

    assert isinstance(examined(whole[:begin] + bytes(end - begin) + whole[end:]), Incomplete)


def test_says_how_much_is_missing() -> None:
    """What ends within a chunk is told with how much is there and how much is needed."""
    content = png(png_chunk(b"IDAT", bytes(3_399_939)))[:1_200_000] + b"a later part"

    examination = examined(content)

    reason = "it ends before its end mark (1.2 of at least 3.4 MB are there)"
    assert examination == Incomplete(reason=reason)


@pytest.mark.parametrize("cut", range(41, 49))
def test_needs_a_chunk_with_its_checksum(cut: int) -> None:
    """How much a chunk needs counts its checksum, so it is known as soon as the chunk's length is."""
    content = png(DATA)[:cut]

    reason = f"it ends before its end mark ({cut} of at least 49 bytes are there)"
    assert examined(content) == Incomplete(reason=reason)


def test_says_where_a_checksum_is_wrong() -> None:
    """A chunk that does not fit its checksum is told with its place."""
    content = png(png_chunk(b"teXt", bytes(80_944)), DATA[:-1] + b"?")

    assert examined(content) == Incomplete(reason="a checksum in it is wrong at 81 kB")


@pytest.mark.parametrize(
    "damage",
    [
        png_chunk(b"\0\0\0\0"),
        png_chunk(b"I AT", b"data"),
        struct.pack(">I4s", 2**31, b"IDAT"),
    ],
    ids=["zeros for a name", "a name that is none", "an impossible length"],
)
def test_says_where_it_is_damaged(damage: bytes) -> None:
    """Bytes that can't be a chunk are told with their place, not taken for a giant that is still arriving."""
    assert examined(png(DATA, damage)) == Incomplete(reason="it is damaged at 49 bytes")


@pytest.mark.parametrize(
    "content",
    [
        png(DATA, width=0),
        png(DATA, height=0),
        png(DATA, width=2**31),
        png(DATA, colour_type=5),
    ],
    ids=["no width", "no height", "too wide", "no such colours"],
)
def test_refuses_a_senseless_header(content: bytes) -> None:
    """A header with the right checksum but senseless numbers is damaged."""
    assert examined(content) == Incomplete(reason="it is damaged at 16 bytes")


@pytest.mark.parametrize("first", [DATA, png_chunk(b"CgBI", b"PHON"), png_chunk(b"IHDR", b"short")])
def test_the_header_comes_first(first: bytes) -> None:
    """A PNG whose first chunk is not a header (Xcode writes such files) is damaged."""
    whole = png(DATA)
    content = whole[:8] + first + whole[8:]

    examination = examined(content)

    assert isinstance(examination, Incomplete)
    assert examination.reason.startswith("it is damaged at")


def test_needs_a_picture() -> None:
    """A PNG without picture data is incomplete."""
    assert examined(png(png_chunk(b"teXt", b"hello"))) == Incomplete(reason="there is no picture in it")


def test_more_may_follow_the_end_mark() -> None:
    """What some program appended after the end mark does not make a picture incomplete."""
    assert isinstance(examined(png(DATA) + b"appended"), Picture)


@pytest.mark.parametrize("lead", range(BLOCK - 80, BLOCK - 20))
def test_chunks_may_lie_across_blocks(lead: int) -> None:
    """A picture is whole wherever its chunks lie in relation to the blocks in which it is read."""
    content = png(png_chunk(b"teXt", bytes(lead)), DATA, png_chunk(b"eXIf", oriented(6)))

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert examination.orientation == 6
