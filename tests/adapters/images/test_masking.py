"""Masks as people make them become masks as the service wants them, pixel by pixel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from structure_samples import noise, oriented, saved

from retouchd.adapters.images.darkroom import Darkroom, MadePicture
from retouchd.core.errors import UnsendableError
from retouchd.core.pictures import PhotoFormat, Picture

PHOTO = Picture(format=PhotoFormat.JPEG, width=40, height=20)
TURNED = Picture(format=PhotoFormat.JPEG, width=20, height=40, orientation=6)


@contextmanager
def cut(
    folder: Path, content: bytes, photo: Picture = PHOTO, sent: tuple[int, int] = (40, 20)
) -> Iterator[MadePicture | None]:
    """Give what becomes of a mask with this content."""
    descriptor = os.memfd_create("mask")
    try:
        os.write(descriptor, content)
        with Darkroom(folder, 10**8).cut_mask(descriptor, photo, sent) as made:
            yield made
    finally:
        os.close(descriptor)


def edited(folder: Path, content: bytes, **details: Any) -> list[str]:
    """Give a mask that was made as rows of text: `#` where it is edited, `.` where not."""
    with cut(folder, content, **details) as made:
        assert made is not None
        image = Image.open(BytesIO(b"".join(made.pieces(1000))))
        image.load()
    assert (image.format, image.mode) == ("PNG", "RGBA")
    assert (image.width, image.height) == (made.facts.width, made.facts.height)
    alpha = image.getchannel("A")
    marks = {0: "#", 255: "."}
    return [
        "".join(marks[int(alpha.getpixel((x, y)))] for x in range(2, image.width, 5))  # type: ignore[arg-type] # one channel
        for y in range(2, image.height, 5)
    ]


def painted(mode: str = "L", size: tuple[int, int] = (40, 20), white: Any = 255) -> Image.Image:
    """Give a black picture whose upper left quarter is white."""
    image = Image.new(mode, size)
    image.paste(white, (0, 0, size[0] // 2, size[1] // 2))
    return image


UPPER_LEFT = ["####....", "####....", "........", "........"]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", mode) for mode in ("1", "L", "LA", "RGB", "RGBA", "P", "I;16")]
    + [("JPEG", mode) for mode in ("L", "RGB", "CMYK")]
    + [("WEBP", "RGB")],
)
def test_white_is_edited(tmp_path: Path, kind: str, mode: str) -> None:
    """Black-and-white masks are turned into transparency, in whatever way they are stored."""
    source = painted("I", white=65_535) if mode == "I;16" else painted()

    assert edited(tmp_path, saved(source.convert(mode), kind, quality=95)) == UPPER_LEFT


@pytest.mark.parametrize(("level", "is_white"), [(127, False), (128, True), (200, True), (60, False)])
def test_grey_goes_to_the_nearer_side(tmp_path: Path, level: int, is_white: bool) -> None:  # noqa: FBT001 - what is told
    """Smoothed edges are edited or not: nothing says what the service does with half of it."""
    image = painted()
    image.paste(level, (20, 10, 40, 20))
    lower_right = "####" if is_white else "...."

    assert edited(tmp_path, saved(image, "PNG")) == [
        *UPPER_LEFT[:2],
        f"....{lower_right}",
        f"....{lower_right}",
    ]


def with_alpha(size: tuple[int, int] = (40, 20), mode: str = "RGBA") -> Image.Image:
    """Give a colourful picture whose upper left quarter is clear, and its lower right half so."""
    image = noise("RGB", size).convert("RGBA")
    alpha = painted("L", size).point(lambda level: 255 - level)
    alpha.paste(128, (size[0] // 2, size[1] // 2, *size))
    image.putalpha(alpha)
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_of_its_own_goes_as_it_is(tmp_path: Path, mode: str) -> None:
    """A mask that the service takes as it is is not touched."""
    with cut(tmp_path, saved(with_alpha(mode=mode), "PNG")) as made:
        assert made is None


def test_transparency_counts_and_colours_do_not(tmp_path: Path) -> None:
    """In a mask that must be scaled only what is fully transparent is edited, whatever its colours."""
    assert edited(tmp_path, saved(with_alpha((80, 40)), "PNG")) == UPPER_LEFT
    assert edited(tmp_path, saved(with_alpha(), "WEBP", lossless=True, exact=True)) == UPPER_LEFT


def test_size_of_the_photo_as_it_is_sent(tmp_path: Path) -> None:
    """A mask has the size of the photo as it is sent, also when that was made smaller."""
    assert edited(tmp_path, saved(painted(size=(400, 200)), "PNG")) == UPPER_LEFT
    assert edited(tmp_path, saved(painted(), "PNG"), sent=(20, 10)) == ["##..", "...."]
    with cut(tmp_path, saved(with_alpha(), "PNG"), sent=(20, 10)) as made:
        assert made is not None
        assert (made.facts.width, made.facts.height) == (20, 10)


def test_mask_of_a_turned_photo_as_it_is_seen(tmp_path: Path) -> None:
    """A mask that was painted on the photo as it is seen is not turned."""
    assert edited(tmp_path, saved(painted(), "PNG"), photo=TURNED) == UPPER_LEFT


def test_mask_of_a_turned_photo_as_it_is_stored(tmp_path: Path) -> None:
    """A mask that was painted on the stored pixels is turned as the photo is: up goes to the right."""
    stored = painted(size=(20, 40))

    assert (
        edited(tmp_path, saved(stored, "PNG"), photo=TURNED) == [UPPER_LEFT[0][::-1]] * 2 + ["........"] * 2
    )
    stored_alpha = saved(with_alpha((20, 40)), "PNG")
    assert edited(tmp_path, stored_alpha, photo=TURNED)[0] == "....####"


def test_orientation_of_the_mask_itself(tmp_path: Path) -> None:
    """A mask that a viewer shows turned is turned."""
    content = saved(painted(size=(20, 40)), "JPEG", exif=oriented(6))

    assert edited(tmp_path, content)[0] == "....####"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image.new("L", (40, 20), 0), "it marks nothing"),
        (Image.new("RGB", (40, 20), (255, 0, 0)), "it is neither black and white nor transparent"),
        (noise("RGB", (40, 20)), "it is neither black and white nor transparent"),
        (noise("P", (40, 20)), "it is neither black and white nor transparent"),
        (noise("RGBA", (40, 20)), "it is neither black and white nor transparent"),
        (Image.new("RGBA", (40, 20), (0, 0, 0, 9)), "it marks nothing"),
        (Image.new("L", (40, 20), 255), "it marks the whole photo"),
        (Image.new("RGBA", (40, 20), (0, 0, 0, 0)), "it marks the whole photo"),
        (Image.new("L", (41, 20), 255), "it has 41x20 pixels and the photo 40x20"),
    ],
)
def test_masks_that_say_nothing(tmp_path: Path, image: Image.Image, words: str) -> None:
    """A mask that marks nothing, or everything, or belongs to another photo, is refused with a sentence."""
    with pytest.raises(UnsendableError, match=f"^{words}"), cut(tmp_path, saved(image, "PNG")):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_few_colours_are_what_a_program_left_in_a_mask(tmp_path: Path) -> None:
    """A coloured line along an edge, or a mark in a corner, does not make a mask a photo."""
    image = painted().convert("RGB")
    image.paste((255, 0, 0), (0, 0, 40, 1))

    assert edited(tmp_path, saved(image, "PNG")) == UPPER_LEFT


def test_mark_that_is_lost_when_made_smaller(tmp_path: Path) -> None:
    """A mark that the photo as it is sent has no pixel for is not sent as no mark at all."""
    image = Image.new("L", (400, 200))
    image.putpixel((1, 1), 255)

    with pytest.raises(UnsendableError, match="too small for the size"), cut(tmp_path, saved(image, "PNG")):
        pass


def test_heavy_mask_is_packed(tmp_path: Path) -> None:
    """A mask above 4 MB is packed anew, without the colours that nobody looks at."""
    content = saved(with_alpha((1400, 1000)), "PNG", compress_level=0)
    photo = Picture(format=PhotoFormat.JPEG, width=1400, height=1000)
    assert len(content) >= 4_000_000

    with cut(tmp_path, content, photo, (1400, 1000)) as made:
        assert made is not None
        assert made.size < 20_000


def test_mask_that_no_packing_makes_small(tmp_path: Path) -> None:
    """A mask of noise that stays above 4 MB is refused."""
    size = (3520, 3600)
    photo = Picture(format=PhotoFormat.JPEG, width=size[0], height=size[1])
    dust = Image.frombytes("1", size, os.urandom(size[0] * size[1] // 8))

    with pytest.raises(UnsendableError, match="4 MB"), cut(tmp_path, saved(dust, "PNG"), photo, size):
        pass
