"""Gathers all numbers at one moment, within a bounded time: from the journal, the scanner and the disks."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.journal.gauges import Arrivals
from retouchd.adapters.journal.views import JournalView
from retouchd.core.errors import JournalError
from retouchd.core.jobs import JobState
from retouchd.core.pauses import Pause
from retouchd.core.records import Moments, SpendReport
from retouchd.core.spending import Offer
from retouchd.engine.herald import Log
from retouchd.metrics.disks import RoomWatch, Sizes, StateSizes
from retouchd.metrics.lookout import Lookout, Watching
from retouchd.metrics.tally import CallTally
from retouchd.reporting import offer_now
from retouchd.settings import Settings

# Prometheus gives up after ten seconds; what is asked takes a few milliseconds.
PATIENCE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the journal tells.

    Attributes:
        waiting_since: When the oldest photo was seen that could be sent; None when none waits.
        last_delivery: When a picture was put into the outbox last.
        offer: The limits that hold, and what counts for them by now.
    """

    jobs: Mapping[JobState, int]
    arrivals: Arrivals
    waiting_since: datetime | None
    last_delivery: datetime | None
    spend: SpendReport
    offer: Offer
    pauses: Sequence[Pause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that is told.

    Attributes:
        history: None when the journal cannot be read.
        calls: Since the start; it goes on counting.
        busy_seconds: For how long the present look at the inbox has lasted.
        outbox_free: None while nobody knows.
    """

    now: datetime
    history: History | None
    calls: CallTally
    watching: Watching
    busy_seconds: float
    sizes: Sizes | None
    outbox_free: int | None


class Gatherer:
    """Gathers; from any thread, for one at a time.

    Args:
        settings: Gives them as they are now.
        lookout: What the scanner tells.
        room: The outbox's disk.
        longest_turn_seconds: How long somebody waits for another's turn to end.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        lookout: Lookout,
        room: RoomWatch,
        log: Log,
        longest_turn_seconds: float = 3.0,
    ) -> None:
        self._settings = settings
        self._lookout = lookout
        self._room = room
        self._log = log
        self._longest_turn_seconds = longest_turn_seconds
        self._lock = threading.Lock()
        self._view: JournalView | None = None
        self._trouble = ""
        self._sizes = StateSizes(settings().places())
        self._calls = CallTally()

    @contextmanager
    def gathered(self) -> Iterator[Facts]:
        """Have all numbers as they are now; nobody else gathers inside.

        Raises:
            TimeoutError: Others were not done in time.
        """
        if not self._lock.acquire(timeout=self._longest_turn_seconds):
            raise TimeoutError
        try:
            yield self._gather(SystemClock().moments())
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the journal, unless it hangs."""
        if self._lock.acquire(timeout=self._longest_turn_seconds):
            self._drop_view()
            self._lock.release()

    def _gather(self, moments: Moments) -> Facts:
        return Facts(
            now=moments.now,
            history=self._try_to_read(moments),
            calls=self._calls,
            watching=self._lookout.watching(),
            busy_seconds=self._lookout.busy_seconds(),
            sizes=self._sizes.sizes(),
            outbox_free=self._room.free(),
        )

    def _try_to_read(self, moments: Moments) -> History | None:
        try:
            history = self._read(moments)
        except JournalError as exc:
            self._drop_view()
            self._tell(str(exc))
            return None
        self._trouble = ""
        return history

    def _read(self, moments: Moments) -> History:
        if self._view is None:
            path = self._settings().places().journal
            self._view = JournalView.open_for_reading(path, PATIENCE_SECONDS)
        view = self._view
        with view.within(PATIENCE_SECONDS), view.snapshot():
            self._calls.catch_up(view)
            return read_history(view, self._settings(), moments)

    def _drop_view(self) -> None:
        if self._view is not None:
            self._view.close()
            self._view = None

    def _tell(self, trouble: str) -> None:
        """Tell a trouble once; the engine meets the same and says what to do about it."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._log.warning("metrics.not_gathered", detail=trouble)


def read_history(view: JournalView, settings: Settings, moments: Moments) -> History:
    """Read what the journal tells.

    Raises:
        JournalError: It cannot be read, or not in time.
    """
    arrivals = view.count_arrivals(moments)
    offer = offer_now(view, settings, moments.now)
    since = (view.oldest_ready(), arrivals.oldest_queued)
    return History(
        jobs=view.count_jobs(),
        arrivals=arrivals,
        waiting_since=min((one for one in since if one is not None), default=None),
        last_delivery=view.last_delivery(),
        spend=view.report_spend(offer.period),
        offer=offer,
        pauses=view.pauses(),
    )
