"""What each option may hold: one table, from which both the reading and its JSON Schema are made.

A rule gives a typed value or a reason that ends in how to write it. Nothing here knows files.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from retouchd.core.naming import NAME_FIELDS, check_template
from retouchd.core.options import OPTION_NAMES, SameFormat
from retouchd.core.pictures import MEGAPIXEL, PictureFormat
from retouchd.core.request import MAX_IMAGES, AutoSize, Background, Quality, Size
from retouchd.core.sizes import match_size
from retouchd.core.values import printable

# What a stranger wrote is quoted to people, but never a whole megabyte of it.
_MAX_QUOTED: Final = 40
_MAX_PATH: Final = 1000

_HALF_CHARACTER: Final = re.compile(r"[\ud800-\udfff]")
_UNTYPED: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_SIDES: Final = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE: Final = re.compile(r"[A-Za-z]:")


class WrongValueError(ValueError):
    """Raised when an option cannot hold a value; the message goes on from the option's name.

    Attributes:
        instead: What was perhaps meant, as it is written; empty where that is open.
    """

    def __init__(self, reason: str, instead: str = "") -> None:
        super().__init__(reason)
        self.instead = instead


def refuse(reason: str, instead: str = "") -> NoReturn:
    """Raise the WrongValueError with which every rule here refuses a value."""
    raise WrongValueError(reason, instead)


class Notation(StrEnum):
    """How options are written."""

    TOML = "TOML"
    JSON = "JSON"

    def write(self, name: str, value: str) -> str:
        """Give an option as it is written; the value is one that both notations write alike."""
        return f'"{name}": {value}' if self is Notation.JSON else f"{name} = {value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one option may hold.

    Attributes:
        read: Gives the typed value, or raises ValueError with what it must be.
        example: A right value as it is written, the same in TOML and JSON.
        schema: The same as JSON Schema, which cannot say all of it: legal sizes are worked out.
    """

    read: Callable[[object], object]
    example: str
    schema: Mapping[str, object]


