"""Fills an inbox with sample photos and prompts for the demo.

Every picture is drawn here and now; the same version of Pillow always gives the same bytes.
"""

import io
from pathlib import Path
from typing import Final

from PIL import Image

from retouchd.simulator.scenes.beach import draw_beach
from retouchd.simulator.scenes.lake import draw_lake
from retouchd.simulator.scenes.mug import draw_mug
from retouchd.simulator.scenes.penguin import draw_penguin

# Medium and a square of one megapixel: plenty for a mug, and the cheapest of the three.
_MUG_OPTIONS: Final = """\
prompt = "transparent background"
background = "transparent"
format = "webp"
quality = "medium"
size = "1024x1024"
"""


def write_samples(inbox: Path) -> None:
    """Puts three photos with prompts and one without into the inbox, which must exist.

    Prompts go first and photos are renamed into place, so that a daemon which is already watching meets each
    of them complete.
    """
    (inbox / "trip").mkdir(exist_ok=True)
    _publish(inbox / "beach.txt", b"grayscale\n")
    _publish(inbox / "trip" / "lake.txt", b"brighter\n")
    _publish(inbox / "mug.toml", _MUG_OPTIONS.encode())
    _publish(inbox / "beach.jpg", _encode(draw_beach(), "JPEG"))
    _publish(inbox / "trip" / "lake.jpg", _encode(draw_lake(), "JPEG"))
    _publish(inbox / "mug.png", _encode(draw_mug(), "PNG"))
    _publish(inbox / "lonely.jpg", _encode(draw_penguin(), "JPEG"))


def _encode(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, quality=90)
    return buffer.getvalue()


def _publish(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    temporary.rename(path)
