"""A person decides over a job: gives it up, or hands in the picture that was paid for.

Runs in the engine thread, inside its transaction.
"""

from dataclasses import replace
from typing import Final

from retouchd.core.decisions import why_not_cancelled, why_not_discarded, why_not_handed_in
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import Job, JobEvent
from retouchd.core.money import NOTHING
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Attempt, BundleState
from retouchd.core.story import money_sentence
from retouchd.core.values import AttemptId
from retouchd.engine.journal import Journal
from retouchd.engine.moves import Moves
from retouchd.engine.needs import Spool
from retouchd.engine.office import Office

_WHERE: Final = {
    BundleState.ENDING: "; its photo goes to failed/, or to done/ with what else was delivered",
    BundleState.AT_WORK: "; its photo stays in the inbox until its other pictures are done",
}


class Resolver:
    """Carries out what was decided."""

    def __init__(self, office: Office, moves: Moves, spool: Spool) -> None:
        self._journal = office.journal
        self._moves = moves
        self._spool = spool

    def cancel(self, job: Job) -> str:
        """Give a job up that nothing is under way for, and say so.

        Raises:
            CommandRefusedError: It is being sent, was paid for, or is over.
        """
        _refuse(why_not_cancelled(job))
        return self._give_up(job, 'it was given up with "retouchd cancel"')

    def discard(self, job: Job) -> str:
        """Give a job up that needs a person, and say so.

        Raises:
            CommandRefusedError: It does not need a person.
        """
        _refuse(why_not_discarded(job))
        return self._give_up(job, 'it was given up with "retouchd resolve --discard"')

    def accept(self, job: Job) -> str:
        """Take what was handed in for the answer of a job, and say so.

        Raises:
            CommandRefusedError: The job waits for no picture, or nothing whole was handed in.
        """
        attempt = answer_missing(self._journal, job)
        # A crash between this and the commit leaves the job held: what came for it lies in the spool under
        # another name, and the same picture can be handed in again.
        if not self._spool.adopt(attempt.id):
            message = f'the picture for job {job.id} did not arrive: run "retouchd resolve --accept" again'
            raise CommandRefusedError(message)
        booked = attempt.charged + attempt.reserved
        answered = replace(attempt, charged=booked, reserved=NOTHING, outcome=OutcomeKind.ANSWERED)
        self._journal.update_attempt(answered)
        detail = "you handed in the picture"
        self._moves.apply(replace(job, output=None, delivered=None), JobEvent.HANDED_IN, detail=detail)
        return f"the picture is taken for job {job.id} and put into the outbox; {booked} count as spent"

    def _give_up(self, job: Job, detail: str) -> str:
        if job.edit is not None and self._attempts_of(job):
            self._moves.book_lost(job.edit)
        moved = self._moves.apply(replace(job, dismissed=True), JobEvent.CANCELLED, detail=detail)
        attempts = self._attempts_of(moved)
        where = _WHERE.get(self._journal.get_bundle(job.bundle).state, "")
        return f"job {job.id} is cancelled; {money_sentence(attempts).removesuffix('.')}{where}"

    def _attempts_of(self, job: Job) -> list[Attempt]:
        """Give the calls for a job's edit if the job decides over it."""
        if job.edit is None or self._journal.get_edit(job.edit).owner != job.id:
            return []
        return self._journal.attempts_of(job.edit)


def answer_missing(journal: Journal, job: Job) -> Attempt:
    """Give the call whose answer is missing, which a handed-in picture stands for.

    Raises:
        CommandRefusedError: The job waits for no picture that could be handed in.
    """
    _refuse(why_not_handed_in(job))
    attempt = _answer_of(journal, job)
    if attempt is None:
        message = (
            f"nothing is known any more of the call that paid for job {job.id}: put the picture into"
            f' the outbox yourself, then "retouchd cancel {job.id}"'
        )
        raise CommandRefusedError(message)
    return journal.get_attempt(attempt)


def _answer_of(journal: Journal, job: Job) -> AttemptId | None:
    """Give the call of which a job's answer should be: its own, or of the job whose edit it shares."""
    if job.answer is not None or job.reused_from is None:
        return job.answer
    return journal.get_job(job.reused_from).answer


def _refuse(reason: str) -> None:
    if reason:
        raise CommandRefusedError(reason)
