"""Durables for tests: cut at the n-th durable step, fail there, or answer as poorer file systems do.

Each wraps another Durable, so that a cut can be combined with a file system.
"""

import errno
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

from retouchd.adapters.durable import Durable


class Cut(BaseException):
    """The process ends here. No production code catches it, as none catches SIGKILL."""


class When(Enum):
    """Whether the step at which it happens is still carried out."""

    BEFORE = "before"
    AFTER = "after"


class WrappingDurable(Durable):
    """Hands every step to another Durable, through one method that can be overridden."""

    def __init__(self, inner: Durable | None = None) -> None:
        self.inner = inner or Durable()

    def step(self, act: Callable[[], None]) -> None:
        """Carry out one durable step."""
        act()

    def fsync(self, descriptor: int) -> None:
        """Count and hand on."""
        self.step(lambda: self.inner.fsync(descriptor))

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Count and hand on."""
        folders = {"source_folder": source_folder, "target_folder": target_folder}
        self.step(lambda: self.inner.link(source, target, **folders))

    def rename(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Count and hand on."""
        folders = {"source_folder": source_folder, "target_folder": target_folder}
        self.step(lambda: self.inner.rename(source, target, **folders))

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Count and hand on."""
        folders = {"source_folder": source_folder, "target_folder": target_folder}
        self.step(lambda: self.inner.rename_exclusive(source, target, **folders))

    def exchange(self, first: str, second: str, *, folder: int) -> None:
        """Count and hand on."""
        self.step(lambda: self.inner.exchange(first, second, folder=folder))

    def unlink(self, name: str, *, folder: int) -> None:
        """Count and hand on."""
        self.step(lambda: self.inner.unlink(name, folder=folder))

    def commit(self, connection: sqlite3.Connection) -> None:
        """Count and hand on."""
        self.step(lambda: self.inner.commit(connection))


class CuttingDurable(WrappingDurable):
    """Ends the process at the n-th durable step, counted from 1; a dead process does nothing more.

    Attributes:
        happened: Whether there was an n-th step.
    """

    def __init__(self, at: int, when: When = When.BEFORE, inner: Durable | None = None) -> None:
        super().__init__(inner)
        self.at = at
        self.steps_left = at
        self.when = when
        self.happened = False

    def step(self, act: Callable[[], None]) -> None:
        """Count down, and cut before or after the step."""
        self.steps_left -= 1
        if self.steps_left > 0:
            act()
            return
        if self.steps_left == 0 and self.when is When.AFTER:
            act()
        self.happened = True
        self.end()

    def end(self) -> None:
        """End the process, as far as a test inside it can."""
        raise Cut


class KillingDurable(CuttingDurable):
    """Kills the process it is in by SIGKILL at the n-th durable step."""

    def end(self) -> None:
        """Kill this process."""
        os.kill(os.getpid(), signal.SIGKILL)


class FailingDurable(WrappingDurable):
    """Fails with an errno at the n-th durable step only, counted from 1.

    Attributes:
        happened: Whether there was an n-th step.
    """

    def __init__(self, at: int, code: int, inner: Durable | None = None) -> None:
        super().__init__(inner)
        self.steps_left = at
        self.code = code
        self.happened = False

    def step(self, act: Callable[[], None]) -> None:
        """Count down, and fail instead of the step."""
        self.steps_left -= 1
        if self.steps_left == 0:
            self.happened = True
            raise OSError(self.code, os.strerror(self.code))
        act()


class ForgettingDurable(Durable):
    """A disk whose power can be cut: then the names given since the last fsync of their folder are gone.

    What was removed stays removed, whether synced or not: that is the worst which may happen. Giving a
    visible name to a file that was not synced is an error at once, since its bytes would be lost.
    """

    def __init__(self, inner: Durable | None = None) -> None:
        self.inner = inner or Durable()
        self._synced: set[tuple[int, int]] = set()
        self._undo: list[tuple[tuple[int, int], Callable[[], object]]] = []

    def fsync(self, descriptor: int) -> None:
        """Remember what is durable now."""
        self.inner.fsync(descriptor)
        here = _identity(os.fstat(descriptor))
        self._synced.add(here)
        self._undo = [(folder, undo) for folder, undo in self._undo if folder != here]

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Remember how to take the new name back."""
        self.inner.link(source, target, source_folder=source_folder, target_folder=target_folder)
        self._check_synced(target, target_folder)
        self._remember(target_folder, lambda folder: (folder / target).unlink())

    def rename(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Remember how to rename back, and what was there."""
        place = _path(target_folder) / target
        earlier = place.read_bytes() if place.is_file() else None
        self.inner.rename(source, target, source_folder=source_folder, target_folder=target_folder)
        if earlier is not None:
            self._remember(target_folder, lambda _folder: place.write_bytes(earlier))
        self._remember_rename(source, target, source_folder, target_folder)

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Remember how to rename back."""
        self.inner.rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)
        self._remember_rename(source, target, source_folder, target_folder)

    def exchange(self, first: str, second: str, *, folder: int) -> None:
        """Remember how to exchange back; what was removed since cannot be."""
        self.inner.exchange(first, second, folder=folder)
        for name in (first, second):
            self._check_synced(name, folder)
        held = {name: (_path(folder) / name).read_bytes() for name in (first, second)}
        self._remember(folder, lambda place: (place / second).write_bytes(held[first]))
        self._remember(folder, lambda place: (place / first).write_bytes(held[second]))

    def unlink(self, name: str, *, folder: int) -> None:
        """Remove for good."""
        self.inner.unlink(name, folder=folder)

    def cut_power(self) -> None:
        """Forget, latest first, every name that was not made durable."""
        for _folder, undo in reversed(self._undo):
            with suppress(FileNotFoundError):  # Removed since, and what is removed stays so.
                undo()

    def is_synced(self, path: Path) -> bool:
        """Say whether this file or folder was ever made durable."""
        return _identity(path.stat()) in self._synced

    def _remember_rename(self, source: str, target: str, source_folder: int, target_folder: int) -> None:
        self._check_synced(target, target_folder)
        back = _path(source_folder) / source
        self._remember(target_folder, lambda folder: (folder / target).rename(back))

    def _remember(self, folder: int, undo: Callable[[Path], object]) -> None:
        path = _path(folder)
        self._undo.append((_identity(os.fstat(folder)), lambda: undo(path)))

    def _check_synced(self, name: str, folder: int) -> None:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and not name.startswith(".~"):
            assert _identity(status) in self._synced, f"{name} was given to bytes that are not durable"


