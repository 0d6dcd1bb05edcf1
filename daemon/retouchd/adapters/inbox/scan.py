"""Our own scan of the inbox: names first, and a stat only for what could belong to a bundle.

Nothing but folders is opened, no link is followed, and one bad entry or folder hides no other. What a
bundle is stands in core/bundles.py; what is new about it is found out in survey.py.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder, find_status, translate, translated, translated_folder
from retouchd.adapters.inbox.evidence import leads_nowhere
from retouchd.adapters.inbox.mounts import Ground
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.adapters.inbox.signatures import Inodes, signature_of
from retouchd.adapters.marks import MARK_NAME
from retouchd.core.bundles import (
    FOLDER_PROMPT_NAME,
    MASK_SUFFIXES,
    OPTIONS_SUFFIXES,
    PRESET_NAME,
    SIDECAR_SUFFIXES,
    Bundle,
    Entry,
    FormingRules,
    Member,
    Role,
    is_job_folder,
    is_photo_name,
    is_sidecar_name,
    stem_of,
    suffix_of,
)
from retouchd.core.errors import FileTroubleError, FolderMissingError
from retouchd.core.forming import Contents, Sheet, form_bundles
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

    @property
    def left_out(self) -> dict[str, int]:
        """How many names are not looked at any further, by the reason."""
        return {**self.hidden, **{kind.value: len(names) for kind, names in self.strangers.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderBundles:
    """The bundles of one folder.

    Attributes:
        bundles: In the order of their keys, without those that are unclear.
        unclear: Keys of which it cannot be said how they are, since a file could not be looked at.
    """

    bundles: tuple[Bundle, ...]
    unclear: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A folder that is there but cannot be listed; nothing can be said about it and what is below it."""

    folder: PurePosixPath
    reason: str


class Scan:
    """One pass over the inbox, with the mounts as they are now.

    Args:
        folder: The inbox.
        ground: The mounts that matter.
        rules: What belongs together.
        sheets: Reads control files.
    """

    def __init__(self, folder: Folder, ground: Ground, rules: FormingRules, sheets: SheetReader) -> None:
        self._folder = folder
        self._ground = ground
        self._rules = rules
        self._sheets = sheets
        # Each folder's own preset, so that folders below it need not ask again.
        self._presets: dict[PurePosixPath, Member | None] = {}

    def read(self, relative: PurePosixPath) -> FolderView | None:
        """List one folder, or give None when it is not there or cannot be reached without a link.

        Raises:
            FileTroubleError: It is there and cannot be listed.
        """
        path = self._folder.root / relative
        listing = _Listing(folder=relative, ignore=self._rules.ignore, inodes=self._ground.inodes(path))
        try:
            with self._folder.open(relative) as descriptor, translated_folder("list", path):
                for entry in _list(descriptor):
                    listing.add(entry)
        except FolderMissingError as exc:
            if leads_nowhere(exc):
                return None
            raise
        self._presets[relative] = listing.find_preset()
        presets = self._inherited_presets(relative)
        elsewhere = self._look_up(relative, self._read_sheets(presets).values())
        return listing.view(presets, elsewhere)

    def walk(self, start: PurePosixPath) -> Iterator[FolderView | Unreadable]:
        """Give a folder and all below it, one at a time; what vanishes meanwhile is left out."""
        pending = [start]
        while pending:
            relative = pending.pop()
            try:
                view = self.read(relative)
            except FileTroubleError as exc:
                yield Unreadable(folder=relative, reason=str(exc))
                continue
            if view is not None:
                pending.extend(relative / name for name in reversed(view.folders))
                yield view

    def form(self, view: FolderView) -> FolderBundles:
        """Form a folder's bundles, which takes longer than the scan: not for what stays as it is."""
        bundles = form_bundles(self._contents_of(view), self._rules)
        unclear = {bundle.key for bundle in bundles if _could_need(bundle.key, view.unseen)}
        clear = tuple(bundle for bundle in bundles if bundle.key not in unclear)
        return FolderBundles(bundles=clear, unclear=view.unseen | unclear)

    def _contents_of(self, view: FolderView) -> Contents:
        presets = self._read_sheets(view.presets)
        is_shared = any(sheet and sheet.gives_prompt for sheet in presets.values()) or any(
            fold_name(entry.name) == FOLDER_PROMPT_NAME for entry in view.entries
        )
        # A picture that a prompt file names must not be taken for a photo that has no prompt of its own.
        suffixes = SIDECAR_SUFFIXES if is_shared or is_job_folder(view.folder) else OPTIONS_SUFFIXES
        own = {
            path: self._sheets.read(path, entry.signature)
            for entry in view.entries
            if suffix_of(entry.name) in suffixes and (path := view.folder / entry.name) not in presets
        }
        elsewhere = {**view.elsewhere, **self._look_up(view.folder, own.values())}
        return Contents(
            folder=view.folder,
            entries=view.entries,
            presets=view.presets,
            sheets={**presets, **own},
            elsewhere=elsewhere,
        )

    def _inherited_presets(self, folder: PurePosixPath) -> tuple[Member, ...]:
        found = (self._find_preset(place) for place in (folder, *folder.parents))
        return tuple(preset for preset in found if preset is not None)

    def _find_preset(self, folder: PurePosixPath) -> Member | None:
        if folder not in self._presets:
            entry = self._look_at(folder / PRESET_NAME)
            self._presets[folder] = None if entry is None else _preset(folder, entry)
        return self._presets[folder]

    def _read_sheets(self, members: Iterable[Member]) -> dict[PurePosixPath, Sheet | None]:
        return {member.path: self._sheets.read(member.path, member.signature) for member in members}

    def _look_up(self, folder: PurePosixPath, sheets: Iterable[Sheet | None]) -> dict[PurePosixPath, Entry]:
        """Look at the files in other folders that control files name."""
        named = {path for sheet in sheets if sheet for path in sheet.named if path.parent != folder}
        found = ((path, self._look_up_one(path)) for path in sorted(named))
        return {path: entry for path, entry in found if entry is not None}

    def _look_up_one(self, path: PurePosixPath) -> Entry | None:
        try:
            return self._look_at(path)
        except FileTroubleError:
            return None  # It is no trouble of this folder; the look at the photo tells of it.

    def _look_at(self, path: PurePosixPath) -> Entry | None:
        """Give a regular file, or None when there is none that can be reached without a link.

        Raises:
            FileTroubleError: It cannot be looked at.
        """
        place = self._folder.root / path
        try:
            with self._folder.open(path.parent) as descriptor, translated("look at", place):
                status = find_status(path.name, descriptor)
        except FolderMissingError as exc:
            if leads_nowhere(exc):
                return None
            raise
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return Entry(name=path.name, signature=signature_of(status, self._ground.inodes(place.parent)))


