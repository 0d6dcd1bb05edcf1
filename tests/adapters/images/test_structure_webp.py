"""The walk over WebP files: the length that RIFF promises, chunks, the three kinds of header."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from structure_samples import WEBPS, examined, oriented, saved, webp, webp_chunk

from retouchd.core.pictures import Incomplete, PhotoFormat, Picture

ALPHA, ANIMATION = 0x10, 0x02
LOSSY = webp_chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 5, 3) + b"data")
BLOCK = 65_536


def lossless(width: int = 5, height: int = 3, alpha: int = 0) -> bytes:
    """A VP8L chunk as far as a walk sees it."""
    bits = (width - 1) | (height - 1) << 14 | alpha << 28
    return webp_chunk(b"VP8L", b"\x2f" + struct.pack("<I", bits) + b"data")


def canvas(flags: int = 0, width: int = 70_000, height: int = 3) -> bytes:
    """A VP8X chunk."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def picture(width: int = 5, *, has_alpha: bool = False, animated: bool = False) -> Picture:
    """What the walk should find."""
    return Picture(format=PhotoFormat.WEBP, width=width, height=3, has_alpha=has_alpha, animated=animated)


@pytest.mark.parametrize("lead", [0, BLOCK - 4097, BLOCK - 1, 2 * BLOCK + 77])
def test_a_part_of_the_picture_that_is_zeros_is_told(lead: int) -> None:
    """Zeros that a copier wrote to reserve space, and has not filled yet, are seen wherever they lie."""
    head = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 5, 3)
    hollow = webp_chunk(b"VP8 ", head + b"\x55" * lead + bytes(8192) + b"\x55" * 99)
    beside = webp_chunk(b"EXIF", bytes(30_000))

    assert examined(webp(hollow)) == replace(picture(), has_empty_space=True)
    assert examined(webp(LOSSY, beside)) == picture()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (webp(LOSSY), picture()),
        (webp(lossless()), picture()),
        (webp(lossless(alpha=1)), picture(has_alpha=True)),
        (webp(lossless(width=16_384)), picture(16_384)),
        (webp(canvas(), LOSSY), picture(70_000)),
        (webp(canvas(ALPHA), LOSSY), picture(70_000, has_alpha=True)),
        (webp(canvas(), webp_chunk(b"ALPH", b"odd"), LOSSY), picture(70_000, has_alpha=True)),
        (webp(canvas(), lossless(alpha=1)), picture(70_000, has_alpha=True)),
        (webp(canvas(ANIMATION), webp_chunk(b"ANMF", b"frame")), picture(70_000, animated=True)),
    ],
    ids=[
        "lossy",
        "lossless",
        "lossless with alpha",
        "as wide as can be",
        "canvas",
        "canvas with alpha",
        "alpha chunk",
        "canvas and lossless with alpha",
        "animated",
    ],
)
def test_reads_every_header(content: bytes, found: Picture) -> None:
    """Size, alpha and frames come from the canvas where there is one, else from the picture's own header."""
    assert examined(content) == found


def test_a_wish_to_scale_is_no_size() -> None:
    """The two bits above a lossy picture's sides do not make it larger."""
    scaled = LOSSY.replace(struct.pack("<HH", 5, 3), struct.pack("<HH", 5 | 1 << 14, 3 | 2 << 14))

    assert examined(webp(scaled)) == picture()


@pytest.mark.parametrize(
    "content",
    [
        webp(),
        webp(webp_chunk(b"EXIF", b"II*\0")),
        webp(canvas()),
        webp(canvas(ANIMATION), LOSSY),
        webp(canvas(), webp_chunk(b"ANMF", b"frame")),
        b"RIFF\0\0\0\0WEBP" + LOSSY,
    ],
    ids=[
        "nothing",
        "no header",
        "no picture",
        "no frames",
        "frames of no animation",
        "length not written yet",
    ],
)
def test_needs_a_picture(content: bytes) -> None:
    """A WebP with nothing to show in it is incomplete."""
    assert examined(content) == Incomplete(reason="there is no picture in it")


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (webp_chunk(b"VP8L", b"\x2e" + b"data"), 20),
        (webp_chunk(b"VP8L", b"\x2f"), 20),
        (webp_chunk(b"VP8X", b"short"), 20),
        (LOSSY.replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"), 20),
        (LOSSY.replace(b"\x10\0\0\x9d", b"\x11\0\0\x9d"), 20),
        (LOSSY.replace(b"\x2a\x05", b"\x2a\x00"), 20),
        (LOSSY.replace(b"\x05\0\x03", b"\x05\0\x00"), 20),
        (b"VP8 " + struct.pack("<I", 5000) + b"data", 12),
        (bytes(16), 12),
    ],
    ids=[
        "lossless without its sign",
        "lossless too short",
        "canvas too short",
        "lossy without its sign",
        "no key frame",
        "no width",
        "no height",
        "longer than the file says it is",
        "zeros for a chunk",
    ],
)
def test_says_where_it_is_damaged(damage: bytes, place: int) -> None:
    """Bytes that can't be a chunk or a header are told with their place."""
    content = webp(damage, webp_chunk(b"XMP ", b"more"))

    assert examined(content) == Incomplete(reason=f"it is damaged at {place} bytes")


def test_a_picture_of_one_colour_may_end_in_zeros() -> None:
    """A whole picture that was paid for is one, though its last bytes are zeros."""
    content = saved(Image.new("RGB", (1472, 1104), "red"), "WEBP")

    assert not any(content[-64:])
    assert isinstance(examined(content), Picture)


def test_a_chunk_does_not_reach_past_the_promised_length() -> None:
    """A chunk that is longer than RIFF allows is damaged, though the file has bytes enough."""
    content = webp(LOSSY, b"EXIF" + struct.pack("<I", 50)) + b"appended" * 20

    assert examined(content) == Incomplete(reason="it is damaged at 34 bytes")


def test_says_how_much_is_missing() -> None:
    """What is shorter than it promises to be is told with both lengths."""
    content = webp(webp_chunk(b"VP8 ", bytes(3_399_980)))[:1_200_000] + b"a later part"

    examination = examined(content)

    assert examination == Incomplete(reason="it ends before its end mark (1.2 of at least 3.4 MB are there)")


@given(name=st.sampled_from(sorted(WEBPS)), trailer=st.binary(max_size=200))
def test_more_may_follow(name: str, trailer: bytes) -> None:
    """What lies after the promised length does not change what the picture is."""
    content = WEBPS[name] + trailer + b"end"

    assert examined(content) == examined(WEBPS[name])


def test_a_last_pad_byte_may_be_missing() -> None:
    """A last chunk of odd length without its pad byte, as some programs write it, is whole."""
    odd = b"EXIF" + struct.pack("<I", 3) + b"odd"

    assert examined(webp(LOSSY, odd)) == picture()


@pytest.mark.parametrize("lead", range(BLOCK - 60, BLOCK + 8))
def test_chunks_may_lie_across_blocks(lead: int) -> None:
    """A picture is whole wherever its chunks lie in relation to the blocks in which it is read."""
    content = webp(canvas(), webp_chunk(b"ICCP", bytes(lead)), LOSSY, webp_chunk(b"EXIF", oriented(6)))

    examination = examined(content)

    assert isinstance(examination, Picture)
    assert examination.orientation == 6
