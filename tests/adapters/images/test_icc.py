"""Embedded profiles: which are sRGB by their colours and curves, and where each kind of file has them."""

import struct
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from structure_samples import examined, jpeg, jpeg_segment, noise, png, png_chunk, saved

from retouchd.adapters.images.icc import classify_profile
from retouchd.core.pictures import ColourProfile, Picture

# Red, green and blue under D50, as programs write them.
SRGB = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8251))
ECI_RGB = ((0.6502, 0.3203, 0.0), (0.1780, 0.6020, 0.0678), (0.1359, 0.0777, 0.7573))
REC_2020 = ((0.6735, 0.2790, -0.0019), (0.1657, 0.6753, 0.0300), (0.1251, 0.0456, 0.7968))


def formula(kind: int, *numbers: float) -> bytes:
    """A curve as one of the five formulas."""
    return b"para" + struct.pack(f">4xHxx{len(numbers)}i", kind, *(round(one * 65536) for one in numbers))


def table(*points: float) -> bytes:
    """A curve as points, a gamma if there is but one, a straight line if there is none."""
    scale = 256 if len(points) == 1 else 65535
    return b"curv" + struct.pack(f">4xI{len(points)}H", len(points), *(round(one * scale) for one in points))


def light(number: float) -> float:
    """The amount of light for a number of sRGB."""
    return number / 12.92 if number <= 0.04045 else ((number + 0.055) / 1.055) ** 2.4


def sampled(points: int) -> bytes:
    """The curve of sRGB as so many points."""
    return table(*(light(number / (points - 1)) for number in range(points)))


SRGB_FORMULA = formula(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags."""
    start = 132 + 12 * len(tags)
    rows, body = b"", b""
    for name, content in tags.items():
        rows += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = bytes(16) + space + b"XYZ " + bytes(12) + b"acsp" + bytes(88)
    return head + struct.pack(">I", len(tags)) + rows + body


def of_colours(colours: Sequence[Sequence[float]], curve: bytes) -> bytes:
    """A profile of three colours and a curve, as cameras, phones and screens have."""
    tags = {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colours, strict=True):
        tags[name] = b"XYZ " + struct.pack(">4x3i", *(round(one * 65536) for one in colour))
    return profile(b"RGB ", tags)


def made_by_little_cms() -> bytes:
    """The sRGB that Pillow's own library makes."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    "icc",
    [
        made_by_little_cms(),
        of_colours(SRGB, SRGB_FORMULA),
        of_colours(SRGB, formula(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0)),
        of_colours(SRGB, sampled(1024)),
        of_colours(SRGB, sampled(4096)),
        of_colours(SRGB, sampled(26)),
        of_colours(
            ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141)),
            sampled(64),
        ),
        profile(b"RGB ", {b"A2B0": b"mft2", b"desc": b"mluc" + "sRGB v4 ICC preference".encode("utf-16-be")}),
        profile(b"GRAY", {b"kTRC": SRGB_FORMULA}),
        profile(b"GRAY", {b"kTRC": table(2.2)}),
        profile(b"GRAY", {b"kTRC": formula(0, 2.2)}),
    ],
    ids=[
        "Little CMS",
        "formula",
        "longest formula",
        "1024 points",
        "4096 points",
        "26 points",
        "HP's and Microsoft's",
        "the ICC's version 4",
        "grey of sRGB",
        "grey of gamma 2.2",
        "grey of gamma 2.2 as a formula",
    ],
)
def test_every_srgb_is_srgb(icc: bytes) -> None:
    """What looks the same when its profile is left out need not be converted."""
    assert classify_profile(icc) is ColourProfile.SRGB


@pytest.mark.parametrize(
    "icc",
    [
        of_colours(DISPLAY_P3, SRGB_FORMULA),
        of_colours(ADOBE_RGB, table(2.2)),
        of_colours(PROPHOTO, table(1.8)),
        of_colours(ECI_RGB, formula(0, 3.0)),
        of_colours(REC_2020, formula(3, 1 / 0.45, 1 / 1.0993, 0.0993 / 1.0993, 1 / 4.5, 0.0812)),
        of_colours(SRGB, table()),
        of_colours(SRGB, table(1.8)),
        of_colours(SRGB, formula(1, 2.4, 1 / 1.055, 0.3)),
        of_colours(SRGB, formula(2, 2.4, 1 / 1.055, 0.055 / 1.055, 0.2)),
        of_colours(SRGB, formula(1, 2.4, 0, 0.3)),
        of_colours(SRGB, formula(9, 2.4)),
        of_colours(SRGB, b"what"),
        of_colours(SRGB, table(0.5, 0.6)[:-2]),
        of_colours((SRGB[1], SRGB[0], SRGB[2]), SRGB_FORMULA),
        profile(b"GRAY", {b"kTRC": table(1.75)}),
        profile(b"GRAY", {}),
        profile(b"RGB ", {b"A2B0": b"mft2", b"desc": b"sRGB, says a scanner"}),
        profile(b"RGB ", {b"rXYZ": b"XYZ "}),
        profile(b"CMYK", {b"A2B0": b"mft2"}),
        profile(b"Lab ", {}),
        of_colours(SRGB, sampled(1024))[:200],
    ],
    ids=[
        "Display P3",
        "Adobe RGB",
        "ProPhoto",
        "eciRGB",
        "Rec. 2020",
        "linear",
        "gamma 1.8",
        "shifted formula",
        "raised formula",
        "formula that divides by nothing",
        "no such formula",
        "no such curve",
        "curve cut short",
        "colours exchanged",
        "dot gain of 20 %",
        "grey without a curve",
        "tables",
        "a colour cut short",
        "inks",
        "Lab",
        "longer than what is read",
    ],
)
def test_everything_else_is_not(icc: bytes) -> None:
    """A profile that makes a picture look different is not taken for sRGB, nor is one that cannot be read."""
    assert classify_profile(icc) is ColourProfile.OTHER


