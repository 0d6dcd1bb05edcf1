"""What the service manager is told, by the notification protocol of systemd, and what it wants to hear.

Datagrams to the socket that it names; without one nothing is told. What is told when does not come in here.
"""

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final, Self

from retouchd.core.values import printable

_SOCKET: Final = "NOTIFY_SOCKET"
_WATCHDOG: Final = "WATCHDOG_USEC"
_WATCHED_PROCESS: Final = "WATCHDOG_PID"
_MICROSECONDS: Final = 1_000_000
# It reads at once; while it loads itself anew it may take a moment, and nothing of ours may wait for long.
_LONGEST_WAIT_SECONDS: Final = 1.0


class ServiceManager:
    """Tells the service manager what this process does; nothing of it ever raises or waits for long.

    Any thread may call it.

    Args:
        address: The socket's name as the environment has it; empty tells nobody anything.
        watchdog_seconds: Within how many seconds `feed` must be called again; None when nobody waits for it.
    """

    def __init__(self, address: str, watchdog_seconds: float | None) -> None:
        # A name that begins with @ lies in the abstract name space; other kinds are not known here.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._is_known = address.startswith(("/", "@"))
        self.watchdog_seconds = watchdog_seconds if self._is_known else None

    @classmethod
    def from_environ(cls, environ: MutableMapping[str, str]) -> Self:
        """Take what it says out of the environment, so that no child can speak in this process's name."""
        address = environ.pop(_SOCKET, "")
        period, process = environ.pop(_WATCHDOG, ""), environ.pop(_WATCHED_PROCESS, "")
        is_watched = period.isdecimal() and int(period) > 0 and process in {"", str(os.getpid())}
        return cls(address, int(period) / _MICROSECONDS if is_watched else None)

    @property
    def is_there(self) -> bool:
        """Whether somebody listens to what is told."""
        return self._is_known

    def ready(self) -> None:
        """Tell that the start, or loading settings anew, is over."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """Show what goes on, as one line."""
        self._tell(f"STATUS={printable(text)}")

    def reloading(self, monotonic_usec: int) -> None:
        """Tell that settings are being loaded anew, until `ready`.

        Args:
            monotonic_usec: CLOCK_MONOTONIC in microseconds as it is now.
        """
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={monotonic_usec}")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._tell("STOPPING=1")

    def extend(self, timeout_seconds: float) -> None:
        """Ask for so much time from now on before start, or stop, counts as failed."""
        self._tell(f"EXTEND_TIMEOUT_USEC={round(timeout_seconds * _MICROSECONDS)}")

    def feed(self) -> None:
        """Tell that all is well, which starts the watchdog's time anew."""
        self._tell("WATCHDOG=1")

    def _tell(self, message: str) -> None:
        if not self._is_known:
            return
        # Who cannot be told is gone, or hears the next message; the work goes on in either case.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(_LONGEST_WAIT_SECONDS)
            sender.sendto(message.encode("utf-8"), self._address)
