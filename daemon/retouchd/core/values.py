"""The small values that everything speaks in: ids, paths, signatures, and text that is safe to print.

Rules about jobs, money or bundles do not come in here.
"""

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, NewType, TypeVar, dataclass_transform

Value = TypeVar("Value")

JobId = NewType("JobId", str)
BundleId = NewType("BundleId", int)
EditId = NewType("EditId", int)
AttemptId = NewType("AttemptId", int)
Sha256 = NewType("Sha256", str)
"""A SHA-256 digest as 64 lower-case hexadecimal characters."""
Fingerprint = NewType("Fingerprint", str)
"""The SHA-256 of what an edit is made from (see edits.py), as 64 hexadecimal characters."""

Relative = PurePosixPath
"""A path below one of the folders. Bytes that are no UTF-8 are kept as Python's surrogate escapes."""

# Crockford's base32 without the vowels left in it: ids are read aloud and typed, and spell no words.
ID_ALPHABET: Final = "0123456789bcdfghjkmnpqrstvwxyz"
ID_LENGTH: Final = 8


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def quick_value(made: type[Value]) -> type[Value]:
    """Make a value of a class that a scan makes one of for each file: frozen for mypy only.

    What keeps it frozen while the program runs doubles the time to make one, which for the values of a pair
    is 3 of the 46 microseconds that it takes to queue it.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(made)


@quick_value
class Signature:
    """What tells, without reading, that a file is still the file that was seen.

    Attributes:
        size: Bytes.
        mtime_ns: Modification time in nanoseconds, as the file system has it (it proves no age).
        ctime_ns: Change time in nanoseconds; a rename changes it on most file systems. Of a file with several
            names it is the modification time.
        inode: The inode number, 0 where the file system invents new ones (network mounts).
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Cabinet(StrEnum):
    """Where sources are filed."""

    DONE = "done"
    FAILED = "failed"


def fold_name(name: str) -> str:
    """Give the form in which names are compared: NFC and case folded.

    macOS writes NFD, Windows and most NAS shares ignore case; the bytes on disk are kept for I/O. Folding
    can take a name out of NFC ("ß" with a dot below), so the normal form is made last.
    """
    if name.isascii():
        # The same for these, and five times as fast: a scan folds each name several times.
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def printable(text: object) -> str:
    """Give text with nothing in it that could forge a log line or steer a terminal.

    Control, format (right-to-left marks) and surrogate characters become their escapes.
    """
    told = str(text)
    if told.isprintable():
        # So is most, and it is found out ten times as fast.
        return told
    return "".join(_escape(character) if _is_unsafe(character) else character for character in told)


def shown_path(path: object) -> str:
    """Give a path as it stands in metadata: what is no text is escaped."""
    return printable(path)


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
