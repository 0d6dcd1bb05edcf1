"""What is made of a picture shows the same pixels: upright, in sRGB, with 8 bits and its transparency."""

import os
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from colour_samples import (
    ADOBE_GAMMA,
    ADOBE_PRIMARIES,
    INKS,
    P3_PRIMARIES,
    grey_profile,
    ink_profile,
    rgb_profile,
    srgb_of,
    srgb_of_lab,
)
from PIL import Image
from structure_samples import ORIENTATION_TAG, noise, oriented, png, png_chunk, saved

from retouchd.adapters.images.developer import develop
from retouchd.adapters.images.orders import Conversion, Reduction, Report, Subject
from retouchd.core.pictures import ColourProfile, PhotoFormat

CORNERS = ((230, 30, 30), (30, 200, 40), (40, 60, 220), (230, 220, 40))
PATCHES = ((200, 100, 50), (90, 200, 80), (60, 60, 60), (40, 90, 160))
pillow_heif.register_heif_opener()


def quartered(colours: Sequence[Any], size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """Give a picture of four colours, from the upper left quarter on, clockwise."""
    image = Image.new(mode, size)
    middle, centre = size[0] // 2, size[1] // 2
    boxes = ((0, 0), (middle, 0), (middle, centre), (0, centre))
    for (left, top), colour in zip(boxes, colours, strict=True):
        image.paste(colour, (left, top, left + middle, top + centre))
    return image


def quarters(image: Image.Image) -> list[tuple[int, ...]]:
    """Give the colours in the midst of the quarters."""
    width, height = image.size
    places = ((1, 1), (3, 1), (3, 3), (1, 3))
    found = (image.getpixel((width * x // 4, height * y // 4)) for x, y in places)
    return [one if isinstance(one, tuple) else (int(one or 0),) for one in found]


def is_near(found: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]], tolerance: int) -> bool:
    """Say whether all levels of all colours are about the same."""
    pairs = zip(found, wanted, strict=True)
    return all(abs(a - b) <= tolerance for one, other in pairs for a, b in zip(one, other, strict=True))


def subject_of(descriptor: int, content: bytes, kind: PhotoFormat, **facts: Any) -> Subject:
    """Give a file as the walk would describe it."""
    known: dict[str, Any] = {"orientation": 1, "depth_bits": 8, "profile": "NONE", **facts}
    if "width" not in known:
        with Image.open(BytesIO(content)) as image:
            known |= {"width": image.width, "height": image.height}
    return Subject(descriptor=descriptor, format=kind, **known)


def carried_out(
    content: bytes, kind: PhotoFormat, edge: int = 0, most: int = 10**7, **facts: Any
) -> tuple[Report, bytes]:
    """Have a file converted, or reduced to an edge, and give what is told and what is made."""
    source, target = os.memfd_create("source"), os.memfd_create("target")
    try:
        os.write(source, content)
        subject = subject_of(source, content, kind, **facts)
        if edge:
            report = develop(Reduction(subject=subject, target=target, longest_edge=edge))
        else:
            report = develop(Conversion(subject=subject, target=target, most_bytes=most))
        return report, os.pread(target, 1 << 24, 0)
    finally:
        os.close(source)
        os.close(target)


def converted(
    content: bytes, kind: PhotoFormat, edge: int = 0, most: int = 10**7, **facts: Any
) -> Image.Image:
    """Give what a file is converted to, decoded; it has no profile and no orientation of its own."""
    report, made = carried_out(content, kind, edge, most, **facts)
    assert report.fault == ""
    image = Image.open(BytesIO(made))
    image.load()
    assert (image.format, image.size) == (str(report.format).upper(), (report.width, report.height))
    assert "icc_profile" not in image.info
    assert dict(image.getexif()) == {}
    return image


def turned_for(orientation: int, upright: Image.Image) -> Image.Image:
    """Give the picture as a camera stores it that names this orientation."""
    backwards = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(backwards[orientation]) if orientation in backwards else upright


@pytest.mark.parametrize("edge", [0, 48])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [one for one in PhotoFormat if one is not PhotoFormat.BMP])
def test_orientation(kind: PhotoFormat, orientation: int, edge: int) -> None:
    """Each corner is where a viewer shows it, whatever the kind and however it was stored."""
    name = {PhotoFormat.HEIC: "HEIF"}.get(kind, kind.name)
    stored = turned_for(orientation, quartered(CORNERS))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    content = saved(
        stored, name, exif=exif if kind is PhotoFormat.TIFF else oriented(orientation), quality=95
    )

    image = converted(content, kind, edge, orientation=orientation, width=stored.width, height=stored.height)

    assert image.size == ((48, 32) if edge else (96, 64))
    assert is_near(quarters(image.convert("RGB")), CORNERS, 14)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(
    ("primaries", "gamma"), [(P3_PRIMARIES, 2.2), (ADOBE_PRIMARIES, ADOBE_GAMMA)], ids=["P3", "Adobe"]
)
def test_profile_becomes_srgb(mode: str, primaries: Any, gamma: float) -> None:
    """Colours of another space get the numbers that sRGB has for them; transparency stays as it is."""
    alphas = (255, 128, 0, 7)
    colours = [(*one, alpha)[: len(mode)] for one, alpha in zip(PATCHES, alphas, strict=True)]
    content = saved(quartered(colours, mode=mode), "PNG", icc_profile=rgb_profile(primaries, gamma))

    image = converted(content, PhotoFormat.PNG, profile="OTHER")

    wanted = [
        (*srgb_of(one, primaries, gamma), alpha)[: len(mode)]
        for one, alpha in zip(PATCHES, alphas, strict=True)
    ]
    assert image.mode == mode
    assert is_near(quarters(image), wanted, 2)
    assert not is_near(quarters(image), colours, 6)


def test_adobe_rgb_by_a_word_alone() -> None:
    """A camera that names Adobe RGB in its EXIF and embeds no profile means the very same."""
    content = saved(quartered(PATCHES), "PNG")

    image = converted(content, PhotoFormat.PNG, profile=ColourProfile.ADOBE_RGB.name)

    assert is_near(quarters(image), [srgb_of(one, ADOBE_PRIMARIES, ADOBE_GAMMA) for one in PATCHES], 2)


@pytest.mark.parametrize("edge", [0, 48])
def test_profile_when_made_smaller(edge: int) -> None:
    """A picture that is made smaller has the colours of one that is not."""
    content = saved(quartered(PATCHES), "JPEG", quality=98, icc_profile=rgb_profile(P3_PRIMARIES))

    image = converted(content, PhotoFormat.JPEG, edge, profile="OTHER")

    assert is_near(quarters(image), [srgb_of(one, P3_PRIMARIES) for one in PATCHES], 4)


@pytest.mark.parametrize(
    "profile", [b"short", rgb_profile(P3_PRIMARIES)[:200], grey_profile(1.8), b"\xff" * 500]
)
def test_profile_of_no_use(profile: bytes) -> None:
    """A profile that is broken, or of another kind of colours, changes none."""
    content = saved(quartered(PATCHES), "PNG", icc_profile=profile)

    assert quarters(converted(content, PhotoFormat.PNG, profile="OTHER")) == list(PATCHES)


def test_grey_profile() -> None:
    """Grey levels of another scale get those of sRGB."""
    levels = (20, 90, 180, 250)
    content = saved(quartered(levels, mode="L"), "PNG", icc_profile=grey_profile(1.8))

    image = converted(content, PhotoFormat.PNG, profile="OTHER")

    wanted = [srgb_of((level,) * 3, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), 1.8) for level in levels]
    assert is_near(quarters(image.convert("RGB")), wanted, 2)


