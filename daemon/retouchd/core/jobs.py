"""The life of a job: one table of all transitions, one function that moves a job, nothing else.

From received and delivered no arrow leads to a state from which a call is made, except through a
person's word: what was paid for is never paid for again (I7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.edits import Wish
from retouchd.core.errors import IllegalTransitionError
from retouchd.core.pictures import SentPicture
from retouchd.core.values import AttemptId, BundleId, Cabinet, EditId, JobId, Sha256


class JobState(StrEnum):
    """Where a job is."""

    READY = "ready"
    WAITING = "waiting"
    SUBMITTING = "submitting"
    RECEIVED = "received"
    DELIVERED = "delivered"
    DONE = "done"
    DEFERRED = "deferred"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobEvent(StrEnum):
    """What happened to a job."""

    SUBMISSION_BEGUN = "submission_begun"
    ANSWER_RECEIVED = "answer_received"
    ANSWER_LOST = "answer_lost"
    NOT_PAID = "not_paid"
    RESEND_GRANTED = "resend_granted"
    REFUSED = "refused"
    RETRIES_EXHAUSTED = "retries_exhausted"
    SOURCE_CHANGED = "source_changed"
    OVER_JOB_CAP = "over_job_cap"
    OPTIONS_REFUSED = "options_refused"
    EDIT_FREE = "edit_free"
    EDIT_PAID = "edit_paid"
    EDIT_HELD = "edit_held"
    UNREADABLE = "unreadable"
    OUTPUT_GONE = "output_gone"
    DELIVERED = "delivered"
    FILED = "filed"
    RETRY_GRANTED = "retry_granted"
    HANDED_IN = "handed_in"
    CANCELLED = "cancelled"
    UNSENDABLE = "unsendable"
    SKIPPED = "skipped"


class HoldReason(StrEnum):
    """Why a person must decide."""

    UNKNOWN_OUTCOME = "unknown_outcome"
    UNREADABLE_ANSWER = "unreadable_answer"
    OVER_JOB_CAP = "over_job_cap"
    OUTPUT_GONE = "output_gone"
    SAME_EDIT_HELD = "same_edit_held"
    REFUSED_ALIKE = "refused_alike"


# Held for a picture that was paid for, or may have been, and that a person may find at the service.
PAID_HOLDS: Final = frozenset(
    {HoldReason.UNKNOWN_OUTCOME, HoldReason.UNREADABLE_ANSWER, HoldReason.OUTPUT_GONE}
)


TRANSITIONS: Final[Mapping[JobState, Mapping[JobEvent, JobState]]] = {
    JobState.READY: {
        JobEvent.SUBMISSION_BEGUN: JobState.SUBMITTING,
        JobEvent.OVER_JOB_CAP: JobState.HELD,
        JobEvent.OPTIONS_REFUSED: JobState.HELD,
        JobEvent.SOURCE_CHANGED: JobState.CANCELLED,
        JobEvent.CANCELLED: JobState.CANCELLED,
        JobEvent.UNSENDABLE: JobState.FAILED,
        JobEvent.SKIPPED: JobState.CANCELLED,
    },
    JobState.WAITING: {
        JobEvent.EDIT_FREE: JobState.READY,
        JobEvent.EDIT_PAID: JobState.RECEIVED,
        JobEvent.EDIT_HELD: JobState.HELD,
        JobEvent.SOURCE_CHANGED: JobState.CANCELLED,
        JobEvent.CANCELLED: JobState.CANCELLED,
    },
    JobState.SUBMITTING: {
        JobEvent.ANSWER_RECEIVED: JobState.RECEIVED,
        JobEvent.NOT_PAID: JobState.DEFERRED,
        JobEvent.RESEND_GRANTED: JobState.DEFERRED,
        JobEvent.ANSWER_LOST: JobState.HELD,
        JobEvent.REFUSED: JobState.FAILED,
        JobEvent.RETRIES_EXHAUSTED: JobState.FAILED,
        JobEvent.SOURCE_CHANGED: JobState.CANCELLED,
    },
    JobState.RECEIVED: {
        JobEvent.DELIVERED: JobState.DELIVERED,
        JobEvent.UNREADABLE: JobState.HELD,
        JobEvent.OUTPUT_GONE: JobState.HELD,
        JobEvent.SKIPPED: JobState.CANCELLED,
    },
    JobState.DELIVERED: {
        JobEvent.FILED: JobState.DONE,
    },
    JobState.DEFERRED: {
        JobEvent.SUBMISSION_BEGUN: JobState.SUBMITTING,
        JobEvent.OVER_JOB_CAP: JobState.HELD,
        JobEvent.OPTIONS_REFUSED: JobState.HELD,
        JobEvent.SOURCE_CHANGED: JobState.CANCELLED,
        JobEvent.RETRY_GRANTED: JobState.READY,
        JobEvent.CANCELLED: JobState.CANCELLED,
        JobEvent.UNSENDABLE: JobState.FAILED,
        JobEvent.SKIPPED: JobState.CANCELLED,
    },
    JobState.HELD: {
        JobEvent.EDIT_PAID: JobState.RECEIVED,
        JobEvent.HANDED_IN: JobState.RECEIVED,
        JobEvent.RETRY_GRANTED: JobState.READY,
        JobEvent.CANCELLED: JobState.CANCELLED,
    },
    JobState.DONE: {},
    JobState.FAILED: {},
    JobState.CANCELLED: {},
}

ENDED: Final = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
# The states that keep a bundle's sources in the inbox.
KEEPS_SOURCES: Final = frozenset(JobState) - ENDED - {JobState.DELIVERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file in the outbox that is ours, or is about to be."""

    path: PurePosixPath
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One wanted output of a bundle.

    Attributes:
        edit: None only for a job whose photo could never be sent.
        wish: What it wants; None in the same case.
        detail: Why it is where it is, one sentence for people.
        next_try: Not touched before this time, in any state.
        attempts: Calls that counted as tries; free ones do not.
        active_seconds: Time spent calling and backing off, without queueing, waiting and pauses.
        stem: The reserved name of its output without suffix, below the outbox.
        output: What it delivered, or planned to deliver.
        answer: The attempt whose answer is delivered.
        reused_from: The job whose edit this one shares without paying.
        shrunk: The size in bytes of its request that was not taken, so that its pictures go out smaller;
            0 when none was refused.
        sent: Its pictures as they went out last where that was not the sources' own bytes, else none.
        dismissed: A person gave it up: its photo is filed although it did not fail.
        skipped: Its output's name was taken, so that it was not sent: its photo is filed as if it were done.
    """

    id: JobId
    bundle: BundleId
    edit: EditId | None
    wish: Wish | None
    state: JobState
    created: datetime
    stem: PurePosixPath
    hold: HoldReason | None = None
    detail: str = ""
    next_try: datetime | None = None
    attempts: int = 0
    active_seconds: float = 0.0
    output: Output | None = None
    answer: AttemptId | None = None
    reused_from: JobId | None = None
    shrunk: int = 0
    sent: tuple[SentPicture, ...] = ()
    dismissed: bool = False
    skipped: bool = False
    submitted: datetime | None = None
    received: datetime | None = None
    delivered: datetime | None = None
    ended: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing will ever happen to it again."""
        return self.state in ENDED


