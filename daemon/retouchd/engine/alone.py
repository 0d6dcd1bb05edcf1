"""One command where no daemon runs: it is obeyed, and what it leaves to do is done right here.

Only what follows from this very command; everything else waits for the next start.
"""

from dataclasses import dataclass
from typing import Final

from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import JobState, cabinet_of
from retouchd.core.records import BundleState, Verb
from retouchd.core.values import BundleId, JobId
from retouchd.engine.delivery import Delivery
from retouchd.engine.desk import Desk
from retouchd.engine.filing import Clerk
from retouchd.engine.filingorder import open_filing
from retouchd.engine.office import Office
from retouchd.engine.operator import Operator
from retouchd.engine.returning import Porter

# More is never asked for by one command; what a crash of an earlier one left is brought back as well.
_RETURNS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Those who do what an engine's workers do otherwise."""

    delivery: Delivery
    clerk: Clerk
    porter: Porter


class Alone:
    """Obeys one command. A crash after the command's own commit leaves the rest to the next start."""

    def __init__(self, office: Office, desk: Desk, operator: Operator, hands: Hands) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._desk = desk
        self._operator = operator
        self._hands = hands

    def obey(self, verb: Verb, argument: str) -> str:
        """Obey one command and give one sentence on what happened.

        Raises:
            CommandRefusedError: It cannot be done as things are.
            UnknownJobError: It names no job.
        """
        received, ending = self._received(), self._ending()
        answer = self._desk.ask(self._operator.obey, verb, argument)
        self._bring_back()
        for job in self._received() - received:
            self._hands.delivery.deliver(self._journal.get_job(job))
        for bundle in self._ending() - ending:
            if order := self._desk.ask(open_filing, self._journal, bundle):
                self._hands.clerk.file(order)
        return answer

    def _received(self) -> set[JobId]:
        return {job.id for job in self._journal.jobs_in([JobState.RECEIVED])}

    def _ending(self) -> set[BundleId]:
        return {record.id for record in self._journal.bundles_in(BundleState.ENDING)}

    def _bring_back(self) -> None:
        for asked in self._journal.returns_due(self._clock.now(), _RETURNS_AT_ONCE):
            record = self._journal.get_bundle(asked.bundle)
            cabinet = cabinet_of(self._journal.jobs_of_bundle(record.id))
            trouble = self._hands.porter.bring_back(record, cabinet)
            if trouble is not None:
                is_kept = self._journal.find_return(record.id) is not None
                later = "; it is brought back when that is in order and retouchd runs" if is_kept else ""
                message = f"{trouble}{later}"
                raise CommandRefusedError(message)
