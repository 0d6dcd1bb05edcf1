"""A parasol on an empty beach, and a sail far out."""

import math
import random
from itertools import pairwise
from typing import Final

from PIL import Image

from retouchd.simulator.scenes.canvas import Canvas, Point

_SIZE: Final = (1600, 1200)
_HORIZON: Final = 560
_SHORE: Final = 800
_SEED: Final = 7
_GLITTER_SHARE: Final = 0.4


def draw_beach() -> Image.Image:
    """1600x1200, in colours that make a grayscale copy look like a different day."""
    canvas = Canvas(_SIZE, "black")
    _draw_sky(canvas)
    _draw_sea(canvas)
    _draw_sail(canvas)
    _draw_sand(canvas)
    _draw_towel(canvas)
    _draw_parasol(canvas, (1080, 470))
    _draw_ball(canvas, (560, 985), 62)
    _draw_palm(canvas)
    return canvas.finished()


def _draw_sky(canvas: Canvas) -> None:
    canvas.shade((0, 0, 1600, _HORIZON), ["#2f8fd6", "#5db4e6", "#a9dcf0", "#fde9c4"])
    canvas.glow((420, 210), 420, "#fff6cf", 0.85)
    canvas.disc((420, 210), 74, "#fffbe6")
    puffs = ((1000, 170, 150), (1120, 150, 190), (1260, 175, 150), (720, 330, 100), (800, 322, 130))
    with canvas.blurred(9) as layer:
        for x, y, width in puffs:
            layer.ellipse((x - width, y - width * 0.2, x + width, y + width * 0.2), (255, 255, 255, 190))
            layer.disc((x, y - width * 0.12), width * 0.36, (255, 255, 255, 200))


def _draw_sea(canvas: Canvas) -> None:
    canvas.shade((0, _HORIZON, 1600, 860), ["#1679ab", "#1f9cc0", "#43c3cd", "#8fe3d8"])
    generator = random.Random(_SEED)  # noqa: S311 - waves, not secrets
    for _ in range(420):
        depth = generator.random() ** 1.6
        y = _HORIZON + 6 + depth * 230
        # Under the sun the waves glitter, elsewhere they are a little darker or lighter than the water.
        glitters = generator.random() < _GLITTER_SHARE
        x = generator.gauss(420, 40 + depth * 150) if glitters else generator.uniform(0, 1600)
        alpha = 150 if abs(x - 420) < 60 + depth * 160 else 50
        length = 8 + depth * 46
        canvas.ellipse((x - length, y, x + length, y + 1 + depth * 3.5), (255, 255, 245, alpha))


def _draw_sail(canvas: Canvas) -> None:
    canvas.polygon([(815, 472), (815, 556), (872, 556)], "#ffffff")
    canvas.polygon([(808, 486), (808, 556), (772, 556)], "#ff7a59")
    canvas.polygon([(762, 562), (882, 562), (864, 582), (780, 582)], "#4a3426")


def _draw_sand(canvas: Canvas) -> None:
    for lift, colour in ((26, "#f4fffb"), (12, "#c9a876"), (-14, "#f1d39b")):
        canvas.polygon([*_shore(lift), (1600, 1200), (0, 1200)], colour)
    with canvas.blurred(60) as layer:
        layer.ellipse((-200, 1010, 1000, 1400), (214, 172, 112, 120))
        layer.ellipse((700, 860, 1900, 1080), (255, 232, 184, 150))
    generator = random.Random(_SEED)  # noqa: S311 - grains, not secrets
    for _ in range(2600):
        x, y = generator.uniform(0, 1600), 860 + generator.random() ** 0.8 * 340
        grain = generator.choice(((150, 112, 66, 90), (255, 246, 220, 110)))
        canvas.disc((x, y), 0.6 + (y - 860) / 340 * 1.1, grain)


def _shore(lift: float) -> list[Point]:
    return [(x, _SHORE - lift + 16 * math.sin(x / 190) + 9 * math.sin(x / 67 + 1)) for x in range(0, 1601, 8)]


def _draw_towel(canvas: Canvas) -> None:
    corners = ((860, 985), (1190, 960), (1290, 1050), (930, 1085))
    with canvas.blurred(10) as layer:
        layer.polygon([(x + 8, y + 10) for x, y in corners], (96, 66, 36, 120))
    canvas.polygon(corners, "#3a6ea5")
    for start in (0.12, 0.42, 0.72):
        canvas.polygon(_slice(corners, start, start + 0.15), "#f7f3e8")


