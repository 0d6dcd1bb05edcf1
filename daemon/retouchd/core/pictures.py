"""What is known of a picture without decoding it: its kind, its size and whether it is all there.

The walk that finds these values reads files, so it lives in the images adapter; here are only the values.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from retouchd.core.values import Sha256

MEGAPIXEL: Final = 1_000_000
# 100 million pixels of 64 bits are less. Of a larger file nothing is read: reading it would take minutes.
MOST_PHOTO_BYTES: Final = 2**30
_DEPTH_TAKEN_BITS: Final = 8


class PictureFormat(StrEnum):
    """A kind of picture that the endpoint takes and gives, by its magic bytes, never by its suffix."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def suffix(self) -> str:
        """The suffix of a file of this kind, with its dot."""
        return ".jpg" if self is PictureFormat.JPEG else f".{self.value}"


class PhotoFormat(StrEnum):
    """A kind of picture that is taken from the inbox, by its magic bytes, never by its suffix."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    HEIC = "heic"
    AVIF = "avif"
    TIFF = "tiff"
    BMP = "bmp"

    @property
    def suffix(self) -> str:
        """The usual suffix of a file of this kind, with its dot."""
        return _USUAL_SUFFIXES.get(self, f".{self.value}")

    @property
    def has_end_mark(self) -> bool:
        """Whether something at its end tells that a picture of this kind is whole."""
        return self in _WITH_END_MARK

    @property
    def taken_as(self) -> PictureFormat | None:
        """The kind as the endpoint knows it, or None where it takes no such pictures."""
        return next((kind for kind in PictureFormat if kind.value == self.value), None)


_WITH_END_MARK: Final = frozenset({PhotoFormat.PNG, PhotoFormat.JPEG})
_USUAL_SUFFIXES: Final = {PhotoFormat.JPEG: ".jpg", PhotoFormat.TIFF: ".tif"}


class ColourProfile(Enum):
    """What the numbers of a picture's colours mean."""

    NONE = auto()
    """Nothing is said, which everybody reads as sRGB."""
    SRGB = auto()
    """An embedded profile that is sRGB's, or that of a grey picture which looks the same."""
    ADOBE_RGB = auto()
    """Adobe RGB by a word of a camera's EXIF alone; no profile is embedded."""
    OTHER = auto()
    """An embedded profile of something else."""


_PLAIN_PROFILES: Final = frozenset({ColourProfile.NONE, ColourProfile.SRGB})
# What they left out before nobody will miss; in the others each pixel may be meant.
_LOSSY: Final = frozenset({PhotoFormat.JPEG, PhotoFormat.HEIC, PhotoFormat.AVIF, PhotoFormat.WEBP})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPicture:
    """A picture as it went out.

    Attributes:
        why: Why it is not the source's own bytes, as a clause for people; empty where it is.
        is_mask: It is not a picture but says where the first one is edited.
    """

    sha256: Sha256
    bytes: int
    width: int
    height: int
    format: PictureFormat
    why: str = ""
    is_mask: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A whole picture: every chunk, segment or length up to the end mark was there.

    Attributes:
        width: Columns in pixels as decoded, before `orientation` is applied.
        height: Rows in pixels as decoded, before `orientation` is applied.
        orientation: EXIF orientation 1..8 that decoders leave to others; 5 to 8 swap width and height when
            shown. HEIC and TIFF are turned by their decoders, so theirs is 1.
        has_alpha: The file has a transparency channel (or PNG's tRNS).
        animated: More than one frame.
        depth_bits: Bits of one channel of one pixel.
        is_cmyk: The colours are inks.
        profile: What the numbers of the colours mean.
        has_empty_space: Zeros stand where packed data belongs: never written yet, or a large even surface.
    """

    format: PhotoFormat
    width: int
    height: int
    orientation: int = 1
    has_alpha: bool = False
    animated: bool = False
    depth_bits: int = 8
    is_cmyk: bool = False
    profile: ColourProfile = ColourProfile.NONE
    has_empty_space: bool = False

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
        advice: What whoever dropped the file can do about it; empty where that is plain.
    """

    reason: str
    advice: str = ""

    @property
    def told(self) -> str:
        """The reason with the advice, for whoever dropped the file."""
        return f"{self.reason}: {self.advice}" if self.advice else self.reason


Examination = Picture | Incomplete


def must_convert(picture: Picture) -> str | None:
    """Say why a picture's own bytes cannot be sent, as a clause for people, or None where they can."""
    if picture.format.taken_as is None:
        return f"it is {picture.format.value.upper()}, which the service does not take"
    if picture.is_cmyk:
        return "its colours are for printing (CMYK)"
    if picture.depth_bits > _DEPTH_TAKEN_BITS:
        return f"it has {picture.depth_bits} bits a colour"
    if picture.profile not in _PLAIN_PROFILES:
        return "its colour profile is not sRGB"
    if picture.orientation != 1:
        return "it is stored turned"
    return None


def converted_format(source: PhotoFormat, *, sees_through: bool) -> PictureFormat:
    """Give the kind that a photo becomes which must be converted; nothing that can be seen is lost."""
    return PictureFormat.PNG if sees_through or source not in _LOSSY else PictureFormat.JPEG


def reduced_format(*, sees_through: bool) -> PictureFormat:
    """Give the kind that a photo becomes which is too large to be sent."""
    return PictureFormat.WEBP if sees_through else PictureFormat.JPEG
