"""Names: of outputs, safe for Windows and SMB, and of what the service saves in its workspace.

Nothing from an answer ever comes in here.
"""

import re
import string
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import JOB_SUFFIX, is_job_folder
from retouchd.core.edits import Wish
from retouchd.core.values import JobId

_UNSAFE: Final = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
)
# Windows takes the superscript digits for digits here.
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
)
# A name's limit is 255 bytes nearly everywhere; a number, a suffix and a temporary's frame come on top.
_MAX_BYTES: Final = 180
# The same of an original that is filed: a number, ".jpeg" and ".error.txt" come on top.
_FILED_BYTES: Final = 225
NAME_FIELDS: Final = (
    "stem",
    "ext",
    "date",
    "time",
    "job",
    "hash8",
    "size",
    "quality",
    "take",
    "prompt_slug",
)
_SLUG_CHARACTERS: Final = 40


class OnConflict(StrEnum):
    """What is done where the name of an output is taken in the outbox.

    NUMBER: the output gets the next number. SKIP: nothing is sent, if that is known before. OVERWRITE: an
    earlier output of ours for a photo of the same name is replaced.
    """

    NUMBER = "number"
    SKIP = "skip"
    OVERWRITE = "overwrite"


def safe_stem(text: str) -> str:
    """Give a file name's stem that every system takes: no reserved name, character, end or length."""
    # Shortened before the rules, so that none is broken by the cut, and after, for what they add.
    cleaned = _shorten(_UNSAFE.sub("_", text).lstrip(" "))
    if not cleaned.strip("._ "):
        cleaned = f"photo{cleaned}"
    if cleaned.startswith("."):
        cleaned = f"_{cleaned[1:]}"
    if cleaned.split(".")[0].rstrip(" ").casefold() in _RESERVED:
        cleaned = f"_{cleaned}"
    return _shorten(cleaned)


def _shorten(text: str) -> str:
    return text.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip(". ")


def metadata_path(picture: PurePosixPath) -> PurePosixPath:
    """Give the metadata file of a picture."""
    return picture.parent / f"{picture.name}.json"


def numbered(stem: str, number: int) -> str:
    """Give the stem with its number: "beach", "beach-2", "beach-3"."""
    return stem if number == 1 else f"{stem}-{number}"


def numbered_member(name: str, photo: str, number: int) -> str:
    """Give the name under which a bundle's file is filed: all of its files get the same number.

    "beach.jpg", "beach.txt" and "beach.jpg.txt" become "beach-2.jpg", "beach-2.txt" and "beach-2.jpg.txt".
    Of a very long stem the end makes room for the number.
    """
    stem = PurePosixPath(photo).stem
    if not name.startswith(stem):
        stem = PurePosixPath(name).stem
    kept = stem if number == 1 else _cut(stem, _FILED_BYTES)
    return f"{numbered(kept, number)}{name[len(stem) :]}"


def filed_path(path: PurePosixPath, photo: PurePosixPath, number: int) -> PurePosixPath:
    """Give where one of a bundle's files is filed, below its cabinet.

    Of a folder that is one bundle the folder has the number: "album-2.job/prompt.txt".

    Args:
        path: The file's, below the inbox.
        photo: The bundle's photo, below the inbox.
        number: With which the bundle is filed.
    """
    if is_job_folder(photo.parent) and path.parent == photo.parent:
        return filed_folder(path.parent, number) / path.name
    return path.parent / numbered_member(path.name, photo.name, number)


def filed_folder(folder: PurePosixPath, number: int) -> PurePosixPath:
    """Give where a folder that is one bundle is filed: with its suffix, since it may come back."""
    stem, suffix = folder.name[: -len(JOB_SUFFIX)], folder.name[-len(JOB_SUFFIX) :]
    kept = stem if number == 1 else _cut(stem, _FILED_BYTES)
    return folder.parent / f"{numbered(kept, number)}{suffix}"


def filed_note(photo: PurePosixPath, number: int) -> PurePosixPath:
    """Give where the note beside a photo is that is filed under this number, below its cabinet."""
    if is_job_folder(photo.parent):
        return filed_folder(photo.parent, number) / note_name(photo.name, 1)
    return photo.parent / note_name(photo.name, number)


def note_name(photo: str, number: int) -> str:
    """Give the name of the note beside a photo that is filed under this number."""
    path = PurePosixPath(photo)
    return f"{numbered(_cut(path.stem, _FILED_BYTES), number)}{path.suffix}.error.txt"


def _cut(text: str, most_bytes: int) -> str:
    """Cut a name, which may hold bytes that are no text, without halving a character."""
    while len(text.encode(errors="surrogateescape")) > most_bytes:
        text = text[:-1]
    return text


def check_template(template: str) -> None:
    """Refuse an output name template that is empty or has anything but plain known fields in braces.

    Raises:
        ValueError: With the valid fields.
    """
    if not template.strip() or not _has_plain_fields(template):
        valid = ", ".join(f"{{{name}}}" for name in NAME_FIELDS)
        reason = f"{template!r} is no name; the fields are {valid}"
        raise ValueError(reason)


def _has_plain_fields(template: str) -> bool:
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        return False
    return all(
        name is None or (name in NAME_FIELDS and not layout and not conversion)
        for _, name, layout, conversion in pieces
    )


def output_stem(template: str, source: PurePosixPath, wish: Wish, job: JobId, now: datetime) -> PurePosixPath:
    """Give the wished stem of a job's output, below the outbox, in the photo's own sub-folder."""
    values = {
        "stem": source.stem,
        "ext": source.suffix.removeprefix("."),
        "date": now.strftime("%Y-%m-%d"),
        "time": now.strftime("%H%M%S"),
        "job": job,
        "hash8": wish.fingerprint[:8],
        "size": wish.request.size,
        "quality": wish.request.quality,
        "take": wish.take,
        "prompt_slug": _slug(wish.request.prompt),
    }
    return source.parent / safe_stem(template.format_map(values))


def _slug(prompt: str) -> str:
    return re.sub(r"[^\w]+", "-", prompt.casefold())[:_SLUG_CHARACTERS].strip("-")


def save_path(folder: str, source: PurePosixPath, wish: Wish, job: JobId, attempt: int, now: datetime) -> str:
    """Give where the service saves this very attempt's result: unique, and findable by a person."""
    suffix = wish.request.format.suffix
    stem = safe_stem(source.stem).replace("..", "_")
    return f"{folder.rstrip('/')}/{now:%Y-%m}/{stem}-{job}-a{attempt}{suffix}"