def test_inks_with_their_profile() -> None:
    """Printing colours look as their press prints them, and no rule of thumb is used."""
    inks = [*INKS, (0, 0, 0, 255)]
    content = saved(quartered(inks, mode="CMYK"), "TIFF", icc_profile=ink_profile())

    image = converted(content, PhotoFormat.TIFF, profile="OTHER")

    wanted = [*(srgb_of_lab(one) for one in INKS.values()), (0, 0, 0)]
    assert image.mode == "RGB"
    assert is_near(quarters(image), wanted, 4)


@pytest.mark.parametrize(("kind", "tolerance"), [(PhotoFormat.JPEG, 6), (PhotoFormat.TIFF, 1)])
def test_inks_without_profile(kind: PhotoFormat, tolerance: int) -> None:
    """Printing colours that come without a profile are light where there is little ink, Adobe's JPEG too."""
    inks = [(255, 0, 0, 0), (0, 255, 255, 0), (0, 0, 0, 128), (0, 0, 0, 0)]
    content = saved(quartered(inks, mode="CMYK"), kind.name, quality=98)

    image = converted(content, kind)

    wanted = [(0, 255, 255), (255, 0, 0), (127, 127, 127), (255, 255, 255)]
    assert is_near(quarters(image), wanted, tolerance)


