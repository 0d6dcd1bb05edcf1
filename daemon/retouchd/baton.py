"""The baton: of the threads that decide and work one runs at a time, and none fights for Python's own lock.

Python lets one thread run, and each call of the system lets another one in. Where two cores were free its
lock changed hands a thousand times a photo, and each time one core woke the other: with eight calls at once
of 1.5 MB a photo took 35 ms of CPU, and takes 26 with the baton.

It guards nothing. Whoever waits for the network, the disk or another thread puts it down; from whoever does
not, since a share hangs, it is taken after a moment.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# With eight photos at once in one of 65 cases somebody waits longer; with half of it in one of ten.
_PATIENCE_SECONDS: Final = 0.02


class _Mine(threading.local):
    takes_part = False
    lock: "threading.Lock | None" = None


class Baton:
    """Passed from thread to thread, among those that take part.

    Args:
        patience_seconds: For how long it is waited for.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._mine = _Mine()

    @contextmanager
    def carried(self) -> Iterator[None]:
        """Have this thread take part while this lasts."""
        self._mine.takes_part = True
        self.pick_up()
        try:
            yield
        finally:
            self.put_down()
            self._mine.takes_part = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others run while this lasts: it waits for something."""
        self.put_down()
        try:
            yield
        finally:
            self.pick_up()

    def put_down(self) -> None:
        """Let another thread run, if this one has the baton."""
        lock, self._mine.lock = self._mine.lock, None
        if lock is not None:
            lock.release()

    def pick_up(self) -> None:
        """Wait for the baton, if this thread takes part, and go on after a moment in any case."""
        if not self._mine.takes_part:
            return
        lock = self._lock
        if not lock.acquire(timeout=self._patience_seconds):
            # There is a new one from now on. Who waits for the old one gets that after all, or comes here
            # too: for a moment more than one may run.
            lock = threading.Lock()
            lock.acquire()
            self._lock = lock
        self._mine.lock = lock


# Python's lock is one for the whole process.
BATON: Final = Baton()
