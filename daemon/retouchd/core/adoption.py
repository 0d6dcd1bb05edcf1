"""What calls that the journal does not know mean to it, when they are read back from spool and outbox.

Whatever is in doubt is held for a person: nothing that is read back ever leads to a call by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from retouchd.core.answer import Answer, Unreadable, request_ids
from retouchd.core.classification import classify
from retouchd.core.duplicates import find_place
from retouchd.core.jobs import HoldReason, Job, JobState, Output
from retouchd.core.money import NOTHING, Money
from retouchd.core.naming import safe_stem
from retouchd.core.outcomes import RULES, Answered, Effect, Envelope, OutcomeKind, keeps_reservation
from retouchd.core.periods import Period
from retouchd.core.prices import believe_beside
from retouchd.core.recorded import Recorded, RecordedCall
from retouchd.core.records import Attempt, Label
from retouchd.core.values import AttemptId, BundleId, EditId, JobId, printable

# Jobs that have not got what was paid for: what is found of their edit is theirs.
EMPTY_HANDED: Final = frozenset({JobState.READY, JobState.WAITING, JobState.DEFERRED, JobState.HELD})
_DROP_IT: Final = 'drop the photo with its prompt into the inbox again, then "retouchd retry" that job'


class Proof(Enum):
    """What a file of the spool proves of its call."""

    ANSWERED = "answered"
    UNREADABLE = "unreadable"
    UNCLEAR = "unclear"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCall:
    """A call as its file in the spool tells of it.

    Attributes:
        end: How it was answered; None when no whole answer is there.
        outcome: None for a call that was under way.
        reserved: Stays set aside for it.
        reason: Why no picture comes out of its answer.
    """

    id: AttemptId
    label: Label
    proof: Proof
    end: Answered | None
    outcome: OutcomeKind | None
    reserved: Money = NOTHING
    charged: Money = NOTHING
    reason: str = ""


def judge_call(
    attempt: AttemptId,
    label: Label,
    end: Answered | None,
    content: Answer | Unreadable | Envelope | None,
    codes: Mapping[str, OutcomeKind],
) -> FoundCall:
    """Say what a file of the spool proves of its call.

    Args:
        end: What came beside the body; None when there is no whole answer.
        content: What stands in the body; an error object only for a reply that is no picture.
    """
    if end is None:
        kind, proof = OutcomeKind.UNKNOWN, Proof.UNCLEAR
    else:
        kind = classify(end, content if isinstance(content, Envelope) else None, codes)
        proof = _prove(kind, end, content)
    call = FoundCall(id=attempt, label=label, proof=proof, end=end, outcome=kind)
    if proof is Proof.ANSWERED:
        cost = content.estimated_cost_usd if isinstance(content, Answer) else None
        return replace(call, charged=_bill(cost, label.reserved))
    if proof is Proof.UNREADABLE:
        reason = content.reason if isinstance(content, Unreadable) else "it says itself that it failed"
        return replace(call, charged=label.reserved, reason=reason)
    return replace(call, reserved=label.reserved) if proof is Proof.UNCLEAR else call


def _prove(kind: OutcomeKind, end: Answered, content: object) -> Proof:
    if RULES[kind].effect is Effect.RECEIVE:
        return Proof.ANSWERED if isinstance(content, Answer) and content.ok else Proof.UNREADABLE
    if end.body_sent and keeps_reservation(kind, end.elapsed_seconds):
        return Proof.UNCLEAR
    return Proof.UNPAID


def _bill(reported_usd: float | None, reserved: Money) -> Money:
    believed = believe_beside(reported_usd, reserved)
    return reserved if believed is None else believed


def attempt_of(call: FoundCall, edit: EditId, job: JobId) -> Attempt:
    """Give a call of the spool as the journal notes calls."""
    label, end = call.label, call.end
    elapsed = end.elapsed_seconds if end else 0.0
    return Attempt(
        id=call.id,
        edit=edit,
        job=job,
        number=label.number,
        permission=label.permission,
        period=label.period,
        save_path=label.save_path,
        started=label.started,
        reserved=call.reserved,
        charged=call.charged,
        first_reserved=label.reserved,
        ended=label.started + timedelta(seconds=elapsed),
        outcome=call.outcome,
        status=end.status if end else None,
        elapsed_seconds=elapsed,
        request_ids=request_ids(end.headers) if end else {},
    )


def recorded_attempt(call: RecordedCall, recorded: Recorded, edit: EditId, period: Period) -> Attempt:
    """Give a call of a metadata file as the journal notes calls; its id is the journal's to give."""
    return Attempt(
        id=AttemptId(0),
        edit=edit,
        job=recorded.job,
        number=call.number,
        permission=call.permission,
        period=period,
        save_path=recorded.save_path,
        started=call.started,
        reserved=call.reserved,
        charged=call.charged,
        first_reserved=max(call.reserved, call.charged),
        ended=call.ended,
        outcome=call.outcome,
    )


