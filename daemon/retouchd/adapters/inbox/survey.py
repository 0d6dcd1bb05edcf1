"""What is new in the inbox: what lies there, compared with the bundles that are known.

It reports differences and nothing else, so that nobody is asked about folders that stay as they are. When a
folder is looked at is for the scanner in watch.py.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final, Protocol

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.dirty import TOP, Marks
from retouchd.adapters.inbox.listing import FolderView
from retouchd.adapters.inbox.mounts import read_ground
from retouchd.adapters.inbox.scan import Scan, Unreadable
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.core.bundles import FormingRules
from retouchd.core.depth import lies_too_deep
from retouchd.core.errors import FileTroubleError
from retouchd.core.hints import folder_hints
from retouchd.core.leftovers import MOST_HINTS, Leftovers
from retouchd.core.sightings import News
from retouchd.core.values import printable

# A disk that dies gives a trouble for each file; the first few say as much.
_MOST_TROUBLES: Final = 20


class Known(Protocol):
    """The live bundles that the engine knows. Asked from the scanner's thread only."""

    def in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
        """Give the key of each live bundle of this very folder with the bundle's digest."""
        ...

    def folders(self) -> Iterable[PurePosixPath]:
        """Give the folders that have live bundles."""
        ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a round over folders came to.

    Attributes:
        visited: Folders that were read.
        unreadable: Folders that are there and could not be read.
        seen: Names in them.
        left_out: Names in them that are not looked at any further, by the reason.
        hints: What a person should know of those; the first few only.
        closed: Why folders could not be read, for people; the first few only.
        troubles: What could not be read, for people; the first few only.
        changed: Folders that had been looked at before and were different now.
        seconds_for_new: How long it took to look at trees of which nothing was known.
    """

    visited: set[PurePosixPath] = field(default_factory=set)
    unreadable: set[PurePosixPath] = field(default_factory=set)
    seen: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    hints: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    changed: set[PurePosixPath] = field(default_factory=set)
    seconds_for_new: float = 0.0

    def add_troubles(self, troubles: Iterable[str]) -> None:
        """Note the first few."""
        self.troubles.extend(troubles)
        del self.troubles[_MOST_TROUBLES:]

    def count(self, view: FolderView) -> None:
        """Count what lies in a folder."""
        self.left_out.update(view.left_out)
        self.seen += len(view.entries) + sum(view.left_out.values())
        if len(self.hints) < MOST_HINTS:
            names = [entry.name for entry in view.entries]
            self.hints.extend(folder_hints(view.folder, view.strangers, names))
            del self.hints[MOST_HINTS:]

    def leftovers(self) -> Leftovers:
        """Give what is never sent."""
        return Leftovers(
            seen=self.seen,
            reasons=dict(self.left_out),
            hints=tuple(self.hints),
            closed=tuple(self.closed[:_MOST_TROUBLES]),
        )


class Survey:
    """Looks at folders and tells what is new in them.

    Args:
        folder: The inbox.
        rules: What belongs together.
        known: The live bundles.
        tell: Takes news.
        confirm: Called after a folder was read and before its news are told. It raises a FileTroubleError
            when the inbox is not there, and nothing more is told then: what cannot be seen on a share that
            is not mounted has not been deleted.
    """

    def __init__(
        self,
        folder: Folder,
        rules: FormingRules,
        known: Known,
        tell: Callable[[News], None],
        confirm: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._sheets = SheetReader(folder)
        self._known = known
        self._tell = tell
        self._confirm = confirm
        # The digest of each folder whose news were told: 16 bytes a folder spare a query a folder.
        self._digests: dict[PurePosixPath, bytes] = {}
        # Mount points below the inbox as they were seen, and those of them that are mounted no more: a
        # mount point without its mount is an empty folder.
        self._mount_points: set[PurePosixPath] = set()
        self._lost: set[PurePosixPath] = set()
        # When events told of the folders that are looked at.
        self._marked: Mapping[PurePosixPath, float] = {}
        # How many folders were looked at, which another thread watches.
        self.steps = 0

    def look_at_everything(self) -> Tally:
        """Look at the whole inbox."""
        self._marked = {}
        tally = self._look_at_tree(self._scan(), TOP)
        tally.add_troubles(f"{printable(folder)} is not mounted any more" for folder in sorted(self._lost))
        return tally

    def look_at(self, marks: Marks) -> Tally:
        """Look at some folders. What was marked alone is compared even if it has not changed."""
        scan = self._scan()
        self._marked = marks.moments
        whole = Tally()
        for tree in sorted(marks.trees):
            if self._is_looked_at(tree):
                begun, is_new = time.monotonic(), tree not in self._digests
                part = self._look_at_tree(scan, tree)
                whole.changed |= part.changed
                whole.seconds_for_new += (time.monotonic() - begun) if is_new else 0.0
        for folder in sorted(marks.folders):
            if self._is_looked_at(folder):
                self._digests.pop(folder, None)
                self._look_at_one(scan, folder, whole)
        return whole

    def _is_looked_at(self, folder: PurePosixPath) -> bool:
        return not lies_too_deep(folder) and not self._rules.ignore.hides_folder(folder)

    def forget(self, folders: Iterable[PurePosixPath]) -> None:
        """Compare these folders anew, even if they have not changed."""
        for folder in folders:
            self._digests.pop(folder, None)

    def adopt(self, rules: FormingRules) -> None:
        """Go by other rules, by which every folder is compared anew."""
        self._rules = rules
        self.forget_everything()

    def forget_everything(self) -> None:
        """Compare every folder anew, even if it has not changed."""
        self._digests.clear()

    def _scan(self) -> Scan:
        ground = read_ground(self._folder.root)
        points = {PurePosixPath(mount.point).relative_to(self._folder.root) for mount in ground.below}
        self._mount_points |= points
        self._lost = self._mount_points - points
        return Scan(self._folder, ground, self._rules, self._sheets)

    def _look_at_tree(self, scan: Scan, start: PurePosixPath) -> Tally:
        tally = Tally()
        for sight in scan.walk(start):
            self.steps += 1
            match sight:
                case FolderView():
                    self._take_in(scan, sight, tally)
                case Unreadable():
                    tally.unreadable.add(sight.folder)
                    tally.closed.append(sight.reason)
                    tally.add_troubles([sight.reason])
        self._tell_of_vanished(start, tally)
        return tally

    def _look_at_one(self, scan: Scan, folder: PurePosixPath, tally: Tally) -> None:
        try:
            view = scan.read(folder)
        except FileTroubleError:
            return  # The full scan tells of it; now nothing can be said about this folder.
        if view is None:
            self._tell_of_vanished(folder, Tally())
        else:
            self._take_in(scan, view, tally)

    def _take_in(self, scan: Scan, view: FolderView, tally: Tally) -> None:
        tally.visited.add(view.folder)
        tally.count(view)
        tally.add_troubles(view.troubles)
        before = self._digests.get(view.folder)
        if before == view.digest:
            return
        if self._tell_changes(scan, view) and before is not None:
            tally.changed.add(view.folder)
        if not view.unseen:
            self._digests[view.folder] = view.digest

    def _tell_changes(self, scan: Scan, view: FolderView) -> bool:
        """Tell what is new in one folder, and say whether anything was."""
        known = self._known.in_folder(view.folder)
        formed = scan.form(view)
        seen = tuple(bundle for bundle in formed.bundles if known.get(bundle.key) != bundle.digest)
        there = {bundle.key for bundle in formed.bundles} | formed.unclear
        marked = self._marked.get(view.folder)
        return self._tell_if_any(
            News(folder=view.folder, seen=seen, gone=_without(known, there), marked=marked)
        )

    def _tell_of_vanished(self, start: PurePosixPath, tally: Tally) -> None:
        """Tell of known folders at and below `start` that are not there; what is unreadable may be."""
        missing = [
            folder
            for folder in self._known.folders()
            if folder not in tally.visited
            and _is_within(folder, {start})
            and not _is_within(folder, tally.unreadable)
        ]
        for folder in sorted(missing):
            self._tell_if_any(News(folder=folder, gone=_without(self._known.in_folder(folder), ())))
        self._digests = {
            folder: digest
            for folder, digest in self._digests.items()
            if folder in tally.visited or not _is_within(folder, {start})
        }

    def _tell_if_any(self, news: News) -> bool:
        if _is_within(news.folder, self._lost):
            news = replace(news, gone=())
        if not (news.seen or news.gone):
            return False
        self._confirm()
        self._tell(news)
        return True


def _without(known: Mapping[str, str], there: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(known.keys() - set(there)))


def _is_within(folder: PurePosixPath, tops: AbstractSet[PurePosixPath]) -> bool:
    return bool(tops) and not tops.isdisjoint((folder, *folder.parents))
