"""Reads the JSON of a request: every documented rule, checked strictly, with a code of its own.

Written from the vendor's documentation alone. Nothing from the client's own checks may be used here: the
simulator is what finds their mistakes.
"""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NoReturn, TypeVar

from PIL import Image

from retouchd.core.pictures import PictureFormat
from retouchd.simulator.photos import read_mask, read_photo
from retouchd.simulator.refusals import invalid
from retouchd.simulator.requests import Background, Dimensions, EditRequest, Quality

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
Fields = dict[str, JsonValue]

KNOWN_FIELDS: Final = frozenset(
    {
        "prompt",
        "input_images_base64",
        "size",
        "quality",
        "format",
        "output_compression",
        "background",
        "savePath",
        "mask_base64",
    }
)
PROMPT_LIMIT: Final = 32_000
IMAGES_LIMIT: Final = 8
EDGE_STEP: Final = 16
EDGE_LIMIT: Final = 3840
RATIO_LIMIT: Final = 3
PIXELS_MINIMUM: Final = 655_360
PIXELS_LIMIT: Final = 8_294_400
COMPRESSION_LIMIT: Final = 100

# What the vendor's `auto` gives back: a square, whatever the shape of the photo.
AUTO_SIZE: Final = Dimensions(width=1024, height=1024)

# Both names of a JPEG are in use; the others have one.
_SUFFIXES: Final = {
    PictureFormat.PNG: (".png",),
    PictureFormat.JPEG: (".jpg", ".jpeg"),
    PictureFormat.WEBP: (".webp",),
}
# Four digits an edge are more than any legal size has, so no number is too long to be read.
_SIZE_PATTERN: Final = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_Choice = TypeVar("_Choice", bound=StrEnum)


def read_request(body: bytes) -> EditRequest:
    """The edit that a request body asks for.

    Raises:
        RefusedError: The body breaks a documented rule; the first one found is named.
    """
    fields = _parse(body)
    prompt = _read_prompt(fields)
    requested_size, size = _read_size(fields)
    picture_format = _read_format(fields)
    compression = _read_compression(fields, picture_format)
    background = _read_background(fields, picture_format)
    save_path = _read_save_path(fields, picture_format)
    quality = _read_choice(fields, "quality", Quality.AUTO)
    photos = _read_photos(fields)
    return EditRequest(
        prompt=prompt,
        photo=photos[0],
        photo_count=len(photos),
        requested_size=requested_size,
        size=size,
        quality=quality,
        format=picture_format,
        output_compression=compression,
        background=background,
        mask=_read_mask(fields, photos[0]),
        save_path=save_path,
    )


def _parse(body: bytes) -> Fields:
    try:
        value: JsonValue = json.loads(
            body.decode(), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
        )
    # Nesting deep enough ends in RecursionError, everything else that is not JSON in ValueError.
    except (ValueError, RecursionError) as exc:
        raise invalid(field=None, code="invalid_json", message="The body is not JSON.") from exc
    if not isinstance(value, dict):
        raise invalid(field=None, code="invalid_json", message="The body is not a JSON object.")
    for name, content in value.items():
        if name not in KNOWN_FIELDS:
            raise invalid(field=name, code="unknown_parameter", message=f"Unknown parameter: {name!r}.")
        if content is None:
            raise invalid(field=name, code="null_parameter", message=f"{name} is null; leave it out instead.")
    return value


def _unique_keys(pairs: Sequence[tuple[str, JsonValue]]) -> Fields:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise invalid(field=None, code="duplicate_parameter", message="A parameter is given twice.")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _read_text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(field=name, code="invalid_type", message=f"{name} must be a string.")
    return value


def _read_choice(fields: Fields, name: str, default: _Choice) -> _Choice:
    text = _read_text(fields, name)
    if text is None:
        return default
    choices = type(default)
    if text not in list(choices):
        raise invalid(
            field=name, code=f"{name}_unknown", message=f"{name} must be one of {', '.join(choices)}."
        )
    return choices(text)


