"""When a refused key is looked into: soon when another one may be there, ever later for the same one.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Iterator
from typing import Final

from retouchd.engine.crew import Probe, UnderWay
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard

# A new key counts within seconds; the look for it is a small file on this machine.
_EVERY_SECONDS: Final = 5.0


class KeyWatch:
    """Has a worker look into a refused key."""

    def __init__(self, office: Office, board: PauseBoard, under_way: UnderWay) -> None:
        self._clock = office.clock
        self._board = board
        self._under_way = under_way
        self._looked_at = self._monotonic()

    def choose(self) -> Iterator[Probe]:
        """Give the look that is to be made now, if any, and note it as under way."""
        seconds = self.seconds_until_next()
        if seconds is None:
            self._looked_at = self._monotonic()
            return
        if seconds > 0:
            return
        task = Probe(is_due=self._board.begin_look_at_key())
        self._under_way.take(task)
        self._looked_at = self._monotonic()
        yield task

    def seconds_until_next(self) -> float | None:
        """Give the seconds until the next look, None while the key is taken or one is under way."""
        due = self._board.seconds_until_key_is_due()
        if due is None or self._under_way.count(Probe):
            return None
        return max(0.0, min(due, self._looked_at + _EVERY_SECONDS - self._monotonic()))

    def _monotonic(self) -> float:
        return self._clock.moments().monotonic
