"""Writes a prompt onto a picture, for wishes that Pillow cannot fulfil.

A person who looks at the result sees at once which prompt went with which photo.
"""

from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageDraw, ImageFont

_LINES_LIMIT: Final = 5
# A twenty-sixth of the height reads well both in a thumbnail and full size.
_LETTER_SHARE: Final = 26
_LETTER_MINIMUM: Final = 9
# More can never fit on five lines of the widest picture, and measuring 32000 characters would take seconds.
_CHARACTERS_LIMIT: Final = 600
_BAND: Final = (12, 18, 28, 168)
_INK: Final = (255, 255, 255, 255)

Box = tuple[int, int, int, int]
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_caption(picture: Image.Image, text: str, box: Box) -> Image.Image:
    """A copy of an RGBA picture with the text on a translucent band along the bottom of the box."""
    left, top, right, bottom = box
    height = max(_LETTER_MINIMUM, (bottom - top) // _LETTER_SHARE)
    font = ImageFont.load_default(height)
    lines = _wrap(text, font, right - left - 2 * height)
    step = round(height * 1.4)
    band_top = max(top, bottom - len(lines) * step - height)
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    draw.rectangle((left, band_top, right - 1, bottom - 1), fill=_BAND)
    for number, line in enumerate(lines):
        place = ((left + right) / 2, band_top + height / 2 + step * (number + 0.5))
        draw.text(place, line, fill=_INK, font=font, anchor="mm")
    return Image.alpha_composite(picture, layer)


def _wrap(text: str, font: _Font, width: int) -> list[str]:
    lines = list(_break(text[:_CHARACTERS_LIMIT], font, width))
    if len(lines) <= _LINES_LIMIT and len(text) <= _CHARACTERS_LIMIT:
        return lines
    kept = lines[:_LINES_LIMIT]
    return [*kept[:-1], kept[-1].rstrip(" .,") + "…"]


def _break(text: str, font: _Font, width: int) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        *full, line = _chop(word, font, width)
        yield from full
    yield line


def _chop(word: str, font: _Font, width: int) -> list[str]:
    """A word in pieces that fit, each at least one character long."""
    pieces = [""]
    for character in word:
        if pieces[-1] and font.getlength(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
