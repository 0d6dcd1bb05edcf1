"""The state folder: made for its owner alone, on a local disk, and locked for one daemon at a time.

What lies in it (journal, spool) does not come in here.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from retouchd.core.errors import AlreadyOwnedError, FileTroubleError, StartRefusedError
from retouchd.core.status import Holder
from retouchd.core.values import printable

LOCK_NAME: Final = "lock"
# `status` holds a shared lock for an instant while it looks; the daemon must not take that for a rival.
_TRIES: Final = 5
_BETWEEN_TRIES_SECONDS: Final = 0.1
# A process number and a time are some forty bytes.
_MAX_NOTE_BYTES: Final = 200


def prepare_state_folder(
    path: Path, *, file_system_of: Callable[[Path], str], is_network: Callable[[str], bool]
) -> None:
    """Make the folder if it is not there, for its owner alone; one that is there keeps its mode.

    Args:
        path: Absolute.
        file_system_of: Gives the type of the file system that an existing path lies on.
        is_network: Says whether a file system of this type lies on another machine.

    Raises:
        StartRefusedError: It lies on a network file system, or cannot be made; nothing was created.
    """
    try:
        existing = next(folder for folder in (path, *path.parents) if folder.exists())
        kind = file_system_of(existing.resolve())
        if is_network(kind):
            raise StartRefusedError(_network_refusal(path, kind))
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        message = f"the state folder {printable(path)} cannot be used: {exc.strerror}"
        raise StartRefusedError(message) from exc


def _network_refusal(path: Path, kind: str) -> str:
    return (
        f"the state folder {printable(path)} lies on a network file system ({printable(kind)}), where the "
        "history cannot be kept safely: set folders.state to a folder on a local disk"
    )


class StateLock:
    """Holds the state folder while entered; the system lets go of it when the process ends, however it does.

    The lock's file is never removed: a rival could then lock a file that has no name any more.
    """

    def __init__(self, folder: Path, started: datetime) -> None:
        self._folder = folder
        self._started = started
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock and note who holds it.

        Raises:
            AlreadyOwnedError: Another process holds it.
            FileTroubleError: The lock's file cannot be used.
        """
        path = self._folder / LOCK_NAME
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            self._take()
            _write_note(self._descriptor, f"{os.getpid()} {self._started.isoformat()}\n")
        except BlockingIOError as exc:
            raise AlreadyOwnedError(self._let_go_of_rival()) from exc
        except OSError as exc:
            self._close()
            raise FileTroubleError(operation="lock", path=path, reason=str(exc.strerror)) from exc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go, leaving an empty file where the disk allows it."""
        # A note that stays is that of a daemon that was killed: nobody reads it while nobody holds the lock.
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        self._close()

    def _take(self) -> None:
        for _ in range(_TRIES - 1):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_BETWEEN_TRIES_SECONDS)
            else:
                return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go_of_rival(self) -> str:
        rival = _read_note(self._descriptor)
        self._close()
        return (
            f"another retouchd ({rival}) works with {printable(self._folder)}; two would both pay. "
            "Stop that one first, or ask it: retouchd status"
        )

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_lock_holder(folder: Path) -> Holder | None:
    """Say who holds the lock of a state folder, or None when nobody does.

    Raises:
        FileTroubleError: The lock's file cannot be read.
    """
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise FileTroubleError(operation="read", path=path, reason=str(exc.strerror)) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_note(descriptor)
    finally:
        os.close(descriptor)
    return None


def _is_stopped(pid: int) -> bool:
    """Say whether a process is there and was stopped, so that it does nothing until it is told to go on."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    # Its name stands in brackets before the state, and may hold anything.
    return told.rpartition(")")[2].split()[:1] in (["T"], ["t"])


def _write_note(descriptor: int, note: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note.encode("ascii"), 0)


def _read_note(descriptor: int) -> Holder:
    words = os.pread(descriptor, _MAX_NOTE_BYTES, 0).decode("ascii", "replace").split()
    try:
        pid, since = words
        number = int(pid)
        return Holder(pid=number, since=datetime.fromisoformat(since), is_stopped=_is_stopped(number))
    except ValueError:
        return Holder(pid=None, since=None)
