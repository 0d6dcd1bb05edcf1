"""What an accepted request asks for.

Only values; that they are right is the business of the validation that makes them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from PIL import Image

from retouchd.core.pictures import PictureFormat


class Quality(StrEnum):
    """How much work the model puts in, and so what it costs."""

    AUTO = "auto"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Background(StrEnum):
    """Whether the result may be seen through."""

    AUTO = "auto"
    OPAQUE = "opaque"
    TRANSPARENT = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """The stored size of a picture."""
        return cls(width=image.width, height=image.height)

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def pair(self) -> tuple[int, int]:
        """As Pillow wants it."""
        return (self.width, self.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """One edit, decoded and found valid.

    Attributes:
        photo: The first picture, decoded, orientation not yet applied; it is the one that is edited.
        photo_count: All pictures, references included; each is paid for.
        requested_size: As written in the request: `auto` or `WxH`.
        size: What comes out.
        output_compression: 0..100, or None for the format's usual quality.
        mask: Alpha channel of the mask, as stored; 0 marks what is edited. None edits everything.
        save_path: Workspace path, or None to have one chosen.
    """

    prompt: str
    photo: Image.Image
    photo_count: int
    requested_size: str
    size: Dimensions
    quality: Quality
    format: PictureFormat
    output_compression: int | None
    background: Background
    mask: Image.Image | None
    save_path: str | None