def _slice(corners: tuple[Point, ...], start: float, end: float) -> list[Point]:
    first, second, third, fourth = corners
    return [
        _between(first, second, start),
        _between(first, second, end),
        _between(fourth, third, end),
        _between(fourth, third, start),
    ]


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


def _draw_parasol(canvas: Canvas, top: Point) -> None:
    x, y = top
    with canvas.blurred(14) as layer:
        layer.ellipse((x - 300, 935, x + 150, 1010), (96, 66, 36, 130))
    canvas.line([(x, y), (x + 62, 985)], "#7b5a3a", 13)
    canvas.line([(x - 3, y), (x + 59, 985)], "#b58b5e", 4)
    steps = 8
    rim = [_rim(top, step / steps) for step in range(steps + 1)]
    for step, (left, right) in enumerate(pairwise(rim)):
        colour = "#e8443a" if step % 2 == 0 else "#fff7ea"
        hang = ((left[0] + right[0]) / 2, max(left[1], right[1]) + 26)
        canvas.polygon([*_bow(top, left), *_curve(left, hang, right), *reversed(_bow(top, right))], colour)
    canvas.disc(top, 11, "#e8443a")


def _rim(top: Point, share: float) -> Point:
    angle = math.pi * (1 - share)
    return (top[0] + 26 + 330 * math.cos(angle), top[1] + 205 + 34 * math.sin(angle) - 44 * (0.5 - share))


def _bow(top: Point, end: Point) -> list[Point]:
    """A rib of the parasol: bulging outwards from the tip to the rim."""
    return _curve(top, (top[0] + (end[0] - top[0]) * 0.78, top[1] + 18), end)


def _curve(start: Point, bend: Point, end: Point) -> list[Point]:
    shares = [step / 16 for step in range(17)]
    return [_between(_between(start, bend, share), _between(bend, end, share), share) for share in shares]


def _draw_ball(canvas: Canvas, centre: Point, radius: float) -> None:
    x, y = centre
    with canvas.blurred(9) as layer:
        layer.ellipse(
            (x - radius * 0.9, y + radius * 0.7, x + radius * 1.7, y + radius * 1.2), (96, 66, 36, 140)
        )
    canvas.disc(centre, radius, "#fffaf0")
    canvas.ellipse((x - radius * 0.98, y - radius * 0.55, x + radius * 0.98, y + radius * 0.55), "#ffc94d")
    canvas.ellipse((x - radius * 0.93, y - radius * 0.3, x + radius * 0.93, y + radius * 0.3), "#2fb5a8")
    canvas.glow((x - radius * 0.4, y - radius * 0.45), radius * 0.6, "#ffffff", 0.7)


def _draw_palm(canvas: Canvas) -> None:
    trunk = _curve((60, 1240), (150, 760), (260, 330))
    for share, (x, y) in zip(range(17), trunk, strict=True):
        width = 34 - share
        canvas.disc((x, y), width, "#8a623d" if share % 2 else "#7a5433")
    canvas.line(trunk, "#8a623d", 38)
    for x, y in trunk[::2]:
        canvas.arc((x - 24, y - 14, x + 22, y + 12), (10, 170), "#6b4728", 4)
    for angle, length in ((200, 280), (165, 330), (232, 250), (268, 230), (300, 290), (335, 340), (15, 300)):
        _draw_frond(canvas, (260, 330), math.radians(angle), length)
    for x, y in ((240, 352), (282, 356), (262, 372)):
        canvas.disc((x, y), 21, "#5b3a1e")
        canvas.disc((x - 6, y - 7), 6, "#8f6a45")


def _draw_frond(canvas: Canvas, root: Point, angle: float, length: float) -> None:
    tip = (root[0] + length * math.cos(angle), root[1] + length * math.sin(angle) * 0.75 + length * 0.42)
    bend = (root[0] + length * 0.62 * math.cos(angle), root[1] + length * 0.7 * math.sin(angle) - 60)
    rib = _curve(root, bend, tip)
    for number, (x, y) in enumerate(rib[1:], start=1):
        reach = 78 * math.sin(math.pi * min(0.96, number / 17 + 0.08))
        for side, colour in ((-1, "#2f8f4e"), (1, "#1f6f3d")):
            end = (x + side * reach * 0.35 + (tip[0] - root[0]) * 0.08, y + reach * 0.95)
            canvas.polygon([(x - 9, y), (x + 9, y), end], colour)
    canvas.line(rib, "#58b368", 5)
