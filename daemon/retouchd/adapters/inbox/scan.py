"""Our own scan of the inbox: names first, and a stat only for what could belong to a bundle.

Nothing but folders is opened, no link is followed, and one bad entry or folder hides no other. What a
bundle is stands in core/bundles.py; what is new about it is found out in survey.py.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from retouchd.adapters.folder import Folder, find_status, translated, translated_folder
from retouchd.adapters.inbox.evidence import leads_nowhere
from retouchd.adapters.inbox.listing import FolderView, Listing, preset_member
from retouchd.adapters.inbox.mounts import Ground
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.adapters.inbox.signatures import signature_of
from retouchd.core.bundles import (
    FOLDER_PROMPT_NAME,
    OPTIONS_SUFFIXES,
    PRESET_NAME,
    SIDECAR_SUFFIXES,
    Bundle,
    Entry,
    FormingRules,
    Member,
    is_job_folder,
    is_sidecar_name,
    nearness,
    suffix_of,
)
from retouchd.core.errors import FileTroubleError, FolderMissingError
from retouchd.core.forming import Contents, Sheet, form_bundles
from retouchd.core.hindrances import could_need, hold_without_links
from retouchd.core.hints import Kind
from retouchd.core.values import fold_name


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
        return self._list(relative, None)

    def read_for(self, relative: PurePosixPath, key: str) -> FolderView | None:
        """List of one folder what decides what one bundle is, however much lies there; else as `read`.

        Its other bundles, if any are formed of it, may lack parts.
        """
        if is_job_folder(relative):
            return self.read(relative)
        is_near = nearness(key)
        view = self._list(relative, is_near)
        if view is None or not self._has_shared_prompt(view):
            return view
        return self._list(relative, lambda name: is_near(name) or is_sidecar_name(name))

    def _list(self, relative: PurePosixPath, wants: Callable[[str], bool] | None) -> FolderView | None:
        path = self._folder.root / relative
        listing = Listing(folder=relative, ignore=self._rules.ignore, inodes=self._ground.inodes(path))
        try:
            with self._folder.open(relative) as descriptor, translated_folder("list", path):
                listing.read(descriptor, wants)
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
        if others := view.strangers.get(Kind.NO_FILE):
            bundles = [hold_without_links(bundle, others) for bundle in bundles]
        unclear = {bundle.key for bundle in bundles if could_need(bundle.key, view.unseen)}
        clear = tuple(bundle for bundle in bundles if bundle.key not in unclear)
        return FolderBundles(bundles=clear, unclear=view.unseen | unclear)

    def _contents_of(self, view: FolderView) -> Contents:
        presets = self._read_sheets(view.presets)
        are_all_read = is_job_folder(view.folder) or self._has_shared_prompt(view)
        # A picture that a prompt file names must not be taken for a photo that has no prompt of its own.
        suffixes = SIDECAR_SUFFIXES if are_all_read else OPTIONS_SUFFIXES
        own = {
            path: self._sheets.read(path, entry.signature)
            for entry in view.entries
            if suffix_of(entry.name) in suffixes and (path := view.folder / entry.name) not in presets
        }
        elsewhere = {**view.elsewhere, **self._look_up(view.folder, own.values())}
        return Contents(
            folder=view.folder,
            entries=(*view.entries, *self._look_at_passed(view, {**presets, **own}.values())),
            presets=view.presets,
            sheets={**presets, **own},
            elsewhere=elsewhere,
        )

    def _has_shared_prompt(self, view: FolderView) -> bool:
        """Say whether a folder's photos need no prompt of their own."""
        sheets = self._read_sheets(view.presets).values()
        return any(sheet and sheet.gives_prompt for sheet in sheets) or any(
            fold_name(entry.name) == FOLDER_PROMPT_NAME for entry in view.entries
        )

    def _look_at_passed(self, view: FolderView, sheets: Iterable[Sheet | None]) -> Iterator[Entry]:
        """Look at what control files name in a folder that was not read as a whole."""
        paths = (path for sheet in sheets if sheet for path in sheet.named)
        named = {fold_name(path.name) for path in paths if path.parent == view.folder}
        for name in view.passed if named else ():
            entry = self._look_up_one(view.folder / name) if fold_name(name) in named else None
            if entry is not None:
                yield entry

    def _inherited_presets(self, folder: PurePosixPath) -> tuple[Member, ...]:
        found = (self._find_preset(place) for place in (folder, *folder.parents))
        return tuple(preset for preset in found if preset is not None)

    def _find_preset(self, folder: PurePosixPath) -> Member | None:
        if folder not in self._presets:
            entry = self._look_at(folder / PRESET_NAME)
            self._presets[folder] = None if entry is None else preset_member(folder, entry)
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
