"""Tells the service manager that the daemon lives: a thread asks the engine, and looks at the scanner.

When the engine does not answer, this thread waits for it, and the service manager hears nothing more. Which
progress counts is decided in core/vigil.py.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from retouchd.adapters.servicemanager import ServiceManager
from retouchd.adapters.threads import look_at_thread
from retouchd.core.vigil import Signs, Verdict, Vigil, beat_seconds, may_feed
from retouchd.engine.herald import Log

# While the last calls are finished: so often more time is asked for, and so much.
_EXTENDING_EVERY_SECONDS: Final = 15.0
_EXTENSION_SECONDS: Final = 60.0


class Watched(Protocol):
    """The scanner, as it is looked at from another thread."""

    @property
    def steps(self) -> int:
        """Another number after each folder and each rest."""
        ...

    @property
    def native_id(self) -> int | None:
        """The system's number of its thread."""
        ...

    def is_alive(self) -> bool:
        """Say whether its thread runs."""
        ...


class VigilKeeper:
    """Feeds the watchdog while there is progress, and asks for time while the last calls are finished.

    Args:
        count_calls: Asks the engine how many calls are under way: it answers after a turn and its commit.
        is_ending: Set when the run begins to end.
    """

    def __init__(
        self,
        manager: ServiceManager,
        count_calls: Callable[[], int],
        scanner: Watched,
        is_ending: threading.Event,
        log: Log,
    ) -> None:
        self._manager = manager
        self._count_calls = count_calls
        self._scanner = scanner
        self._is_ending = is_ending
        self._log = log
        self._vigil = Vigil()
        self._last = Verdict.FINE
        self._is_over = threading.Event()
        # No companion: were it dead, the service manager would cut calls that may be paid.
        self._thread = threading.Thread(target=self._keep, name="vigil", daemon=True)

    def start(self) -> None:
        """Begin, if anybody listens."""
        if self._manager.is_there:
            self._thread.start()

    def finish(self) -> None:
        """End; whether the thread still waits for an answer matters to nobody."""
        self._is_over.set()
        self._is_ending.set()

    def _keep(self) -> None:
        watchdog_seconds = self._manager.watchdog_seconds
        period = None if watchdog_seconds is None else beat_seconds(watchdog_seconds)
        while not self._is_ending.wait(period):
            self._feed(self._count_calls())
        while not self._is_over.is_set():
            self._count_calls()
            self._manager.extend(_EXTENSION_SECONDS)
            self._is_over.wait(_EXTENDING_EVERY_SECONDS)

    def _feed(self, calls_under_way: int) -> None:
        verdict = self._vigil.judge(self._look(), time.monotonic())
        if verdict is not self._last and verdict is not Verdict.FINE:
            self._log.error("scanner.hangs", detail=verdict.value, calls_under_way=calls_under_way)
        self._last = verdict
        if may_feed(verdict, calls_under_way):
            self._manager.feed()

    def _look(self) -> Signs:
        scanner = self._scanner
        steps, is_alive = scanner.steps, scanner.is_alive()
        return Signs(is_alive=is_alive, steps=steps, place=look_at_thread(scanner.native_id))
