"""What a process and all that it started take of the machine, as the kernel tells it in /proc.

Not run by itself. A process that is gone counts as nothing but for its CPU time, which its parent takes over
when it reaps it; what was started so that nobody reaps it is lost sight of.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

_TICKS: Final = os.sysconf("SC_CLK_TCK")
# Behind the command's name, which may hold anything: utime, stime, and both of reaped children.
_CPU_FIELDS: Final = slice(11, 15)
_KIBIBYTE: Final = 1024
_GONE: Final = (FileNotFoundError, ProcessLookupError)


def tree(pid: int) -> list[int]:
    """Give a process and all below it that live, the parents first."""
    return [pid, *(below for child in _children(pid) for below in tree(child))]


def cpu_seconds(pid: int) -> float:
    """Give the user and system CPU time of a process tree, with that of children already reaped."""
    return sum(_cpu_ticks(one) for one in tree(pid)) / _TICKS


def pss_bytes(pid: int) -> int:
    """Give the memory of a process tree; what several processes share is counted once, in parts."""
    return sum(_memory_bytes(one, "Pss") for one in tree(pid))


def rss_bytes(pid: int) -> int:
    """Give the memory of a process tree; what it shares is counted whole, whoever else has it meanwhile."""
    return sum(_memory_bytes(one, "Rss") for one in tree(pid))


def open_descriptors(pid: int) -> int:
    """Give how many descriptors a process tree has open."""
    return sum(_entries(Path(f"/proc/{one}/fd")) for one in tree(pid))


def threads(pid: int) -> int:
    """Give how many threads a process tree has."""
    return sum(_entries(Path(f"/proc/{one}/task")) for one in tree(pid))


class PeakMemory:
    """Samples the memory of a process tree in a thread for as long as the context lasts.

    Attributes:
        peak_bytes: The highest sample; the first is taken when the context begins.

    Args:
        every_seconds: How often. One sample costs this process, which shares the cores with what is measured,
            about 2 ms for a daemon of 56 MB.
    """

    def __init__(self, pid: int, every_seconds: float = 0.1) -> None:
        self._pid = pid
        self._every_seconds = every_seconds
        self._is_over = Event()
        self._thread = Thread(target=self._sample)
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self.peak_bytes = pss_bytes(self._pid)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._is_over.wait(self._every_seconds):
            self.peak_bytes = max(self.peak_bytes, pss_bytes(self._pid))


def _children(pid: int) -> Iterator[int]:
    """Give the children of every thread."""
    with suppress(*_GONE):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(*_GONE):
                yield from map(int, (task / "children").read_text().split())


def _cpu_ticks(pid: int) -> int:
    with suppress(*_GONE):
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        return sum(map(int, fields.split()[_CPU_FIELDS]))
    return 0


def _memory_bytes(pid: int, measure: str) -> int:
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{measure}:"):
                return int(line.split()[1]) * _KIBIBYTE
    return 0


def _entries(folder: Path) -> int:
    with suppress(*_GONE):
        return len(list(folder.iterdir()))
    return 0
