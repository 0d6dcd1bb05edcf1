"""A long history: what is asked again and again takes no more work for 100 000 jobs that are over.

Work is counted in steps of SQLite's machine, not in seconds.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_samples import DURABLE, add_edit, add_job, begin_attempt, bundle_of, record_bundle, steps_of

from retouchd.adapters.journal.gauges import MOST_CALLS, Arrivals, CallSeen
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.schema import APPLICATION_ID, STEPS
from retouchd.adapters.journal.views import JournalView
from retouchd.core.jobs import JobState
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.records import BundleState, Moments
from retouchd.core.values import AttemptId
from strategies import NOW

MANY: Final = 100_000
# A question that reads one row more for each job would take hundreds of thousands.
FEW_STEPS: Final = 1000
LATER: Final = NOW + timedelta(days=3000)
TODAY: Final = Period(day="2035-01-01", month="2035-01")
MOMENTS: Final = Moments(now=LATER, monotonic=time.monotonic())

ASKED: Final[dict[str, Callable[[JournalView], object]]] = {
    "how many are in each state": lambda view: view.count_jobs(),
    "how many ended today": lambda view: view.count_ended_since(LATER),
    "how many were delivered today": lambda view: view.count_delivered_since(LATER),
    "what is spent": lambda view: view.report_spend(TODAY),
    "what has arrived": lambda view: view.count_arrivals(MOMENTS),
    "which is the oldest to be sent": lambda view: view.oldest_ready(),
    "when the last picture came": lambda view: view.last_delivery(),
    "which calls are under way": lambda view: view.open_calls(),
    "when the last one ended": lambda view: view.newest_end(),
    "what ended of late": lambda view: view.ends_between(LATER, LATER),
    "which failed of late": lambda view: view.jobs_ended_between(LATER, LATER, JobState.FAILED, 5),
    "when those began": lambda view: view.begin_of_jobs_between(LATER, LATER),
    "what they cost": lambda view: view.charged_between(LATER, LATER),
    "what needs somebody": lambda view: (view.marks_of_held(), view.marks_of_needing()),
    "what lacks its prompt": lambda view: (view.lacking_between(NOW, LATER), view.longest_lacking()),
    "whether anything is to be done": lambda view: (view.is_working(), view.is_calling()),
    "which calls are new": lambda view: view.calls_since(AttemptId(MANY - 3), {AttemptId(7)}),
}
# The jobs that are over, each with its bundle, its edit and its call.
HISTORY: Final = """
CREATE TEMP TABLE numbers AS WITH RECURSIVE numbers (n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000) SELECT n FROM numbers;
INSERT INTO bundles (folder, key, photo, digest, state, detail, seen, boot, quiet_at, looks, claims, accepted)
    SELECT x'61', CAST(n AS BLOB), x'61', '', 'filed', '', n, '', 0, 0, 0, '[]' FROM numbers;
INSERT INTO edits (fingerprint, take, permission, owner) SELECT n, 1, 1, n FROM numbers;
INSERT INTO attempts (edit, job, number, permission, day, month, top_folder, save_path, started,
        first_reserved, reserved, charged, ended, outcome, elapsed_seconds, request_ids)
    SELECT n, n, 1, 1, '2026-11-23', '2026-11', x'', '', n, 1, 0, 1, n + 1, 'answered', 30, '{}' FROM numbers;
INSERT INTO jobs (id, number, bundle, edit, state, detail, stem, answer, attempts, active_seconds,
        created, delivered, ended)
    SELECT n, n, n, n, 'done', '', CAST(n AS BLOB), n, 1, 0, n, n + 1, n + 1 FROM numbers
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A journal with 100 000 jobs that are done, each with its bundle and its call."""
    path = tmp_path_factory.mktemp("history") / "journal.db"
    with closing(SqliteJournal.open(path, DURABLE)) as journal, journal.transaction():
        for statement in HISTORY.split(";"):
            journal.connection.execute(statement)
    yield path
    path.unlink()


@pytest.mark.parametrize("asked", ASKED)
def test_a_history_is_not_read(history: Path, asked: str) -> None:
    """I12: what status and metrics ask each time reads nothing of what is over."""
    with closing(JournalView.open_for_reading(history)) as view:
        assert steps_of(view.connection, lambda: ASKED[asked](view)) < FEW_STEPS


MOVES: Final = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*JobState, None])), max_size=25)


@settings(max_examples=30, deadline=None)
@given(moves=MOVES)
def test_the_counts_are_those_of_a_recount(
    moves: list[tuple[int, JobState | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However jobs are made, moved, removed and undone, the counts are what counting them gives."""
    path = tmp_path_factory.mktemp("counts") / "journal.db"
    with closing(SqliteJournal.open(path, DURABLE)) as journal:
        bundle = record_bundle(journal, Moments(now=NOW, monotonic=0))
        sql = journal.connection
        for number, state in moves:
            name = str(number)
            if state is None:
                sql.execute("DELETE FROM jobs WHERE id = ?", (name,))
            elif not sql.execute("UPDATE jobs SET state = ? WHERE id = ?", (state, name)).rowcount:
                add_job(journal, bundle, name, state=state)
            sql.execute("BEGIN")
            sql.execute("UPDATE jobs SET state = 'failed'")
            sql.execute("ROLLBACK")

        recount = dict(map(tuple, sql.execute("SELECT state, count(*) FROM jobs GROUP BY state")))
        assert journal.count_jobs() == recount


