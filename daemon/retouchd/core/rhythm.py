"""When the status file is looked after: soon after a change, but seldom, whatever happens.

All moments are seconds on the monotonic clock.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When the file is looked after, in seconds.

    Attributes:
        first: After the start; the first scan has told by then what lies there.
        least: Between two writings, and at most between two looks at what only time changes.
        look: Between two questions whether anything was changed, which cost next to nothing.
        linger: After a change: what follows from it at once is told with it.
        last_word: At the end: a share that does not answer must not keep the process from ending.
    """

    first: float = 3.0
    least: float = 60.0
    look: float = 2.0
    linger: float = 5.0
    last_word: float = 5.0


# A run that ends by itself is mostly over before, and then tells how it ended.
ONE_SHOT: Final = Rhythm(first=60.0)


class Timetable:
    """When the text is to be made anew and compared with what is there."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._version: int | None = None
        # Not before the first, since it was written then; at the second also without a change.
        self._not_before = 0.0
        self._due_at = 0.0

    def is_due(self, now: float, version: int) -> bool:
        """Say whether it is time, and count on that it is done then.

        Args:
            version: Another one after each change.
        """
        if version != self._version:
            self._version = version
            self._due_at = min(self._due_at, now + self._rhythm.linger)
        if now < max(self._due_at, self._not_before):
            return False
        self._due_at = now + self._rhythm.least
        return True

    def note_writing(self, now: float) -> None:
        """Note that the file was written."""
        self._not_before = now + self._rhythm.least
