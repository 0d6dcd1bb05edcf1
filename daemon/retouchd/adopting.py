"""Brings what was read back into the journal: edits, calls with their money, and jobs that got their picture.

Inside the journal's transaction, while no daemon runs. What the journal knows already stays as it is, so that
reading back twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.restoring import Restoration
from retouchd.core.adoption import (
    EMPTY_HANDED,
    FoundCall,
    Proof,
    attempt_of,
    is_same_start,
    place_anew,
    placeholder,
    recorded_attempt,
    with_call,
    with_result,
)
from retouchd.core.edits import Edit
from retouchd.core.jobs import KEEPS_SOURCES, Job, JobState, Output
from retouchd.core.money import NOTHING, Money
from retouchd.core.periods import Calendar, period_of
from retouchd.core.recorded import Recorded, RecordedCall
from retouchd.core.records import LIVE_BUNDLES, Attempt, BundleState
from retouchd.core.values import AttemptId, EditId, Fingerprint, JobId

# Jobs that have, or are about to get, what their edit was paid for.
_SERVED: Final = frozenset({JobState.SUBMITTING, JobState.RECEIVED, JobState.DELIVERED, JobState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What the journal did not know.

    Attributes:
        charged: Paid.
        reserved: Perhaps paid.
    """

    charged: Money = NOTHING
    reserved: Money = NOTHING


