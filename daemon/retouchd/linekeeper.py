"""Keeps the line that the service manager shows of the daemon: what it is doing, or why it does nothing."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.core.errors import JournalError
from retouchd.core.records import Moments
from retouchd.core.rhythm import Rhythm, Timetable
from retouchd.core.status import Holder, headline
from retouchd.engine.herald import Log
from retouchd.reporting import looking_out, report_status
from retouchd.settings import Settings

# Told soon: whoever has just started or paused it looks at once.
_RHYTHM: Final = Rhythm(first=0.5, linger=1.0)
_ENDING: Final = "Ending: what is under way is finished first"


class LineKeeper:
    """Tells the line from `start` on, whenever it has changed.

    Args:
        settings: Gives those that count now.
        holder: This process.
        moments: Gives both clocks.
        is_ending: Set when the run begins to end.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        manager: ServiceManager,
        holder: Holder,
        moments: Callable[[], Moments],
        is_ending: threading.Event,
        log: Log,
    ) -> None:
        self._settings = settings
        self._manager = manager
        self._holder = holder
        self._moments = moments
        self._is_ending = is_ending
        self._log = log
        self._told = ""
        self._timetable = Timetable(_RHYTHM)
        self._thread = threading.Thread(target=self._keep, name="companion-line", daemon=True)

    def start(self) -> None:
        """Begin, if anybody listens."""
        if self._manager.is_there:
            self._thread.start()

    def finish(self) -> None:
        """End; what is shown then is the service manager's own word."""
        self._is_ending.set()

    def _keep(self) -> None:
        wait = _RHYTHM.first
        while not self._is_ending.is_set():
            try:
                with closing(JournalView.open_for_reading(self._settings().places().journal)) as view:
                    self._watch(view, wait)
            except JournalError as exc:
                # The engine meets the same and says what to do about it.
                self._log.debug("status.not_written", detail=str(exc))
                self._is_ending.wait(_RHYTHM.least)
            wait = _RHYTHM.look
        self._manager.status(_ENDING)

    def _watch(self, view: JournalView, wait: float) -> None:
        while not self._is_ending.wait(wait):
            wait = _RHYTHM.look
            if self._timetable.is_due(time.monotonic(), view.version()):
                self._tell(self._line(view))

    def _tell(self, line: str) -> None:
        if line != self._told:
            self._told = line
            self._manager.status(line)

    def _line(self, view: JournalView) -> str:
        with looking_out(view, self._settings(), self._holder, self._moments()) as outlook:
            return headline(report_status(outlook, ()))
