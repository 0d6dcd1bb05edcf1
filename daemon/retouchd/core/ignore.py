"""What is never a photo, by its name alone: what systems and programs leave, and copies made of conflicts.

A name is matched in its folded form. Which of two patterns counts is decided by their order: the later one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.values import fold_name, printable

# A pattern that ends in "/" is one of folders, whose content is not looked at either.
BUILT_IN_PATTERNS: Final = (
    # Hidden files, which rsync, Syncthing and FTP servers write under too.
    ".*",
    # Editors' backups and locks.
    "*~",
    "~$*",
    "#*#",
    "*.swp",
    "*.bak",
    # What is still being written by copying programs, browsers and download managers.
    "*.tmp",
    "*.temp",
    "*.part",
    "*.partial",
    "*.filepart",
    "*.crdownload",
    "*.download",
    "*.opdownload",
    "*.aria2",
    "~syncthing~*",
    "*.!sync",
    "*.insyncdl",
    # What systems and NAS boxes keep for themselves.
    "Icon\r",
    "__MACOSX/",
    "Thumbs.db",
    "desktop.ini",
    "$RECYCLE.BIN/",
    "System Volume Information/",
    "lost+found/",
    "@eaDir/",
    "#recycle/",
    "#snapshot/",
    "@tmp/",
    "*@SynoEAStream",
    "*@SynoResource",
    "SYNOFILE_THUMB_*",
    "@Recycle/",
    "@Recently-Snapshot/",
    # Our own, which come here when somebody drags a folder of failed photos back.
    "_STATUS.txt",
    "*.*.error.txt",
)
# What of a pattern stands for other characters, or may be a part of that.
_WILD: Final = re.compile(r"[*?\[\]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnorePattern:
    """One pattern.

    Attributes:
        text: As it was written, without what takes it back.
        is_built_in: Whether it is one of ours, not one of the owner's.
        takes_back: Whether what it fits is looked at after all.
    """

    text: str
    is_built_in: bool
    takes_back: bool = False

    @property
    def reason(self) -> str:
        """Why what it fits is never looked at, for people."""
        fits = printable(self.text)
        return f"names like {fits}" if self.is_built_in else f"names that fit {fits} in watch.ignore"

    @classmethod
    def parse(cls, text: str) -> "IgnorePattern":
        """Take one of the owner's patterns.

        Raises:
            ValueError: It can fit no name.
        """
        pattern = text.removeprefix("!")
        if not pattern.strip("/ ") or "/" in pattern.removesuffix("/"):
            reason = f"{text!r} is no pattern of one name"
            raise ValueError(reason)
        return cls(text=pattern, is_built_in=False, takes_back=text.startswith("!"))

    @property
    def is_for_folders(self) -> bool:
        """Whether it fits folders alone."""
        return self.text.endswith("/")


class IgnoreRules:
    """All patterns that hold in an inbox.

    Args:
        patterns: The owner's, in their order; they come after the built-in ones.

    Raises:
        ValueError: For the first pattern that can fit no name.
    """

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        built_in = [IgnorePattern(text=one, is_built_in=True) for one in BUILT_IN_PATTERNS]
        # The last pattern that fits counts; of alternatives the regular expression takes the first.
        self._patterns = [*built_in, *map(IgnorePattern.parse, patterns)][::-1]
        self._file_patterns = [one for one in self._patterns if not one.is_for_folders]
        self._folders = _compile(self._patterns)
        self._files = _compile(self._file_patterns)
        self._beginnings, self._ends = _literal_parts(self._patterns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IgnoreRules) and other._patterns == self._patterns

    def __hash__(self) -> int:
        return hash(tuple(self._patterns))

    def find_for_file(self, name: str) -> IgnorePattern | None:
        """Give the pattern for which a file of this name is never looked at, or None when it is."""
        return self._find(self._files, self._file_patterns, name)

    def find_for_folder(self, name: str) -> IgnorePattern | None:
        """Give the pattern for which a folder of this name is never entered, or None when it is."""
        return self._find(self._folders, self._patterns, name)

    def hides_folder(self, path: PurePosixPath) -> bool:
        """Say whether a folder, by its path below the inbox, or one that it lies in is never entered."""
        return any(self.find_for_folder(name) is not None for name in path.parts)

    def hides_file(self, path: PurePosixPath) -> bool:
        """Say whether a file, by its path below the inbox, or a folder that it lies in is never looked at."""
        return self.hides_folder(path.parent) or self.find_for_file(path.name) is not None

    def _find(
        self, expression: re.Pattern[str], patterns: list[IgnorePattern], name: str
    ) -> IgnorePattern | None:
        folded = fold_name(name)
        # Nearly all names fit nothing, which this tells ten times as fast as the expression.
        if not (folded.endswith(self._ends) or folded.startswith(self._beginnings)):
            return None
        match = expression.match(folded)
        if match is None or match.lastindex is None:
            return None
        pattern = patterns[match.lastindex - 1]
        return None if pattern.takes_back else pattern


def _literal_parts(patterns: Iterable[IgnorePattern]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give beginnings and ends of names such that whatever fits a pattern has one of them."""
    beginnings, ends = set(), set()
    for pattern in patterns:
        literal = _WILD.split(fold_name(pattern.text.removesuffix("/")))
        if literal[-1]:
            ends.add(literal[-1])
        else:
            beginnings.add(literal[0])
    return tuple(beginnings), tuple(ends)


