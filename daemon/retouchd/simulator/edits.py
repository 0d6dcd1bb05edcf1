"""Edits a picture with Pillow as far as the prompt names something that Pillow can do.

Takes a valid request and gives bytes; knows nothing of HTTP, money or the clock. The same request always
gives the same bytes.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import ExifTags, Image, ImageFilter, ImageOps

from retouchd.core.pictures import PictureFormat
from retouchd.simulator.captions import draw_caption
from retouchd.simulator.cutout import cut_out
from retouchd.simulator.requests import Background, EditRequest

# A gamma rather than a factor: a dusk turns to day while a white cloud keeps its shape.
_BRIGHTER: Final = tuple(round(255 * (step / 255) ** 0.6) for step in range(256))
# A fortieth of the shorter edge is plainly blurred at any size.
_BLUR_SHARE: Final = 40
_USUAL_QUALITY: Final = 92
# Pillow takes a JPEG quality of 0 for "not given".
_LOWEST_QUALITY: Final = 1
# Fast, and a demo's pictures grow by a tenth only.
_PNG_EFFORT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A finished edit.

    Attributes:
        data: The encoded picture.
        revised_prompt: What was really done, for people.
    """

    data: bytes
    revised_prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """Something that a prompt can name and Pillow can do; `apply` maps RGBA to RGBA."""

    name: str
    words: re.Pattern[str]
    apply: Callable[[Image.Image], Image.Image]


def edit(request: EditRequest) -> Edited:
    """The edited picture: oriented, cropped to fill the size, changed where the mask allows, encoded."""
    canvas = _fill(request.photo, request)
    region = None if request.mask is None else _editable(request.mask, request)
    changed, names = _change(canvas, region, request)
    if region is not None:
        changed = Image.composite(changed, canvas, region)
    finished = _settle_background(changed, request)
    return Edited(data=_encode(finished, request), revised_prompt=f"Simulated: {', '.join(names)}.")


def _fill(photo: Image.Image, request: EditRequest) -> Image.Image:
    """The photo upright and cropped around its centre to the exact size, in RGBA."""
    plain = photo.convert("RGBA" if photo.has_transparency_data else "RGB")
    upright = ImageOps.exif_transpose(plain)
    canvas = ImageOps.fit(upright, request.size.pair, Image.Resampling.LANCZOS).convert("RGBA")
    # Profiles, EXIF and comments of the photo must not travel into the result.
    canvas.info.clear()
    return canvas


def _editable(mask: Image.Image, request: EditRequest) -> Image.Image:
    """255 where the mask lets the edit through: turned, cropped and scaled as the photo was."""
    region = mask.point([255] + [0] * 255)
    orientation = ExifTags.Base.Orientation
    region.getexif()[orientation] = request.photo.getexif().get(orientation, 1)
    return ImageOps.fit(ImageOps.exif_transpose(region), request.size.pair, Image.Resampling.NEAREST)


def _change(
    canvas: Image.Image, region: Image.Image | None, request: EditRequest
) -> tuple[Image.Image, list[str]]:
    named = [effect for effect in _EFFECTS if effect.words.search(request.prompt)]
    if request.background is Background.TRANSPARENT and _CUT_OUT not in named:
        canvas = cut_out(canvas)
    if not named:
        box = None if region is None else region.getbbox()
        whole = (0, 0, *canvas.size)
        return draw_caption(canvas, request.prompt, box or whole), ["the prompt as a caption"]
    for effect in named:
        canvas = effect.apply(canvas)
    return canvas, [effect.name for effect in named]


def _settle_background(picture: Image.Image, request: EditRequest) -> Image.Image:
    """RGBA where the result may be seen through, else RGB on white."""
    if request.background is Background.TRANSPARENT:
        return picture
    is_opaque = picture.getchannel("A").getextrema() == (255, 255)
    keeps_alpha = request.background is Background.AUTO and request.format is not PictureFormat.JPEG
    if keeps_alpha and not is_opaque:
        return picture
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def _encode(picture: Image.Image, request: EditRequest) -> bytes:
    buffer = io.BytesIO()
    asked = request.output_compression
    quality = _USUAL_QUALITY if asked is None else max(_LOWEST_QUALITY, asked)
    if request.format is PictureFormat.PNG:
        picture.save(buffer, "PNG", compress_level=_PNG_EFFORT)
    else:
        picture.save(buffer, request.format.name, quality=quality)
    return buffer.getvalue()


def _recolour(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Changes the colours and leaves the transparency alone."""
    changed = change(picture.convert("RGB")).convert("RGBA")
    changed.putalpha(picture.getchannel("A"))
    return changed


def _gray(picture: Image.Image) -> Image.Image:
    return _recolour(picture, ImageOps.grayscale)


def _brighten(picture: Image.Image) -> Image.Image:
    return _recolour(picture, lambda colours: colours.point(_BRIGHTER * 3))


def _blur(picture: Image.Image) -> Image.Image:
    radius = min(picture.size) / _BLUR_SHARE
    # Premultiplied, else the colour of clear pixels would bleed into what can be seen.
    return picture.convert("RGBa").filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CUT_OUT: Final = _Effect(
    name="transparent background",
    words=_words(r"\btransparent\b|\bcut[ -]?out\b|\bremove (the )?background\b"),
    apply=cut_out,
)
_EFFECTS: Final = (
    _CUT_OUT,
    _Effect(
        name="grayscale",
        words=_words(r"\bgr[ae]y(scale)?\b|\bmonochrome\b|\bblack[ -]and[ -]white\b|\bb ?& ?w\b"),
        apply=_gray,
    ),
    _Effect(name="brighter", words=_words(r"\bbright(er|en)\b|\blighten\b"), apply=_brighten),
    _Effect(name="blurred", words=_words(r"\bblur(red|ry)?\b"), apply=_blur),
    _Effect(
        name="turned upside down", words=_words(r"\bupside[ -]down\b|\bflip\w* vert"), apply=ImageOps.flip
    ),
    _Effect(name="flipped", words=_words(r"\bflip(ped)?\b(?! vert)|\bmirror(ed)?\b"), apply=ImageOps.mirror),
)
