"""What the structure walk costs beside a full decode, on a photo of about 10 MB made on the spot.

Run it by hand; the ratio it prints for a JPEG is the one in the docstring of the walk. Both are timed in one
run, the best of several turns each, with the file in the page cache.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import pillow_heif
from PIL import Image

from retouchd.adapters.images.structure import examine
from retouchd.core.pictures import Incomplete

_TURNS = 7
_SIZE = (4800, 3600)


def _best_milliseconds(act: Callable[[], object]) -> float:
    """The shortest of several turns, which is the one that others disturbed least."""
    turns = []
    for _ in range(_TURNS):
        begun = time.perf_counter()
        act()
        turns.append(time.perf_counter() - begun)
    return 1000 * min(turns)


def _make_photo() -> Image.Image:
    """Smoothed noise: it compresses about as badly as a photo of foliage."""
    small = (_SIZE[0] // 3, _SIZE[1] // 3)
    noise = random.Random(1).randbytes(3 * small[0] * small[1])  # noqa: S311 - a picture, not a secret
    return Image.frombytes("RGB", small, noise).resize(_SIZE, Image.Resampling.BILINEAR)


def _decode(path: str) -> None:
    with Image.open(path) as image:
        image.load()


def _compare(photo: Image.Image, suffix: str, **options: Any) -> None:
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        photo.save(file.name, **options)
        if isinstance(examine(file.fileno()), Incomplete):
            sys.exit(f"the {suffix} made here is not whole, so the walk's time means nothing")
        walk = _best_milliseconds(lambda: examine(file.fileno()))
        decode = _best_milliseconds(lambda: _decode(file.name))
        megabytes = os.fstat(file.fileno()).st_size / 1_000_000
    times = f"walk {walk:6.2f} ms, decode {decode:7.2f} ms, ratio 1:{decode / walk:.0f}"
    sys.stdout.write(f"{suffix} {megabytes:5.1f} MB: {times}\n")


def main() -> None:
    """Print one line for each kind of file."""
    pillow_heif.register_heif_opener()
    photo = _make_photo()
    _compare(photo, ".jpg", quality=90)
    _compare(photo, ".jpg", quality=90, progressive=True)
    _compare(photo.resize((2400, 1800)), ".png", compress_level=1)
    _compare(photo.resize((2400, 1800)), ".webp", quality=90, method=0)
    _compare(photo.resize((2400, 1800)), ".heic", quality=90)
    _compare(photo.resize((2400, 1800)), ".avif", quality=80, speed=10)
    _compare(photo.resize((2400, 1800)), ".tif", compression="tiff_lzw")
    _compare(photo.resize((2400, 1800)), ".bmp")


if __name__ == "__main__":
    main()
