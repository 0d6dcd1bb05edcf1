"""A penguin alone on its floe, under the northern lights, waiting for somebody to write it a prompt."""

import math
import random
from typing import Final

from PIL import Image

from retouchd.simulator.scenes.canvas import Canvas

_SIZE: Final = (1200, 900)
_WATER: Final = 560
_SEED: Final = 3


def draw_penguin() -> Image.Image:
    """1200x900."""
    canvas = Canvas(_SIZE, "black")
    generator = random.Random(_SEED)  # noqa: S311 - stars, not secrets
    canvas.shade((0, 0, 1200, _WATER), ["#0b1436", "#182a5c", "#2f5687", "#6fa3bf"])
    for _ in range(150):
        place = (generator.uniform(0, 1200), generator.random() ** 1.4 * 440)
        canvas.disc(place, generator.uniform(0.7, 2.1), (255, 255, 255, generator.randint(90, 230)))
    _draw_lights(canvas)
    canvas.glow((930, 150), 210, "#fdf6d8", 0.55)
    canvas.disc((930, 150), 52, "#fffbe8")
    _draw_sea(canvas, generator)
    _draw_floe(canvas)
    _draw_bird(canvas)
    return canvas.finished()


def _draw_lights(canvas: Canvas) -> None:
    with canvas.blurred(16) as layer:
        for x in range(-20, 1220, 6):
            crest = 230 + 60 * math.sin(x / 170) + 26 * math.sin(x / 61 + 2)
            reach = 120 + 50 * math.sin(x / 43)
            layer.line([(x, crest - reach), (x + 14, crest)], (90, 240, 170, 96), 7)
            layer.line([(x + 14, crest), (x + 20, crest + 40)], (160, 120, 240, 60), 7)


def _draw_sea(canvas: Canvas, generator: random.Random) -> None:
    canvas.shade((0, _WATER, 1200, 900), ["#3f7d9e", "#245578", "#123458"])
    for x, y, width in ((160.0, 566.0, 190), (1010, 562, 240), (700, 560, 120)):
        peak = [(x - width / 2, y), (x - width * 0.2, y - width * 0.3), (x + width * 0.1, y - width * 0.24)]
        canvas.polygon([*peak, (x + width / 2, y)], "#b9dcea")
        canvas.polygon([peak[2], (x + width / 2, y), (x, y)], "#7fb2cb")
    for _ in range(170):
        depth = generator.random()
        x, y = generator.uniform(0, 1200), _WATER + 8 + depth * 320
        alpha = 120 if abs(x - 930) < 40 + depth * 80 else 40
        length = 10 + depth * 44
        canvas.ellipse((x - length, y, x + length, y + 1 + depth * 3), (225, 245, 255, alpha))


def _draw_floe(canvas: Canvas) -> None:
    edge = [(190, 730), (250, 690), (420, 668), (640, 672), (800, 690), (862, 728), (800, 768)]
    front = [*edge, (640, 792), (470, 784), (330, 790), (236, 764)]
    canvas.polygon([(x, y + 40) for x, y in front], "#5f9dbb")
    canvas.polygon([(x, y + 18) for x, y in front], "#8fc4d9")
    canvas.polygon(front, "#f2fafd")
    with canvas.blurred(10) as layer:
        layer.ellipse((380, 728, 690, 772), (70, 110, 150, 140))


def _draw_bird(canvas: Canvas) -> None:
    for x in (462, 558):
        canvas.ellipse((x - 44, 724, x + 44, 758), "#f39c2d")
    canvas.polygon([(398, 480), (330, 640), (356, 652), (430, 560)], "#141a2b")
    canvas.polygon([(622, 480), (690, 640), (664, 652), (590, 560)], "#141a2b")
    canvas.ellipse((384, 400, 636, 748), "#1b2237")
    canvas.disc((510, 352), 112, "#1b2237")
    canvas.ellipse((420, 452, 600, 742), "#fbfbf6")
    for x in (466, 554):
        canvas.ellipse((x - 54, 304, x + 54, 420), "#fbfbf6")
    for x in (470, 550):
        canvas.ellipse((x - 16, 328, x + 16, 366), "#141a2b")
        canvas.disc((x - 4, 340), 6, "#ffffff")
    for x in (438, 582):
        canvas.ellipse((x - 20, 376, x + 20, 396), (255, 150, 150, 130))
    canvas.polygon([(482, 372), (538, 372), (510, 408)], "#f6a531")
    canvas.polygon([(488, 374), (532, 374), (510, 386)], "#ffc766")
    _draw_scarf(canvas)


def _draw_scarf(canvas: Canvas) -> None:
    canvas.polygon([(560, 452), (606, 446), (632, 572), (584, 580)], "#b92f34")
    canvas.polygon([(404, 436), (510, 466), (618, 434), (614, 474), (510, 506), (408, 476)], "#d8434a")
    for x in (592, 606, 620):
        canvas.line([(x, 574), (x + 3, 594)], "#d8434a", 5)
    for x, y in ((440, 462), (480, 476), (540, 477), (580, 463)):
        canvas.line([(x, y - 12), (x + 4, y + 22)], "#ffd9d0", 6)
