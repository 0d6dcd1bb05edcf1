"""Pictures for the tests of the structure walk, made by Pillow or put together by hand, and nothing else."""

import io
import os
import random
import struct
import zlib
from typing import Any, Final

import pillow_heif
from PIL import Image

from retouchd.adapters.images.structure import examine
from retouchd.core.pictures import Examination

pillow_heif.register_heif_opener()

ORIENTATION_TAG: Final = 0x0112


def examined(content: bytes) -> Examination:
    """What the walk says of a file with this content."""
    descriptor = os.memfd_create("picture")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        return examine(descriptor)
    finally:
        os.close(descriptor)


def noise(mode: str = "RGB", size: tuple[int, int] = (97, 61)) -> Image.Image:
    """A picture that hardly compresses, so that its data is long enough to be cut anywhere."""
    pixels = random.Random(7).randbytes(3 * size[0] * size[1])  # noqa: S311 - a picture, not a secret
    return Image.frombytes("RGB", size, pixels).convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def oriented(orientation: int) -> bytes:
    """EXIF, with its prefix, that names an orientation."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return exif.tobytes()


def png_chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A PNG chunk with the right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, width: int = 1, height: int = 1, colour_type: int = 0, interlaced: int = 0) -> bytes:
    """A PNG whose header and end mark are right, with other chunks between them."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND")


def jpeg_segment(code: int, body: bytes = b"") -> bytes:
    """A JPEG segment with its marker and length."""
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body


def jpeg(*parts: bytes, width: int = 5, height: int = 3) -> bytes:
    """A JPEG of one grey scan as far as a walk sees it, with other parts before the frame."""
    frame = jpeg_segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    scan = jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34"
    return b"\xff\xd8" + b"".join(parts) + frame + scan + b"\xff\xd9"


def webp_chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A RIFF chunk with its length and padding."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: bytes) -> bytes:
    """A WebP file of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _frames(mode: str) -> dict[str, Any]:
    frames = [noise(mode).rotate(angle) for angle in (90, 180)]
    return {"save_all": True, "append_images": frames}


PNGS: Final = {
    "png grey": saved(noise("L"), "PNG"),
    "png colour": saved(noise(), "PNG"),
    "png of several blocks": saved(noise(size=(300, 200)), "PNG"),
    "png with alpha": saved(noise("RGBA"), "PNG"),
    "png grey with alpha": saved(noise("LA"), "PNG"),
    "png palette": saved(noise("P"), "PNG"),
    "png palette with transparency": saved(noise("P"), "PNG", transparency=3),
    "png of 16 bits": saved(noise("I;16"), "PNG"),
    "png of 1 bit": saved(noise("1"), "PNG"),
    "png interlaced": png(png_chunk(b"IDAT", zlib.compress(b"\0\x7f")), interlaced=1),
    "png animated": saved(noise(), "PNG", **_frames("RGB")),
    "png turned": saved(noise(), "PNG", exif=oriented(6)),
}
JPEGS: Final = {
    "jpeg baseline": saved(noise(), "JPEG"),
    "jpeg of several blocks": saved(noise(size=(500, 300)), "JPEG", quality=95),
    "jpeg progressive": saved(noise(), "JPEG", progressive=True),
    "jpeg optimised": saved(noise(), "JPEG", optimize=True),
    "jpeg with restarts by blocks": saved(noise(), "JPEG", restart_marker_blocks=3),
    "jpeg with restarts by rows": saved(noise(), "JPEG", restart_marker_rows=1),
    "jpeg of inks": saved(noise("CMYK"), "JPEG"),
    "jpeg grey": saved(noise("L"), "JPEG"),
    "jpeg with profile": saved(noise(), "JPEG", icc_profile=bytes(150_000)),
    "jpeg with comment": saved(noise(), "JPEG", comment=b"\xff\xd9"),
    "jpeg turned": saved(noise(), "JPEG", exif=oriented(8)),
    "jpeg with thumbnail": saved(noise(), "JPEG", exif=oriented(3) + saved(noise(size=(16, 16)), "JPEG")),
}
WEBPS: Final = {
    "webp lossy": saved(noise(), "WEBP"),
    "webp lossless": saved(noise(), "WEBP", lossless=True),
    "webp lossless with alpha": saved(noise("RGBA").rotate(20), "WEBP", lossless=True),
    "webp lossy with alpha": saved(noise("RGBA").rotate(20), "WEBP"),
    "webp animated": saved(noise(), "WEBP", **_frames("RGB")),
    "webp animated with alpha": saved(noise("RGBA").rotate(20), "WEBP", **_frames("RGBA")),
    "webp turned": saved(noise(), "WEBP", exif=oriented(5)),
    "webp lossless turned": saved(noise(), "WEBP", exif=oriented(2), lossless=True),
    "webp with profile": saved(noise(), "WEBP", icc_profile=b"a profile"),
}
WHOLE: Final = {**PNGS, **JPEGS, **WEBPS}
