"""Kinds of pictures, and which of them must be converted before they are sent."""

from dataclasses import replace
from typing import Any

import pytest

from retouchd.core.pictures import (
    ColourProfile,
    PhotoFormat,
    Picture,
    PictureFormat,
    converted_format,
    must_convert,
    reduced_format,
)

PLAIN = Picture(format=PhotoFormat.JPEG, width=4, height=3)


def test_suffixes_of_formats() -> None:
    """Each format has the suffix that everybody expects."""
    assert [one.suffix for one in PictureFormat] == [".png", ".jpg", ".webp"]
    assert [one.suffix for one in PhotoFormat] == [".png", ".jpg", ".webp", ".heic", ".avif", ".tif", ".bmp"]


def test_what_the_service_takes_is_known_by_the_same_word() -> None:
    """A photo of a kind that the service takes is of that kind there; the others are none of its kinds."""
    taken = {kind: kind.taken_as for kind in PhotoFormat if kind.taken_as}

    assert list(taken.values()) == list(PictureFormat)
    assert all(kind.value == sent.value for kind, sent in taken.items())


@pytest.mark.parametrize("kind", [kind for kind in PhotoFormat if kind.taken_as])
@pytest.mark.parametrize("profile", [ColourProfile.NONE, ColourProfile.SRGB])
@pytest.mark.parametrize("depth_bits", [1, 8])
def test_plain_pictures_are_sent_untouched(
    kind: PhotoFormat, profile: ColourProfile, depth_bits: int
) -> None:
    """A picture that the service takes, upright, of 8 bits or less and in sRGB, need not be converted."""
    picture = replace(PLAIN, format=kind, profile=profile, depth_bits=depth_bits, has_alpha=True)

    assert must_convert(picture) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": PhotoFormat.HEIC}, "it is HEIC, which the service does not take"),
        ({"format": PhotoFormat.BMP}, "it is BMP, which the service does not take"),
        ({"is_cmyk": True}, "its colours are for printing (CMYK)"),
        ({"depth_bits": 16}, "it has 16 bits a colour"),
        ({"profile": ColourProfile.OTHER}, "its colour profile is not sRGB"),
        ({"profile": ColourProfile.ADOBE_RGB}, "its colour profile is not sRGB"),
        ({"orientation": 2}, "it is stored turned"),
        ({"orientation": 8}, "it is stored turned"),
    ],
)
def test_what_must_be_converted_says_why(change: dict[str, Any], reason: str) -> None:
    """Each thing that the service would misread is a reason of its own."""
    assert must_convert(replace(PLAIN, **change)) == reason


def test_what_photos_are_converted_to() -> None:
    """Photos stay photos; what was exact or is seen through becomes a PNG, which loses nothing."""
    made = {kind.value: converted_format(kind, sees_through=False).value for kind in PhotoFormat}

    assert made == {
        **dict.fromkeys(("jpeg", "heic", "avif", "webp"), "jpeg"),
        **dict.fromkeys(("png", "tiff", "bmp"), "png"),
    }
    assert {converted_format(kind, sees_through=True) for kind in PhotoFormat} == {PictureFormat.PNG}


def test_what_photos_become_that_are_too_large() -> None:
    """What is seen through becomes the one small kind that can be seen through."""
    assert reduced_format(sees_through=True) is PictureFormat.WEBP
    assert reduced_format(sees_through=False) is PictureFormat.JPEG