class NoExclusiveRename(Durable):
    """A file system without RENAME_NOREPLACE and RENAME_EXCHANGE: nfs, 9p."""

    def exchange(self, first: str, second: str, *, folder: int) -> None:
        """Refuse, as nfs does."""
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse, as nfs does."""
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


class NoLinks(Durable):
    """A file system without hard links: vfat, exfat, vboxsf."""

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse, as vfat does."""
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


class TwoFileSystems(WrappingDurable):
    """Every folder is a file system of its own: nothing is linked or renamed between two."""

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse between folders."""
        _refuse_crossing(source_folder, target_folder)
        super().link(source, target, source_folder=source_folder, target_folder=target_folder)

    def rename(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse between folders."""
        _refuse_crossing(source_folder, target_folder)
        super().rename(source, target, source_folder=source_folder, target_folder=target_folder)

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse between folders."""
        _refuse_crossing(source_folder, target_folder)
        super().rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)


def run_until_cut(act: Callable[[], object]) -> None:
    """Carry out what a Durable may cut."""
    with suppress(Cut):
        act()


def is_killed(act: Callable[[], object]) -> bool:
    """Carry something out in a process of its own, and say whether that was killed."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            # No clean-up of the parent's test run in the child, whatever happened; the traceback is lost.
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _child, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def cut_power(cutting: CuttingDurable) -> None:
    """Cut the power of the disk below a process that was cut."""
    assert isinstance(cutting.inner, ForgettingDurable)
    cutting.inner.cut_power()


def every_cut(
    inner: Callable[[], Durable] = Durable, whens: Iterable[When] = When
) -> Iterator[CuttingDurable]:
    """Give Durables that cut before and after step 1, 2, …; ends with the first that was not reached."""
    for when in whens:
        at = 1
        while True:
            cutting = CuttingDurable(at, when, inner())
            yield cutting
            if not cutting.happened:
                break
            at += 1


def every_failure(code: int, inner: Callable[[], Durable] = Durable) -> Iterator[FailingDurable]:
    """Give Durables that fail at step 1, 2, …; ends with the first that was not reached."""
    at = 1
    while True:
        failing = FailingDurable(at, code, inner())
        yield failing
        if not failing.happened:
            return
        at += 1


def _identity(status: os.stat_result) -> tuple[int, int]:
    return (status.st_dev, status.st_ino)


def _path(folder: int) -> Path:
    return Path(f"/proc/self/fd/{folder}").readlink()


def _refuse_crossing(source_folder: int, target_folder: int) -> None:
    if not os.path.samestat(os.fstat(source_folder), os.fstat(target_folder)):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
