"""Which kept answers are let go: by age, then the oldest until the rest takes no more room than allowed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from retouchd.core.values import AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPolicy:
    """How long answers are kept after their photo was filed, and how much room they may take.

    Attributes:
        room: Bytes.
    """

    age: timedelta
    room: int

    @property
    def is_nothing(self) -> bool:
        """Whether an answer is let go as soon as nobody needs it."""
        return not self.age or not self.room


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the spool.

    Attributes:
        size: Bytes.
        is_rest: It is no answer, but lay beside one that was removed.
    """

    attempt: AttemptId
    size: int
    is_rest: bool = False


def choose_to_prune(
    files: Iterable[KeptFile], spare: Mapping[AttemptId, datetime], policy: KeepPolicy, now: datetime
) -> Iterator[AttemptId]:
    """Give the attempts whose files are let go, the oldest first.

    Args:
        spare: Those of the files that nobody needs any more, and since when.
    """
    candidates = sorted((spare[one.attempt], one.attempt, one.size) for one in files if one.attempt in spare)
    left = sum(size for _since, _attempt, size in candidates)
    for since, attempt, size in candidates:
        if since > now - policy.age and left <= policy.room:
            return
        left -= size
        yield attempt
