"""A person wants a job once more: the same edit again, or another version of it.

Runs in the engine thread, inside its transaction.
"""

from dataclasses import replace
from typing import Final

from retouchd.core.decisions import why_not_redone, why_not_tried_again
from retouchd.core.duplicates import may_pay_again
from retouchd.core.edits import Edit
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.records import LIVE_BUNDLES, BundleRecord, BundleState, PermissionReason
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.refusals import Refusals
from retouchd.engine.returning import Returns

# What can be tried again.
RETRIED: Final = frozenset({JobState.HELD, JobState.DEFERRED, JobState.FAILED})

# What pays, or has paid, for an edit without having delivered it yet.
_UNDER_WAY: Final = frozenset(
    {JobState.READY, JobState.WAITING, JobState.DEFERRED, JobState.SUBMITTING, JobState.RECEIVED}
)


class Retrier:
    """Has jobs tried again."""

    def __init__(self, office: Office, moves: Moves, returns: Returns) -> None:
        self._journal = office.journal
        self._moves = moves
        self._returns = returns
        self._refusals = Refusals(office, moves)

    def retry(self, job: Job) -> str:
        """Have the same edit made again, and say so.

        Raises:
            CommandRefusedError: It cannot be tried again as things are.
        """
        if job.state not in RETRIED:
            message = f"job {job.id} is {job.state}; only what needs you, failed or tries again later can be"
            raise CommandRefusedError(message)
        if job.state is JobState.FAILED:
            return self._retry_failed(job)
        refusal = why_not_tried_again(job)
        if refusal:
            raise CommandRefusedError(refusal)
        if job.edit is not None:
            self._take_over(job, self._journal.get_edit(job.edit))
        if job.hold is HoldReason.REFUSED_ALIKE:
            self._refusals.let_try(job)
        fresh = replace(job, attempts=0, active_seconds=0.0, reused_from=None, output=None, delivered=None)
        self._moves.apply(fresh, JobEvent.RETRY_GRANTED, detail="you asked to try it again")
        return f"job {job.id} is tried again"

    def redo(self, job: Job) -> str:
        """Have another version made of what is done, and say so.

        Raises:
            CommandRefusedError: It is not done, or its photo is not in done/.
        """
        record = self._journal.get_bundle(job.bundle)
        refusal = why_not_redone(job, record)
        if refusal or job.wish is None:
            message = f"no other version of job {job.id} can be made: {refusal or 'it was never sent'}"
            raise CommandRefusedError(message)
        self._returns.ask(record, take=self._journal.last_take(job.wish.fingerprint) + 1)
        return f"the photo of job {job.id} is brought back to the inbox for another version"

    def _take_over(self, job: Job, edit: Edit) -> None:
        """Make the job the owner of its edit, and record the permission to pay for it once more.

        Raises:
            CommandRefusedError: Another job decides over the edit.
        """
        owner = self._journal.get_job(edit.owner)
        if owner.id != job.id and self._decides(owner):
            message = (
                f"job {job.id} waits for job {owner.id}, which has the same photo and prompt: wait for that"
                f' one, or "retouchd retry {owner.id}"'
            )
            raise CommandRefusedError(message)
        if may_pay_again(job, edit, self._journal.attempts_of(edit.id)):
            self._moves.grow_permission(edit.id, job.id, PermissionReason.RETRIED)
        self._journal.set_owner(edit.id, job.id)
        if owner.id != job.id and owner.state is JobState.HELD:
            detail = f"job {job.id}, with the same photo and prompt, was tried again instead"
            self._moves.apply(owner, JobEvent.CANCELLED, detail=detail)

    def _decides(self, owner: Job) -> bool:
        """Say whether the owner of an edit is still to be paid for, or can be retried itself."""
        if owner.state is JobState.HELD:
            return self._journal.get_bundle(owner.bundle).state in LIVE_BUNDLES
        return owner.state in _UNDER_WAY

    def _retry_failed(self, job: Job) -> str:
        record = self._journal.get_bundle(job.bundle)
        refusal = self._find_obstacle(record)
        if refusal:
            message = f"job {job.id} cannot be tried again: {refusal}"
            raise CommandRefusedError(message)
        self._returns.ask(record)
        return f"the photo of job {job.id} is brought back to the inbox and tried again as a new job"

    def _find_obstacle(self, record: BundleRecord) -> str:
        """Give why a failed job's photo cannot be brought back from failed/, or nothing."""
        if record.state is BundleState.DETACHED:
            return "its photo or prompt was changed since; what lies in the inbox now counts as new"
        if record.state is not BundleState.FILED:
            return "its photo is just being moved to failed/: try again in a moment"
        if not record.accepted:
            return "its files are not known any more: drag photo and prompt from failed/ back to the inbox"
        siblings = {one.state for one in self._journal.jobs_of_bundle(record.id)}
        if siblings & {JobState.DELIVERED, JobState.DONE}:
            return "its photo is in done/, since another version was delivered: drag it back to the inbox"
        return ""
