"""How much memory and time the conversion of one photo takes in the developer's process.

Run on request: `python tests/bench/darkroom.py [MEGAPIXELS]` (24 by default). The peak is that of the process
that decodes, as the kernel tells it; the daemon itself holds none of it.
"""

import io
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import pillow_heif
from PIL import Image

from retouchd.adapters.images.darkroom import Darkroom

sys.path.append(str(Path(__file__).parents[1] / "adapters" / "images"))
from colour_samples import P3_PRIMARIES, rgb_profile

MEGABYTE = 1_000_000


def photo(megapixels: float) -> Image.Image:
    """Give a picture that compresses about as a photo does: noise over a gradient."""
    height = round((megapixels * MEGABYTE / 1.5) ** 0.5)
    size = (round(height * 1.5), height)
    gradient = Image.linear_gradient("L").resize(size)
    bands = [Image.blend(gradient, Image.effect_noise(size, 60), 0.08) for _ in range(3)]
    return Image.merge("RGB", bands)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Give a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sixteen_bits(image: Image.Image) -> bytes:
    """Give a TIFF of grey with 16 bits."""
    return saved(image.convert("L").convert("I;16"), "TIFF")


def main() -> None:
    """Measure each kind and print the figures."""
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 24.0
    pillow_heif.register_heif_opener()
    image = photo(megapixels)
    exif, other = Image.Exif(), rgb_profile(P3_PRIMARIES)
    exif[0x0112] = 6
    kinds = {
        "JPEG turned": lambda: saved(image, "JPEG", quality=92, exif=exif),
        "JPEG turned with a profile": lambda: saved(image, "JPEG", quality=92, exif=exif, icc_profile=other),
        "JPEG of inks": lambda: saved(image.convert("CMYK"), "JPEG", quality=92),
        "HEIC": lambda: saved(image, "HEIF", quality=60),
        "AVIF": lambda: saved(image, "AVIF", quality=60, speed=10),
        "PNG turned": lambda: saved(image, "PNG", exif=exif, compress_level=1),
        "PNG turned, transparent": lambda: saved(seen_through(image), "PNG", exif=exif, compress_level=1),
        "TIFF": lambda: saved(image, "TIFF"),
        "TIFF of 16 bits": lambda: sixteen_bits(image),
        "BMP": lambda: saved(image, "BMP"),
    }
    for name, make in kinds.items():
        measure(name, make())


def seen_through(image: Image.Image) -> Image.Image:
    """Give a picture with transparency."""
    made = image.convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize(image.size))
    return made


def measure(name: str, content: bytes) -> None:
    """Convert a photo in a child of a child, whose peak is not mixed up with that of others."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        begin = time.monotonic()
        try:
            with Darkroom(Path(folder), 10**9).convert(file.fileno(), 15_000_000) as made:
                told = f"{made.facts.format}, {made.size / MEGABYTE:.1f} MB"
        except Exception as exc:  # noqa: BLE001 - what went wrong is the figure then
            told = repr(exc)
        seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{name:28} {len(content) / MEGABYTE:6.1f} MB -> {told:16} {seconds:5.1f} s, peak {peak:6.0f} MiB")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
