"""Pictures of a wanted size that nothing makes smaller, and copies of one that no program takes for the same.

Not run by itself. They are noise: their structure is whole, and every decoder reads them.
"""

import io
import os
import struct
import zlib
from typing import Final

from PIL import Image

MEGABYTE: Final = 1_000_000
# What noise takes at these settings, measured; a picture comes out within a few percent of what is wanted.
_JPEG_QUALITY: Final = 92
_JPEG_BYTES_A_PIXEL: Final = 0.97
_PNG_BYTES_A_PIXEL: Final = 3.0
_PNG_HEADER_BYTES: Final = 8 + 25


def make_jpeg(wanted_bytes: int) -> bytes:
    """Give a JPEG of about this size."""
    file = io.BytesIO()
    _noise(wanted_bytes / _JPEG_BYTES_A_PIXEL).save(file, "JPEG", quality=_JPEG_QUALITY)
    return file.getvalue()


def make_png(wanted_bytes: int) -> bytes:
    """Give a PNG of about this size."""
    file = io.BytesIO()
    _noise(wanted_bytes / _PNG_BYTES_A_PIXEL).save(file, "PNG", compress_level=0)
    return file.getvalue()


def unique(picture: bytes, number: int) -> bytes:
    """Give the picture with a comment of its own: the same photo with the same prompt is not edited twice."""
    note = f"number {number}".encode()
    if picture.startswith(b"\xff\xd8"):
        return b"".join([picture[:2], b"\xff\xfe", struct.pack(">H", 2 + len(note)), note, picture[2:]])
    body = b"tEXtComment\0" + note
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return picture[:_PNG_HEADER_BYTES] + chunk + picture[_PNG_HEADER_BYTES:]


def _noise(pixels: float) -> Image.Image:
    """Give a picture of 3:2, as cameras take them."""
    height = max(1, round((pixels / 1.5) ** 0.5))
    width = round(height * 1.5)
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
