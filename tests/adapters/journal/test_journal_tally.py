"""The calls that metrics count are those that a recount of the journal finds, in whatever order they end."""

from collections import Counter
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_samples import DURABLE, add_edit, add_job, begin_attempt, record_bundle

from retouchd.adapters.journal.gauges import CallSeen
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.views import JournalView
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Moments
from retouchd.core.values import AttemptId
from retouchd.metrics.tally import BOUNDS, CallTally, Result
from strategies import NOW

# One call ends: which of those under way, how, and how far the clock is from where it should be.
END = st.tuples(st.integers(0, 9), st.sampled_from(OutcomeKind), st.integers(-5000, 5000))
LIFE = st.lists(st.just("begin") | END, max_size=10)


def live(journal: SqliteJournal, job: Job, edit: Edit, life: list[Any]) -> None:
    """Have calls begin and end."""
    for event in life:
        under_way = journal.connection.execute("SELECT id FROM attempts WHERE ended IS NULL").fetchall()
        if event == "begin":
            begin_attempt(journal, job, edit)
        elif under_way:
            index, outcome, seconds = event
            attempt = journal.get_attempt(under_way[index % len(under_way)]["id"])
            ended = NOW + timedelta(seconds=seconds)
            with journal.transaction():
                journal.update_attempt(replace(attempt, ended=ended, outcome=outcome, elapsed_seconds=1.0))


def ends(journal: SqliteJournal) -> Counter[str]:
    """Count all calls that have ended."""
    rows = journal.connection.execute("SELECT outcome FROM attempts WHERE ended IS NOT NULL")
    return Counter(row["outcome"] for row in rows)


@settings(max_examples=60, deadline=None)
@given(before=LIFE, lives=st.lists(LIFE, max_size=4))
def test_it_is_a_recount(
    before: list[Any], lives: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each call that ends after the first question counts once, however clocks go, and no earlier one."""
    path = tmp_path_factory.mktemp("tally") / "journal.db"
    tally = CallTally()
    with closing(SqliteJournal.open(path, DURABLE)) as journal:
        job = add_job(journal, record_bundle(journal, Moments(now=NOW, monotonic=0)))
        edit = add_edit(journal)
        live(journal, job, edit, before)
        earlier = ends(journal)
        with closing(JournalView.open_for_reading(path)) as view:
            tally.catch_up(view)
            for life in lives:
                live(journal, job, edit, life)
                tally.catch_up(view)

                assert +tally.outcomes == ends(journal) - earlier
                assert tally.under_way == view.open_calls()


class Book:
    """A journal that tells what a test says."""

    def __init__(self, *calls: CallSeen) -> None:
        self._calls = calls

    def last_attempt(self) -> AttemptId:
        """Give none."""
        return AttemptId(0)

    def open_calls(self) -> set[AttemptId]:
        """Give none."""
        return set()

    def calls_since(self, last: AttemptId, others: AbstractSet[AttemptId]) -> tuple[CallSeen, ...]:
        """Give all."""
        return self._calls


def tally_of(*ends: tuple[str, float | None, bool]) -> CallTally:
    """Give a tally that has counted calls: how each ended, how long it took, and whether we cut it."""
    calls = [
        CallSeen(id=AttemptId(number), outcome=outcome, seconds=seconds, cut_by_us=cut)
        for number, (outcome, seconds, cut) in enumerate(ends, 1)
    ]
    tally = CallTally()
    tally.catch_up(Book())
    tally.catch_up(Book(*calls))
    return tally


def test_durations_fall_below_the_first_bound_that_holds_them() -> None:
    """A call of just a bound's length belongs to it, as Prometheus counts; the last holds all above."""
    tally = tally_of(("answered", 1.0, False), ("answered", 1.1, False), ("unreadable", 901.0, False))

    answered = tally.durations[Result.ANSWERED]
    assert [answered.counts[0], answered.counts[1], answered.counts[-1]] == [1, 1, 1]
    assert len(answered.counts) == len(BOUNDS) + 1
    assert answered.seconds == pytest.approx(903.1)


def test_durations_tell_apart_what_came_of_calls() -> None:
    """Lost answers at a minute show a proxy that cuts; what we cut ourselves says nothing of anybody."""
    tally = tally_of(
        ("unknown", 60.1, False), ("unknown", 7.0, True), ("overloaded", 0.2, False), ("stopped", None, False)
    )

    assert {result: sum(one.counts) for result, one in tally.durations.items()} == {
        Result.ANSWERED: 0,
        Result.LOST: 1,
        Result.FAILED: 1,
    }
    assert tally.outcomes["unknown"] == 2
    assert tally.outcomes["stopped"] == 1
