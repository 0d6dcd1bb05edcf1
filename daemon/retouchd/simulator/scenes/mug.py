"""A mug that smiles, on a plain backdrop that can be cut away."""

from typing import Final

from PIL import Image, ImageDraw

from retouchd.simulator.scenes.canvas import Canvas

_SIZE: Final = (1024, 1024)
_BACKDROP: Final = "#dcebf2"


def draw_mug() -> Image.Image:
    """1024x1024; the backdrop is one colour up to the edges."""
    canvas = Canvas(_SIZE, _BACKDROP)
    with canvas.blurred(16) as layer:
        layer.ellipse((232, 838, 800, 896), (92, 116, 130, 150))
    _draw_handle(canvas)
    _draw_body(canvas)
    _draw_coffee(canvas)
    _draw_face(canvas)
    return canvas.finished()


def _draw_handle(canvas: Canvas) -> None:
    canvas.arc((610, 372, 892, 724), (-140, 140), "#c9553f", 62)
    canvas.arc((616, 380, 878, 708), (-140, 140), "#f08a6c", 30)


def _draw_body(canvas: Canvas) -> None:
    """A cylinder: light from the left, and a dark edge on either side."""
    tones = Image.new("RGB", (5, 1))
    tones.putdata([(206, 88, 66), (255, 158, 128), (244, 124, 96), (226, 102, 78), (178, 66, 52)])
    surface = tones.resize(canvas.picture.size, Image.Resampling.BICUBIC, (0.5, 0, 4.5, 1))
    left, right = 220, 720
    area = surface.resize(((right - left) * 2, canvas.picture.height))
    cylinder = Image.new("RGB", canvas.picture.size)
    cylinder.paste(area, (left * 2, 0))
    shape = Image.new("L", canvas.picture.size)
    draw = ImageDraw.Draw(shape)
    draw.rounded_rectangle((left * 2, 560, right * 2 - 1, 1756), radius=150, fill=255)
    draw.rectangle((left * 2, 560, right * 2 - 1, 1100), fill=255)
    draw.ellipse((left * 2, 460, right * 2 - 1, 660), fill=255)
    canvas.picture.paste(cylinder, (0, 0), shape)


def _draw_coffee(canvas: Canvas) -> None:
    canvas.ellipse((220, 230, 720, 330), "#ffb99f")
    canvas.ellipse((240, 240, 700, 322), "#b34a37")
    canvas.ellipse((250, 258, 690, 324), "#4a2a1a")
    canvas.ellipse((300, 272, 600, 312), "#6d4127")
    heart = ((420, 292), (452, 292))
    for x, y in heart:
        canvas.ellipse((x - 22, y - 11, x + 22, y + 9), "#f3dcc0")
    canvas.polygon([(400, 296), (472, 296), (436, 316)], "#f3dcc0")


def _draw_face(canvas: Canvas) -> None:
    for x in (374, 562):
        canvas.ellipse((x - 31, 500, x + 31, 578), "#3a1d17")
        canvas.disc((x - 9, 524), 12, "#ffffff")
        canvas.disc((x + 11, 550), 6, "#ffffff")
    with canvas.blurred(7) as layer:
        for x in (312, 624):
            layer.ellipse((x - 44, 588, x + 44, 636), (255, 92, 92, 150))
    canvas.arc((396, 530, 540, 672), (22, 158), "#3a1d17", 15)
    canvas.polygon([(442, 668), (496, 668), (490, 700), (469, 710), (448, 700)], "#ff8fa0")
    with canvas.blurred(10) as layer:
        layer.ellipse((256, 400, 288, 700), (255, 240, 230, 130))
