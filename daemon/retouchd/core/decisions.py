"""What a person may decide over a job, by the job alone; each refusal says what to do instead."""

from typing import Final

from retouchd.core.jobs import PAID_HOLDS, HoldReason, Job, JobState
from retouchd.core.records import BundleRecord, BundleState

_NOT_CANCELLED: Final = {
    JobState.SUBMITTING: "is just being sent and cannot be cancelled: wait until it has ended",
    JobState.RECEIVED: "was paid for, and its picture is being put into the outbox: wait for it",
    JobState.DELIVERED: "is delivered: delete the picture in the outbox if you do not want it",
    JobState.DONE: "is done: delete the picture in the outbox if you do not want it",
    JobState.FAILED: "has failed, so nothing is left to cancel: its photo lies in failed/",
    JobState.CANCELLED: "is cancelled already",
}


def why_not_cancelled(job: Job) -> str:
    """Give why a job cannot be given up, or nothing when it can."""
    reason = _NOT_CANCELLED.get(job.state)
    return f"job {job.id} {reason}" if reason else ""


def why_not_discarded(job: Job) -> str:
    """Give why a job cannot be resolved by giving it up, or nothing when it can."""
    if job.state is JobState.HELD:
        return ""
    return why_not_cancelled(job) or (
        f'job {job.id} does not need you: to give it up all the same, "retouchd cancel {job.id}"'
    )


def why_not_handed_in(job: Job) -> str:
    """Give why no picture can be handed in for a job, or nothing when one can."""
    if job.state is not JobState.HELD:
        return f"job {job.id} waits for no picture: only one that needs you can be resolved"
    if job.hold is HoldReason.SAME_EDIT_HELD:
        other = job.reused_from or "that has the same photo and prompt"
        return f"job {job.id} waits for job {other}: hand the picture in for that"
    if job.hold not in PAID_HOLDS:
        return (
            f'job {job.id} was never sent, so there is no picture of it: "retouchd show {job.id}" says more'
        )
    if job.wish is None:
        return (
            f"what was asked for with job {job.id} is not known any more: put the picture into the outbox"
            f' yourself, then "retouchd cancel {job.id}"'
        )
    return ""


def why_not_redone(job: Job, record: BundleRecord) -> str:
    """Give why no other version of a job can be made, or nothing when one can."""
    if job.state in {JobState.HELD, JobState.FAILED}:
        return f'there is none yet; to try it again, "retouchd retry {job.id}"'
    if job.state is JobState.CANCELLED:
        return _way_back_to_inbox(job)
    if job.state is not JobState.DONE:
        return "it is not done yet: wait until it is"
    if record.state is not BundleState.FILED:
        return "its photo was changed or taken away: drop it again, with another take in its .toml file"
    if not record.accepted:
        # It was read back after the history was lost.
        return "its files are not known any more: drag them from done/ to the inbox, with another take"
    return ""


def _way_back_to_inbox(job: Job) -> str:
    if job.skipped:
        # Else it would be skipped again.
        return (
            "its name was taken: take what has it out of the outbox, then drag photo and prompt from done/"
            " back to the inbox"
        )
    return "it was cancelled: drag photo and prompt from failed/ back to the inbox"


def why_not_tried_again(job: Job) -> str:
    """Give why a job that needs a person cannot be sent once more, or nothing when it can."""
    if job.state is not JobState.HELD or job.wish is not None:
        return ""
    return (
        f"what was asked for with job {job.id} is not known any more: drop its photo with the prompt into the"
        " inbox again, then try that job again"
    )