def _read_prompt(fields: Fields) -> str:
    prompt = _read_text(fields, "prompt")
    if prompt is None:
        raise invalid(field="prompt", code="missing_required_parameter", message="prompt is required.")
    if not prompt.strip("\ufeff \t\r\n\v\f\u00a0"):
        raise invalid(field="prompt", code="prompt_blank", message="prompt is blank.")
    if not _is_unicode(prompt):
        raise invalid(
            field="prompt", code="prompt_not_unicode", message="prompt holds half a surrogate pair."
        )
    # UTF-16 units are at least as many as code points, so they alone decide.
    if len(prompt.encode("utf-16-le")) // 2 > PROMPT_LIMIT:
        raise invalid(
            field="prompt",
            code="prompt_too_long",
            message=f"prompt is longer than {PROMPT_LIMIT} characters.",
        )
    return prompt


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_photos(fields: Fields) -> list[Image.Image]:
    name = "input_images_base64"
    value = fields.get(name)
    if value is None:
        raise invalid(field=name, code="missing_required_parameter", message=f"{name} is required.")
    if not isinstance(value, list):
        raise invalid(field=name, code="invalid_type", message=f"{name} must be an array of strings.")
    if not 1 <= len(value) <= IMAGES_LIMIT:
        raise invalid(
            field=name, code="images_count", message=f"{name} must hold 1 to {IMAGES_LIMIT} pictures."
        )
    return [_read_element(element, f"{name}[{index}]") for index, element in enumerate(value)]


def _read_element(value: JsonValue, field: str) -> Image.Image:
    if not isinstance(value, str):
        raise invalid(field=field, code="invalid_type", message=f"{field} must be a string.")
    return read_photo(value, field)


def _read_mask(fields: Fields, photo: Image.Image) -> Image.Image | None:
    text = _read_text(fields, "mask_base64")
    return None if text is None else read_mask(text, photo)


def _read_size(fields: Fields) -> tuple[str, Dimensions]:
    text = _read_text(fields, "size")
    if text is None or text == "auto":
        return "auto", AUTO_SIZE
    found = _SIZE_PATTERN.fullmatch(text)
    if found is None:
        raise invalid(field="size", code="size_malformed", message="size must be auto or WIDTHxHEIGHT.")
    size = Dimensions(width=int(found[1]), height=int(found[2]))
    _check_size(size)
    return text, size


def _check_size(size: Dimensions) -> None:
    longest, shortest = max(size.pair), min(size.pair)
    if size.width % EDGE_STEP or size.height % EDGE_STEP:
        raise invalid(
            field="size",
            code="size_not_divisible",
            message=f"Width and height must be divisible by {EDGE_STEP}.",
        )
    if longest > EDGE_LIMIT:
        raise invalid(
            field="size", code="size_edge_too_long", message=f"The longest edge may be {EDGE_LIMIT} pixels."
        )
    if longest > RATIO_LIMIT * shortest:
        raise invalid(field="size", code="size_ratio", message=f"The ratio may be {RATIO_LIMIT}:1 at most.")
    if not PIXELS_MINIMUM <= size.pixels <= PIXELS_LIMIT:
        raise invalid(
            field="size",
            code="size_pixels",
            message=f"{PIXELS_MINIMUM} to {PIXELS_LIMIT} pixels are allowed.",
        )


def _read_format(fields: Fields) -> PictureFormat:
    if fields.get("format") == "jpg":
        return PictureFormat.JPEG
    return _read_choice(fields, "format", PictureFormat.PNG)


def _read_compression(fields: Fields, picture_format: PictureFormat) -> int | None:
    name = "output_compression"
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(field=name, code="invalid_type", message=f"{name} must be an integer.")
    if not 0 <= value <= COMPRESSION_LIMIT:
        raise invalid(
            field=name, code="output_compression_range", message=f"{name} must be 0 to {COMPRESSION_LIMIT}."
        )
    if picture_format is PictureFormat.PNG:
        raise invalid(
            field=name, code="output_compression_format", message=f"{name} needs the format jpeg or webp."
        )
    return value


def _read_background(fields: Fields, picture_format: PictureFormat) -> Background:
    background = _read_choice(fields, "background", Background.AUTO)
    if background is Background.TRANSPARENT and picture_format is PictureFormat.JPEG:
        message = "A transparent background needs the format png or webp."
        raise invalid(field="background", code="background_format", message=message)
    return background


def _read_save_path(fields: Fields, picture_format: PictureFormat) -> str | None:
    name = "savePath"
    text = _read_text(fields, name)
    if text is None:
        return None
    if not text.startswith("/"):
        raise invalid(field=name, code="save_path_not_absolute", message="savePath must begin with a slash.")
    if ".." in text.split("/"):
        raise invalid(field=name, code="save_path_parent", message="savePath must not contain '..'.")
    if _CONTROL_CHARACTER.search(text) or not _is_unicode(text):
        raise invalid(
            field=name, code="save_path_characters", message="savePath must not contain control characters."
        )
    if text.endswith("/") or PurePosixPath(text).suffix.lower() not in _SUFFIXES[picture_format]:
        raise invalid(
            field=name, code="save_path_suffix", message=f"savePath must end like a {picture_format} file."
        )
    return text
