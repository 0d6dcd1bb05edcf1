"""The names that lie in a folder, as a share compares them: listed once for all that is asked in two seconds.

A listing before each step would cost more with every result that lies there. Whether a very name is taken is
never asked here alone: the system says so when the name is given.
"""

import threading
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from retouchd.adapters.directory import read_names
from retouchd.adapters.folder import is_there
from retouchd.core.values import fold_name

# A stranger's file that comes later than the listing is seen by the next one; our own are noted at once.
_KEPT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """What a folder holds, as the sorted hashes of its names: these take a tenth of the names' memory.

    Two names of the same hash, one in 10^14 for a hundred thousand, would give a result a number in vain.
    """

    until: float
    hashes: Sequence[int]
    added: set[int] = field(default_factory=set)

    def has(self, folded: str) -> bool:
        wanted = hash(folded)
        at = bisect_left(self.hashes, wanted)
        return wanted in self.added or (at < len(self.hashes) and self.hashes[at] == wanted)


class Names:
    """The names of the folders that were asked about just now; from any thread.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Also while a folder is listed: a name that is given meanwhile must not be missing in the list.
        self._lock = threading.Lock()
        self._listings: dict[Path, _Listing] = {}

    def shows_as_another(self, path: Path, folder: int) -> bool:
        """Say whether the folder has no such name, but one that a share takes for the same.

        `Beach.png` and `beach.png`, or the same umlaut in two encodings: two files here, one on the share.
        A yes holds now; a no may be two seconds old.

        Args:
            path: The whole path of the name.
            folder: Descriptor of the folder that it is, or would be, in.
        """
        folded = fold_name(path.name)
        with self._lock:
            listing = self._listings.get(path.parent)
            if listing is None or self._clock() >= listing.until:
                listing = self._list(path.parent, folder)
            elif listing.has(folded) and not is_there(path.name, folder):
                # It may have been taken away since.
                listing = self._list(path.parent, folder)
        # Asked of the file system, not of the list: a share may list our own name in another spelling.
        return listing.has(folded) and not is_there(path.name, folder)

    def is_taken(self, path: Path, folder: int) -> bool:
        """Say whether anything has this name, or one that a share takes for the same."""
        return is_there(path.name, folder) or self.shows_as_another(path, folder)

    def add(self, path: Path) -> None:
        """Note a name that was given just now."""
        with self._lock:
            listing = self._listings.get(path.parent)
            if listing is not None:
                listing.added.add(hash(fold_name(path.name)))

    def _list(self, place: Path, folder: int) -> _Listing:
        now = self._clock()
        hashes = array("q", sorted(hash(fold_name(name)) for name in read_names(folder)))
        listing = _Listing(until=now + _KEPT_SECONDS, hashes=hashes)
        fresh = {one: known for one, known in self._listings.items() if now < known.until}
        self._listings = {**fresh, place: listing}
        return listing
