"""The owner's limits, and the request that options make of one photo within them."""

from dataclasses import dataclass
from typing import Final

from retouchd.core.options import Options, SameFormat, SidecarError
from retouchd.core.pictures import MEGAPIXEL, PhotoFormat, Picture, PictureFormat
from retouchd.core.prices import AUTO_PIXELS
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size, check_prompt
from retouchd.core.sizes import match_size

MATCH: Final = "match"

_QUALITY_RANK: Final = {Quality.LOW: 1, Quality.MEDIUM: 2, Quality.HIGH: 3}
# Kinds that the service cannot give, and that are compressed like JPEG; of the others nothing may be lost.
_LIKE_JPEG: Final = frozenset({PhotoFormat.HEIC, PhotoFormat.AVIF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What binds every sidecar, since strangers may write to an inbox."""

    max_variants: int = 4
    max_quality: Quality = Quality.HIGH
    max_megapixels: float = 8.29


def full_prompt(options: Options) -> str:
    """Give the prompt as it is sent, between its prefix and its suffix; these alone are none.

    Raises:
        SidecarError: There is no prompt, or it is too long with them.
    """
    parts = (options.prompt_prefix, options.prompt, options.prompt_suffix) if options.prompt else ()
    prompt = "\n".join(part for part in parts if part)
    try:
        check_prompt(prompt)
    except ValueError as exc:
        raise SidecarError(str(exc)) from exc
    return prompt


def make_request(options: Options, photo: Picture, limits: Limits, images: int = 1) -> EditRequest:
    """Give the request for one photo.

    Args:
        options: Of all layers together.
        photo: Its shown size is what "match" matches, its kind what "same" keeps.
        images: How many pictures are sent, references among them.

    Raises:
        SidecarError: An option is not possible, or above the owner's limits.
    """
    _check_limits(options, limits)
    prompt, picture_format = full_prompt(options), _resolve_format(options, photo)
    try:
        return EditRequest(
            prompt=prompt,
            size=_resolve_size(options, photo.shown_size, limits),
            quality=_resolve_quality(options.quality or Quality.AUTO, limits),
            format=picture_format,
            background=options.background or Background.AUTO,
            output_compression=_resolve_compression(options, picture_format),
            image_count=images,
        )
    except ValueError as exc:
        raise SidecarError(str(exc)) from exc


def _resolve_format(options: Options, photo: Picture) -> PictureFormat:
    if options.format is not SameFormat.SAME:
        return options.format or PictureFormat.PNG
    nearest = PictureFormat.JPEG if photo.format in _LIKE_JPEG else PictureFormat.PNG
    same = photo.format.taken_as or nearest
    if same is PictureFormat.JPEG and options.background is Background.TRANSPARENT:
        reason = (
            'format = "same" makes a JPEG of it, which cannot be transparent: write format = "png", '
            'or take background = "transparent" out'
        )
        raise SidecarError(reason)
    return same


def _resolve_compression(options: Options, picture_format: PictureFormat) -> int | None:
    """Give the compression; a PNG among photos that keep their kind has none, and that is no fault."""
    has_none = options.format is SameFormat.SAME and picture_format is PictureFormat.PNG
    return None if has_none else options.output_compression


def _resolve_size(options: Options, shown: tuple[int, int], limits: Limits) -> Size | AutoSize:
    wished = options.size or MATCH
    if wished == AutoSize.AUTO and _is_within(AUTO_PIXELS, limits):
        return AutoSize.AUTO
    if wished in {MATCH, AutoSize.AUTO}:
        return match_size(shown, min(options.megapixels or 1.57, limits.max_megapixels))
    size = Size.parse(wished)
    if not _is_within(size.pixels, limits):
        reason = f"size = {size} is above the owner's limit of {limits.max_megapixels} megapixels"
        raise SidecarError(reason)
    return size


def _is_within(pixels: int, limits: Limits) -> bool:
    """Say whether so many pixels are allowed, to the figures that people write: 3840x2160 has 8.29."""
    return round(pixels / MEGAPIXEL, 2) <= limits.max_megapixels


def _resolve_quality(wished: Quality, limits: Limits) -> Quality:
    """Give the quality to ask for: "auto" leaves it to the service, which knows no owner's limit."""
    leaves_it_open = wished is Quality.AUTO and limits.max_quality in {Quality.LOW, Quality.MEDIUM}
    return limits.max_quality if leaves_it_open else wished


def _check_limits(options: Options, limits: Limits) -> None:
    highest = _QUALITY_RANK.get(limits.max_quality, 3)
    if options.quality and _QUALITY_RANK.get(options.quality, 0) > highest:
        reason = f"quality = {options.quality.value} is above the owner's limit ({limits.max_quality.value})"
        raise SidecarError(reason)
    if (options.megapixels or 0) > limits.max_megapixels:
        reason = f"megapixels = {options.megapixels} is above the owner's limit ({limits.max_megapixels})"
        raise SidecarError(reason)
    if (options.variants or 1) > limits.max_variants:
        reason = f"variants = {options.variants} is above the owner's limit ({limits.max_variants})"
        raise SidecarError(reason)
