"""Options that the service refuses for photo after photo: the others that want them are held, for nothing.

Runs in the engine thread, inside its transaction.
"""

from typing import Final

from retouchd.core.jobs import HoldReason, Job, JobEvent
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Attempt
from retouchd.core.refusals import RefusedOptions, find_alike, options_of
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office

# Far more than a run of refusals can be interrupted by photos with other options.
_LOOK_BACK: Final = 50
# A picture came of it, or something that was to be one: the options are good.
_ACCEPTED: Final = frozenset({OutcomeKind.ANSWERED, OutcomeKind.UNREADABLE})


class Refusals:
    """Holds and frees; keeps nothing itself, all of it is in the journal."""

    def __init__(self, office: Office, moves: Moves) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._moves = moves

    def hold_if_refused(self, job: Job) -> bool:
        """Hold a job that is about to be sent if its options are refused; say whether it is held."""
        refused = self._journal.refused_options(_options(job))
        if refused is None or refused.job == job.id:
            return False
        detail = (
            f"not sent, since {refused.detail}; change the options ({refused.options}) in its prompt file or"
            f' in the configuration, or try this one with "retouchd retry {job.id}",'
            ' or all with "retouchd resume refused_alike"'
        )
        self._moves.apply(job, JobEvent.OPTIONS_REFUSED, detail=detail, hold=HoldReason.REFUSED_ALIKE)
        return True

    def note_end(self, job: Job, attempt: Attempt, told: str) -> None:
        """Learn from how a job's call ended.

        Args:
            told: What the service said, for people.
        """
        if attempt.refusal is not None:
            self._refuse_alike(job, attempt.refusal, told)
        elif attempt.outcome in _ACCEPTED and self._journal.refused_options(_options(job)):
            self._journal.accept_options(_options(job))
            self._free("the same options were accepted for another photo")

    def _refuse_alike(self, job: Job, refusal: str, told: str) -> None:
        number, alike = find_alike(refusal, self._journal.latest_judged(_LOOK_BACK))
        detail = f"{number} photos running were refused alike ({told})"
        for options in sorted(alike):
            refused = RefusedOptions(options=options, detail=detail, job=job.id)
            self._journal.refuse_options(refused, self._clock.now())
            self._herald.say("error", "options.refused", options=options, detail=detail)

    def let_try(self, job: Job) -> None:
        """Let one job try options that are refused: a person wants it."""
        self._journal.let_try_options(_options(job), job.id)

    def count_held(self) -> int:
        """Count the jobs that wait for options to be accepted."""
        return len(self._journal.jobs_held_for(HoldReason.REFUSED_ALIKE))

    def free_all(self) -> str:
        """Have all of them tried again, and say so: a person wants it."""
        held = self.count_held()
        self._journal.accept_all_options()
        self._free("you asked to try it again")
        return f"{held} photos are tried again" if held else "no photo waits for that"

    def _free(self, detail: str) -> None:
        """Let go those whose options are not refused any more; none of them was ever sent."""
        for job in self._journal.jobs_held_for(HoldReason.REFUSED_ALIKE):
            if self._journal.refused_options(_options(job)) is None:
                self._moves.apply(job, JobEvent.RETRY_GRANTED, detail=detail)


def _options(job: Job) -> str:
    return options_of(job.wish.request) if job.wish else ""
