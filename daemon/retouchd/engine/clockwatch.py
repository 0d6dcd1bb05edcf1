"""Watches the wall clock: when it is set back, timers that it had set ahead are pulled back with it.

Runs in the engine thread, inside its transaction.
"""

from datetime import timedelta

from retouchd.core.pauses import PauseReason
from retouchd.core.records import Moments
from retouchd.core.timers import latest_due, step_back
from retouchd.engine.budget import Budget
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard


class ClockWatch:
    """Compares the wall clock with the monotonic one, turn by turn."""

    def __init__(self, office: Office, board: PauseBoard) -> None:
        self._office = office
        self._board = board
        self._budget = Budget(office, board)
        self._last = office.clock.moments()

    def look(self) -> timedelta:
        """Give by how much the clock was set back since the last look, and put right what that made wrong."""
        before, self._last = self._last, self._office.clock.moments()
        step = step_back(before, self._last)
        if step:
            self._office.herald.say("warning", "clock.stepped_back", seconds=round(step.total_seconds()))
            pull_back(self._office, self._board)
            self._count_days_anew()
        return step

    @property
    def last(self) -> Moments:
        """When the clock was looked at."""
        return self._last

    def _count_days_anew(self) -> None:
        """Have a pause for money say what it waits for now: another day may count than when it began."""
        if any(pause.reason is PauseReason.BUDGET for pause in self._board.pauses):
            self._budget.review()


def pull_back(office: Office, board: PauseBoard) -> None:
    """Pull back what lies further ahead than anything waits; also at a start, before which nobody looked."""
    now = office.clock.now()
    latest = latest_due(now, office.policy.retry.ceiling_seconds)
    office.journal.pull_back(now, latest)
    board.pull_back(latest)
