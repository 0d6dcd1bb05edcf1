"""After a call: what its outcome does to the job, to its money and to the daemon.

Full jitter: the delay is a random part of a ceiling that doubles, so that photos that were refused
together do not come back together. The random part is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from retouchd.core.jobs import HoldReason, Job, JobEvent
from retouchd.core.outcomes import RULES, Effect, OutcomeKind, keeps_reservation
from retouchd.core.pauses import PASSING, Pause, PauseReason, begin_pause
from retouchd.core.requestsize import LARGE_REQUEST_BYTES


class UnknownOutcomePolicy(StrEnum):
    """What happens to an edit whose answer was lost."""

    HOLD = "hold"
    RESEND = "resend"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The owner's patience; the reasons for the defaults stand in config.example.toml."""

    max_attempts: int = 4
    base_seconds: float = 2.0
    ceiling_seconds: float = 120.0
    max_active: timedelta = timedelta(hours=72)
    unknown_outcome: UnknownOutcomePolicy = UnknownOutcomePolicy.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one call ended, with what is worth telling.

    Attributes:
        body_sent: The whole request had gone out; nothing can have been paid before that.
        request_bytes: About how large the request was.
        message: What the service or the network said; for people, not yet printable.
        retry_after: How long the service asked to wait.
    """

    kind: OutcomeKind
    elapsed_seconds: float
    body_sent: bool = True
    request_bytes: int = 0
    message: str = ""
    status: int | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """Everything that one outcome changes.

    Attributes:
        attempts: The job's counted attempts from now on.
        delay: How long until the job's next try; zero unless it has one.
        keeps_reservation: The money stays set aside. A received answer is billed instead.
        refused_bytes: The size of the request for which the job's pictures must be made smaller, 0 for none.
        grants_permission: The owner's configuration allows this edit to be paid for once more.
    """

    event: JobEvent
    hold: HoldReason | None
    attempts: int
    delay: timedelta
    keeps_reservation: bool
    pause: Pause | None
    refused_bytes: int
    grants_permission: bool = False


def backoff(tries: int, policy: RetryPolicy, fraction: float) -> timedelta:
    """Give the delay before the next try.

    Args:
        tries: How many were made, at least 1.
        fraction: A random number in [0, 1).
    """
    ceiling = min(policy.ceiling_seconds, policy.base_seconds * 2.0 ** min(tries - 1, 30))
    return timedelta(seconds=max(0.1, ceiling * fraction))


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the decision depends on beside the job and the outcome.

    Attributes:
        fraction: A random number in [0, 1).
        setbacks: How many calls running, of any job, ended without a result before this one.
        resent: The one resending that the configuration may allow was used up for this edit.
        earlier: How the job's earlier calls under the same permission ended, the oldest first.
    """

    now: datetime
    fraction: float
    setbacks: int = 0
    resent: bool = False
    earlier: Sequence[str] = ()


def weigh(outcome: Outcome, job: Job, policy: RetryPolicy, earlier: Sequence[str]) -> OutcomeKind:
    """Give the row of the table in view of what went before; `job` is as it was while submitting.

    A large request that was not taken to its end twice running is taken for too large. Whoever says again
    and again that an earlier call with the same key is still worked on says in the end that nobody knows
    what became of that call.

    Args:
        earlier: As in Circumstances.
    """
    is_last_try = job.attempts + 1 >= policy.max_attempts
    match outcome.kind:
        case OutcomeKind.KEY_IN_USE if outcome.body_sent and is_last_try:
            return OutcomeKind.UNKNOWN
        case OutcomeKind.INTERRUPTED if outcome.request_bytes > LARGE_REQUEST_BYTES:
            again = list(earlier[-1:]) == [OutcomeKind.INTERRUPTED]
            return OutcomeKind.TOO_LARGE if again else outcome.kind
        case _:
            return outcome.kind


def goes_smaller(job: Job, policy: RetryPolicy) -> bool:
    """Say whether a job whose request was too large is sent once more, smaller: once in its life."""
    return not job.shrunk and job.attempts + 1 < policy.max_attempts


def decide_aftermath(
    job: Job, outcome: Outcome, policy: RetryPolicy, circumstances: Circumstances
) -> Aftermath:
    """Decide what an outcome means; `job` is as it was while submitting."""
    rule = RULES[outcome.kind]
    event = _event_for(job, outcome, policy, circumstances)
    is_shrunk = rule.effect is Effect.SHRINK and event is JobEvent.NOT_PAID
    tries = max(job.attempts, circumstances.setbacks) + 1
    delay = max(backoff(tries, policy, circumstances.fraction), outcome.retry_after or timedelta())
    return Aftermath(
        event=event,
        hold=HoldReason.UNKNOWN_OUTCOME if event is JobEvent.ANSWER_LOST else None,
        attempts=job.attempts + (rule.effect is not Effect.RETRY_FREELY),
        delay=delay if event in {JobEvent.NOT_PAID, JobEvent.RESEND_GRANTED} else timedelta(),
        keeps_reservation=outcome.body_sent and keeps_reservation(outcome.kind, outcome.elapsed_seconds),
        pause=_pause_for(rule.pause, outcome, circumstances.now, delay),
        refused_bytes=outcome.request_bytes if is_shrunk else 0,
        grants_permission=event is JobEvent.RESEND_GRANTED,
    )


_EVENTS: Final = {
    Effect.RECEIVE: JobEvent.ANSWER_RECEIVED,
    Effect.FAIL: JobEvent.REFUSED,
    Effect.SHRINK: JobEvent.REFUSED,
    Effect.REFORM: JobEvent.SOURCE_CHANGED,
    Effect.HOLD: JobEvent.ANSWER_LOST,
    Effect.RETRY: JobEvent.NOT_PAID,
    Effect.RETRY_FREELY: JobEvent.NOT_PAID,
}


def _event_for(job: Job, outcome: Outcome, policy: RetryPolicy, circumstances: Circumstances) -> JobEvent:
    effect = RULES[outcome.kind].effect
    may_resend = policy.unknown_outcome is UnknownOutcomePolicy.RESEND and not circumstances.resent
    if effect is Effect.HOLD and may_resend:
        return JobEvent.RESEND_GRANTED
    if effect is Effect.SHRINK and goes_smaller(job, policy):
        return JobEvent.NOT_PAID
    if effect is Effect.RETRY and _is_exhausted(job, outcome, policy, circumstances.earlier):
        return JobEvent.RETRIES_EXHAUSTED
    return _EVENTS[effect]


def _is_exhausted(job: Job, outcome: Outcome, policy: RetryPolicy, earlier: Sequence[str]) -> bool:
    retries = RULES[outcome.kind].retries
    # A person's retry counts from the beginning again, so never more than the job's own count.
    alike = min(job.attempts, list(earlier).count(outcome.kind))
    too_often = job.attempts + 1 >= policy.max_attempts or (retries is not None and alike >= retries)
    too_long = job.active_seconds + outcome.elapsed_seconds >= policy.max_active.total_seconds()
    return too_often or too_long


def _pause_for(reason: PauseReason | None, outcome: Outcome, now: datetime, delay: timedelta) -> Pause | None:
    if reason is None:
        return None
    return begin_pause(reason, outcome.message, now, until=now + delay if reason in PASSING else None)
