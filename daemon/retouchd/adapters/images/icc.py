"""Whether an embedded ICC profile means sRGB, by its colours and curves. Names are not believed.

Programs embed some dozen versions of sRGB, from 400 bytes to 60 kB, that differ in text, rounding and number
of points. A picture in any of them can be sent untouched. Nothing is converted in here.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final

from retouchd.core.pictures import ColourProfile

_HEADER_BYTES: Final = 128
_SIGNATURE: Final = slice(36, 40)
_SPACE: Final = slice(16, 20)
_MOST_TAGS: Final = 200

# The colours and curves of a profile, and sRGB's red, green and blue as X, Y and Z under D50.
_PRIMARIES: Final = (
    (b"rXYZ", b"rTRC", (0.4361, 0.2225, 0.0139)),
    (b"gXYZ", b"gTRC", (0.3851, 0.7169, 0.0971)),
    (b"bXYZ", b"bTRC", (0.1431, 0.0606, 0.7141)),
)
# The next spaces, Rec. 2020's and Display P3's, are ten times as far away.
_PRIMARY_TOLERANCE: Final = 0.006
# Where curves are compared; below, the smallest profiles are rough by design.
_PLACES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
# A gamma of 2.2 is 0.027 away at the darkest place and 1.8 is 0.07. In grey, where it is what programs call
# plain, it is taken; among colours it is a monitor's.
_CURVE_TOLERANCE: Final = 0.02
_GREY_CURVE_TOLERANCE: Final = 0.035
# How many numbers the formula of each kind of curve has.
_FORMULA_NUMBERS: Final = (1, 3, 4, 5, 7)

# Below this amount of light the curve of sRGB is a straight line.
_STRAIGHT_UP_TO: Final = 0.0031308

_Curve = Callable[[float], float]


def classify_profile(profile: bytes) -> ColourProfile:
    """What a profile means, by its beginning: of one that is longer than 64 kB the rest is not needed."""
    if len(profile) < _HEADER_BYTES + 4 or profile[_SIGNATURE] != b"acsp":
        return ColourProfile.NONE
    try:
        is_srgb = _is_srgb(profile[_SPACE], _read_tags(profile))
    except (struct.error, ValueError, IndexError, ZeroDivisionError, OverflowError):
        is_srgb = False
    return ColourProfile.SRGB if is_srgb else ColourProfile.OTHER


def _read_tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    rows = (
        struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * number)
        for number in range(min(count, _MOST_TAGS))
    )
    return {name: profile[start : start + length] for name, start, length in rows}


def _is_srgb(space: bytes, tags: dict[bytes, bytes]) -> bool:
    if space == b"GRAY":
        return _is_near_srgb(tags.get(b"kTRC", b""), _GREY_CURVE_TOLERANCE)
    if space != b"RGB ":
        return False
    if b"rXYZ" not in tags:
        # The ICC's own sRGB of version 4 is a table from end to end, and nothing but its name tells it.
        return "sRGB v4".encode("utf-16-be") in tags.get(b"desc", b"")
    return all(
        _is_near(_read_colour(tags.get(colour, b"")), wanted)
        and _is_near_srgb(tags.get(curve, b""), _CURVE_TOLERANCE)
        for colour, curve, wanted in _PRIMARIES
    )


def _read_colour(tag: bytes) -> tuple[float, ...]:
    return tuple(number / 65536 for number in struct.unpack_from(">iii", tag, 8))


def _is_near(colour: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(abs(one - other) <= _PRIMARY_TOLERANCE for one, other in zip(colour, wanted, strict=True))


def _is_near_srgb(tag: bytes, tolerance: float) -> bool:
    """Whether a curve, seen as the eye sees lightness, is nowhere far from that of sRGB."""
    curve = _read_curve(tag)
    return all(abs(_encode(curve(place)) - place) <= tolerance for place in _PLACES)


def _encode(light: float) -> float:
    """The number by which sRGB tells an amount of light."""
    return 12.92 * light if light <= _STRAIGHT_UP_TO else 1.055 * light ** (1 / 2.4) - 0.055


def _read_curve(tag: bytes) -> _Curve:
    """The amount of light for a number, both from 0 to 1; raises ValueError for an unknown kind of curve."""
    match tag[:4]:
        case b"curv":
            return _read_table(tag)
        case b"para":
            return _read_formula(tag)
        case _:
            raise ValueError(tag[:4])


def _read_table(tag: bytes) -> _Curve:
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return lambda number: number
    if count == 1:
        (gamma,) = struct.unpack_from(">H", tag, 12)
        return lambda number: number ** (gamma / 256)
    points = struct.unpack_from(f">{count}H", tag, 12)
    return lambda number: _interpolate(points, number)


def _interpolate(points: Sequence[int], number: float) -> float:
    place = number * (len(points) - 1)
    below = int(place)
    share = place - below
    return (points[below] * (1 - share) + points[below + 1] * share) / 65535


def _read_formula(tag: bytes) -> _Curve:
    """One of the five formulas, all of which are the last with some numbers left out."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    numbers = struct.unpack_from(f">{_FORMULA_NUMBERS[kind]}i", tag, 12)
    given = [number / 65536 for number in numbers]
    gamma, a, b, c, d, e, f = _complete(kind, given)
    return lambda number: (a * number + b) ** gamma + e if number >= d else c * number + f


def _complete(kind: int, given: list[float]) -> Sequence[float]:
    match kind:
        case 0:
            return (*given, 1, 0, 0, 0, 0, 0)
        case 1:
            return (*given, 0, -given[2] / given[1], 0, 0)
        case 2:
            gamma, a, b, c = given
            return (gamma, a, b, 0, -b / a, c, c)
        case 3:
            return (*given, 0, 0)
        case _:
            return given
