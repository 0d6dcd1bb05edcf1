"""The structure walk, with what it found lately: a photo is looked at, then fitted for its call."""

import os
from collections.abc import Callable
from typing import Final

from retouchd.core.pictures import Examination, Picture

# More than are looked at and not sent yet.
_MOST: Final = 64


class RecentPictures:
    """Fits the engine's Pictures; for any thread.

    Args:
        walk: Says what picture an open file is.
    """

    def __init__(self, walk: Callable[[int], Examination]) -> None:
        self._walk = walk
        self._known: dict[tuple[int, ...], Picture] = {}

    def examine(self, descriptor: int) -> Examination:
        """Say what picture the file is, as it was found when it had the same size, times and inode.

        Bytes that were changed within the clock's last tick may be described as they were. Who sends them
        compares their hash; what was found not to be whole is always looked at again.
        """
        status = os.fstat(descriptor)
        key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if known := self._known.get(key):
            return known
        found = self._walk(descriptor)
        if isinstance(found, Picture):
            self._known[key] = found
            if len(self._known) > _MOST:
                self._known.pop(next(iter(self._known)), None)
        return found