def test_an_earlier_history_is_counted_once(tmp_path: Path) -> None:
    """A journal of an earlier version begins with the counts of what it has."""
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{''.join(STEPS[:3])}PRAGMA application_id = {APPLICATION_ID};")
        connection.executescript("PRAGMA user_version = 3; PRAGMA foreign_keys = OFF;")
        connection.executemany(
            "INSERT INTO jobs (id, number, bundle, state, detail, stem, attempts, active_seconds, created)"
            " VALUES (?, ?, 1, ?, '', x'61', 0, 0, 0)",
            [("a", 1, "ready"), ("b", 2, "done"), ("c", 3, "done")],
        )
        connection.commit()

    with closing(SqliteJournal.open(path, DURABLE)) as journal:
        assert journal.count_jobs() == {JobState.READY: 1, JobState.DONE: 2}


def test_gauges(journal: SqliteJournal, path: Path, moments: Moments) -> None:
    """Photos that are no jobs yet are counted by what they wait for; the oldest to be sent is known."""
    early = Moments(now=NOW - timedelta(hours=1), monotonic=moments.monotonic - 10)
    bundle = record_bundle(journal, early, bundle_of("first.jpg"))
    record_bundle(journal, Moments(now=NOW, monotonic=early.monotonic), bundle_of("second.jpg"))
    record_bundle(journal, moments, bundle_of("coming.jpg"))
    record_bundle(journal, early, bundle_of("lonely.jpg"), BundleState.LACKS_PROMPT)
    record_bundle(journal, early, bundle_of("odd.jpg"), BundleState.NEEDS_YOU)
    with closing(JournalView.open_for_reading(path)) as view:
        assert view.count_arrivals(moments) == Arrivals(
            arriving=1, queued=2, without_prompt=1, needs_you=1, oldest_queued=early.now
        )
        assert view.oldest_ready() is None
        assert view.last_delivery() is None

        add_job(journal, bundle, "sent", state=JobState.DELIVERED, delivered=NOW)
        add_job(journal, bundle, "next")
        assert view.oldest_ready() == early.now
        assert view.last_delivery() == NOW


def test_calls_are_told_from_where_one_left_off(journal: SqliteJournal, path: Path, moments: Moments) -> None:
    """Calls that began since, and those that were under way, each with how it ended if it has."""
    job = add_job(journal, record_bundle(journal, moments))
    edit = add_edit(journal)
    first, second, third = (begin_attempt(journal, job, edit) for _ in range(3))
    with journal.transaction():
        ended = replace(third, ended=NOW, outcome=OutcomeKind.ANSWERED, elapsed_seconds=30.5)
        journal.update_attempt(ended)
    with closing(JournalView.open_for_reading(path)) as view:
        assert view.open_calls() == {first.id, second.id}
        assert view.calls_since(second.id, {first.id}) == [
            CallSeen(id=first.id, outcome=None, seconds=None, cut_by_us=False),
            CallSeen(id=third.id, outcome="answered", seconds=30.5, cut_by_us=False),
        ]


def test_of_many_new_calls_the_first_are_told(history: Path) -> None:
    """Who has not asked for months gets them part by part, none left out."""
    with closing(JournalView.open_for_reading(history)) as view:
        first = view.calls_since(AttemptId(7), {AttemptId(3)})
        then = view.calls_since(first[-1].id, ())

    assert [call.id for call in [*first, *then]] == [3, *range(8, 8 + 2 * MOST_CALLS)]
