"""Moving a job and everything that follows from it: who shares its edit, and whether its bundle has ended.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from retouchd.core.duplicates import event_for_sharers, may_be_paid
from retouchd.core.jobs import KEEPS_SOURCES, HoldReason, Job, JobEvent, JobState, move
from retouchd.core.money import NOTHING
from retouchd.core.outcomes import KEPT_UNTIL_THE_END, OutcomeKind
from retouchd.core.records import BundleRecord, BundleState, PermissionReason
from retouchd.core.values import BundleId, EditId, JobId
from retouchd.engine.office import Office

# What is received is given again for nothing, or was sent.
_SKIPPABLE: Final = frozenset({JobState.READY, JobState.DEFERRED, JobState.RECEIVED})
# What is done was filed: its bundle is closed.
_MAY_CLOSE: Final = frozenset(JobState) - KEEPS_SOURCES - {JobState.DONE}


class Moves:
    """The one place where jobs in the journal change their state.

    Args:
        tell_again: Has the scanner tell again what differs in a folder from what is known.
    """

    def __init__(self, office: Office, tell_again: Callable[[PurePosixPath], None]) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._tell_again = tell_again

    def apply(
        self,
        job: Job,
        event: JobEvent,
        *,
        detail: str = "",
        hold: HoldReason | None = None,
        next_try: datetime | None = None,
        told: Mapping[str, object] = MappingProxyType({}),
    ) -> Job:
        """Move a job, tell it, and move what depends on it.

        Args:
            told: More for the log line.

        Raises:
            IllegalTransitionError: The table has no such arrow; nothing was changed.
        """
        moved = move(job, event, self._clock.now(), detail=detail, hold=hold, next_try=next_try)
        self._journal.update_job(moved)
        self._herald.job_moved(moved, **told)
        if moved.state in {JobState.FAILED, JobState.CANCELLED}:
            self.release_vain_calls(moved)
        self._move_sharers(moved)
        if moved.state in _MAY_CLOSE:
            self._close_bundle(moved.bundle)
        return moved

    def give_up(self, job_id: JobId, detail: str) -> Job:
        """Fail a job of which nothing is sent, since it cannot be; give it as it is then."""
        job = self._journal.get_job(job_id)
        if job.state not in {JobState.READY, JobState.DEFERRED}:
            return job
        return self.apply(job, JobEvent.UNSENDABLE, detail=detail)

    def let_go(self, job_id: JobId, detail: str) -> Job:
        """End a job of which nothing was sent, since its photo or prompt is not there as it was.

        Not one that was given up meanwhile.
        """
        job = self._journal.get_job(job_id)
        return job if job.has_ended else self.apply(job, JobEvent.SOURCE_CHANGED, detail=detail)

    def skip(self, job_id: JobId, taken: PurePosixPath) -> Job:
        """End a job whose output's name is taken, unless anything was done for it; give it as it is then.

        Args:
            taken: What has the name, below the outbox.
        """
        job = self._journal.get_job(job_id)
        if job.state not in _SKIPPABLE or job.output is not None or self._was_sent(job):
            return job
        detail = f'outbox/{taken} is there already, so nothing was sent: output.on_conflict is "skip"'
        return self.apply(replace(job, skipped=True), JobEvent.SKIPPED, detail=detail)

    def _was_sent(self, job: Job) -> bool:
        attempts = [] if job.edit is None else self._journal.attempts_of(job.edit)
        return any(attempt.job == job.id for attempt in attempts)

    def release_vain_calls(self, job: Job) -> None:
        """Give back what was kept for calls of which the service itself said that they led to nothing."""
        if job.edit is None or self._journal.get_edit(job.edit).owner != job.id:
            return
        self._release(job.edit, KEPT_UNTIL_THE_END)

    def release_failed_calls(self, edit: EditId) -> None:
        """Give back what was kept for an edit's calls that failed by the service's own word.

        It would be given back at the job's end; a limit must not keep the job from coming there.
        """
        self._release(edit, {OutcomeKind.SERVICE_ERROR})

    def _release(self, edit: EditId, outcomes: Collection[str]) -> None:
        for attempt in self._journal.attempts_of(edit):
            if attempt.outcome in outcomes and attempt.reserved.micro:
                self._journal.update_attempt(replace(attempt, reserved=NOTHING))

    def grow_permission(self, edit: EditId, job: JobId, why: PermissionReason) -> None:
        """Allow that an edit is paid for once more; what its lost answers perhaps cost counts as spent then.

        Nobody will ask about those answers any more, so that their money must not stay unclear for ever.
        """
        self.book_lost(edit)
        self._journal.grow_permission(edit, job, why, self._clock.now())

    def book_lost(self, edit: EditId) -> None:
        """Count what an edit's lost answers perhaps cost as spent, each in its own period."""
        for attempt in self._journal.attempts_of(edit):
            if attempt.outcome == OutcomeKind.UNKNOWN and attempt.reserved.micro:
                booked = attempt.charged + attempt.reserved
                self._journal.update_attempt(replace(attempt, charged=booked, reserved=NOTHING))

    def _move_sharers(self, owner: Job) -> None:
        event = event_for_sharers(owner)
        if owner.edit is None or event is None:
            return
        sharers = self._journal.sharers_of(owner.edit, owner.id)
        if not sharers:
            return
        waiting = [job for job in sharers if job.state is JobState.WAITING]
        if event is JobEvent.EDIT_PAID:
            self._share(owner, sharers)
        elif event is JobEvent.EDIT_FREE and not may_be_paid(self._journal.attempts_of(owner.edit)):
            self._pass_on(owner.edit, waiting)
        else:
            self._hold(owner, waiting)

    def _share(self, owner: Job, sharers: list[Job]) -> None:
        for job in sharers:
            detail = "same photo and prompt: that picture is given again for $0"
            self.apply(replace(job, reused_from=owner.id), JobEvent.EDIT_PAID, detail=detail)

    def _hold(self, owner: Job, waiting: list[Job]) -> None:
        """Hold what waited: the edit needs a person, or was refused when it may have been paid."""
        for job in waiting:
            detail = f"the same photo with the same prompt needs you or was refused: see job {owner.id}"
            self.apply(job, JobEvent.EDIT_HELD, detail=detail, hold=HoldReason.SAME_EDIT_HELD)

    def _pass_on(self, edit: EditId, waiting: list[Job]) -> None:
        """Make the oldest waiting job the owner: the edit was not paid, so this one goes."""
        if not waiting:
            return
        heir, *others = waiting
        self._journal.set_owner(edit, heir.id)
        self.apply(replace(heir, reused_from=None), JobEvent.EDIT_FREE)
        for job in others:
            self._journal.update_job(replace(job, reused_from=heir.id))

    def _close_bundle(self, bundle: BundleId) -> None:
        record = self._journal.get_bundle(bundle)
        if record.state is not BundleState.AT_WORK:
            return
        jobs = self._journal.jobs_of_bundle(bundle)
        states = {job.state for job in jobs}
        if states & KEEPS_SOURCES:
            return
        is_filed = any(job.dismissed or job.skipped for job in jobs)
        if is_filed or states & {JobState.DELIVERED, JobState.FAILED}:
            self._journal.update_bundle(replace(record, state=BundleState.ENDING, look_at=None))
            return
        self.detach(record)

    def detach(self, record: BundleRecord) -> None:
        """Let go of a bundle whose files stay where they are; the scanner finds them anew."""
        self._journal.update_bundle(replace(record, state=BundleState.DETACHED))
        self._tell_again(record.folder)