def quote(text: str) -> str:
    """Give what a stranger wrote for a sentence: short and printable."""
    return printable(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")


def normalise(text: str) -> str:
    """Give text without byte order marks (also those that joining files leaves inside), newlines as one."""
    return text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        refuse("must be text in quotes")
    _check_characters(value)
    return normalise(value).strip()


def _check_characters(text: str) -> None:
    if "\0" in text:
        refuse("must not hold a NUL character")
    if _HALF_CHARACTER.search(text):
        refuse("must not hold half a character (\\ud800 to \\udfff)")


def _text(example: str, description: str) -> Rule:
    schema = {"type": "string", "pattern": "^[^\\u0000]*$", "description": description}
    return Rule(read=_read_text, example=example, schema=schema)


def _read_size(value: object) -> str:
    if not isinstance(value, str):
        refuse('must be "match", "auto" or width and height, in quotes')
    if value in {"match", AutoSize.AUTO}:
        return value
    sides = _SIDES.fullmatch(value)
    if not sides:
        tidy = re.sub(r"\s", "", value).casefold().replace("\N{MULTIPLICATION SIGN}", "x")
        refuse('must be "match", "auto" or width and height', f'"{tidy}"' if _SIDES.fullmatch(tidy) else "")
    try:
        return str(Size.parse(value))
    except ValueError as exc:
        width, height = int(sides[1]), int(sides[2])
        nearest = match_size((width, height), width * height / MEGAPIXEL)
        refuse(f"is not possible, since {exc}", f'"{nearest}"')


def _choice(choices: Mapping[str, object], example: str, description: str) -> Rule:
    def read(value: object) -> object:
        if isinstance(value, str) and value in choices:
            return choices[value]
        tidy = value.strip(" .").casefold() if isinstance(value, str) else ""
        *others, last = (f'"{word}"' for word in choices)
        refuse(f"must be {', '.join(others)} or {last}", f'"{tidy}"' if tidy in choices else "")

    return Rule(read=read, example=example, schema={"enum": list(choices), "description": description})


def _whole(lowest: int, highest: int, example: str, description: str) -> Rule:
    def read(value: object) -> int:
        number = _number_of(value)
        if number is None or not lowest <= number <= highest or number != int(number):
            refuse(f"must be a whole number from {lowest} to {highest}, without quotes")
        return int(number)

    schema = {"type": "integer", "minimum": lowest, "maximum": highest, "description": description}
    return Rule(read=read, example=example, schema=schema)


def _number(highest: int, example: str, description: str) -> Rule:
    def read(value: object) -> float:
        number = _number_of(value)
        if number is None or not 0 < number <= highest:
            refuse(f"must be a number above 0 and at most {highest}, without quotes")
        return float(number)

    schema = {"type": "number", "exclusiveMinimum": 0, "maximum": highest, "description": description}
    return Rule(read=read, example=example, schema=schema)


def _number_of(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_yes_no(value: object) -> bool:
    if not isinstance(value, bool):
        refuse("must be true or false, without quotes")
    return value


def _read_path(value: object) -> str:
    if not isinstance(value, str) or not value:
        refuse("must be the name of a picture, in quotes")
    for is_wrong, reason in _PATH_FAULTS:
        if is_wrong(value):
            refuse(f'cannot be "{quote(value)}", since {reason}')
    return value


_ONLY_THE_INBOX: Final = "only pictures in the inbox are read"
_PATH_FAULTS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (_ADDRESS.match, "nothing is loaded from an address"),
    (_DRIVE.match, _ONLY_THE_INBOX),
    (lambda path: path[0] in "/~", _ONLY_THE_INBOX),
    (lambda path: "\\" in path, 'folders are written with "/"'),
    (lambda path: ".." in path.split("/"), "that leads out of its folder"),
    (lambda path: "" in path.split("/"), "a name is missing after a slash"),
    (lambda path: path[0] == "." or "/." in path, "names that begin with a dot are never looked at"),
    (_UNTYPED.search, "it has a character that nobody can type"),
    (lambda path: len(path) > _MAX_PATH, "that is too long for a name"),
)


def _read_paths(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        refuse("must be a list of pictures' names in quotes")
    if len(value) > MAX_IMAGES - 1:
        refuse(f"can name at most {MAX_IMAGES - 1} pictures")
    paths = tuple(_read_path(one) for one in value)
    if len(set(paths)) < len(paths):
        refuse("must not name a picture twice")
    return paths


def _read_template(value: object) -> str:
    if not isinstance(value, str):
        refuse("must be text in quotes")
    _check_characters(value)
    try:
        check_template(value)
    except ValueError:
        valid = ", ".join(f"{{{one}}}" for one in NAME_FIELDS)
        refuse(f'cannot be "{quote(value)}"; what is replaced in it is {valid}')
    return value


_PATH: Final = {
    "type": "string",
    "pattern": (
        r"^(?![A-Za-z][A-Za-z0-9+.-]*:)(?!~)(?!\.)(?!.*/\.)"
        r"[^/\\\u0000-\u001f\u007f]+(/[^/\\\u0000-\u001f\u007f]+)*$(?!\n)"
    ),
    "maxLength": _MAX_PATH,
}
_TEMPLATE_PATTERN: Final = rf"^(?=[\s\S]*\S)([^{{}}\u0000]|\{{\{{|\}}\}}|\{{({'|'.join(NAME_FIELDS)}):?\}})*$"
_FORMATS: Final[Mapping[str, object]] = (
    {one.value: one for one in PictureFormat} | {"jpg": PictureFormat.JPEG} | {"same": SameFormat.SAME}
)

RULES: Final[Mapping[str, Rule]] = {
    "prompt": _text('"remove the people"', "What to change."),
    "size": Rule(
        read=_read_size,
        example='"1536x1024"',
        schema={
            "type": "string",
            "pattern": "^(match|auto|[1-9][0-9]{0,4}x[1-9][0-9]{0,4})$(?!\\n)",
            "description": '"match" keeps the photo\'s shape, "auto" lets the service choose, or '
            "WIDTHxHEIGHT: both divisible by 16, at most 3840, at most 3 to 1, 655360 to 8294400 pixels.",
        },
    ),
    "megapixels": _number(100, "1.57", 'Millions of pixels of a result with size "match".'),
    "quality": _choice(
        {one.value: one for one in Quality}, '"medium"', "How much work goes into it; sets the price."
    ),
    "format": _choice(_FORMATS, '"jpeg"', 'Kind of the result; "same" keeps the photo\'s own.'),
    "output_compression": _whole(0, 100, "90", "For jpeg and webp."),
    "background": _choice(
        {one.value: one for one in Background}, '"opaque"', '"transparent" needs png or webp.'
    ),
    "mask": Rule(
        read=_read_path,
        example='"beach-mask.png"',
        schema={**_PATH, "description": "Picture that marks what is edited, beside the photo."},
    ),
    "references": Rule(
        read=_read_paths,
        example='["_logo.png"]',
        schema={
            "type": "array",
            "items": _PATH,
            "maxItems": MAX_IMAGES - 1,
            "uniqueItems": True,
            "description": "Pictures that are sent after the photo.",
        },
    ),
    "variants": _whole(1, 100, "3", "How many versions; each of them is paid."),
    "take": _whole(1, 1_000_000, "2", "Another version of the same photo and prompt."),
    "prompt_prefix": _text('"Professional photo."', "Put before each prompt."),
    "prompt_suffix": _text('"Keep the faces."', "Put after each prompt."),
    "output_name": Rule(
        read=_read_template,
        example='"{stem}-{quality}"',
        schema={
            "type": "string",
            "pattern": _TEMPLATE_PATTERN,
            "description": "Name of the result, without its suffix.",
        },
    ),
    "require_mask": Rule(
        read=_read_yes_no,
        example="true",
        schema={"type": "boolean", "description": "Photos without a mask wait for one."},
    ),
}

_PRESETS_ALONE: Final = frozenset({"prompt_prefix", "prompt_suffix", "output_name", "require_mask"})
_PHOTOS_ALONE: Final = frozenset({"mask", "take"})
SIDECAR_OPTIONS: Final = tuple(name for name in OPTION_NAMES if name not in _PRESETS_ALONE)
PRESET_OPTIONS: Final = tuple(name for name in OPTION_NAMES if name not in _PHOTOS_ALONE)
