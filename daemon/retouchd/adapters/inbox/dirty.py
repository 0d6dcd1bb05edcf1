"""Which folders are to be looked at again: marked from any thread, taken by the scanner.

A mark is a hint and no more; the full scan finds what nobody marked.
"""

import threading
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

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
    """

    everything: bool
    folders: frozenset[PurePosixPath]
    trees: frozenset[PurePosixPath]


class DirtyFolders:
    """The marks, and the scanner's alarm clock. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._everything = False
        self._folders: set[PurePosixPath] = set()
        self._trees: set[PurePosixPath] = set()

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

    def _keep(self, marks: set[PurePosixPath], folder: PurePosixPath) -> None:
        if len(self._folders) + len(self._trees) < _MOST_KEPT:
            marks.add(folder)
        else:
            self._everything = True

    def mark_everything(self) -> None:
        """Ask for a full scan."""
        with self._lock:
            self._everything = True
        self.wake()

    def take(self) -> Marks:
        """Give the marks and forget them; what is below a marked tree is not told again."""
        with self._lock:
            everything, self._everything = self._everything, False
            folders, self._folders = self._folders, set()
            trees, self._trees = self._trees, set()
        everything = everything or TOP in trees or len(folders) + len(trees) > _MOST_MARKS
        trees = {tree for tree in trees if trees.isdisjoint(tree.parents)}
        folders = {folder for folder in folders if trees.isdisjoint((folder, *folder.parents))}
        return Marks(everything=everything, folders=frozenset(folders), trees=frozenset(trees))

    def wake(self) -> None:
        """End the scanner's wait."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Wait for a mark or a wake since the last wait, at most this long."""
        self._woken.wait(seconds)
        self._woken.clear()
