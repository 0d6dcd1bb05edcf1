"""Colour profiles made from the figures of their standards, and what their colours are in sRGB, by hand."""

import struct
from collections.abc import Sequence
from typing import Final

Matrix = tuple[tuple[float, ...], ...]
_D50: Final = (0.9642, 1.0, 0.8249)
_D65: Final = (0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290)
_BRADFORD: Final[Matrix] = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)
SRGB_PRIMARIES: Final = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3_PRIMARIES: Final = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_PRIMARIES: Final = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
ADOBE_GAMMA: Final = 563 / 256
GAMMA: Final = 2.2


def times(matrix: Matrix, vector: Sequence[float]) -> tuple[float, ...]:
    """Multiply."""
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def inverse(m: Matrix) -> Matrix:
    """Invert a matrix of three rows."""
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple(tuple(one / det for one in row) for row in rows)


def to_xyz(primaries: Sequence[tuple[float, float]]) -> Matrix:
    """Give the matrix from linear RGB with these primaries and D65 to XYZ."""
    columns = [(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]
    plain = tuple(zip(*columns, strict=True))
    scale = times(inverse(plain), _D65)
    return tuple(tuple(one * by for one, by in zip(row, scale, strict=True)) for row in plain)


def srgb_of(
    colour: Sequence[int], primaries: Sequence[tuple[float, float]], gamma: float = GAMMA
) -> tuple[int, ...]:
    """Give what a colour in a space of these primaries and this gamma is in sRGB; the rest is cut off."""
    linear = [(level / 255) ** gamma for level in colour]
    plain = times(inverse(to_xyz(SRGB_PRIMARIES)), times(to_xyz(primaries), linear))
    return tuple(round(255 * _encode(min(1.0, max(0.0, one)))) for one in plain)


def srgb_of_lab(lab: Sequence[float]) -> tuple[int, ...]:
    """Give what a colour in Lab (D50) is in sRGB."""
    y = (lab[0] + 16) / 116
    cubes = [_cube(y + lab[1] / 500), _cube(y), _cube(y - lab[2] / 200)]
    d50 = [one * white for one, white in zip(cubes, _D50, strict=True)]
    linear = times(inverse(_adapted(to_xyz(SRGB_PRIMARIES))), d50)
    return tuple(round(255 * _encode(min(1.0, max(0.0, one)))) for one in linear)


def _cube(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


def _encode(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _adapted(matrix: Matrix) -> Matrix:
    """Give a matrix to XYZ under D65 as one under D50, as profiles have it."""
    source, target = times(_BRADFORD, _D65), times(_BRADFORD, _D50)
    cones = tuple(
        tuple(one * new / old for one in row) for row, new, old in zip(_BRADFORD, target, source, strict=True)
    )
    bradford = tuple(
        zip(*(times(inverse(_BRADFORD), column) for column in zip(*cones, strict=True)), strict=True)
    )
    columns = [times(bradford, column) for column in zip(*matrix, strict=True)]
    return tuple(zip(*columns, strict=True))


def rgb_profile(primaries: Sequence[tuple[float, float]], gamma: float = GAMMA) -> bytes:
    """Give a profile of an RGB space."""
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), zip(*_adapted(to_xyz(primaries)), strict=True), strict=True)
    tags = {name: _xyz(column) for name, column in columns}
    return _profile(b"mntr", b"RGB ", b"XYZ ", {**tags, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)})


def grey_profile(gamma: float) -> bytes:
    """Give a profile of grey levels."""
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


# What each single ink is on this press: nothing that a rule of thumb would guess.
INKS: Final = {(255, 0, 0, 0): (62, -31, -40), (0, 255, 0, 0): (52, 60, -5), (0, 0, 255, 0): (86, -6, 60)}
PAPER: Final = (100, 0, 0)
BLACK: Final = (0, 0, 0)


def ink_profile() -> bytes:
    """Give a profile of a press: one Lab colour for each combination of inks, and steps between them."""
    colours = []
    for number in range(16):
        inks = tuple(255 * (number >> bit & 1) for bit in (3, 2, 1, 0))
        colours.append(PAPER if not number else INKS.get(inks, BLACK))
    table = b"".join(bytes((round(light * 2.55), a + 128, b + 128)) for light, a, b in colours)
    straight = bytes(range(256))
    header = struct.pack(">4s4xBBBx9i", b"mft1", 4, 3, 2, *(65536, 0, 0, 0, 65536, 0, 0, 0, 65536))
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": header + straight * 4 + table + straight * 3})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": _xyz(_D50), **tags}
    begin = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = begin + len(data)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02400000, kind, space, connection, b"acsp")
    illuminant = struct.pack(">3i", *(round(one * 65536) for one in _D50))
    return header.ljust(68, b"\0") + illuminant + bytes(48) + table + data


def _xyz(values: Sequence[float]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(one * 65536) for one in values))
