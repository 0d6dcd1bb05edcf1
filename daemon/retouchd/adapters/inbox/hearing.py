"""Whether events still name what scans find: a watch can be deaf with every thread of it alive.

Rules over folder names and times; restarting or giving up the watch is for listening.py.
"""

from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import Final

# Watchdog holds a move back for half a second to pair it; a busy machine gets the rest.
_PATIENCE_SECONDS: Final = 1.5
# One miss may be a change of another kind than events tell of.
_MOST_MISSES: Final = 2
# A watch that fails more often than this within an hour will again.
_MOST_RESTARTS: Final = 3
_RESTARTS_SECONDS: Final = 3600.0


class Hearing:
    """Counts what scans found and no event named."""

    def __init__(self) -> None:
        self._suspects: set[PurePosixPath] = set()
        self._named: set[PurePosixPath] = set()
        self._judge_at: float | None = None
        self._misses = 0

    def note_events(self, folders: AbstractSet[PurePosixPath]) -> None:
        """Note that events have named these folders."""
        self._named |= folders

    def note_scan(self, changed: AbstractSet[PurePosixPath], now_seconds: float) -> None:
        """Note which folders a full scan found changed; their events may still be on the way."""
        self._suspects |= changed
        if not self._suspects:
            self._named.clear()
        elif self._judge_at is None:
            self._judge_at = now_seconds + _PATIENCE_SECONDS

    def judge(self, now_seconds: float) -> bool:
        """Say whether the watch is to be taken for deaf, and start to count anew if so."""
        if self._judge_at is None or now_seconds < self._judge_at:
            return False
        self._misses = 0 if self._suspects <= self._named else self._misses + 1
        self._suspects.clear()
        self._named.clear()
        self._judge_at = None
        is_deaf = self._misses >= _MOST_MISSES
        if is_deaf:
            self._misses = 0
        return is_deaf


class Restarts:
    """Counts the restarts of a watch."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def note(self, now_seconds: float) -> bool:
        """Note that a restart is needed, and say whether one more is worth the try."""
        recent = [time for time in self._times if now_seconds - time < _RESTARTS_SECONDS]
        self._times = [*recent, now_seconds]
        return len(self._times) <= _MOST_RESTARTS
