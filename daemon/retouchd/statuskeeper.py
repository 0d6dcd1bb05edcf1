"""Keeps the status file in the outbox: a thread that looks at the journal and writes what has changed.

The engine knows nothing of it, and a share that blocks or is full holds up nobody but this thread.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.core.errors import FileTroubleError, JournalError, NameTakenError
from retouchd.core.records import Moments
from retouchd.core.rhythm import Rhythm, Timetable
from retouchd.core.status import Holder
from retouchd.core.statusfile import status_text, without_clock
from retouchd.engine.herald import Log
from retouchd.reporting import looking_out, report_page
from retouchd.settings import Settings

_THREAD: Final = "companion-status"


class StatusKeeper:
    """Keeps the file up from `start` on, and has the last word in `finish`.

    Args:
        settings: Gives them as they are now.
        holder: This process.
        moments: Gives both clocks.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        file: StatusFile,
        holder: Holder,
        moments: Callable[[], Moments],
        log: Log,
        rhythm: Rhythm,
    ) -> None:
        self._settings = settings
        self._file = file
        self._holder = holder
        self._moments = moments
        self._log = log
        self._rhythm = rhythm
        self._trouble = ""
        self._timetable = Timetable(rhythm)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=_THREAD, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Write for the last time that nothing runs any more, unless the outbox does not answer."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(self._rhythm.last_word)

    def _keep(self) -> None:
        wait = self._rhythm.first
        while not self._is_over.is_set():
            try:
                with closing(JournalView.open_for_reading(self._settings().places().journal)) as view:
                    self._watch(view, wait)
            except JournalError as exc:
                # The engine meets the same and says what to do about it; what was read before stays there.
                self._tell(exc)
                self._is_over.wait(self._rhythm.least)
            wait = self._rhythm.look

    def _watch(self, view: JournalView, wait: float) -> None:
        """Keep the file up until all is over, and have the last word."""
        while not self._is_over.wait(wait):
            wait = self._rhythm.look
            self._keep_up(view)
        self._write(view, None)

    def _keep_up(self, view: JournalView) -> None:
        if self._timetable.is_due(time.monotonic(), view.version()):
            self._write(view, self._holder)

    def _write(self, view: JournalView, holder: Holder | None) -> None:
        text = self._text(view, holder)
        try:
            # Compared with what is there: it may have been deleted, or be from an earlier run.
            if without_clock(text) != without_clock(self._file.read()):
                self._file.write(text)
                self._timetable.note_writing(time.monotonic())
            self._trouble = ""
        except FileTroubleError as exc:
            self._tell(exc)

    def _text(self, view: JournalView, holder: Holder | None) -> str:
        with looking_out(view, self._settings(), holder, self._moments()) as outlook:
            return status_text(report_page(outlook))

    def _tell(self, trouble: JournalError | FileTroubleError) -> None:
        """Tell a trouble once; that the outbox is missing or full is told by others already."""
        if str(trouble) == self._trouble:
            return
        self._trouble = str(trouble)
        tell = self._log.warning if isinstance(trouble, NameTakenError) else self._log.debug
        tell("status.not_written", detail=str(trouble))


class StatusRemover:
    """Removes a file of an earlier run, in a thread of its own, where none is wanted; fits the keeper."""

    def __init__(self, file: StatusFile, log: Log) -> None:
        self._file = file
        self._log = log
        self._thread = threading.Thread(target=self._remove, name=_THREAD, daemon=True)

    def start(self) -> None:
        """Remove it when the outbox answers."""
        self._thread.start()

    def finish(self) -> None:
        """Do nothing more."""

    def _remove(self) -> None:
        try:
            self._file.remove()
        except FileTroubleError as exc:
            self._log.debug("status.not_written", detail=str(exc))
