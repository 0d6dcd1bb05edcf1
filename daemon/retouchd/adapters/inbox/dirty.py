"""Which folders are to be looked at again: marked from any thread, taken by the scanner.

A mark is a hint and no more; the full scan finds what nobody marked.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.inbox.departures import Departures

TOP: Final = PurePosixPath()
# Past this many, one full scan is cheaper than going to each by itself.
_MOST_MARKS: Final = 200
# While a share does not answer nobody takes the marks; so many tell who hears events enough.
_MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What was marked since the last time.

    Attributes:
        everything: A full scan is wanted, and the others do not matter.
        folders: To be looked at alone.
        trees: To be looked at with all that is below them.
        excused: Events named them, and told of nothing but what we ourselves took away.
        moments: When each was marked first, on the monotonic clock.
    """

    everything: bool
    folders: frozenset[PurePosixPath]
    trees: frozenset[PurePosixPath]
    excused: frozenset[PurePosixPath] = frozenset()
    moments: Mapping[PurePosixPath, float] = field(default_factory=dict, compare=False)


class DirtyFolders:
    """The marks, and the scanner's alarm clock. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._everything = False
        self._folders: dict[PurePosixPath, float] = {}
        self._trees: dict[PurePosixPath, float] = {}
        self._departures = Departures()
        self._excused: set[PurePosixPath] = set()

    def mark(self, folder: PurePosixPath) -> None:
        """Mark one folder without what is below it."""
        with self._lock:
            self._keep(self._folders, folder)
        self.wake()

    def mark_tree(self, folder: PurePosixPath) -> None:
        """Mark a folder with all that is below it; it need not be there any more."""
        with self._lock:
            self._keep(self._trees, folder)
        self.wake()

    def _keep(self, marks: dict[PurePosixPath, float], folder: PurePosixPath) -> None:
        if len(self._folders) + len(self._trees) < _MOST_KEPT:
            marks.setdefault(folder, time.monotonic())
        else:
            self._everything = True

    @contextmanager
    def taking_away(self, path: PurePosixPath) -> Iterator[None]:
        """Have the event that a name has gone mark nothing, unless the body fails to take it away."""
        with self._lock:
            self._departures.note(path, time.monotonic())
        with ExitStack() as undo:
            undo.callback(self._withdraw, path)
            yield
            undo.pop_all()

    def _withdraw(self, path: PurePosixPath) -> None:
        with self._lock:
            self._departures.withdraw(path)

    def excuse(self, path: PurePosixPath) -> bool:
        """Say whether it was we who took a name away, once; its folder counts as named by events then."""
        with self._lock:
            is_excused = self._departures.use_up(path, time.monotonic())
            if is_excused and len(self._excused) < _MOST_KEPT:
                self._excused.add(path.parent)
        return is_excused

    def mark_everything(self) -> None:
        """Ask for a full scan."""
        with self._lock:
            self._everything = True
        self.wake()

    def take(self) -> Marks:
        """Give the marks and forget them; what is below a marked tree is not told again."""
        with self._lock:
            everything, self._everything = self._everything, False
            marked, self._folders = self._folders, {}
            marked_trees, self._trees = self._trees, {}
            excused, self._excused = self._excused, set()
        everything = everything or TOP in marked_trees or len(marked) + len(marked_trees) > _MOST_MARKS
        trees = frozenset(tree for tree in marked_trees if marked_trees.keys().isdisjoint(tree.parents))
        folders = frozenset(folder for folder in marked if trees.isdisjoint((folder, *folder.parents)))
        return Marks(
            everything=everything, folders=folders, trees=trees, excused=frozenset(excused), moments=marked
        )

    def wake(self) -> None:
        """End the scanner's wait."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Wait for a mark or a wake since the last wait, at most this long."""
        self._woken.wait(seconds)
        self._woken.clear()
