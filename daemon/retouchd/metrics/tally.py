"""How calls ended since the start, counted as the journal comes to tell it.

Calls end in another order than they began in, and clocks are set back. So what was still under way is asked
for again by its number; no call is missed or counted twice, and nothing older is read.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from retouchd.adapters.journal.gauges import CallSeen
from retouchd.core.outcomes import RULES, Effect, OutcomeKind
from retouchd.core.values import AttemptId

# From what a small picture takes to the longest that a call may last; a minute is where proxies cut.
BOUNDS: Final = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 900.0)


class Result(StrEnum):
    """What came of a call, as far as its duration tells anything.

    ANSWERED: a picture. LOST: nothing came, perhaps paid. FAILED: refused, or never sent whole.
    """

    ANSWERED = "answered"
    LOST = "lost"
    FAILED = "failed"


@dataclass(slots=True)
class Durations:
    """A histogram.

    Attributes:
        counts: By the first bound that is not below; the last is for all above.
        seconds: The sum.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Book(Protocol):
    """What is asked of the journal."""

    def last_attempt(self) -> AttemptId:
        """Give the highest number that a call ever had."""
        ...

    def open_calls(self) -> set[AttemptId]:
        """Give the calls that are under way."""
        ...

    def calls_since(self, last: AttemptId, others: AbstractSet[AttemptId]) -> Iterable[CallSeen]:
        """Give the first calls that began after one, and some others."""
        ...


class CallTally:
    """Counts the calls that ended since it was first asked; for one thread at a time.

    Attributes:
        outcomes: How many ended in which way.
        durations: How long those took that we did not cut ourselves.
        under_way: Those that have not ended.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter({kind.value: 0 for kind in OutcomeKind})
        self.durations = {result: Durations() for result in Result}
        self.under_way: frozenset[AttemptId] = frozenset()
        self._last: AttemptId | None = None

    def catch_up(self, book: Book) -> None:
        """Count what has ended since the last time; the first time nothing, since that was before the start.

        Raises:
            JournalError: The journal cannot be read; the next time makes up for it.
        """
        if self._last is None:
            self.under_way, self._last = frozenset(book.open_calls()), book.last_attempt()
            return
        calls = list(book.calls_since(self._last, self.under_way))
        for call in calls:
            self._count(call)
        self.under_way = frozenset(call.id for call in calls if call.outcome is None)
        self._last = max([self._last, *(call.id for call in calls)])

    def _count(self, call: CallSeen) -> None:
        if call.outcome is None:
            return
        self.outcomes[call.outcome] += 1
        if call.seconds is not None and not call.cut_by_us:
            self.durations[_result_of(OutcomeKind(call.outcome))].add(call.seconds)


def _result_of(kind: OutcomeKind) -> Result:
    if RULES[kind].effect is Effect.RECEIVE:
        return Result.ANSWERED
    return Result.LOST if kind is OutcomeKind.UNKNOWN else Result.FAILED
