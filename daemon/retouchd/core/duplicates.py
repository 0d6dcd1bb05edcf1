"""The same edit wanted more than once: who pays, who waits, who gets the result for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from retouchd.core.edits import Edit
from retouchd.core.jobs import PAID_HOLDS, HoldReason, Job, JobEvent, JobState
from retouchd.core.records import Attempt
from retouchd.core.values import JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How a new job begins beside the job that owns the edit it wants.

    Attributes:
        owns_edit: The new job becomes the edit's owner: it will pay.
        grows_permission: A person has allowed that the edit is paid for once more.
        reused_from: The job whose result it shares.
    """

    state: JobState
    owns_edit: bool
    grows_permission: bool = False
    hold: HoldReason | None = None
    detail: str = ""
    reused_from: JobId | None = None


def may_be_paid(attempts: Iterable[Attempt]) -> bool:
    """Say whether money moved, or may have moved, for an edit."""
    return any(attempt.reserved.micro or attempt.charged.micro for attempt in attempts)


def may_pay_again(job: Job, edit: Edit, attempts: Iterable[Attempt]) -> bool:
    """Say whether trying a job again may pay once more for what was paid, or perhaps paid, before.

    A deferred job is tried again anyway, and by what was allowed before.
    """
    match job.state:
        case JobState.HELD:
            return job.hold in PAID_HOLDS or (edit.owner != job.id and may_be_paid(attempts))
        case JobState.FAILED:
            return may_be_paid(attempts)
        case _:
            return False


def find_place(owner: Job | None, attempts: Iterable[Attempt], seen: datetime) -> Place:
    """Give how a new job begins beside the job that owns the edit it wants.

    Args:
        owner: None when nobody owns the edit.
        attempts: All calls for the edit.
        seen: When the photo was first seen. What was put into the inbox after the owner's end is a person's
            word to try again; a copy that lay there before it is not.
    """
    if owner is None:
        return Place(state=JobState.READY, owns_edit=True)
    if owner.state in {JobState.FAILED, JobState.CANCELLED}:
        return _place_after_end(owner, attempts, seen)
    if owner.state is JobState.HELD:
        detail = f"the same photo with the same prompt needs you already: see job {owner.id}"
        return Place(
            state=JobState.HELD,
            owns_edit=False,
            hold=HoldReason.SAME_EDIT_HELD,
            detail=detail,
            reused_from=owner.id,
        )
    if owner.state in {JobState.DELIVERED, JobState.DONE}:
        detail = "same photo and prompt as before, so that picture is given again for $0"
        return Place(state=JobState.RECEIVED, owns_edit=False, detail=detail, reused_from=owner.id)
    detail = f"waits for the same photo with the same prompt, which is under way as job {owner.id}"
    return Place(state=JobState.WAITING, owns_edit=False, detail=detail, reused_from=owner.id)


def _place_after_end(owner: Job, attempts: Iterable[Attempt], seen: datetime) -> Place:
    if not may_be_paid(attempts):
        return Place(state=JobState.READY, owns_edit=True)
    if owner.ended is None or seen >= owner.ended:
        return Place(state=JobState.READY, owns_edit=True, grows_permission=True)
    detail = f"the same photo with the same prompt was refused, perhaps paid: see job {owner.id}"
    return Place(state=JobState.HELD, owns_edit=False, hold=HoldReason.SAME_EDIT_HELD, detail=detail)


def event_for_sharers(owner: Job) -> JobEvent | None:
    """Give what the end of the owner's work means to the jobs that share its edit, None when nothing yet."""
    match owner.state:
        case JobState.DELIVERED | JobState.DONE:
            return JobEvent.EDIT_PAID
        case JobState.HELD:
            return JobEvent.EDIT_HELD
        case JobState.FAILED | JobState.CANCELLED:
            return JobEvent.EDIT_FREE
        case _:
            return None
