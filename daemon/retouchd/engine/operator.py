"""What a person decides by a command: pause, resume, try again.

Runs in the engine thread, inside its transaction; without a daemon the command itself does it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from retouchd.core.duplicates import may_be_paid
from retouchd.core.edits import Edit
from retouchd.core.errors import CommandRefusedError, RetouchdError
from retouchd.core.jobs import HoldReason, Job, JobEvent, JobState
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import BundleRecord, BundleState, Command, Verb
from retouchd.core.story import hold_needs_money, refused_answer
from retouchd.core.values import JobId
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard

# What can be tried again.
RETRIED: Final = frozenset({JobState.HELD, JobState.DEFERRED, JobState.FAILED})


class Operator:
    """Obeys commands.

    Args:
        bring_back: Has a failed bundle's sources brought back to the inbox.
    """

    def __init__(
        self, office: Office, moves: Moves, board: PauseBoard, bring_back: Callable[[BundleRecord], None]
    ) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._moves = moves
        self._board = board
        self._bring_back = bring_back

    def obey_all(self) -> None:
        """Obey the commands that were left in the journal."""
        for command in self._journal.commands():
            answer = self._try(command)
            self._journal.answer_command(command.id, answer, self._clock.now())
            self._herald.say("info", "command.obeyed", verb=command.verb, argument=command.argument)

    def _try(self, command: Command) -> str:
        try:
            return self.obey(command.verb, command.argument)
        except RetouchdError as exc:
            return refused_answer(str(exc))

    def obey(self, verb: Verb, argument: str) -> str:
        """Obey one command and give one sentence on what happened.

        Raises:
            CommandRefusedError: It cannot be done as things are.
            UnknownJobError: It names no job.
        """
        match verb:
            case Verb.PAUSE:
                return self._pause(argument)
            case Verb.RESUME:
                return self._board.resume(argument)
            case Verb.RETRY:
                return self._retry(self._journal.get_job(JobId(argument)))

    def _pause(self, detail: str) -> str:
        told = detail or 'you paused it; "retouchd resume" ends that'
        self._board.begin(begin_pause(PauseReason.OPERATOR, told, self._clock.now()))
        return "paused: nothing is sent; what is under way is finished"

    def _retry(self, job: Job) -> str:
        if job.state not in RETRIED:
            message = f"job {job.id} is {job.state}; only what needs you, failed or tries again later can be"
            raise CommandRefusedError(message)
        if job.state is JobState.FAILED:
            return self._retry_failed(job)
        if job.edit is not None:
            self._take_over(job, self._journal.get_edit(job.edit))
        fresh = replace(job, attempts=0, active_seconds=0.0, reused_from=None, output=None, delivered=None)
        self._moves.apply(fresh, JobEvent.RETRY_GRANTED, detail="you asked to try it again")
        return f"job {job.id} is tried again"

    def _take_over(self, job: Job, edit: Edit) -> None:
        """Make the job the owner of its edit, and record the permission to pay for it once more.

        Raises:
            CommandRefusedError: Another job decides over the edit.
        """
        owner = self._journal.get_job(edit.owner)
        if job.hold is HoldReason.SAME_EDIT_HELD and not owner.has_ended:
            message = (
                f"job {job.id} waits for job {owner.id}, which has the same photo and prompt: retry that"
            )
            raise CommandRefusedError(message)
        attempts = self._journal.attempts_of(edit.id)
        more = 1 if hold_needs_money(job) or (owner.id != job.id and may_be_paid(attempts)) else 0
        self._journal.update_edit(replace(edit, owner=job.id, permission=edit.permission + more))

    def _retry_failed(self, job: Job) -> str:
        record = self._journal.get_bundle(job.bundle)
        siblings = {one.state for one in self._journal.jobs_of_bundle(record.id)}
        refusal = None
        if record.state is BundleState.DETACHED:
            refusal = "its photo or prompt was changed since; what lies in the inbox now counts as new"
        elif record.state is not BundleState.FILED:
            refusal = "its photo is just being moved to failed/: try again in a moment"
        elif siblings & {JobState.DELIVERED, JobState.DONE}:
            refusal = "its photo is in done/, since another version was delivered: drag it back to the inbox"
        if refusal:
            message = f"job {job.id} cannot be tried again: {refusal}"
            raise CommandRefusedError(message)
        self._bring_back(record)
        return f"the photo of job {job.id} is brought back to the inbox and tried again as a new job"