@pytest.mark.parametrize("icc", [b"", b"a profile", bytes(5000)], ids=["empty", "short", "zeros"])
def test_what_is_no_profile_means_nothing(icc: bytes) -> None:
    """What is no profile at all is passed over, as all programs do."""
    assert classify_profile(icc) is ColourProfile.NONE


@given(st.binary(max_size=60), st.integers(0, 600))
def test_never_raises(junk: bytes, place: int) -> None:
    """Whatever is overwritten in a profile, it is still judged."""
    icc = bytearray(of_colours(SRGB, sampled(26)))
    icc[place : place + len(junk)] = junk

    assert classify_profile(bytes(icc)) in ColourProfile


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize(
    ("icc", "found"),
    [
        (of_colours(SRGB, SRGB_FORMULA), ColourProfile.SRGB),
        (of_colours(DISPLAY_P3, SRGB_FORMULA), ColourProfile.OTHER),
        (of_colours(DISPLAY_P3, SRGB_FORMULA) + bytes(200_000), ColourProfile.OTHER),
    ],
    ids=["sRGB", "Display P3", "long"],
)
def test_found_in_every_kind_of_file(kind: str, icc: bytes, found: ColourProfile) -> None:
    """The profile that Pillow puts into a file is found there without decoding it."""
    examination = examined(saved(noise(), kind, icc_profile=icc))

    assert isinstance(examination, Picture)
    assert examination.profile is found


def test_a_file_without_a_profile_has_none() -> None:
    """Nothing said is told as nothing said."""
    examinations = [examined(saved(noise(), kind)) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]

    assert [one.profile for one in examinations if isinstance(one, Picture)] == [ColourProfile.NONE] * 4


def test_a_profile_that_cannot_be_unpacked_means_nothing() -> None:
    """Damage in a PNG's profile is no reason to refuse the picture; one that unpacks without end is cut."""
    broken = examined(png(png_chunk(b"iCCP", b"x\0\0rubbish"), png_chunk(b"IDAT")))
    bomb = of_colours(DISPLAY_P3, SRGB_FORMULA) + bytes(50_000_000)
    endless = examined(png(png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bomb)), png_chunk(b"IDAT")))

    assert isinstance(broken, Picture)
    assert isinstance(endless, Picture)
    assert (broken.profile, endless.profile) == (ColourProfile.NONE, ColourProfile.OTHER)


def test_the_first_segment_of_a_jpegs_profile_counts() -> None:
    """Segments of a profile need not be in order, and one of its code may hold something else."""
    icc = of_colours(SRGB, SRGB_FORMULA)
    first = jpeg_segment(0xE2, b"ICC_PROFILE\0\x01\x02" + icc)
    second = jpeg_segment(0xE2, b"ICC_PROFILE\0\x02\x02" + bytes(99))

    examination = examined(jpeg(jpeg_segment(0xE2, b"MPF\0"), second, first))

    assert isinstance(examination, Picture)
    assert examination.profile is ColourProfile.SRGB


@pytest.mark.parametrize(
    ("space", "index", "found"),
    [
        (0xFFFF, "R03", ColourProfile.ADOBE_RGB),
        (2, "R98", ColourProfile.ADOBE_RGB),
        (0xFFFF, "R98", ColourProfile.NONE),
        (0xFFFF, None, ColourProfile.NONE),
        (1, "R03", ColourProfile.NONE),
    ],
)
def test_a_cameras_word_for_adobe_rgb(space: int, index: str | None, found: ColourProfile) -> None:
    """Cameras name Adobe RGB in EXIF alone; an embedded profile counts before that."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    named = examined(saved(noise(), "JPEG", exif=exif.tobytes()))
    embedded = examined(
        saved(noise(), "JPEG", exif=exif.tobytes(), icc_profile=of_colours(SRGB, SRGB_FORMULA))
    )

    assert isinstance(named, Picture)
    assert isinstance(embedded, Picture)
    assert (named.profile, embedded.profile) == (found, ColourProfile.SRGB)
