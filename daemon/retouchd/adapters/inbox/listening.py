"""The watch over one inbox from the scanner's side: placed, judged, restarted, given up and tried again.

All of it runs in the scanner's thread. What is chosen is a rule of core/watching.py.
"""

import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.inbox.dirty import Marks
from retouchd.adapters.inbox.hearing import Hearing, Restarts
from retouchd.adapters.inbox.limits import WATCHES_USED_UP, are_watches_used_up, explain_failure
from retouchd.adapters.inbox.mounts import Ground
from retouchd.adapters.inbox.observer import Watch
from retouchd.adapters.inbox.survey import Tally
from retouchd.core.sightings import WatchChanged
from retouchd.core.watching import WatchMode, choose_manners

_DEAF: Final = "events kept failing to arrive"
_TOO_DEEP: Final = "there are too many folders in each other for events: remove those"
# A limit may have been raised meanwhile, and what made a watch deaf may be over.
_TRY_AGAIN_SECONDS: Final = 3600.0
# Whether the system would watch one more folder: the kernel takes 10 to 20 ms to let go of what that is tried
# with, and nothing is looked at meanwhile.
_COUNT_SECONDS: Final = 2.0


class Listening:
    """Watches one inbox as far as its mounts allow.

    A recursive watch of watchdog's goes down into the mounts below, network mounts too: its events from there
    are hints like all others, and nothing relies on them.

    Args:
        root: The inbox, without links in its path.
        wish: What the configuration says.
        make_watch: Makes a watch of the inbox that was not started yet.
        tell: Takes what was chosen when it is not what was told last.
    """

    def __init__(
        self,
        root: Path,
        wish: WatchMode,
        make_watch: Callable[[], Watch],
        tell: Callable[[WatchChanged], None],
    ) -> None:
        self._root = root
        self._wish = wish
        self._make_watch = make_watch
        self._tell = tell
        self._told: WatchChanged | None = None
        self._ground = Ground(at=None, below=())
        self._watch: Watch | None = None
        self._hearing = Hearing()
        self._restarts = Restarts()
        self._unreadable: set[PurePosixPath] = set()
        self._has_gap = False
        self._try_again_at: float | None = None
        self._next_count = 0.0
        self._polled: frozenset[PurePosixPath] = frozenset()

    @property
    def has_events(self) -> bool:
        """Whether events tell of changes, but for those in what is polled."""
        return self._watch is not None

    @property
    def polled(self) -> frozenset[PurePosixPath]:
        """The folders, relative to the inbox, that are to be polled although the rest has events."""
        return self._polled

    def begin(self, ground: Ground) -> None:
        """Watch anew, on this ground."""
        self._ground = ground
        self._restarts = Restarts()
        self._place("")

    def adopt(self, wish: WatchMode) -> None:
        """Go by another wish when the watch is begun the next time."""
        self._wish = wish

    def check(self) -> bool:
        """See to it that the watch hears, and say whether it was placed anew: all is to be scanned then."""
        now = time.monotonic()
        if self._watch is None:
            is_time = self._try_again_at is not None and now >= self._try_again_at
            return is_time and self._place("")
        if self._has_gap:
            return self._place("")
        if self._watch.is_deaf() or self._hearing.judge(now):
            return self._place("" if self._restarts.note(now) else _DEAF)
        return self._are_watches_used_up(now) and self._place(WATCHES_USED_UP)

    def _are_watches_used_up(self, now: float) -> bool:
        if now < self._next_count:
            return False
        self._next_count = now + _COUNT_SECONDS
        return are_watches_used_up()

    def note_marks(self, marks: Marks) -> None:
        """Note what events have named."""
        self._hearing.note_events(marks.folders | marks.trees | marks.excused)

    def note_scan(self, tally: Tally, ended: float) -> None:
        """Note what a full scan found; what it could read for the first time may have no watch yet."""
        self._has_gap = not self._unreadable.isdisjoint(tally.visited)
        self._unreadable = set(tally.unreadable)
        if self._watch is None:
            return
        heard = {folder for folder in tally.changed if self._polled.isdisjoint((folder, *folder.parents))}
        self._hearing.note_scan(heard, ended)

    def drop(self) -> None:
        """Stop to watch."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._hearing = Hearing()
        self._has_gap = False

    def _place(self, failure: str) -> bool:
        self.drop()
        networks = self._ground.networks(self._root)
        folder = PurePosixPath(self._root)
        manners = choose_manners(folder, self._wish, networks, failure)
        if manners[0].mode is WatchMode.EVENTS and (failure := self._start()):
            manners = choose_manners(folder, self._wish, networks, failure)
        self._try_again_at = time.monotonic() + _TRY_AGAIN_SECONDS if failure else None
        self._polled = frozenset(manner.folder.relative_to(folder) for manner in manners[1:])
        change = WatchChanged(manners=manners, failure=failure)
        if change != self._told:
            self._told = change
            self._tell(change)
        return True

    def _start(self) -> str:
        """Start a new watch, or give why that cannot be."""
        watch = self._make_watch()
        try:
            watch.start()
        except OSError as exc:
            watch.stop()
            return explain_failure(exc)
        except RecursionError:
            # Watchdog goes down a tree by calling itself; our own scan goes as deep as it needs to.
            watch.stop()
            return _TOO_DEEP
        if are_watches_used_up():
            watch.stop()
            return WATCHES_USED_UP
        self._watch = watch
        return ""