@dataclass(slots=True, kw_only=True)
class _Listing:
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

    def add(self, entry: os.DirEntry[str]) -> None:
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
            self.folders.append(entry.name)
        elif is_photo_name(entry.name) or is_sidecar_name(entry.name):
            self._add_file(entry.name, entry.stat(follow_symlinks=False))
        else:
            is_file = entry.is_file(follow_symlinks=False)
            self._add_stranger(entry.name, kind_of(entry.name) if is_file else Kind.NO_FILE)

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

    def find_preset(self) -> Member | None:
        """Give the folder's preset, or None."""
        found = (entry for entry in self.entries if entry.name == PRESET_NAME)
        return next((_preset(self.folder, entry) for entry in found), None)

    def view(self, presets: tuple[Member, ...], elsewhere: Mapping[PurePosixPath, Entry]) -> FolderView:
        """Give all that was found, with what is inherited."""
        return FolderView(
            folder=self.folder,
            entries=tuple(self.entries),
            presets=presets,
            elsewhere=elsewhere,
            folders=() if is_job_folder(self.folder) else tuple(self.folders),
            digest=_digest([*self.entries, *map(_as_entry, presets), *elsewhere.values()]),
            hidden=self.hidden,
            strangers=self.strangers,
            unseen=frozenset(self.unseen),
            troubles=tuple(self.troubles),
        )


def _list(descriptor: int) -> list[os.DirEntry[str]]:
    """List all of a folder before anything is done, in an order that does not change by itself.

    Half a listing must not pass for a whole one.
    """
    with os.scandir(descriptor) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _could_need(key: str, unseen: AbstractSet[str]) -> bool:
    """Say whether one of the unseen names could belong to this photo's bundle.

    A bundle without it would be another one: with a prompt that was not meant for this photo, say.
    """
    if not unseen:
        return False
    bases, suffixes = (key, stem_of(key)), (*SIDECAR_SUFFIXES, *MASK_SUFFIXES)
    names = {key, FOLDER_PROMPT_NAME, PRESET_NAME, *(base + suffix for base in bases for suffix in suffixes)}
    return not names.isdisjoint(unseen)


def _preset(folder: PurePosixPath, entry: Entry) -> Member:
    return Member(path=folder / entry.name, role=Role.PRESET, signature=entry.signature)


def _as_entry(member: Member) -> Entry:
    return Entry(name=str(member.path), signature=member.signature)


def _digest(entries: Iterable[Entry]) -> bytes:
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for entry in entries:
        signature = entry.signature
        numbers = f"{signature.size} {signature.mtime_ns} {signature.ctime_ns} {signature.inode}"
        # No name contains the NUL that ends it.
        digest.update(f"{numbers} {entry.name}\0".encode("utf-8", "surrogatepass"))
    return digest.digest()
