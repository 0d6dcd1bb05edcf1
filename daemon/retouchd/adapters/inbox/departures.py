"""What we ourselves take out of the inbox: for that no folder has to be looked at again.

Rules over names and times. A name that is not noted costs a look, and no more.
"""

from pathlib import PurePosixPath
from typing import Final

# An event comes within milliseconds; a busy machine gets the rest. After that it has its folder looked at.
_VALID_SECONDS: Final = 10.0
# More than all workers together take away in a second. Where no events are heard nobody uses the notes up.
_MOST_NOTES: Final = 1000


class Departures:
    """Notes of names that are about to go, each good for one event. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._valid_until: dict[PurePosixPath, float] = {}

    def note(self, path: PurePosixPath, now_seconds: float) -> None:
        """Note that a name is about to go by our own doing."""
        if len(self._valid_until) >= _MOST_NOTES:
            self._valid_until = {
                one: until for one, until in self._valid_until.items() if now_seconds < until
            }
        if len(self._valid_until) < _MOST_NOTES:
            self._valid_until[path] = now_seconds + _VALID_SECONDS

    def withdraw(self, path: PurePosixPath) -> None:
        """Forget a note: the name stays, and who takes it away now is somebody else."""
        self._valid_until.pop(path, None)

    def use_up(self, path: PurePosixPath, now_seconds: float) -> bool:
        """Say whether it was we who took a name away, of which an event tells now."""
        return now_seconds < self._valid_until.pop(path, now_seconds)
