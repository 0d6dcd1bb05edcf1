"""What is delivered: a photo of noise and its prompt, outside the inbox until a program carries them."""

import random
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Final

from invariants import digest
from PIL import Image

# At the pace of slowness.py on its way for more than a second, which is longer than any short debounce.
_SIDE_PIXELS: Final = {"PNG": 500, "JPEG": 600}


class Order(StrEnum):
    """What comes first."""

    PHOTO_FIRST = "photo-first"
    PROMPT_FIRST = "prompt-first"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One photo and its prompt, to be carried to one folder of the inbox.

    Attributes:
        path: The folder below the inbox, which nobody else uses; also the prompt.
        source: A folder outside the inbox with both files.
    """

    path: str
    source: Path
    order: Order

    @property
    def prompt(self) -> str:
        """What the service is to be asked for; no other parcel asks for it."""
        return f"evening light, by {self.path}"

    @property
    def files(self) -> list[Path]:
        """Both files in the order in which they are to be carried."""
        photo, prompt = self.source / self.photo_name, self.source / "photo.txt"
        return [photo, prompt] if self.order is Order.PHOTO_FIRST else [prompt, photo]

    @property
    def photo_name(self) -> str:
        """Pictures of both kinds are carried: their structures are walked in different ways."""
        return "photo.png" if self.order is Order.PHOTO_FIRST else "photo.jpg"

    @cached_property
    def hash(self) -> str:
        """The photo's hash."""
        return digest((self.source / self.photo_name).read_bytes())

    def pack(self) -> None:
        """Make both files."""
        self.source.mkdir(parents=True)
        kind = "JPEG" if self.photo_name.endswith(".jpg") else "PNG"
        (self.source / self.photo_name).write_bytes(_noise(self.path, kind))
        (self.source / "photo.txt").write_text(self.prompt)


def _noise(seed: str, kind: str) -> bytes:
    """Give a picture that nothing makes smaller; another seed gives another one."""
    side = _SIDE_PIXELS[kind]
    image = Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3))  # noqa: S311
    buffer = BytesIO()
    image.save(buffer, kind, quality=95, subsampling=0)
    return buffer.getvalue()
