"""Mountains in a lake at dusk: dark enough that a brighter copy is welcome."""

import math
import random
from typing import Final

from PIL import Image

from retouchd.simulator.scenes.canvas import Canvas, Point

_SIZE: Final = (1500, 1000)
_WATER: Final = 610
_SUN_X: Final = 1086
_SEED: Final = 11


def draw_lake() -> Image.Image:
    """1500x1000, rather dark."""
    canvas = Canvas(_SIZE, "black")
    generator = random.Random(_SEED)  # noqa: S311 - ridges, not secrets
    canvas.shade((0, 0, 1500, _WATER), ["#1d2c55", "#42497d", "#8a6488", "#d08c7c", "#eab888"])
    _draw_stars(canvas, generator)
    canvas.glow((_SUN_X, 420), 480, "#ffd9a0", 0.75)
    canvas.disc((_SUN_X, 392), 40, "#ffeccb")
    _draw_peaks(canvas, generator)
    for base, rise, colour in ((520, 70, "#3b4266"), (566, 46, "#2b3350"), (592, 26, "#1c2438")):
        _draw_hills(canvas, generator, base, rise, colour)
    _draw_forest(canvas, generator)
    _draw_water(canvas, generator)
    _draw_boat(canvas, (690, 760))
    for x, foot, height in ((90, 1010, 520), (215, 1020, 380), (1395, 1020, 470), (1290, 1030, 300)):
        _draw_pine(canvas, (x, foot), height, "#0c1420")
    return canvas.finished()


def _draw_stars(canvas: Canvas, generator: random.Random) -> None:
    for _ in range(90):
        y = generator.random() ** 2 * 260
        place = (generator.uniform(0, 1500), y)
        canvas.disc(place, generator.uniform(0.8, 2.0), (255, 255, 255, round(210 - y * 0.6)))


def _draw_peaks(canvas: Canvas, generator: random.Random) -> None:
    summits = ((250, 215, 420), (1290, 260, 400), (640, 130, 520), (930, 270, 330))
    for x, y, half in summits:
        left, right = (x - half, 610), (x + half * 0.95, 610)
        fold = (x + half * 0.12, 610)
        canvas.polygon([*_ridge(generator, left, (x, y)), *_ridge(generator, (x, y), right)], "#5a5c86")
        canvas.polygon(
            [(x, y), *_ridge(generator, (x, y), right), fold, (x + half * 0.06, y + 190)], "#454a75"
        )
        _draw_snow(canvas, (x, y), half)


def _draw_snow(canvas: Canvas, summit: Point, half: float) -> None:
    x, y = summit
    slope = (610 - y) / half
    teeth = [(-0.30, 0.26), (-0.2, 0.19), (-0.12, 0.33), (-0.03, 0.2)]
    lit = [
        summit,
        *((x + a * half, y + max(b, abs(a) * 1.02) * half * slope) for a, b in teeth),
        (x + 4, y + 60),
    ]
    canvas.polygon(lit, "#f3dcd6")
    teeth = [(0.02, 0.18), (0.09, 0.3), (0.17, 0.2), (0.27, 0.285)]
    shaded = [summit, *((x + a * half, y + max(b, a * 1.06) * half * slope) for a, b in teeth)]
    canvas.polygon(shaded, "#a79bbd")


def _ridge(generator: random.Random, start: Point, end: Point) -> list[Point]:
    """A line from start to end, roughened a little."""
    steps = 14
    inner = [
        (
            start[0] + (end[0] - start[0]) * step / steps,
            start[1] + (end[1] - start[1]) * step / steps + generator.uniform(-9, 9),
        )
        for step in range(1, steps)
    ]
    return [start, *inner, end]


def _draw_hills(canvas: Canvas, generator: random.Random, base: float, rise: float, colour: str) -> None:
    phase = generator.uniform(0, 6)
    crest = [
        (x, base - rise * (math.sin(x / 260 + phase) * 0.6 + math.sin(x / 97 + 2 * phase) * 0.3))
        for x in range(0, 1510, 10)
    ]
    canvas.polygon([*crest, (1500, _WATER), (0, _WATER)], colour)


def _draw_forest(canvas: Canvas, generator: random.Random) -> None:
    for _ in range(230):
        x = generator.uniform(0, 1500)
        edge = min(1.0, abs(x - 800) / 700)
        _draw_pine(canvas, (x, _WATER + 2), generator.uniform(18, 34) + 46 * edge**2, "#141c2e")


def _draw_pine(canvas: Canvas, foot: Point, height: float, colour: str) -> None:
    x, y = foot
    canvas.polygon([(x - height * 0.02, y), (x + height * 0.02, y), (x, y - height)], colour)
    tiers = 7
    for tier in range(tiers):
        top = y - height * (1 - tier / tiers * 0.82)
        half = height * (0.05 + 0.17 * (tier + 1) / tiers)
        low = top + height * 0.24
        canvas.polygon([(x, top), (x + half, low), (x, low - height * 0.05), (x - half, low)], colour)


def _draw_water(canvas: Canvas, generator: random.Random) -> None:
    canvas.mirror_below(_WATER, 0.86)
    canvas.polygon([(0, _WATER), (1500, _WATER), (1500, 1000), (0, 1000)], (18, 30, 62, 96))
    canvas.line([(0, _WATER), (1500, _WATER)], (240, 215, 205, 110), 2)
    for _ in range(330):
        depth = generator.random()
        x, y = generator.uniform(0, 1500), _WATER + 8 + depth * 380
        near_sun = abs(x - _SUN_X) < 50 + depth * 90
        colour = (255, 224, 176, 120) if near_sun else (190, 190, 225, 34)
        length = 14 + depth * 60
        canvas.ellipse((x - length, y, x + length, y + 1.2 + depth * 3), colour)


def _draw_boat(canvas: Canvas, place: Point) -> None:
    x, y = place
    with canvas.blurred(5) as layer:
        layer.ellipse((x - 110, y + 20, x + 110, y + 52), (10, 14, 30, 170))
    canvas.polygon([(x - 118, y - 8), (x + 118, y - 12), (x + 82, y + 32), (x - 88, y + 32)], "#7c2f2b")
    canvas.line([(x - 118, y - 8), (x + 118, y - 12)], "#e0a27a", 6)
    canvas.polygon([(x - 34, y - 8), (x - 26, y - 70), (x + 18, y - 70), (x + 30, y - 9)], "#20304f")
    canvas.disc((x - 4, y - 88), 22, "#e9b48f")
    canvas.ellipse((x - 42, y - 106, x + 34, y - 90), "#d9b45b")
    canvas.ellipse((x - 22, y - 122, x + 15, y - 92), "#d9b45b")
    canvas.line([(x + 14, y - 46), (x + 168, y - 150)], "#2a1c14", 4)
    canvas.line([(x + 168, y - 150), (x + 196, y + 18)], (240, 235, 230, 150), 1)
    canvas.disc((x + 196, y + 20), 5, "#ff5b4a")
