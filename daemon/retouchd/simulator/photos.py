"""Turns the pictures of a request from base64 into decoded pictures, or refuses them.

The kind comes from the magic bytes. Every picture is decoded whole, as the model must do, too.
"""

import base64
import binascii
import io
import struct
from typing import Final

from PIL import Image, PngImagePlugin

from retouchd.core.pictures import PictureFormat
from retouchd.simulator.refusals import RefusedError, invalid
from retouchd.simulator.requests import Dimensions

# The vendor says "under 50 MB" and "under 4 MB" without saying which MB: the smaller reading is stricter.
PHOTO_BYTES_LIMIT: Final = 50_000_000
MASK_BYTES_LIMIT: Final = 4_000_000

_RIFF_HEADER_BYTES: Final = 8


def read_photo(text: str, field: str) -> Image.Image:
    """One decoded picture of `input_images_base64`."""
    data = _decode_base64(text, field, PHOTO_BYTES_LIMIT)
    kind = _kind_of(data)
    if kind is None:
        raise invalid(
            field=field,
            code="image_unsupported_format",
            message="The picture is not a PNG, JPEG or WebP by its content.",
        )
    return _decode(data, kind, field)


def read_mask(text: str, photo: Image.Image) -> Image.Image:
    """The alpha channel of `mask_base64`, which must fit the photo."""
    data = _decode_base64(text, "mask_base64", MASK_BYTES_LIMIT)
    if _kind_of(data) is not PictureFormat.PNG:
        raise invalid(field="mask_base64", code="mask_not_png", message="The mask is not a PNG.")
    mask = _decode(data, PictureFormat.PNG, "mask_base64")
    if not mask.has_transparency_data:
        raise invalid(
            field="mask_base64", code="mask_without_alpha", message="The mask has no alpha channel."
        )
    if mask.size != photo.size:
        sizes = f"The mask is {Dimensions.of(mask)}, the first picture {Dimensions.of(photo)}."
        raise invalid(field="mask_base64", code="mask_size_mismatch", message=sizes)
    alpha = mask.convert("RGBA").getchannel("A")
    if not alpha.histogram()[0]:
        raise invalid(
            field="mask_base64",
            code="mask_nothing_to_edit",
            message="No pixel of the mask is fully transparent.",
        )
    return alpha


def _decode_base64(text: str, field: str, limit: int) -> bytes:
    if text.startswith("data:"):
        raise invalid(
            field=field, code="image_data_url", message="Send bare base64, without the data: prefix."
        )
    if len(text) // 4 * 3 - text[-2:].count("=") >= limit:
        raise invalid(
            field=field, code="image_too_large", message=f"The picture must be under {limit // 1_000_000} MB."
        )
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise invalid(
            field=field, code="image_invalid_base64", message="The picture is not strict base64."
        ) from exc


def _kind_of(data: bytes) -> PictureFormat | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureFormat.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return PictureFormat.JPEG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return PictureFormat.WEBP
    return None


def _decode(data: bytes, kind: PictureFormat, field: str) -> Image.Image:
    if not _has_end(data, kind):
        raise _truncated(field)
    try:
        with Image.open(io.BytesIO(data), formats=(kind.name,)) as opened:
            if _is_animated(opened, kind):
                raise invalid(
                    field=field, code="image_animated", message="The picture has more than one frame."
                )
            opened.load()
            return opened.copy()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise invalid(
            field=field, code="image_too_many_pixels", message="The picture has too many pixels."
        ) from exc
    # Pillow reports damage by whichever of these its parser happens to meet first.
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as exc:
        raise _truncated(field) from exc


def _truncated(field: str) -> RefusedError:
    return invalid(field=field, code="image_truncated", message="The picture is damaged or not complete.")


def _has_end(data: bytes, kind: PictureFormat) -> bool:
    """Whether the end mark is there; Pillow itself forgives a PNG or JPEG that lacks only this."""
    if kind is PictureFormat.PNG:
        return b"IEND\xaeB`\x82" in data
    if kind is PictureFormat.JPEG:
        return b"\xff\xd9" in data
    return len(data) >= int.from_bytes(data[4:8], "little") + _RIFF_HEADER_BYTES


def _is_animated(opened: Image.Image, kind: PictureFormat) -> bool:
    """More than one frame; a JPEG's further frames are previews and depth maps, not an animation."""
    if isinstance(opened, PngImagePlugin.PngImageFile):
        return opened.is_animated
    return kind is PictureFormat.WEBP and getattr(opened, "n_frames", 1) > 1
