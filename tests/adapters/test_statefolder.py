"""The state folder is the owner's alone, on a local disk, and one daemon's at a time."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retouchd.adapters.statefolder import StateLock, prepare_state_folder, read_lock_holder
from retouchd.core.errors import AlreadyOwnedError, FileTroubleError, JournalError, StartRefusedError
from retouchd.core.status import Holder

STARTED = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)

_RIVAL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from retouchd.adapters.statefolder import StateLock
with StateLock(Path(sys.argv[1]), datetime(2026, 1, 3, 8, tzinfo=UTC)):
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _rival(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", _RIVAL, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process


@contextmanager
def _looking(folder: Path) -> Iterator[int]:
    """Hold the lock as `status` does while it looks."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _prepare(path: Path, kind: str = "ext4") -> list[Path]:
    asked: list[Path] = []

    def file_system_of(existing: Path) -> str:
        asked.append(existing)
        return kind

    prepare_state_folder(path, file_system_of=file_system_of, is_network=lambda kind: kind == "nfs4")
    return asked


def test_the_folder_is_made_for_its_owner(tmp_path: Path) -> None:
    """A new state folder can be read by nobody else; its history tells of private photos."""
    path = tmp_path / "state" / "retouchd"

    asked = _prepare(path)

    assert path.stat().st_mode & 0o777 == 0o700
    assert asked == [tmp_path.resolve()]


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    """A folder that the owner or the service manager made is used as it is."""
    path = tmp_path / "state"
    path.mkdir()
    path.chmod(0o750)

    _prepare(path)

    assert path.stat().st_mode & 0o777 == 0o750


def test_a_network_mount_is_refused(tmp_path: Path) -> None:
    """On a network file system nothing is created, and the setting to change is named."""
    path = tmp_path / "state"

    with pytest.raises(StartRefusedError, match=r"network file system \(nfs4\).*set folders\.state"):
        _prepare(path, "nfs4")

    assert not path.exists()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    """Something else at the path stays, and the path is named."""
    path = tmp_path / "state"
    path.write_text("mine")

    with pytest.raises(StartRefusedError, match="state cannot be used: File exists"):
        _prepare(path)

    assert path.read_text() == "mine"


def test_the_holder_can_be_read(tmp_path: Path) -> None:
    """While the lock is held anybody can read by whom and since when; afterwards nobody holds it."""
    with StateLock(tmp_path, STARTED):
        during = read_lock_holder(tmp_path)
    afterwards = read_lock_holder(tmp_path)

    assert during == Holder(pid=os.getpid(), since=STARTED)
    assert afterwards is None


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    """A state folder without a lock's file has no daemon."""
    holder = read_lock_holder(tmp_path)

    assert holder is None


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    """Another process that holds the lock is named with its number, its start and the path."""
    with _rival(tmp_path) as rival:
        holder = read_lock_holder(tmp_path)
        with pytest.raises(AlreadyOwnedError) as caught, StateLock(tmp_path, STARTED):
            pass
        rival.communicate("")

    assert holder == Holder(pid=rival.pid, since=datetime(2026, 1, 3, 8, tzinfo=UTC))
    assert f"(process {rival.pid}, since 2026-01-03 08:00:00+00:00) works with {tmp_path};" in str(
        caught.value
    )
    assert caught.value.exit_status == 75


def test_a_killed_daemon_leaves_no_lock(tmp_path: Path) -> None:
    """A daemon that was killed does not keep the next one from starting (I8)."""
    with _rival(tmp_path) as rival:
        rival.kill()
        rival.wait()
        left = read_lock_holder(tmp_path)
        with StateLock(tmp_path, STARTED):
            taken = read_lock_holder(tmp_path)

    assert left is None
    assert taken == Holder(pid=os.getpid(), since=STARTED)


def test_a_disk_that_fails_hides_no_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the daemon ends is what is told, though its note cannot be emptied; the folder is free."""

    def fail(_descriptor: int, _length: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def work() -> None:
        with StateLock(tmp_path, STARTED):
            monkeypatch.setattr(os, "ftruncate", fail)
            raise JournalError(reason)

    reason = "the disk of the state folder is full"
    with pytest.raises(JournalError, match=reason):
        work()

    assert read_lock_holder(tmp_path) is None


def test_a_look_does_not_stop_the_daemon(tmp_path: Path) -> None:
    """Somebody who only looks for an instant is waited for."""
    with _looking(tmp_path) as descriptor:
        threading.Timer(0.05, fcntl.flock, (descriptor, fcntl.LOCK_UN)).start()
        with StateLock(tmp_path, STARTED):
            holder = read_lock_holder(tmp_path)

    assert holder == Holder(pid=os.getpid(), since=STARTED)


def test_a_holder_that_wrote_nothing_yet_is_one(tmp_path: Path) -> None:
    """Between taking the lock and writing its note a daemon has just started."""
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    holder = read_lock_holder(tmp_path)

    os.close(descriptor)
    assert holder == Holder(pid=None, since=None)
    assert str(holder) == "just started"


def test_a_lock_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A link in the lock's place is neither followed nor read."""
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileTroubleError, match=r"cannot lock .*/lock"), StateLock(tmp_path, STARTED):
        pass
    with pytest.raises(FileTroubleError, match=r"cannot read .*/lock"):
        read_lock_holder(tmp_path)

    assert not (tmp_path / "elsewhere").exists()
