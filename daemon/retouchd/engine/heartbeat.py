"""The heartbeat: the engine itself tells now and then that it works; a silent log means that it does not.

Runs in the engine thread, inside its transaction.
"""

from collections import Counter

from retouchd.core.pulse import Pulse, next_beat
from retouchd.engine.budget import Budget
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard


class Heartbeat:
    """Tells that the daemon is alive; the loop, which turns twice a minute at least, asks it to."""

    def __init__(self, office: Office, board: PauseBoard) -> None:
        self._office = office
        self._board = board
        self._budget = Budget(office, board)
        self._begun = self._last = office.clock.moments().monotonic
        self._told: Counter[str] = Counter()

    def beat(self) -> None:
        """Tell it when it is time."""
        every, now = self._office.policy.heartbeat, self._office.clock.moments().monotonic
        if not every or now < next_beat(self._begun, self._last, every):
            return
        self._last = now
        self._office.herald.say("info", "daemon.alive", **self._pulse().fields())

    def _pulse(self) -> Pulse:
        journal, told = self._office.journal, self._office.herald.told.copy()
        since, self._told = told - self._told, told
        return Pulse(
            delivered=since["job.delivered"],
            failed=since["job.failed"],
            jobs=journal.count_jobs(),
            bundles=journal.count_bundles(self._office.clock.moments()),
            offer=self._budget.now(),
            pauses=self._board.pauses,
        )
