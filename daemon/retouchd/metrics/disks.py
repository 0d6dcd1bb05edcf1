"""What lies in the state folder, and how much room there is; a dead share holds up nobody who asks."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retouchd.adapters.folder import free_bytes
from retouchd.settings import Places

# A disk does not fill within this, and thousands of answers need not be counted more often.
_FRESH_SECONDS: Final = 60.0
# An older figure says nothing any more: the share may be gone.
_STALE_SECONDS: Final = 600.0
_LONGEST_STOP_SECONDS: Final = 0.5


class RoomWatch:
    """Measures a folder's disk in a thread of its own, since a share may never answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_asked = threading.Event()
        self._is_over = False
        self._measured_at = 0.0
        self._free: int | None = None
        self._thread = threading.Thread(target=self._measure, name="companion-metrics-room", daemon=True)

    def start(self) -> None:
        """Measure for the first time."""
        self._thread.start()
        self._is_asked.set()

    def free(self) -> int | None:
        """Give what was measured last, at once, and have it measured anew if that was a while ago.

        Returns:
            None as long as nothing is known, or what is known is old.
        """
        age = time.monotonic() - self._measured_at
        if age > _FRESH_SECONDS:
            self._is_asked.set()
        return self._free if age < _STALE_SECONDS else None

    def finish(self) -> None:
        """End the thread, unless the share holds it."""
        self._is_over = True
        self._is_asked.set()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP_SECONDS)

    def _measure(self) -> None:
        while self._is_asked.wait() and not self._is_over:
            self._is_asked.clear()
            free = None
            # That it is missing is told by the scanner, which looks every two seconds.
            with suppress(OSError):
                free = free_bytes(self._folder)
            self._free, self._measured_at = free, time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What lies in the state folder, which is on a local disk.

    Attributes:
        journal_bytes: With its log.
        free_bytes: Of its disk.
    """

    spool_files: int
    spool_bytes: int
    journal_bytes: int
    free_bytes: int


class StateSizes:
    """Measures the state folder, not more often than it matters; for one thread at a time."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._sizes: Sizes | None = None
        self._measured_at = 0.0

    def sizes(self) -> Sizes | None:
        """Give the sizes, or None when the folder cannot be read."""
        if self._sizes is None or time.monotonic() - self._measured_at > _FRESH_SECONDS:
            self._sizes = self._measure()
            self._measured_at = time.monotonic()
        return self._sizes

    def _measure(self) -> Sizes | None:
        journal = self._places.journal
        try:
            spool = _sizes_in(self._places.spool)
            parts = [_size_of(Path(f"{journal}{end}")) for end in ("", "-wal", "-shm")]
            free = free_bytes(self._places.state)
        except OSError:
            return None
        return Sizes(
            spool_files=len(spool), spool_bytes=sum(spool), journal_bytes=sum(parts), free_bytes=free
        )


def _sizes_in(folder: Path) -> list[int]:
    """Give the size of each file; a folder that nobody has made yet holds none."""
    try:
        with os.scandir(folder) as entries:
            return [_size_of(Path(entry.path)) for entry in entries]
    except FileNotFoundError:
        return []


def _size_of(path: Path) -> int:
    """Give a file's size; one that has just gone has none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
