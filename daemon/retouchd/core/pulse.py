"""The heartbeat: when a running daemon tells that it is alive, and what it tells of the time since.

A log that is silent for longer than this is a daemon that is not there, or hangs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor

from retouchd.core.jobs import JobState
from retouchd.core.pauses import Pause
from retouchd.core.spending import Offer


def next_beat(begun: float, now: float, every: timedelta) -> float:
    """Give when the next beat is due: one that came late does not move those after it.

    Args:
        begun: When the daemon began, on the monotonic clock like all the others, in seconds.
    """
    seconds = every.total_seconds()
    return begun + seconds * (floor((now - begun) / seconds) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What is told at one beat.

    Attributes:
        delivered: Pictures since the last beat.
        failed: Photos since the last beat.
        jobs: All by state.
        bundles: Those that are no jobs yet, as the journal counts them.
        offer: Of nothing, in the day that counts now.
        pauses: What stops everything.
    """

    delivered: int
    failed: int
    jobs: Mapping[JobState, int]
    bundles: Mapping[str, int]
    offer: Offer
    pauses: Sequence[Pause]

    def fields(self) -> dict[str, object]:
        """Give the entry's fields."""
        limit = self.offer.caps.per_day
        waiting = sum(self.jobs.get(state, 0) for state in (JobState.READY, JobState.WAITING))
        fields: dict[str, object] = {
            "delivered": self.delivered,
            "failed": self.failed,
            "working": self.jobs.get(JobState.SUBMITTING, 0),
            "queued": waiting + self.bundles["queued"],
            "trying_again": self.jobs.get(JobState.DEFERRED, 0),
            "needs_you": self.jobs.get(JobState.HELD, 0) + self.bundles["needs_you"],
            "used_today_usd": self.offer.spent.day.usd,
            "limit_usd": "none" if limit is None else limit.usd,
        }
        paused = [pause.reason.value for pause in self.pauses]
        return fields | ({"paused": paused} if paused else {})
