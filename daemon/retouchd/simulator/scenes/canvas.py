"""A canvas that is drawn at twice its size, so that edges come out smooth, with a few brushes.

Coordinates are those of the finished picture. Nothing here is random but what a scene seeds itself.
"""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFilter, ImageOps

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCALE: Final = 2
_BLUR_SCALE: Final = 4
# Pillow's radial gradient reaches 255 in the corners of its square;
# this is its value in the middle of an edge.
_GRADIENT_AT_RADIUS: Final = 180

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Colour = str | tuple[int, int, int, int]


class Canvas:
    """A picture under way.

    Args:
        size: Width and height of the finished picture in pixels.
        backdrop: What everything else is painted over.
    """

    def __init__(self, size: tuple[int, int], backdrop: Colour) -> None:
        self.width, self.height = size
        self.picture = Image.new("RGB", (self.width * _SCALE, self.height * _SCALE), backdrop)

    def finished(self) -> Image.Image:
        """The picture at its own size."""
        return self.picture.reduce(_SCALE)

    def shade(self, box: Box, colours: Sequence[str]) -> None:
        """Fills a box with a gradient from top to bottom through evenly spaced colours."""
        left, top, right, bottom = _scaled(box)
        strip = Image.new("RGB", (1, len(colours)))
        strip.putdata([_channels(colour) for colour in colours])
        # Half a colour is cut off at either end, where scaling up would only repeat it.
        inner = (0.0, 0.5, 1.0, len(colours) - 0.5)
        area = strip.resize((1, bottom - top), Image.Resampling.BILINEAR, inner)
        self.picture.paste(area.resize((right - left, bottom - top)), (left, top))

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        """Fills a polygon; a colour with alpha lets what is below shine through."""
        self._draw().polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def ellipse(self, box: Box, colour: Colour) -> None:
        """Fills an ellipse."""
        self._draw().ellipse(_scaled(box), fill=colour)

    def disc(self, centre: Point, radius: float, colour: Colour) -> None:
        """Fills a circle."""
        x, y = centre
        self.ellipse((x - radius, y - radius, x + radius, y + radius), colour)

    def arc(self, box: Box, angles: tuple[float, float], colour: Colour, width: float) -> None:
        """Draws part of an ellipse's outline; angles in degrees, clockwise from three o'clock."""
        self._draw().arc(_scaled(box), *angles, fill=colour, width=round(width * _SCALE))

    def line(self, points: Iterable[Point], colour: Colour, width: float) -> None:
        """Draws a line through the points."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw().line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def glow(self, centre: Point, radius: float, colour: str, strength: float) -> None:
        """Lays light round a point, which fades towards the radius; strength is 0..1."""
        edge = round(2 * radius * _SCALE)
        veil = Image.radial_gradient("L").resize((edge, edge)).point(_falloff(strength))
        corner = (round((centre[0] - radius) * _SCALE), round((centre[1] - radius) * _SCALE))
        self.picture.paste(colour, corner, veil)

    @contextmanager
    def blurred(self, radius: float) -> "Iterator[Canvas]":
        """A clear canvas whose drawing is laid over this one, blurred, at the end of the block."""
        layer = Canvas((self.width, self.height), "black")
        layer.picture = Image.new("RGBA", self.picture.size)
        yield layer
        # Premultiplied, else the clear pixels' colour would bleed into the edges; and blurred small, where
        # nobody sees the difference and it takes a sixteenth of the time.
        small = layer.picture.convert("RGBa").reduce(_BLUR_SCALE)
        blurred = small.filter(ImageFilter.GaussianBlur(radius * _SCALE / _BLUR_SCALE))
        soft = blurred.resize(self.picture.size, Image.Resampling.BILINEAR).convert("RGBA")
        self.picture.paste(soft, (0, 0), soft)

    def mirror_below(self, line: float, share: float) -> None:
        """Paints what stands above a line upside down below it, flattened to a share of its height."""
        at = round(line * _SCALE)
        below = self.picture.height - at
        above = self.picture.crop((0, max(0, at - round(below / share)), self.picture.width, at))
        self.picture.paste(ImageOps.flip(above).resize((self.picture.width, below)), (0, at))

    def _draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.picture, "RGBA")


def _falloff(strength: float) -> list[int]:
    """Opacity for each step of Pillow's radial gradient, gently down to nothing at the radius."""
    shares = (max(0.0, 1 - step / _GRADIENT_AT_RADIUS) for step in range(256))
    return [round(255 * strength * share**1.6) for share in shares]


def _scaled(box: Box) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge * _SCALE) for edge in box)
    return (left, top, right, bottom)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return (red, green, blue)
