"""What is known of a picture without decoding it: its kind, its size and whether it is all there.

The walk that finds these values reads files, so it lives in the images adapter; here are only the values.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from retouchd.core.values import Sha256

MEGAPIXEL: Final = 1_000_000


class PictureFormat(StrEnum):
    """A kind of picture that the endpoint takes and gives, by its magic bytes, never by its suffix."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def suffix(self) -> str:
        """The suffix of a file of this kind, with its dot."""
        return ".jpg" if self is PictureFormat.JPEG else f".{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPicture:
    """A picture as it went out in place of the source, which was too large."""

    sha256: Sha256
    bytes: int
    width: int
    height: int
    format: PictureFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A whole picture: every chunk, segment or length up to the end mark was there.

    Attributes:
        width: Stored columns in pixels, before any EXIF rotation.
        height: Stored rows in pixels, before any EXIF rotation.
        orientation: EXIF orientation 1..8; 5 to 8 swap width and height when shown.
        has_alpha: The file has a transparency channel (or PNG's tRNS).
        animated: More than one frame.
    """

    format: PictureFormat
    width: int
    height: int
    orientation: int = 1
    has_alpha: bool = False
    animated: bool = False

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height in pixels as a person sees the picture, orientation applied."""
        turned = self.orientation >= 5  # noqa: PLR2004 - EXIF: 5..8 are the transposed ones
        return (self.height, self.width) if turned else (self.width, self.height)

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """Not, or not yet, a whole picture.

    Attributes:
        reason: For people, without the file's name: "it ends after 12 of 40 kB".
    """

    reason: str


Examination = Picture | Incomplete