LEVELS = (0, 128, 32_896, 65_535)


def test_sixteen_bits_of_grey() -> None:
    """Each of 65536 levels becomes the nearest of 256."""
    image = Image.new("I;16", (4, 1))
    for column, level in enumerate(LEVELS):
        image.putpixel((column, 0), level)

    for content, kind in ((saved(image, "PNG"), PhotoFormat.PNG), (saved(image, "TIFF"), PhotoFormat.TIFF)):
        made = converted(content, kind, depth_bits=16)
        assert [made.getpixel((column, 0)) for column in range(4)] == [0, 0, 128, 255]


def sixteen_bits(colour_type: int, *pixels: Sequence[int], transparency: Sequence[int] = ()) -> bytes:
    """Give a PNG of one row with 16 bits a channel."""
    row = b"\0" + b"".join(level.to_bytes(2) for pixel in pixels for level in pixel)
    chunks = (
        [png_chunk(b"tRNS", b"".join(level.to_bytes(2) for level in transparency))] if transparency else []
    )
    content = png(*chunks, png_chunk(b"IDAT", zlib.compress(row)), width=len(pixels), colour_type=colour_type)
    header = bytearray(content[:33])
    header[24] = 16
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4)
    return bytes(header) + content[33:]


@pytest.mark.parametrize(("colour_type", "mode"), [(2, "RGB"), (6, "RGBA")])
def test_sixteen_bits_of_colour(colour_type: int, mode: str) -> None:
    """Colours and transparency of 16 bits are at most one level of 256 off."""
    pixels = [(0, 300, 65_535, 40_000)[: len(mode)], (32_896, 257, 65_000, 0)[: len(mode)]]

    image = converted(sixteen_bits(colour_type, *pixels), PhotoFormat.PNG, depth_bits=16)

    assert image.mode == mode
    wanted = [tuple(round(level / 257) for level in pixel) for pixel in pixels]
    assert is_near([image.getpixel((0, 0)), image.getpixel((1, 0))], wanted, 1)  # type: ignore[list-item] # they are colours


@pytest.mark.parametrize(
    ("colour_type", "pixels"), [(0, [(500,), (60_000,)]), (2, [(500, 7, 9), (60_000, 7, 9)])]
)
def test_one_level_that_stands_for_transparency(colour_type: int, pixels: list[tuple[int, ...]]) -> None:
    """Of 16 bits, too, the one colour that means transparency becomes transparent, and no other."""
    content = sixteen_bits(colour_type, *pixels, transparency=pixels[0])

    image = converted(content, PhotoFormat.PNG, depth_bits=16)

    assert [alpha for *_, alpha in (image.getpixel((0, 0)), image.getpixel((1, 0)))] == [0, 255]  # type: ignore[misc] # they are colours


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency(mode: str) -> None:
    """What is seen through is so to the same degree, exactly, and the colours stay."""
    alphas = (255, 0, 255, 0) if mode == "P" else (255, 128, 7, 0)
    colours = [(*one, alpha) for one, alpha in zip(CORNERS, alphas, strict=True)]
    source = quartered(colours, mode="RGBA")
    if mode == "P":
        stored = quartered((1, 2, 3, 0), mode="P")
        stored.putpalette([0, 0, 0, *CORNERS[0], 9, 9, 9, *CORNERS[2]])
        content = saved(stored, "PNG", transparency=bytes((0, 255, 0, 255)))
    else:
        content = saved(source.convert(mode), "PNG")

    image = converted(content, PhotoFormat.PNG)

    assert (image.format, image.mode) == ("PNG", "RGBA")
    assert [alpha for *_, alpha in quarters(image)] == list(alphas)
    if mode != "LA":
        assert quarters(image)[0][:3] == CORNERS[0]


