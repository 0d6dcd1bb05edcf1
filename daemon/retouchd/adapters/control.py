"""The poke by which a command tells a running daemon to look into the journal.

A datagram on a Unix socket in the abstract name space: nothing of it lies on a disk, and nothing but
"look" can be said with it, so anybody may.
"""

import hashlib
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from retouchd.core.errors import AlreadyOwnedError

_POKE: Final = b"look"


def poke(state: Path) -> None:
    """Wake the daemon of a state folder, if there is one; it also looks by itself, but later."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
        sender.sendto(_POKE, _address(state))


class PokeListener:
    """Listens for pokes in a thread of its own.

    Args:
        state: The state folder, whose daemon this is.
        on_poke: Called in the listener's thread.

    Raises:
        AlreadyOwnedError: Another daemon listens for this folder: its lock was deleted under it.
    """

    def __init__(self, state: Path, on_poke: Callable[[], None]) -> None:
        self._on_poke = on_poke
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(_address(state))
        except OSError as exc:
            self._socket.close()
            message = f"another retouchd still runs with the state folder {state}: stop that one first"
            raise AlreadyOwnedError(message) from exc
        self._waker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._waker.connect(_address(state))
        self._thread = threading.Thread(target=self._listen, name="pokes", daemon=True)

    @property
    def waker(self) -> int:
        """A descriptor by which a byte of this process counts as a poke, for signals that are to wake it.

        The system may hand a signal to any thread, and Python's handler waits for the main thread then, which
        sleeps for up to half a minute.
        """
        return self._waker.fileno()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
        self._waker.close()

    def _listen(self) -> None:
        while self._socket.recv(len(_POKE)):
            self._on_poke()


def _address(state: Path) -> bytes:
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:32]
    return f"\0retouchd-{name}".encode("ascii")
