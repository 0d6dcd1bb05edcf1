"""Colours that numbers do not mean by themselves, made into sRGB: profiles, inks, depths. For the developer.

Without a profile numbers mean sRGB to everybody, so what is made carries none.
"""

import io
import struct
from typing import Final, cast

from PIL import Image, ImageCms, ImageMath

from retouchd.core.pictures import ColourProfile

# The colour space that a profile speaks of stands in its header; another one's would spoil the colours.
_PROFILE_SPACE: Final = slice(16, 20)
_SPACES: Final = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK"}
_SIXTEEN_BITS: Final = 65_535
# 65535 levels become 255.
_LEVELS_OF_EIGHT_BITS: Final = 257


def make_srgb(image: Image.Image, meaning: ColourProfile) -> Image.Image:
    """Give a loaded picture in L, RGB or RGBA whose numbers mean sRGB; transparency stays as it is.

    Relative colorimetric with black point compensation: what both can show stays exactly as it is. A profile
    that cannot be read is passed over, as every viewer does.
    """
    profile = _find_profile(image, meaning)
    if profile:
        try:
            return _transform(image, profile)
        except (ImageCms.PyCMSError, OSError):
            # Nothing was changed: the fault is found when the transformation is built.
            pass
    return image.convert("RGB") if image.mode == "CMYK" else image


def _find_profile(image: Image.Image, meaning: ColourProfile) -> bytes:
    embedded: bytes = image.info.get("icc_profile") or b""
    if meaning is ColourProfile.ADOBE_RGB and not embedded:
        embedded = _adobe_rgb()
    is_of_use = meaning is not ColourProfile.SRGB and embedded[_PROFILE_SPACE] == _SPACES[image.mode]
    return embedded if is_of_use else b""


def _transform(image: Image.Image, profile: bytes) -> Image.Image:
    made = "RGBA" if image.mode == "RGBA" else "RGB"
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        image.mode,
        made,
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    # In place where that is possible: a second copy would take four more bytes a pixel.
    is_same = image.mode == made
    changed = ImageCms.applyTransform(image, transform, inPlace=is_same)
    return image if changed is None else changed


def make_plain(stored: Image.Image, depth_bits: int) -> Image.Image:
    """Give a picture in L, RGB, RGBA or CMYK with 8 bits a channel; what can be kept as it is, is.

    Raises:
        ValueError: Nobody could say what its levels mean.
    """
    if stored.mode.startswith("I") or stored.mode == "F":
        return _make_eight_bits(stored)
    if stored.has_transparency_data:
        return _with_alpha(stored, depth_bits)
    return stored if stored.mode in _SPACES else _keeping_profile(stored, stored.convert("RGB"))


def _with_alpha(stored: Image.Image, depth_bits: int) -> Image.Image:
    """Give it in RGBA, or without alpha if everything is opaque."""
    colour = stored.info.get("transparency")
    if isinstance(colour, tuple) and depth_bits > 8:  # noqa: PLR2004 - Pillow keeps the upper 8 bits
        stored.info["transparency"] = tuple(level >> (depth_bits - 8) for level in colour)
    image = stored if stored.mode == "RGBA" else _keeping_profile(stored, stored.convert("RGBA"))
    is_opaque = image.getchannel("A").getextrema() == (255, 255)
    return _keeping_profile(stored, image.convert("RGB")) if is_opaque else image


def _make_eight_bits(stored: Image.Image) -> Image.Image:
    """Give grey levels of 16 bits in 8, rounded, with the one level that may stand for transparency."""
    levels = stored if stored.mode == "I;16" else stored.convert("I")
    darkest, lightest = cast("tuple[int, int]", levels.getextrema())
    if stored.mode == "F" or darkest < 0 or lightest > _SIXTEEN_BITS:
        message = "nobody can say which level is white"
        raise ValueError(message)
    image = levels.point(lambda level: level * (1 / _LEVELS_OF_EIGHT_BITS) + 0.5).convert("L")
    clear = stored.info.get("transparency")
    if isinstance(clear, int):
        opaque = ImageMath.lambda_eval(lambda of: (of["x"] != clear) * 255, x=levels.convert("I")).convert(
            "L"
        )
        image = image.convert("RGB")
        image.putalpha(opaque)
    return _keeping_profile(stored, image)


def _keeping_profile(stored: Image.Image, image: Image.Image) -> Image.Image:
    """Pillow keeps it in some conversions and drops it in others."""
    image.info["icc_profile"] = stored.info.get("icc_profile")
    return image


def _adobe_rgb() -> bytes:
    """Give a profile of Adobe RGB (1998), from the figures of its specification, adapted to D50."""
    tags = {
        b"wtpt": _xyz(0.95045, 1.0, 1.08905),
        b"rXYZ": _xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": _xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": _xyz(0.14919, 0.06322, 0.74457),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _GAMMA),
    }
    table, data = struct.pack(">I", len(tags)), b""
    begin = _HEADER_BYTES + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(data), len(content))
        data += content
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x3i48x",
        begin + len(data),
        b"\0\0\0\0",
        0x02100000,
        *(b"mntr", b"RGB ", b"XYZ ", b"acsp"),
        *map(_fixed, (0.9642, 1.0, 0.8249)),
    )
    return header + table + data


def _xyz(*figures: float) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *map(_fixed, figures))


def _fixed(figure: float) -> int:
    return round(figure * 65_536)


_HEADER_BYTES: Final = 128
# Gamma 563/256, padded to whole words.
_GAMMA: Final = struct.pack(">4s4xIH2x", b"curv", 1, 563)
