"""The same edit wanted more than once: who pays, who waits, who gets the result for nothing."""

from dataclasses import dataclass

from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.values import JobId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How a new job begins beside the job that owns the edit it wants.

    Attributes:
        owns_edit: The new job becomes the edit's owner: it will pay.
        reused_from: The job whose result it shares.
    """

    state: JobState
    owns_edit: bool
    hold: HoldReason | None = None
    detail: str = ""
    reused_from: JobId | None = None


def find_place(owner: Job | None) -> Place:
    """Give how a new job begins, by the state of the job that owns its edit; None when nobody does."""
    if owner is None or owner.state in {JobState.FAILED, JobState.CANCELLED}:
        return Place(state=JobState.READY, owns_edit=True)
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


def needs_permission(owner: Job | None, *, money_may_have_moved: bool) -> bool:
    """Say whether sending the edit again is one more payment that a person has allowed.

    A failed or cancelled job's photo that is in the inbox again was put there by a person.
    """
    return owner is not None and owner.has_ended and money_may_have_moved
