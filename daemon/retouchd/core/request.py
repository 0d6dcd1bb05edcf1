"""What is asked of the endpoint, as values that are valid once made.

The rules are the endpoint's (POST /images/edits); what it would refuse, or would do differently from
what the user meant, is refused here before any money moves.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from retouchd.core.pictures import PictureFormat

MAX_PROMPT_CHARACTERS: Final = 32_000
MAX_IMAGES: Final = 8
MAX_IMAGE_BYTES: Final = 50_000_000
MAX_MASK_BYTES: Final = 4_000_000

SIZE_STEP: Final = 16
MAX_EDGE: Final = 3840
MAX_RATIO: Final = 3
MIN_PIXELS: Final = 655_360
MAX_PIXELS: Final = 8_294_400

_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")
_SAVE_PATH = re.compile(r"(/[^/\x00-\x1f\x7f-\x9f]+)+")


def refuse(reason: str) -> NoReturn:
    """Raise the ValueError with which every value here refuses what the endpoint would refuse."""
    raise ValueError(reason)


class Quality(StrEnum):
    """How much work the service puts into the picture; it sets the price."""

    AUTO = "auto"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Background(StrEnum):
    """What lies behind the subject of the result."""

    AUTO = "auto"
    OPAQUE = "opaque"
    TRANSPARENT = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A size of the result that the endpoint takes.

    Attributes:
        width: Pixels, divisible by 16.
        height: Pixels, divisible by 16.

    Raises:
        ValueError: The endpoint would refuse it; the message says why and is for people.
    """

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width % SIZE_STEP or self.height % SIZE_STEP:
            refuse(f"both sides of {self} must be divisible by {SIZE_STEP}")
        if max(self.width, self.height) > MAX_EDGE:
            refuse(f"the longer side of {self} is above {MAX_EDGE}")
        if max(self.width, self.height) > MAX_RATIO * min(self.width, self.height):
            refuse(f"{self} is longer than {MAX_RATIO} to 1")
        if not MIN_PIXELS <= self.pixels <= MAX_PIXELS:
            refuse(f"{self} has {self.pixels} pixels, allowed are {MIN_PIXELS} to {MAX_PIXELS}")

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read "WxH"."""
        found = _SIZE.fullmatch(text)
        if not found:
            refuse(f'"{text}" is no size: write "match", "auto" or for example "1536x1024"')
        return cls(width=int(found[1]), height=int(found[2]))

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class AutoSize(StrEnum):
    """The service chooses the size: its own word for it."""

    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest:
    """What one edit asks for, without the pictures' bytes and without where it is saved.

    Attributes:
        prompt: Normalised text, 1..32000 characters by code points and by UTF-16 units.
        size: Never the word "match", which is resolved before.
        output_compression: 0..100, only for jpeg and webp; None sends none.
        image_count: 1..8 input images.

    Raises:
        ValueError: The endpoint would refuse it; the message says why and is for people.
    """

    prompt: str
    size: Size | AutoSize
    quality: Quality
    format: PictureFormat
    background: Background
    output_compression: int | None = None
    image_count: int = 1

    def __post_init__(self) -> None:
        check_prompt(self.prompt)
        if not 1 <= self.image_count <= MAX_IMAGES:
            refuse(f"{self.image_count} pictures; the service takes 1 to {MAX_IMAGES}")
        self._check_compression()
        if self.background is Background.TRANSPARENT and self.format is PictureFormat.JPEG:
            refuse('background = "transparent" needs format = "png" or "webp"')

    def _check_compression(self) -> None:
        if self.output_compression is None:
            return
        if not 0 <= self.output_compression <= 100:  # noqa: PLR2004 - per cent
            refuse(f"output_compression = {self.output_compression} is not within 0 to 100")
        if self.format is PictureFormat.PNG:
            refuse('output_compression needs format = "jpeg" or "webp"')


def check_prompt(prompt: str) -> None:
    """Refuse a prompt that the endpoint would refuse.

    Raises:
        ValueError: It is blank or too long; the message is for people.
    """
    if not prompt.strip():
        refuse("the prompt is empty")
    characters = max(len(prompt), len(prompt.encode("utf-16-le", "surrogatepass")) // 2)
    if characters > MAX_PROMPT_CHARACTERS:
        refuse(f"the prompt has {characters} characters, allowed are {MAX_PROMPT_CHARACTERS}")


def check_save_path(path: str) -> None:
    """Refuse a save path that is not an absolute POSIX path without ".." and control characters.

    Two dots are refused inside a name too: nothing says how closely the endpoint looks.

    Raises:
        ValueError: The endpoint would refuse it.
    """
    if not _SAVE_PATH.fullmatch(path) or ".." in path:
        refuse(f"{path!r} is no absolute path in the workspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call as it is sent: the request, where the service saves the result, and the idempotency key.

    Attributes:
        save_path: Unique per attempt, so that a person can find a result whose answer was lost.
        idempotency_key: Best effort; nothing rests on it.

    Raises:
        ValueError: The save path is none, or its suffix is not the format's.
    """

    request: EditRequest
    save_path: str
    idempotency_key: str

    def __post_init__(self) -> None:
        check_save_path(self.save_path)
        if not self.save_path.endswith(self.request.format.suffix):
            refuse(f"{self.save_path!r} does not end in {self.request.format.suffix}")
