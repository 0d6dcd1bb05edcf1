"""Answers GET /metrics on one port, in one thread that nobody who calls can hold up for long.

A few lines of our own: the servers in the standard library and in prometheus-client start a thread for each
connection and wait for ever for what it says.
"""

import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from retouchd.engine.herald import Log

# What Prometheus asks with has a few hundred bytes.
_MOST_REQUEST_BYTES: Final = 8192
# A page is far smaller than what the system takes in for somebody who is slow to read.
_LONGEST_ANSWER_SECONDS: Final = 1.0
_MOST_CALLERS: Final = 32
_END_OF_REQUEST: Final = b"\r\n\r\n"
_REST_SECONDS: Final = 1.0
_LONGEST_STOP_SECONDS: Final = 2.0
_PLAIN: Final = "text/plain; charset=utf-8"
_HINT: Final = b"retouchd: its numbers for Prometheus are at /metrics\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the server waits, in seconds.

    Attributes:
        request: For what a caller wants; Prometheus says it at once.
        port: Until it tries again to get a port that somebody else has.
    """

    request: float = 5.0
    port: float = 60.0


_PATIENCE: Final = Patience()


@dataclass(slots=True, kw_only=True)
class _Caller:
    """Somebody who has connected and has not said yet what is wanted."""

    connection: socket.socket
    deadline: float
    heard: bytearray = field(default_factory=bytearray)


class MetricsServer:
    """Serves pages on one port from `start` to `finish`; a port that is taken is tried again.

    Args:
        where: An IP address and a port.
        content_type: What pages are.
        page: Gives a page, or raises TimeoutError.
    """

    def __init__(
        self,
        where: tuple[str, int],
        content_type: str,
        page: Callable[[], bytes],
        log: Log,
        patience: Patience = _PATIENCE,
    ) -> None:
        self._address, self._port = where
        self._content_type = content_type
        self._page = page
        self._log = log
        self._patience = patience
        self._trouble = ""
        self._callers: dict[socket.socket, _Caller] = {}
        self._is_over = threading.Event()
        self._bell, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="companion-metrics-server", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """End the thread and free the port."""
        self._is_over.set()
        self._wake.close()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP_SECONDS)
        if not self._thread.is_alive():
            self._bell.close()

    def _serve(self) -> None:
        # From here on calls are counted, not only from the first question on.
        with suppress(TimeoutError):
            self._page()
        while not self._is_over.is_set():
            try:
                listening = _listen(self._address, self._port)
            except OSError as exc:
                self._tell(exc)
                self._is_over.wait(self._patience.port)
                continue
            self._trouble = ""
            self._log.info("metrics.served", address=self._address, port=self._port)
            with listening:
                self._answer_all(listening)

    def _tell(self, error: OSError) -> None:
        if self._trouble == str(error):
            return
        self._trouble = str(error)
        # Python's own words for it name the address once more, as a tuple.
        reason = os.strerror(error.errno or errno.EIO)
        advice = "set metrics.port to one above 1023 that is free, and metrics.address to one of this machine"
        detail = f"{self._address}, port {self._port}: {reason}: {advice}; meanwhile all else goes on"
        self._log.warning("metrics.not_served", detail=detail)

    def _answer_all(self, listening: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listening, selectors.EVENT_READ, self._take_in)
            selector.register(self._bell, selectors.EVENT_READ, lambda _selector, _bell: None)
            while not self._is_over.is_set():
                for key, _events in selector.select(self._seconds_left()):
                    key.data(selector, key.fileobj)
                self._drop_late_ones(selector)
            for caller in list(self._callers.values()):
                self._drop(selector, caller)

    def _seconds_left(self) -> float | None:
        first = min((caller.deadline for caller in self._callers.values()), default=None)
        return None if first is None else max(0.0, first - time.monotonic())

    def _take_in(self, selector: selectors.BaseSelector, listening: socket.socket) -> None:
        try:
            connection, _address = listening.accept()
        except OSError:
            # No descriptors are left, for example: it would be asked for again at once, and for ever.
            self._is_over.wait(_REST_SECONDS)
            return
        connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
        if len(self._callers) >= _MOST_CALLERS:
            # Whoever has said nothing for longest hardly will.
            self._drop(selector, min(self._callers.values(), key=lambda caller: caller.deadline))
        deadline = time.monotonic() + self._patience.request
        self._callers[connection] = _Caller(connection=connection, deadline=deadline)
        selector.register(connection, selectors.EVENT_READ, self._hear)

    def _hear(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        caller = self._callers.get(connection)
        if caller is None:
            return
        try:
            said = connection.recv(_MOST_REQUEST_BYTES)
        except OSError:
            said = b""
        caller.heard += said
        if said and _END_OF_REQUEST not in caller.heard and len(caller.heard) < _MOST_REQUEST_BYTES:
            return
        if said:
            self._answer(connection, bytes(caller.heard))
        self._drop(selector, caller)

    def _answer(self, connection: socket.socket, request: bytes) -> None:
        answer = self._answer_to(request)
        # Whoever hangs up, or does not read, wanted none.
        with suppress(OSError):
            connection.settimeout(_LONGEST_ANSWER_SECONDS)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)

    def _answer_to(self, request: bytes) -> bytes:
        words = request.split(b"\r\n", 1)[0].split(b" ")
        if _END_OF_REQUEST not in request or len(words) != 3 or not words[2].startswith(b"HTTP/1."):  # noqa: PLR2004
            return _reply("400 Bad Request", _PLAIN, b"that is no HTTP request\n")
        if words[0] != b"GET":
            return _reply("405 Method Not Allowed", _PLAIN, b"only GET\n", "Allow: GET\r\n")
        path = words[1].partition(b"?")[0]
        if path != b"/metrics":
            return _reply("200 OK" if path == b"/" else "404 Not Found", _PLAIN, _HINT)
        try:
            return _reply("200 OK", self._content_type, self._page())
        except TimeoutError:
            return _reply("503 Service Unavailable", _PLAIN, b"the history does not answer\n")

    def _drop_late_ones(self, selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        for caller in [one for one in self._callers.values() if one.deadline <= now]:
            self._drop(selector, caller)

    def _drop(self, selector: selectors.BaseSelector, caller: _Caller) -> None:
        selector.unregister(caller.connection)
        del self._callers[caller.connection]
        caller.connection.close()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=_MOST_CALLERS)


def _reply(status: str, content_type: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        f"{more}Connection: close\r\n\r\n"
    )
    return head.encode() + body
