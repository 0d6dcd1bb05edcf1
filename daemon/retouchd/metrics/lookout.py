"""What the scanner tells of its own work, kept for whoever asks from another thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from retouchd.adapters.clock import SystemClock
from retouchd.core.sightings import ScanFinished, Sighting, WatchChanged
from retouchd.core.watching import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The looks through the whole inbox since the start, and how changes are noticed.

    Attributes:
        seconds: What all of them took.
        last_seconds: What the last one took.
        ended: When that was.
        names: What it saw: photos, prompt files, and what is left out.
        manners: The inbox's, then those of the mounts below that have another.
    """

    looks: int = 0
    seconds: float = 0.0
    last_seconds: float = 0.0
    ended: datetime | None = None
    names: int = 0
    folders: int = 0
    manners: tuple[Manner, ...] = ()


class Lookout:
    """Notes what the scanner tells; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watching = Watching()
        self._busy_seconds: Callable[[], float] | None = None

    def attend(self, busy_seconds: Callable[[], float]) -> None:
        """Have it known who says, at once, for how long the present look at the inbox has lasted."""
        self._busy_seconds = busy_seconds

    def busy_seconds(self) -> float:
        """Give for how long the present look has lasted, at once."""
        return self._busy_seconds() if self._busy_seconds else 0.0

    def note(self, sighting: Sighting) -> None:
        """Note a look that has ended, or another way to notice changes; all else is for the engine."""
        with self._lock:
            self._watching = _after(self._watching, sighting)

    def watching(self) -> Watching:
        """Give what was told so far."""
        with self._lock:
            return self._watching


def _after(before: Watching, sighting: Sighting) -> Watching:
    if isinstance(sighting, WatchChanged):
        return replace(before, manners=sighting.manners)
    if not isinstance(sighting, ScanFinished):
        return before
    return replace(
        before,
        looks=before.looks + 1,
        seconds=before.seconds + sighting.seconds,
        last_seconds=sighting.seconds,
        ended=SystemClock().now(),
        names=sighting.leftovers.seen,
        folders=sighting.folders,
    )
