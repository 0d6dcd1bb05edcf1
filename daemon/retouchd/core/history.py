"""Which history is let go, and what of it is remembered for ever: rules alone.

What was paid for is never forgotten, or the same photo would be paid for twice.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from retouchd.core.duplicates import may_be_paid
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job, JobState
from retouchd.core.records import Attempt

# What has just ended may still be in a worker's hands, and a person who looks at it should find it.
_LEAST_AGE: Final = timedelta(hours=1)
# No date lies further back.
_LONGEST: Final = timedelta(days=700_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBounds:
    """Which jobs that are over are past: those that ended long enough ago, and all but the newest.

    Attributes:
        before: Past is what ended earlier than this.
        up_to: Past is what has at most this number, in the order in which jobs were made.
        latest: Nothing that ended later is past, whatever its number.
    """

    before: datetime
    up_to: int
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPolicy:
    """How much history is kept.

    Attributes:
        age: For how long, after a job's end; None for ever.
        jobs: How many, the newest; None for any number.
    """

    age: timedelta | None = None
    jobs: int | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Give what `as_text` gave.

        Raises:
            ValueError: It is none.
        """
        try:
            fields = json.loads(text)
            seconds, jobs = fields["seconds"], fields["jobs"]
            age = None if seconds is None else timedelta(seconds=float(seconds))
            policy = cls(age=age, jobs=None if jobs is None else int(jobs))
        except (KeyError, TypeError, OverflowError) as exc:
            message = f"no amount of history: {text}"
            raise ValueError(message) from exc
        if (policy.age or timedelta()) > _LONGEST:
            message = f"there are no dates so long ago: {text}"
            raise ValueError(message)
        return policy

    def as_text(self) -> str:
        """Give it as it stands in a command."""
        seconds = None if self.age is None else self.age.total_seconds()
        return json.dumps({"seconds": seconds, "jobs": self.jobs})

    def bounds(self, now: datetime, newest: int) -> HistoryBounds:
        """Give which jobs are past.

        Args:
            newest: The number of the job that was made last.
        """
        latest = now - _LEAST_AGE
        return HistoryBounds(
            before=datetime.min.replace(tzinfo=now.tzinfo)
            if self.age is None
            else min(now - self.age, latest),
            up_to=0 if self.jobs is None else newest - self.jobs,
            latest=latest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """How much was let go.

    Attributes:
        photos: Bundles.
    """

    photos: int = 0
    jobs: int = 0

    def __add__(self, other: "LetGo") -> "LetGo":
        return LetGo(photos=self.photos + other.photos, jobs=self.jobs + other.jobs)


def is_remembered(edit: Edit, owner: Job, attempts: Iterable[Attempt]) -> bool:
    """Say whether an edit is remembered when its jobs are let go: it was paid for, perhaps, or is done.

    So is another take, and one of which a person said that it may be paid for once more: the next of them
    must not be taken for an earlier one.
    """
    is_another = edit.take > 1 or edit.permission > 1
    return is_another or owner.state is JobState.DONE or may_be_paid(attempts)
