"""When a one-shot run is over, and with which result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from retouchd.core.jobs import JobState
from retouchd.core.pauses import PASSING, Pause, PauseReason


class Ending(Enum):
    """How a one-shot run ends."""

    ALL_DELIVERED = "everything in the inbox was delivered"
    WORK_LEFT = "something failed, needs you or has no prompt"
    PAUSED = "paused, and work is left"
    OUT_OF_TIME = "the time is over, and work may be left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that the decision rests on, at a moment when no worker has a task.

    Attributes:
        is_confirmed: A whole scan, begun after the last work ended, found nothing new.
        bundles: Counts by "arriving", "queued", "waiting_for_prompt" and "needs_you".
        ending_bundles: Bundles that are still to be filed.
        failures: Jobs that failed in this run.
    """

    now: datetime
    deadline: datetime
    is_confirmed: bool
    pauses: Sequence[Pause]
    jobs: Mapping[JobState, int]
    bundles: Mapping[str, int]
    ending_bundles: int
    failures: int


# Delivered ones need nothing more but that their bundle is filed, which waits for a person if a sibling does.
_LIVE = (
    JobState.READY,
    JobState.WAITING,
    JobState.SUBMITTING,
    JobState.RECEIVED,
    JobState.DEFERRED,
)


def decide_ending(situation: Situation) -> Ending | None:
    """Give how the run ends, or None while it goes on."""
    is_over = situation.now >= situation.deadline
    if _has_work(situation):
        blocking = [pause for pause in situation.pauses if pause.reason not in PASSING]
        if blocking:
            return Ending.PAUSED
        return Ending.OUT_OF_TIME if is_over else None
    if not situation.is_confirmed:
        if any(pause.reason is PauseReason.FOLDER_MISSING for pause in situation.pauses):
            return Ending.PAUSED  # The inbox cannot be scanned, so that nothing will confirm anything.
        return Ending.OUT_OF_TIME if is_over else None
    return _judge(situation)


def _has_work(situation: Situation) -> bool:
    jobs = sum(situation.jobs.get(state, 0) for state in _LIVE)
    return bool(
        jobs or situation.ending_bundles or situation.bundles["arriving"] or situation.bundles["queued"]
    )


def _judge(situation: Situation) -> Ending:
    left = (
        situation.failures
        + situation.jobs.get(JobState.HELD, 0)
        + situation.bundles["waiting_for_prompt"]
        + situation.bundles["needs_you"]
    )
    if not left:
        return Ending.ALL_DELIVERED
    blocking = [pause for pause in situation.pauses if pause.reason not in PASSING]
    return Ending.PAUSED if blocking else Ending.WORK_LEFT
