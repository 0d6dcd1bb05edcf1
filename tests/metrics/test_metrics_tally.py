"""What is counted of calls: each once, with its duration where that tells anything of the service."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import pytest

from retouchd.adapters.journal.gauges import CallSeen
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.values import AttemptId
from retouchd.metrics.tally import CallTally, Result


class Book:
    """A history in which nothing was done yet, and then calls."""

    def __init__(self) -> None:
        self.calls: list[CallSeen] = []

    def last_attempt(self) -> AttemptId:
        """Give the highest number."""
        return AttemptId(len(self.calls))

    def open_calls(self) -> set[AttemptId]:
        """Give the calls that are under way."""
        return {call.id for call in self.calls if call.outcome is None}

    def calls_since(self, last: AttemptId, others: AbstractSet[AttemptId]) -> Iterable[CallSeen]:
        """Give those after one, and some others."""
        return [call for call in self.calls if call.id > last or call.id in others]


@pytest.mark.parametrize(
    ("outcome", "cut_by_us", "counted"),
    [
        (OutcomeKind.ANSWERED, False, {Result.ANSWERED: 30.0}),
        (OutcomeKind.UNKNOWN, False, {Result.LOST: 30.0}),
        (OutcomeKind.RATE_LIMIT, False, {Result.FAILED: 30.0}),
        (OutcomeKind.UNKNOWN, True, {}),
    ],
)
def test_how_long_calls_take(outcome: OutcomeKind, counted: dict[Result, float], *, cut_by_us: bool) -> None:
    """A call that we cut ourselves is counted, but how long it took says nothing about the service."""
    book, tally = Book(), CallTally()
    tally.catch_up(book)
    book.calls = [CallSeen(id=AttemptId(1), outcome=outcome, seconds=30.0, cut_by_us=cut_by_us)]

    tally.catch_up(book)
    tally.catch_up(book)

    assert tally.outcomes[outcome] == 1
    assert {result: taken.seconds for result, taken in tally.durations.items() if taken.seconds} == counted
