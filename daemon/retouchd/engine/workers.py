"""What a worker does with each kind of task, and what follows when a task brought a defect to light."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from retouchd.core.errors import FileTroubleError
from retouchd.core.jobs import JobState
from retouchd.core.records import BundleState
from retouchd.core.values import BundleId, JobId
from retouchd.engine.alone import Hands
from retouchd.engine.calls import Calls
from retouchd.engine.crew import Deliver, File, Look, Probe, Prune, Recover, Return, Send, Task, UnderWay
from retouchd.engine.intake import Intake
from retouchd.engine.look import Looker
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.office import Office
from retouchd.engine.policy import Policy
from retouchd.engine.prober import Prober
from retouchd.engine.process import Process
from retouchd.engine.pruning import Pruner

# A task that brought a defect to light is tried again, but not so soon that it fills the log.
_AFTER_DEFECT: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """What workers can do.

    Attributes:
        make_looker: Gives one that goes by this policy.
    """

    make_looker: Callable[[Policy], Looker]
    process: Process
    hands: Hands
    prober: Prober
    pruner: Pruner


class Workers:
    """Carries out tasks in the workers' threads."""

    def __init__(self, office: Office, mailbox: Mailbox, skills: Skills, intake: Intake) -> None:
        self._office = office
        self._mailbox = mailbox
        self._skills = skills
        self._intake = intake

    def carry_out(self, task: Task) -> None:
        """Carry out one task, straight through."""
        match task:
            case Look():
                self._look(task)
            case Send():
                self._skills.process.process(task)
            case Recover():
                self._skills.process.recover(task.job)
            case Deliver():
                self._skills.hands.delivery.deliver(task.job)
            case File():
                self._skills.hands.clerk.file(task)
            case Return():
                self._skills.hands.porter.bring_back(task.record, task.cabinet)
            case Probe() | Prune():
                self._keep_up(task)

    def _keep_up(self, task: Probe | Prune) -> None:
        """Look after what belongs to no photo."""
        if isinstance(task, Probe):
            self._skills.prober.probe(task)
        else:
            self._skills.pruner.prune()

    def _look(self, task: Look) -> None:
        try:
            # One policy for the whole of the look.
            looker = self._skills.make_looker(self._office.policy)
            verdict = looker.look(task.record, self._office.clock.now())
        except FileTroubleError as exc:
            self._mailbox.ask(self._intake.postpone_look, task.record.id, str(exc))
            return
        self._mailbox.ask(self._intake.finish_look, task.record.id, verdict)


class Aftercare:
    """Ends tasks in the engine thread, and keeps a defect from being met again at once."""

    def __init__(self, office: Office, under_way: UnderWay, intake: Intake, calls: Calls) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._under_way = under_way
        self._intake = intake
        self._calls = calls

    def end(self, task: Task, error: Exception | None) -> None:
        """Note that a task has ended."""
        self._under_way.end(task)
        if error is not None:
            self._postpone(task)
        # What changed in the inbox while the job was under way could not be taken in.
        match task:
            case Send():
                self._intake.free_place(task.bundle, stayed=False)
            case Recover() | Deliver():
                self._intake.free_place(self._journal.get_bundle(task.job.bundle), stayed=False)
            case Look() | File() | Return() | Probe() | Prune():
                pass

    def _postpone(self, task: Task) -> None:
        match task:
            case Look():
                # Its count of looks stays, so that it is set aside when this happens again and again.
                self._postpone_bundle(task.record.id, BundleState.ARRIVING)
            case Send() | Recover() | Deliver():
                self._postpone_job(task.job.id)
            case File():
                self._postpone_bundle(task.record.id, BundleState.ENDING)
            case Return():
                self._journal.postpone_return(task.record.id, self._clock.now() + _AFTER_DEFECT)
            case Probe() | Prune():
                pass

    def _postpone_bundle(self, bundle: BundleId, state: BundleState) -> None:
        record = self._journal.get_bundle(bundle)
        look_at = self._clock.now() + _AFTER_DEFECT
        self._journal.update_bundle(replace(record, state=state, look_at=look_at))

    def _postpone_job(self, job_id: JobId) -> None:
        job = self._journal.get_job(job_id)
        # When its answer cannot be looked for now, a worker is told to look for it.
        with suppress(FileTroubleError):
            job = self._calls.recover(job)
        if job.state in {JobState.READY, JobState.DEFERRED, JobState.RECEIVED}:
            detail = "retouchd failed on this one; the log tells more"
            self._journal.update_job(replace(job, detail=detail, next_try=self._clock.now() + _AFTER_DEFECT))
