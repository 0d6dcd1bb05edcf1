"""One folder of the inbox as it lies there: names first, and a stat only for what could belong to a bundle.

Nothing is opened here and no link is followed. How the inbox is gone through stands in scan.py.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.folder import translate
from retouchd.adapters.inbox.signatures import Inodes, signature_of
from retouchd.adapters.marks import MARK_NAME
from retouchd.core.bundles import (
    PRESET_NAME,
    Entry,
    Member,
    Role,
    could_belong,
    is_job_folder,
)
from retouchd.core.depth import TOO_DEEP, is_too_deep, too_deep_sentence
from retouchd.core.hints import Kind, kind_of
from retouchd.core.ignore import IgnorePattern, IgnoreRules
from retouchd.core.values import fold_name

# Enough that two states of a folder are never taken for one, and little to keep for each folder.
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderView:
    """One folder of the inbox as it lies there.

    Attributes:
        folder: Relative to the inbox.
        entries: What could belong to a bundle.
        presets: The folder's own and those of the folders above it, the nearest first.
        elsewhere: What the presets name in other folders.
        folders: Names of the sub-folders to go on with.
        digest: Changes when a name or signature of what could belong to a bundle does, presets included.
        hidden: How many names are never looked at, by the reason of the pattern.
        strangers: Names of what can belong to no bundle, by what it is.
        unseen: Folded names of what could not be looked at.
        troubles: Why, for people.
        passed: Names of files that were not looked at since they were not asked for.
    """

    folder: PurePosixPath
    entries: tuple[Entry, ...]
    presets: tuple[Member, ...]
    elsewhere: Mapping[PurePosixPath, Entry]
    folders: tuple[str, ...]
    digest: bytes
    hidden: Mapping[str, int]
    strangers: Mapping[Kind, Sequence[str]]
    unseen: frozenset[str]
    troubles: tuple[str, ...]
    passed: tuple[str, ...]

    @property
    def left_out(self) -> dict[str, int]:
        """How many names are not looked at any further, by the reason."""
        return {**self.hidden, **{kind.value: len(names) for kind, names in self.strangers.items()}}


@dataclass(slots=True, kw_only=True)
class Listing:
    """What is found in one folder, entry by entry."""

    folder: PurePosixPath
    ignore: IgnoreRules
    inodes: Inodes
    entries: list[Entry] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)
    strangers: dict[Kind, list[str]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    def read(self, descriptor: int, wants: Callable[[str], bool] | None) -> None:
        """Take in what lies in a folder, in an order that does not change by itself.

        Args:
            descriptor: The folder.
            wants: Says by its name whether a file is asked for; None when all are.
        """
        there = self._list(descriptor, wants)
        there.sort(key=attrgetter("name"), reverse=True)
        # Each is let go of in its turn: it keeps the status that it was asked for, 0.6 kB.
        while there:
            self._add(there.pop())

    def _list(self, descriptor: int, wants: Callable[[str], bool] | None) -> list[os.DirEntry[str]]:
        """List all of a folder before anything is done: half a listing must not pass for a whole one."""
        with os.scandir(descriptor) as entries:
            if wants is None:
                return list(entries)
            there = []
            for entry in entries:
                if wants(entry.name):
                    there.append(entry)
                else:
                    self.passed.append(entry.name)
        return there

    def _add(self, entry: os.DirEntry[str]) -> None:
        """Take one entry in; what cannot be looked at is noted and hides no other."""
        try:
            self._sort_in(entry)
        except FileNotFoundError:
            return  # It went away since the folder was listed.
        except OSError as exc:
            self.unseen.add(fold_name(entry.name))
            self.troubles.append(str(translate(exc, "look at", self.folder / entry.name)))

    def _sort_in(self, entry: os.DirEntry[str]) -> None:
        is_folder = entry.is_dir(follow_symlinks=False)
        find = self.ignore.find_for_folder if is_folder else self.ignore.find_for_file
        pattern = find(entry.name)
        if pattern is not None:
            self._hide(entry.name, pattern)
        elif is_folder:
            self._add_folder(entry.name)
        elif could_belong(entry.name):
            self._add_file(entry.name, entry.stat(follow_symlinks=False))
        else:
            is_file = entry.is_file(follow_symlinks=False)
            self._add_stranger(entry.name, kind_of(entry.name) if is_file else Kind.NO_FILE)

    def _add_folder(self, name: str) -> None:
        path_bytes = len(os.fsencode(self.folder)) + 1 + len(os.fsencode(name))
        if is_too_deep(len(self.folder.parts) + 1, path_bytes):
            self.hidden[TOO_DEEP] += 1
            self.troubles.append(too_deep_sentence(self.folder / name))
        else:
            self.folders.append(name)

    def _hide(self, name: str, pattern: IgnorePattern) -> None:
        if name != MARK_NAME:
            self.hidden[pattern.reason] += 1

    def _add_stranger(self, name: str, kind: Kind) -> None:
        self.strangers.setdefault(kind, []).append(name)

    def _add_file(self, name: str, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode):
            self.entries.append(Entry(name=name, signature=signature_of(status, self.inodes)))
        else:
            self._add_stranger(name, Kind.NO_FILE)

    def _links(self) -> Sequence[str]:
        """Give the names of what keeps a bundle back by not being a file."""
        return self.strangers.get(Kind.NO_FILE, ())

    def find_preset(self) -> Member | None:
        """Give the folder's preset, or None."""
        found = (entry for entry in self.entries if entry.name == PRESET_NAME)
        return next((preset_member(self.folder, entry) for entry in found), None)

    def view(self, presets: tuple[Member, ...], elsewhere: Mapping[PurePosixPath, Entry]) -> FolderView:
        """Give all that was found, with what is inherited."""
        return FolderView(
            folder=self.folder,
            entries=tuple(self.entries),
            presets=presets,
            elsewhere=elsewhere,
            folders=() if is_job_folder(self.folder) else tuple(self.folders),
            digest=_digest([*self.entries, *map(_as_entry, presets), *elsewhere.values()], self._links()),
            hidden=self.hidden,
            strangers=self.strangers,
            unseen=frozenset(self.unseen),
            troubles=tuple(self.troubles),
            passed=tuple(self.passed),
        )


def preset_member(folder: PurePosixPath, entry: Entry) -> Member:
    """Give a folder's preset as a member of the bundles there and below."""
    return Member(folder=folder, name=entry.name, role=Role.PRESET, signature=entry.signature)


def _as_entry(member: Member) -> Entry:
    return Entry(name=member.place, signature=member.signature)


def _digest(entries: Iterable[Entry], links: Iterable[str]) -> bytes:
    # No name contains the NUL that ends it.
    text = "\0".join([*links, *map(_digested, entries), ""])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def _digested(entry: Entry) -> str:
    one = entry.signature
    return f"{one.size} {one.mtime_ns} {one.ctime_ns} {one.inode} {entry.name}"
