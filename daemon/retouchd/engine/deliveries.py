"""Deliveries and filing as the journal knows them: what is planned before each step, and what was done.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.downloads import DownloadTrouble, wait_for_download
from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState, Output
from retouchd.core.money import Money
from retouchd.core.naming import OnConflict
from retouchd.core.records import Attempt, BundleRecord, BundleState
from retouchd.core.values import BundleId, JobId, Sha256
from retouchd.core.whereabouts import describe_no_picture
from retouchd.engine.cashier import Cashier
from retouchd.engine.intake import Intake
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard

# How soon a delivery or a filing is tried again that a full or missing folder prevented.
_TRY_AGAIN: Final = timedelta(seconds=30)
_NOTHING_LEFT: Final = "neither that picture nor the answer is there any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What a delivery begins with.

    Attributes:
        owner: The job that paid: the job itself unless it shares an edit.
    """

    job: Job
    owner: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Dossier):
    """A delivery whose name and hash are durable, with what its metadata tells.

    Attributes:
        attempts: Those of the edit, in order.
        charged: What the answer cost.
    """

    bundle: BundleRecord
    attempts: Sequence[Attempt]
    charged: Money


class Deliveries:
    """Notes each step of a delivery and of a filing."""

    def __init__(
        self,
        office: Office,
        moves: Moves,
        board: PauseBoard,
        cashier: Cashier,
        intake: Intake,
    ) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._office = office
        self._moves = moves
        self._board = board
        self._cashier = cashier
        self._intake = intake
        # How often each picture was downloaded in vain. A restart begins anew, which costs nothing.
        self._downloads: dict[JobId, int] = {}

    def find_owner(self, job: Job) -> Job:
        """Give the job that paid for a job's picture: the job itself unless it shares an edit."""
        return self._journal.get_job(job.reused_from) if job.reused_from else job

    def plan_output(
        self, job_id: JobId, path: PurePosixPath, sha256: Sha256, reported_usd: float | None
    ) -> Plan:
        """Book what the answer cost, and note the name and the hash before they are published.

        After a crash a file of that name with that hash is ours, any other is a stranger's. The moment of
        the first plan stays, so that the metadata is the same byte for byte when it is written again.
        """
        job = self._journal.get_job(job_id)
        charged = self._cashier.settle(job, reported_usd)
        output = Output(path=path, sha256=sha256)
        if job.output != output or job.delivered is None:
            job = replace(job, output=output, delivered=self._clock.now())
            self._journal.update_job(job)
        return Plan(
            job=job,
            owner=self.find_owner(job),
            bundle=self._journal.get_bundle(job.bundle),
            attempts=self._attempts_of(job),
            charged=charged,
        )

    def take_next_stem(self, job_id: JobId, wished: PurePosixPath) -> Job:
        """Reserve the next number of a name that a stranger's file has."""
        job = self._journal.get_job(job_id)
        if self._office.policy.on_conflict is OnConflict.OVERWRITE:
            stem = self._journal.take_over_stem(wished, job_id, of=job.bundle)
        else:
            stem = self._journal.reserve_stem(wished, job_id)
        job = replace(job, stem=stem, output=None, delivered=None)
        self._journal.update_job(job)
        return job

    def outputs_at(self, path: PurePosixPath, job_id: JobId) -> Collection[Sha256]:
        """Give the hashes of what other jobs that are over have delivered under a name."""
        return self._journal.outputs_at(path, job_id)

    def tell_kept(self, job_id: JobId, path: PurePosixPath) -> None:
        """Tell that what has an output's name is not overwritten."""
        detail = "it was changed or put there by somebody else, so it stays and the new picture gets a number"
        self._herald.say("warning", "output.kept", job=job_id, output=str(path), detail=detail)

    def finish(self, job_id: JobId, told: dict[str, object]) -> None:
        """Note that picture and metadata are durable in the outbox."""
        self._downloads.pop(job_id, None)
        job = self._journal.get_job(job_id)
        moved = self._moves.apply(job, JobEvent.DELIVERED, told=told)
        if self._journal.get_bundle(job.bundle).state is BundleState.DETACHED:
            # Its files are others now or gone: there is nothing to file.
            self._moves.apply(moved, JobEvent.FILED, told=self._whole_story(moved))

    def hold_unreadable(self, job_id: JobId, reason: str) -> None:
        """Hold a job whose answer was paid for and gives no picture."""
        job = self._journal.get_job(job_id)
        self._cashier.settle(job, None)
        detail = describe_no_picture(job.id, self._attempts_of(job), f"the answer was paid for, but {reason}")
        self._moves.apply(job, JobEvent.UNREADABLE, detail=detail, hold=HoldReason.UNREADABLE_ANSWER)

    def await_download(self, job_id: JobId, reason: str, trouble: DownloadTrouble) -> None:
        """Have a picture downloaded once more after a while, or hold its job when that is of no use.

        Args:
            reason: Why the answer gives no picture itself.
        """
        tries = self._downloads.get(job_id, 0) + 1
        wait = wait_for_download(trouble, tries, self._office.policy.retry, self._clock.fraction())
        told = f"{reason}, and its picture cannot be downloaded: {trouble.detail}"
        if wait is None:
            self._downloads.pop(job_id, None)
            self.hold_unreadable(job_id, told)
            return
        self._downloads[job_id] = tries
        job = self._journal.get_job(job_id)
        self._journal.update_job(replace(job, detail=told, next_try=self._clock.now() + wait))
        self._herald.say("warning", "job.postponed", job=job.id, state=job.state, detail=told)

    def hold_output_gone(self, job_id: JobId, reason: str = _NOTHING_LEFT) -> None:
        """Hold a job whose edit was paid for and of which nothing is left to copy.

        Args:
            reason: Why not, as a clause.
        """
        job = self._journal.get_job(job_id)
        told = f"the same photo and prompt was paid for before, but {reason}"
        detail = describe_no_picture(job.id, self._attempts_of(job), told)
        self._moves.apply(job, JobEvent.OUTPUT_GONE, detail=detail, hold=HoldReason.OUTPUT_GONE)

    def _attempts_of(self, job: Job) -> Sequence[Attempt]:
        return self._journal.attempts_of(job.edit) if job.edit is not None else []

    def postpone(self, job_id: JobId, error: FileTroubleError) -> None:
        """Try a job again later whose files or folders are in trouble just now.

        A full disk stops all calls, since no other result would find room either. A folder that is missing
        as a whole is the scanner's to tell; one bad folder or file must not stop the others (I11).
        """
        job = self._journal.get_job(job_id)
        if job.has_ended:
            return  # Given up meanwhile.
        self._journal.update_job(replace(job, detail=str(error), next_try=self._clock.now() + _TRY_AGAIN))
        self._herald.say("warning", "job.postponed", job=job.id, state=job.state, detail=str(error))
        if isinstance(error, NoRoomError):
            self._board.begin_for_folder(error)

    def pause_for_room(self, error: NoRoomError) -> None:
        """Have no call made while a disk is full."""
        self._board.begin_for_folder(error)

    def plan_filing(self, bundle: BundleId, number: int) -> None:
        """Note the number under which the sources are filed before the first of them moves."""
        self._journal.plan_filing(bundle, number)

    def finish_filing(self, bundle: BundleId, *, stayed: bool) -> None:
        """Note that the sources are filed, or that they stay since they are others now."""
        record = self._journal.get_bundle(bundle)
        self._journal.update_bundle(replace(record, state=BundleState.FILED))
        for job in self._journal.jobs_of_bundle(bundle):
            if job.state is JobState.DELIVERED:
                self._moves.apply(job, JobEvent.FILED, told=self._whole_story(job))
        if stayed:
            detail = "its files were changed meanwhile; they stay in the inbox and count as new"
            self._herald.say("info", "bundle.stayed", source=str(record.path), detail=detail)
        self._intake.free_place(record, stayed=stayed)

    def postpone_filing(self, bundle: BundleId, error: FileTroubleError) -> None:
        """Try a filing again later."""
        record = self._journal.get_bundle(bundle)
        look_at = self._clock.now() + _TRY_AGAIN
        self._journal.update_bundle(replace(record, look_at=look_at, detail=str(error)))
        self._herald.say("warning", "bundle.postponed", source=str(record.path), detail=str(error))

    def _whole_story(self, job: Job) -> dict[str, object]:
        """Give what the one line tells from which a finished job's whole story can be read."""
        own = [attempt for attempt in self._attempts_of(job) if attempt.job == job.id]
        return {
            "output": str(job.output.path) if job.output else None,
            "attempts": len(own),
            "seconds": round((self._clock.now() - job.created).total_seconds(), 3),
            "cost_usd": sum(attempt.charged.micro for attempt in own) / 1_000_000,
            "reused_from": job.reused_from,
        }