@pytest.mark.parametrize("kind", [PhotoFormat.HEIC, PhotoFormat.AVIF, PhotoFormat.WEBP])
def test_transparency_of_lossy_kinds(kind: PhotoFormat) -> None:
    """A photo with transparency becomes a PNG, since a JPEG would lose it."""
    colours = [(*one, alpha) for one, alpha in zip(CORNERS, (255, 255, 0, 0), strict=True)]
    name = {PhotoFormat.HEIC: "HEIF"}.get(kind, kind.name)
    content = saved(quartered(colours, mode="RGBA"), name, quality=95)

    image = converted(content, kind)

    assert (image.format, image.mode) == ("PNG", "RGBA")
    assert is_near([(alpha,) for *_, alpha in quarters(image)], [(255,), (255,), (0,), (0,)], 3)
    assert is_near([one[:3] for one in quarters(image)[:2]], CORNERS[:2], 12)


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        (PhotoFormat.JPEG, "JPEG"),
        (PhotoFormat.HEIC, "JPEG"),
        (PhotoFormat.AVIF, "JPEG"),
        (PhotoFormat.WEBP, "JPEG"),
        (PhotoFormat.PNG, "PNG"),
        (PhotoFormat.TIFF, "PNG"),
        (PhotoFormat.BMP, "PNG"),
    ],
)
def test_kinds(kind: PhotoFormat, made: str) -> None:
    """Photos stay photos, and what was exact stays exact."""
    name = {PhotoFormat.HEIC: "HEIF"}.get(kind, kind.name)

    image = converted(saved(quartered(CORNERS), name, quality=95), kind)

    assert (image.format, image.mode) == (made, "RGB")
    assert is_near(quarters(image), CORNERS, 12 if made == "JPEG" else 0)


@pytest.mark.parametrize(("alpha", "made"), [(255, "JPEG"), (90, "WEBP")])
def test_more_than_can_be_sent(alpha: int, made: str) -> None:
    """What would be too large without loss is made with little, before anybody has to decode it once more."""
    image = noise("RGB", (300, 200))
    image.putalpha(alpha)
    content = saved(image, "TIFF")

    small = converted(content, PhotoFormat.TIFF, most=120_000)

    assert (small.format, small.size) == (made, (300, 200))
    assert converted(content, PhotoFormat.TIFF, most=300_000).format == "PNG"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA"])
def test_modes_of_bmp_and_tiff(mode: str) -> None:
    """Few colours, grey and transparency in name only become what the service takes."""
    source = quartered(((0, 0, 0), (255, 255, 255)) * 2).convert(mode)

    for kind in (PhotoFormat.BMP, PhotoFormat.TIFF):
        image = converted(saved(source, kind.name), kind)

        assert image.mode in {"L", "RGB"}
        assert quarters(image.convert("RGB")) == [(0, 0, 0), (255, 255, 255)] * 2


def test_another_size_than_was_promised_is_not_decoded() -> None:
    """A file whose decoder finds another size than its structure says is refused before it is decoded."""
    content = saved(quartered(CORNERS), "PNG")

    report, made = carried_out(content, PhotoFormat.PNG, width=8, height=8)

    assert report.fault == "it cannot be decoded: export it anew"
    assert made == b""


def test_levels_without_a_scale() -> None:
    """Nobody can say which number is white in a picture of fractions, so it is refused and not guessed."""
    report, _ = carried_out(saved(Image.new("F", (4, 4), 0.5), "TIFF"), PhotoFormat.TIFF, depth_bits=32)

    assert report.fault == "it cannot be decoded: export it anew"


def test_what_the_system_refuses_is_told_apart() -> None:
    """A result that cannot be written is no fault of the photo."""
    content = saved(quartered(CORNERS), "PNG")
    source, target = os.memfd_create("source"), os.open("/dev/full", os.O_WRONLY)
    os.write(source, content)

    report = develop(
        Conversion(subject=subject_of(source, content, PhotoFormat.PNG), target=target, most_bytes=10**7)
    )
    os.close(source)
    os.close(target)

    assert (report.errno, report.operation, report.fault) == (28, "write", "")
