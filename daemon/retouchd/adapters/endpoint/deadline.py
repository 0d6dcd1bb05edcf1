"""Ends calls from outside: at their total deadline, or all at once when the daemon must stop.

Timeouts of single reads do not bound a call, since every byte that drips in begins a new one. So one
thread shuts sockets down when their time is over. Nothing here knows HTTP.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Final

# Generation is minutes of silence, and routers forget connections that are silent that long.
_KEEPALIVE_IDLE_SECONDS: Final = 60
_KEEPALIVE_INTERVAL_SECONDS: Final = 60
_KEEPALIVE_PROBES: Final = 5


class Line:
    """The connection of one call, which another thread may end.

    It holds a duplicate of the descriptor: shutting that down ends the connection under TLS too, in the
    midst of a handshake too, and never hits another connection that got the number of a closed one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._ended_by: str | None = None

    @property
    def ended_by(self) -> str | None:
        """Why the call was ended from outside, or None."""
        return self._ended_by

    def attach(self, connection: socket.socket) -> None:
        """Take over the connection as soon as it stands, and end it if that was wanted before."""
        _keep_alive(connection)
        with self._lock:
            self._connection = connection.dup()
            if self._ended_by is not None:
                _shut_down(self._connection)

    def end(self, reason: str) -> None:
        """End the call now; the first reason stands."""
        with self._lock:
            self._ended_by = self._ended_by or reason
            if self._connection is not None:
                _shut_down(self._connection)

    def release(self) -> None:
        """Let go of the connection: the call is over."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_IDLE_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_INTERVAL_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)


def _shut_down(connection: socket.socket) -> None:
    # ENOTCONN: the other side has ended the connection already, which is what is wanted.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class DeadlineThread:
    """One thread that ends overdue calls and sleeps while there is nothing to end."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._lines: dict[Line, float] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextlib.contextmanager
    def watch(self, line: Line, seconds: float) -> Iterator[None]:
        """End the line when this takes longer than `seconds`, and let go of it at the end."""
        with self._condition:
            self._lines[line] = time.monotonic() + seconds
            self._start()
            self._condition.notify()
        try:
            yield
        finally:
            with self._condition:
                self._lines.pop(line, None)
            line.release()

    def end_all(self, reason: str) -> None:
        """End every line that is watched."""
        with self._condition:
            lines = tuple(self._lines)
        for line in lines:
            line.end(reason)

    def close(self) -> None:
        """Stop the thread; nothing is ended any more."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="deadline", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        with self._condition:
            while not self._closed:
                self._end_overdue(time.monotonic())
                self._condition.wait(self._seconds_to_next(time.monotonic()))

    def _end_overdue(self, now: float) -> None:
        for line in [line for line, due in self._lines.items() if due <= now]:
            del self._lines[line]
            line.end("it took longer than is allowed in all")

    def _seconds_to_next(self, now: float) -> float | None:
        return max(min(self._lines.values()) - now, 0) if self._lines else None
