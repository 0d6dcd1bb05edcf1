"""What the darkroom asks of its developer, and what it is told: values that travel between two processes."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Self

from retouchd.core.pictures import ColourProfile, PhotoFormat, Picture, PictureFormat

UNDECODABLE: Final = "it cannot be decoded: export it anew"
BROKE_DOWN: Final = "its decoder broke down over it: export it anew, or smaller"
TOO_LARGE: Final = (
    "it takes 4 MB and more, even packed, which the service does not take: make its edges simpler"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One file to decode, and what is known of it.

    Attributes:
        descriptor: An open file; its position is used.
        width: Stored columns in pixels as its structure says; what has others is not decoded.
        height: Stored rows in pixels.
        orientation: EXIF orientation 1..8.
        profile: The name of its ColourProfile.
    """

    descriptor: int
    format: PhotoFormat
    width: int
    height: int
    orientation: int
    depth_bits: int
    profile: str

    @classmethod
    def of(cls, descriptor: int, picture: Picture) -> Self:
        """Give a file that was examined."""
        return cls(
            descriptor=descriptor,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            orientation=picture.orientation,
            depth_bits=picture.depth_bits,
            profile=picture.profile.name,
        )

    @property
    def colours(self) -> ColourProfile:
        """What the numbers of the file's colours mean."""
        return ColourProfile[self.profile]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransparencyTest:
    """Say whether any pixel is not opaque."""

    subject: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Make a picture that the service takes, with all its pixels and as good as the source.

    Attributes:
        target: An open file for the result.
        most_bytes: What can be sent; a PNG of more becomes a kind that needs less.
    """

    subject: Subject
    target: int
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """Make a picture that needs less room.

    Attributes:
        target: An open file for the result.
        longest_edge: At most so many pixels, or None for all of them.
    """

    subject: Subject
    target: int
    longest_edge: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskCut:
    """Make a mask as the service wants it.

    Attributes:
        target: An open file for the result; nothing is written where the mask may go as it is.
        bytes: Size of the mask's file.
        turn: The EXIF orientation 1..8 of the photo if the mask was made of its stored pixels, else 1.
        sent_width: Columns of the photo as it is sent.
        sent_height: Rows of the photo as it is sent.
    """

    subject: Subject
    target: int
    bytes: int
    turn: int
    sent_width: int
    sent_height: int


Order = TransparencyTest | Conversion | Reduction | MaskCut
_KINDS: Final[dict[str, type[Order]]] = {
    kind.__name__: kind for kind in (TransparencyTest, Conversion, Reduction, MaskCut)
}


def dump_order(order: Order) -> str:
    """Give an order as text."""
    return json.dumps({"order": type(order).__name__, **asdict(order)})


def load_order(text: str) -> Order:
    """Give an order out of its text."""
    fields = json.loads(text)
    kind, subject = _KINDS[fields.pop("order")], fields.pop("subject")
    return kind(subject=Subject(**{**subject, "format": PhotoFormat(subject["format"])}), **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How an order was carried out.

    Attributes:
        is_made: There is a picture, of this size and format; for some orders there need be none.
        sees_through: Some pixel is not opaque.
        fault: Why it could not be carried out, as a clause for people; the file is to blame.
        errno: What the system refused, and in `operation` what was done then.
    """

    is_made: bool = False
    width: int = 0
    height: int = 0
    format: PictureFormat = PictureFormat.PNG
    sees_through: bool = False
    fault: str = ""
    errno: int = 0
    operation: str = ""


def dump_report(report: Report) -> str:
    """Give a report as text."""
    return json.dumps(asdict(report))


def load_report(text: bytes) -> Report:
    """Give a report out of its text."""
    fields = json.loads(text)
    return Report(**{**fields, "format": PictureFormat(fields["format"])})