def _compile(patterns: Iterable[IgnorePattern]) -> re.Pattern[str]:
    alternatives = (f"({translate(fold_name(one.text.removesuffix('/')))})" for one in patterns)
    return re.compile("|".join(alternatives))


USUAL_RULES: Final = IgnoreRules()
"""The built-in patterns alone."""

_CONFLICTED_COPY: Final = (
    "conflict(?:ed|ing) copy|konfliktkopi[ea]|in konflikt stehende kopie|copie en conflit"
    "|copia (?:en conflicto|conflictiva|in conflitto)|cópia em conflito|конфликтующая копия"
)
# What sync programs put before the suffix of a file that was changed in two places. Only Synology's is read
# in the very case in which it is written: people end names of photos in "_conflict" too.
_CONFLICT_MARKS: Final = (
    # Dropbox in its languages, Nextcloud, ownCloud, Box: "(Anna's conflicted copy 2026-01-31)".
    rf" \((?:.*\W)?(?:{_CONFLICTED_COPY})\b[^()]*(?:\(\d+\))?\)",
    r" \([^()]*(?:冲突副本|衝突複本|競合コピー|問題のあるコピー)[^()]*\)",
    r" \((?:[^()]*\W)?(?:case|unicode encoding|whitespace|selective sync) conflict(?: \d+| \(\d+\))?\)",
    r" \(case clash from [^()]*\)",
    # Seafile, Google Drive, Syncthing, ownCloud before 2.6, Resilio.
    r" \(sfconflict [^()]*\)",
    r" ?\[conflict\]",
    r"\.sync-conflict-\d{8}-\d{6}(?:-[a-z0-9]+)?",
    r"_conflict-(?:.+-)?\d{8}(?:-\d{6})?",
    r"\.conflict(?:\d+| ?\(\d+\))?",
    # Synology, with the machine and the time, or bare.
    r"(?-i:(?:_[^_]+_[^_]+-\d{1,2}-\d{4,6}-\d{4})?_(?:Case|Unicode)?Conflict(?:\(\d+\))?)",
)
# One of them is in each mark of plain letters. They are found ten times as fast as marks are.
_ASCII_MARKS: Final = ("confli", "konfli", "clash")
_CONFLICT: Final = re.compile(
    f"(?P<stem>.+?)(?:{'|'.join(_CONFLICT_MARKS)})(?P<suffix>(?:\\.[^.]*)?)", re.IGNORECASE | re.DOTALL
)


def find_original(name: str) -> str | None:
    """Give the name, in NFC, of the file that a sync program's conflict copy was made of; None for others."""
    if name.isascii() and not any(map(name.lower().__contains__, _ASCII_MARKS)):
        return None
    match = _CONFLICT.fullmatch(unicodedata.normalize("NFC", name))
    return match["stem"] + match["suffix"] if match else None


def copy_clause(name: str, original: str) -> str:
    """Say what a conflict copy is, and the one thing that is always right to do about it."""
    return printable(
        f"{name} is a conflict copy that a sync program made of {original}: remove the one that you do not"
        " want"
    )