class Adopter:
    """Adds what is found.

    Args:
        calls: Those that have a file in the spool, which their attempts are numbered after.
    """

    def __init__(
        self, journal: SqliteJournal, calls: Iterable[FoundCall], calendar: Calendar, now: datetime
    ) -> None:
        self._journal = journal
        self._restoration = Restoration(journal)
        self._calendar = calendar
        self._now = now
        self._calls: dict[tuple[Fingerprint, int], list[FoundCall]] = {}
        for call in calls:
            self._calls.setdefault((call.label.fingerprint, call.label.take), []).append(call)

    def adopt_delivery(self, path: PurePosixPath, recorded: Recorded) -> Adopted | None:
        """Take in a picture of the outbox with its metadata, or give None when its job is known to have it.

        Args:
            path: The picture's, below the outbox.
        """
        known = self._restoration.find_job(recorded.job)
        if known is not None and known.state in _SERVED - {JobState.SUBMITTING}:
            return None
        if self._restoration.has_let_go(recorded.job):
            return None
        edit = self._find_edit(recorded.fingerprint, recorded.wish.take, recorded.job)
        output = Output(path=path, sha256=recorded.sha256)
        if known is None:
            job = self._add_delivered(recorded, output, edit.id)
        else:
            job = self._give_result(known, recorded, output)
        attempts = [self._adopt_recorded(call, recorded, edit.id) for call in recorded.calls]
        job = replace(job, answer=attempts[-1].id if attempts else None)
        self._journal.update_job(job)
        self._settle_owner(edit.id, job)
        return Adopted(
            charged=Money(sum(one.charged.micro for one in attempts)),
            reserved=Money(sum(one.reserved.micro for one in attempts)),
        )

    def adopt_call(self, call: FoundCall) -> Adopted | None:
        """Take in a call whose file is in the spool, or give None when it is known or cost nothing."""
        label = call.label
        if call.proof is Proof.UNPAID or self._restoration.has_attempt(call.id):
            return None
        edit = self._find_edit(label.fingerprint, label.take, label.job)
        if any(is_same_start(label.started, one.started) for one in self._journal.attempts_of(edit.id)):
            return None
        job = self._restoration.find_job(label.job) or self._add_placeholder(call, edit.id)
        self._add_attempt(attempt_of(call, edit.id, job.id), label.source, call.id)
        if job.state in EMPTY_HANDED:
            job = with_call(job, call, self._now)
            self._journal.update_job(job)
        self._settle_owner(edit.id, job)
        return Adopted(charged=call.charged, reserved=call.reserved)

    def _find_edit(self, fingerprint: Fingerprint, take: int, job: JobId) -> Edit:
        return self._journal.recall_edit(fingerprint, take) or self._journal.add_edit(fingerprint, take, job)

    def _add_delivered(self, recorded: Recorded, output: Output, edit: EditId) -> Job:
        bundle = self._restoration.add_bundle(
            recorded.source, BundleState.FILED, recorded.seen, recorded.settled
        )
        stem = output.path.parent / output.path.stem
        job = Job(
            id=recorded.job,
            bundle=bundle,
            edit=edit,
            wish=recorded.wish,
            state=JobState.READY,
            created=recorded.settled,
            stem=stem,
            attempts=len(recorded.calls),
            submitted=recorded.calls[-1].started if recorded.calls else None,
        )
        job = with_result(job, output, recorded, JobState.DONE)
        self._journal.add_job(job)
        self._restoration.claim_stem(stem, job.id)
        return job

    def _give_result(self, job: Job, recorded: Recorded, output: Output) -> Job:
        """Give a job the delivery that an older journal has forgotten; its sources are filed as usual."""
        bundle = self._journal.get_bundle(job.bundle)
        is_live = bundle.state in LIVE_BUNDLES
        job = with_result(job, output, recorded, JobState.DELIVERED if is_live else JobState.DONE)
        self._journal.update_job(job)
        states = {one.state for one in self._journal.jobs_of_bundle(bundle.id)}
        if bundle.state is BundleState.AT_WORK and not states & KEEPS_SOURCES:
            self._journal.update_bundle(replace(bundle, state=BundleState.ENDING, look_at=None))
        return job

    def _add_placeholder(self, call: FoundCall, edit: EditId) -> Job:
        label = call.label
        bundle = self._restoration.add_bundle(
            label.source, BundleState.DETACHED, label.started, label.started
        )
        job = placeholder(call, bundle, edit)
        self._journal.add_job(job)
        return job

    def _adopt_recorded(self, call: RecordedCall, recorded: Recorded, edit: EditId) -> Attempt:
        known = [one for one in self._journal.attempts_of(edit) if is_same_start(call.started, one.started)]
        if known:
            return self._end_known(known[0], call)
        files = self._calls.get((recorded.fingerprint, recorded.wish.take), [])
        file = next((one for one in files if is_same_start(one.label.started, call.started)), None)
        period = file.label.period if file else period_of(call.started, self._calendar)
        attempt = recorded_attempt(call, recorded, edit, period)
        return self._add_attempt(attempt, recorded.source, file.id if file else None)

    def _end_known(self, attempt: Attempt, call: RecordedCall) -> Attempt:
        """Book how a call ended that an older journal has only seen begin."""
        if attempt.outcome is None:
            attempt = replace(
                attempt, ended=call.ended, outcome=call.outcome, reserved=call.reserved, charged=call.charged
            )
            self._journal.update_attempt(attempt)
        return attempt

    def _add_attempt(self, attempt: Attempt, source: PurePosixPath, file: AttemptId | None) -> Attempt:
        attempt = replace(attempt, id=self._restoration.add_attempt(attempt, source, file))
        self._journal.update_attempt(attempt)
        self._restoration.raise_permission(attempt.edit, attempt.permission)
        return attempt

    def _settle_owner(self, edit: EditId, job: Job) -> None:
        """Have the job that got most own the edit, and give every other that waits its place beside it."""
        owner = self._restoration.find_job(self._journal.get_edit(edit).owner)
        if owner is None or _has_more(job, owner):
            self._journal.set_owner(edit, job.id)
            owner = job
        attempts = self._journal.attempts_of(edit)
        for other in self._restoration.jobs_of_edit(edit):
            if other.id != owner.id and other.state in EMPTY_HANDED and other.wish is not None:
                seen = self._journal.get_bundle(other.bundle).seen
                self._journal.update_job(place_anew(other, owner, attempts, seen, self._now))


def _has_more(job: Job, owner: Job) -> bool:
    if owner.state not in _SERVED:
        return True
    return owner.output is None and job.output is not None