def is_same_start(one: datetime, other: datetime) -> bool:
    """Say whether two calls of an edit are one: metadata has milliseconds."""
    return abs(one - other) < timedelta(milliseconds=1)


def placeholder(call: FoundCall, bundle: BundleId, edit: EditId) -> Job:
    """Give a job that stands for one which is not known any more, for its call to belong to."""
    source = call.label.source
    return Job(
        id=call.label.job,
        bundle=bundle,
        edit=edit,
        wish=None,
        state=JobState.READY,
        created=call.label.started,
        stem=source.parent / safe_stem(source.stem),
        attempts=call.label.number,
        submitted=call.label.started,
    )


def with_call(job: Job, call: FoundCall, now: datetime) -> Job:
    """Give an empty-handed job as it is once a call of its own was found.

    A job whose wish is not known cannot be delivered itself: its answer is given to whoever wants the same.
    """
    found = replace(job, answer=call.id, next_try=None, hold=None, detail="", reused_from=None)
    if call.proof is Proof.ANSWERED:
        if job.wish is None:
            return replace(found, state=JobState.DONE, received=now, ended=now)
        return replace(found, state=JobState.RECEIVED, received=now)
    again = f'"retouchd retry {job.id}"' if job.wish else _DROP_IT
    if call.proof is Proof.UNREADABLE:
        hold, told = HoldReason.UNREADABLE_ANSWER, f"the answer was paid for, but {printable(call.reason)}"
    else:
        hold = HoldReason.UNKNOWN_OUTCOME
        told = f"the answer was lost and may have been paid ({call.reserved} stays set aside)"
    look = f"look for {printable(call.label.save_path)} in your workspace"
    accept = f' and hand it in with "retouchd resolve {job.id} --accept FILE"' if job.wish else ""
    return replace(
        found, state=JobState.HELD, hold=hold, detail=f"{told}: {look}{accept}; to pay once more: {again}"
    )


def with_result(job: Job, output: Output, recorded: Recorded, state: JobState) -> Job:
    """Give a job as it is once its delivery was found."""
    return replace(
        job,
        state=state,
        output=output,
        hold=None,
        detail="",
        next_try=None,
        reused_from=None,
        received=job.received or recorded.delivered,
        delivered=recorded.delivered,
        ended=recorded.delivered if state is JobState.DONE else None,
    )


def place_anew(job: Job, owner: Job, attempts: Iterable[Attempt], seen: datetime, now: datetime) -> Job:
    """Give an empty-handed job its place beside the job that was found to own its edit; often it stays."""
    place = find_place(owner, attempts, seen)
    if place.owns_edit or (job.state is JobState.HELD and place.state is not JobState.RECEIVED):
        return job
    return replace(
        job,
        state=place.state,
        hold=place.hold,
        detail=place.detail,
        reused_from=place.reused_from,
        next_try=None,
        output=None,
        received=now if place.state is JobState.RECEIVED else None,
    )
