"""Lets go of history that is past, step by step, so that nobody waits for it.

A worker asks for one step after the other; each is a part of one of the engine's turns.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from retouchd.core.history import HistoryPolicy, LetGo
from retouchd.core.values import AttemptId
from retouchd.engine.desk import Desk
from retouchd.engine.journal_history import Passage
from retouchd.engine.office import Office

# Under this name the journal keeps what a person wants to be let go, until that is done.
WANTED: Final = "history_wanted"
# Measured with 100 000 jobs on a machine of two cores: 20 ms for so many, 2 500 jobs a second in all.
_JOBS_AT_ONCE: Final = 50
# After these a worker is free for something else; the rest goes with the next look.
_MOST_STEPS: Final = 200
# Nobody asks what was typed a week ago; a command is answered within seconds.
_COMMANDS_KEPT: Final = timedelta(days=7)
_COMMANDS_AT_ONCE: Final = 500


def find_wanted(office: Office) -> HistoryPolicy | None:
    """Give what a person wants to be let go, or None; in the engine thread."""
    noted = office.journal.note(WANTED)
    return HistoryPolicy.from_text(noted) if noted else None


class Archivist:
    """Lets go, in a worker."""

    def __init__(self, desk: Desk, office: Office) -> None:
        self._desk = desk
        self._office = office
        # Where the last look ended; from the oldest again once all were looked at.
        self._reached = 0

    def let_go(self, kept: Collection[AttemptId]) -> LetGo:
        """Let go of what is past, or of a good part of it, and tell how much that was.

        Args:
            kept: Calls whose answers are kept: their jobs stay.
        """
        found = LetGo()
        for _step in range(_MOST_STEPS):
            # A crash after any of them leaves the rest, which the next look lets go.
            passage = self._desk.ask(self._let_go_some, kept)
            found += passage.let_go
            self._reached = passage.reached or 0
            if passage.reached is None:
                break
        self._desk.ask(self._tell, found)
        return found

    def _let_go_some(self, kept: Collection[AttemptId]) -> Passage:
        office = self._office
        now, wanted = office.clock.now(), find_wanted(office)
        if not self._reached:
            office.journal.tidy_orders(now - _COMMANDS_KEPT, _COMMANDS_AT_ONCE)
        bounds = (wanted or office.policy.history).bounds(now, office.journal.newest_job())
        return office.journal.let_go_past(bounds, kept, self._reached, _JOBS_AT_ONCE)

    def _tell(self, found: LetGo) -> None:
        """Tell how much went, and that nothing more is wanted when that was all."""
        if not self._reached and self._office.journal.note(WANTED):
            self._office.journal.set_note(WANTED, "")
        if found.photos:
            self._office.herald.say("info", "history.let_go", photos=found.photos, jobs=found.jobs)
