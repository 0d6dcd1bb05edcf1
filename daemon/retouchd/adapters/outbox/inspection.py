"""Reading a folder tree from end to end for whoever checks it; nothing in it is changed.

As much as one name is in memory, however many files there are.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from retouchd.adapters.folder import Folder, find_regular, find_status, translated, translated_folder
from retouchd.adapters.outbox.contents import sha256_of
from retouchd.core.invariants import FoundPicture
from retouchd.core.pictures import Examination
from retouchd.core.values import Sha256

_TOP = PurePosixPath()


class Inspection:
    """A tree that is looked through.

    Args:
        root: Of the tree.
        examine: Says what a picture is by its descriptor.
    """

    def __init__(self, root: Path, examine: Callable[[int], Examination]) -> None:
        self._folder = Folder(root)
        self._examine = examine

    def files(self) -> Iterator[PurePosixPath]:
        """Give every file below the root, in no order; folders whose names begin with a dot are left out.

        Raises:
            FolderMissingError: A folder cannot be read: whoever wants all must not get some.
        """
        waiting = [_TOP]
        while waiting:
            here = waiting.pop()
            for name, is_folder in self._names(here):
                if not is_folder:
                    yield here / name
                elif not name.startswith("."):
                    waiting.append(here / name)

    def _names(self, here: PurePosixPath) -> Iterator[tuple[str, bool]]:
        """Give the names in a folder, and whether each is a folder itself; none when it has gone."""
        with (
            self._folder.open_if_there(here) as folder,
            translated_folder("read", self._folder.root / here),
        ):
            if folder is None:
                return
            with os.scandir(folder) as entries:
                yield from ((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)

    def read(self, path: PurePosixPath, limit: int) -> bytes | None:
        """Give the first bytes of a regular file, or None when there is none."""
        with self._opened(path) as file:
            return None if file is None else os.pread(file, limit, 0)

    def is_there(self, path: PurePosixPath) -> bool:
        """Say whether anything has this name."""
        return self.changed(path) is not None

    def changed(self, path: PurePosixPath) -> float | None:
        """Give when a file was changed last, in seconds since 1970, or None when there is none."""
        place = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder, translated("look at", place):
            status = None if folder is None else find_status(place.name, folder)
        return None if status is None else status.st_mtime

    def hash_of(self, path: PurePosixPath) -> Sha256 | None:
        """Hash a regular file, or give None when there is none."""
        with self._opened(path) as file:
            return None if file is None else sha256_of(file)

    def look_at(self, path: PurePosixPath) -> FoundPicture | None:
        """Hash and examine a picture, or give None when there is none."""
        with self._opened(path) as file:
            if file is None:
                return None
            size = os.fstat(file).st_size
            return FoundPicture(sha256=sha256_of(file), bytes=size, examination=self._examine(file))

    @contextmanager
    def _opened(self, path: PurePosixPath) -> Iterator[int | None]:
        place = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder, translated("read", place):
            file = None if folder is None else find_regular(place.name, folder)
            try:
                yield file
            finally:
                if file is not None:
                    os.close(file)