def cabinet_of(jobs: Iterable[Job]) -> Cabinet:
    """Give where the sources of a bundle's jobs are filed: with what was delivered, if anything was or is."""
    has_result = any(job.skipped or job.state in {JobState.DELIVERED, JobState.DONE} for job in jobs)
    return Cabinet.DONE if has_result else Cabinet.FAILED


def move(
    job: Job,
    event: JobEvent,
    now: datetime,
    *,
    detail: str = "",
    hold: HoldReason | None = None,
    next_try: datetime | None = None,
) -> Job:
    """Give the job after an event: the only way in which a job's state ever changes.

    Raises:
        IllegalTransitionError: The table has no such arrow.
    """
    try:
        state = TRANSITIONS[job.state][event]
    except KeyError:
        message = f"job {job.id} is {job.state}; {event} leads nowhere from there"
        raise IllegalTransitionError(message) from None
    moved = replace(job, state=state, detail=detail, hold=hold, next_try=next_try)
    return _stamp(moved, now)


def _stamp(job: Job, now: datetime) -> Job:
    match job.state:
        case JobState.SUBMITTING:
            return replace(job, submitted=now)
        case JobState.RECEIVED:
            return replace(job, received=now)
        case JobState.DELIVERED:
            # The moment that was planned stays: the metadata tells it already.
            return replace(job, delivered=job.delivered or now)
        case JobState.DONE | JobState.FAILED | JobState.CANCELLED:
            return replace(job, ended=now)
        case _:
            return job
