"""What the engine asks of the journal about what is past, as Protocols."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from retouchd.core.history import HistoryBounds, LetGo
from retouchd.core.values import AttemptId


class Passage(Protocol):
    """One step through the history, the oldest first."""

    @property
    def reached(self) -> int | None:
        """The number of the last job that was looked at; None when there is no more to look at."""
        ...

    @property
    def let_go(self) -> LetGo:
        """How much went."""
        ...


class History(Protocol):
    """Jobs that are over and past."""

    def newest_job(self) -> int:
        """Give the number of the job that was made last, 0 when there was none."""
        ...

    def count_failed_ever(self) -> int:
        """Count the jobs that failed, those that were let go too."""
        ...

    def let_go_past(
        self, bounds: HistoryBounds, kept: Collection[AttemptId], after: int, limit: int
    ) -> Passage:
        """Let go of what is past among the next jobs, so many at most; what was paid for is remembered.

        Args:
            kept: Calls whose answers are kept: their jobs stay.
            after: The number of the job that was looked at last.
        """
        ...

    def past_attempts(self, bounds: HistoryBounds, attempts: Sequence[AttemptId]) -> list[AttemptId]:
        """Give those of these calls whose jobs are past, the oldest first."""
        ...

    def tidy_orders(self, before: datetime, limit: int) -> None:
        """Remove commands, and a person's words for single days, that were given earlier than this."""
        ...
