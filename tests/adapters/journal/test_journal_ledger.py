"""The journal's edits, attempts and money: every sum is added up from the attempts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_samples import (
    DURABLE,
    FINGERPRINT,
    PERIOD,
    Reader,
    add_edit,
    add_job,
    begin_attempt,
    record_bundle,
)

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.errors import JournalError
from retouchd.core.jobs import Job
from retouchd.core.money import NOTHING, Money, Spent
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.records import Attempt, Moments, Permission, PermissionReason, SpendReport
from retouchd.core.values import Fingerprint, JobId
from strategies import NOW, money

TOMORROW = Period(day="2026-11-24", month="2026-11")
NEXT_MONTH = Period(day="2026-12-01", month="2026-12")


@pytest.fixture
def job(journal: SqliteJournal, moments: Moments) -> Job:
    """A job that calls."""
    return add_job(journal, record_bundle(journal, moments))


def settle(journal: SqliteJournal, attempt: Attempt, reserved: int, charged: int, outcome: str = "x") -> None:
    """Store what became of a reservation."""
    with journal.transaction():
        journal.update_attempt(
            replace(attempt, reserved=Money(reserved), charged=Money(charged), outcome=outcome, ended=NOW)
        )


def test_edits(journal: SqliteJournal, again: Reader) -> None:
    """An edit is found by fingerprint and take, and its owner and permission can change."""
    edit = add_edit(journal)
    second = add_edit(journal, take=3)
    with journal.transaction():
        journal.set_owner(edit.id, JobId("b"))
        journal.grow_permission(edit.id, JobId("b"), PermissionReason.RETRIED, NOW)
    reader = again()

    assert edit.permission == 1
    assert reader.find_edit(FINGERPRINT, 1) == replace(edit, permission=2, owner=JobId("b"))
    assert reader.permissions_of(edit.id) == [
        Permission(number=2, job=JobId("b"), given=NOW, why=PermissionReason.RETRIED)
    ]
    assert (reader.get_edit(second.id), reader.permissions_of(second.id)) == (second, [])
    assert reader.find_edit(FINGERPRINT, 2) is None
    assert (reader.last_take(FINGERPRINT), reader.last_take(Fingerprint("e" * 64))) == (3, 0)


def test_an_edit_exists_once(journal: SqliteJournal) -> None:
    """I5: one wish and take is one edit, so it has one owner and one permission."""
    add_edit(journal)

    with pytest.raises(JournalError, match="UNIQUE"):
        add_edit(journal, owner="another")
    found = journal.find_edit(FINGERPRINT, 1)
    assert found is not None
    assert found.owner == "k7f3bcdg"


def test_everything_of_an_attempt_is_kept(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """An attempt is durable with its reservation before a byte leaves, and how it ended after."""
    edit = replace(add_edit(journal), permission=2)
    attempt = begin_attempt(journal, job, edit)
    assert again().get_attempt(attempt.id) == Attempt(
        id=attempt.id,
        edit=edit.id,
        job=job.id,
        number=1,
        permission=2,
        period=PERIOD,
        save_path="/retouchd/x.png",
        started=NOW,
        reserved=Money(500_000),
        first_reserved=Money(500_000),
    )
    ended = replace(
        attempt,
        reserved=NOTHING,
        charged=Money(66_000),
        ended=NOW + timedelta(seconds=9),
        outcome=OutcomeKind.ANSWERED,
        status=200,
        elapsed_seconds=9.5,
        request_ids={"x-request-id": "r\udcff"},
        refusal="400 invalid_size no",
        cut_by_us=True,
    )
    reader = again()
    with reader.transaction():
        reader.update_attempt(ended)

    assert again().attempts_of(edit.id) == [ended]


def test_attempts_are_counted_per_edit(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """Each edit's attempts are numbered from 1, in order; an attempt's id is never used again."""
    edit, other = add_edit(journal), add_edit(journal, take=2)
    attempts = [begin_attempt(journal, job, one) for one in (edit, other, edit, edit)]

    assert [one.number for one in attempts] == [1, 1, 2, 3]
    assert [one.number for one in again().attempts_of(edit.id)] == [1, 2, 3]
    assert len({one.id for one in attempts}) == 4


def test_the_newest_attempts(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """The attempts that began last are given newest first, and the newest id is known."""
    assert (journal.newest_attempt(), journal.newest_attempts(3)) == (0, [])
    edit = add_edit(journal)
    attempts = [begin_attempt(journal, job, edit) for _ in range(3)]

    assert again().newest_attempts(2) == attempts[:0:-1]
    assert again().newest_attempt() == attempts[-1].id


@pytest.mark.parametrize(
    ("stem", "top_folder"),
    [
        ("beach", b""),
        ("wedding/beach", b"wedding"),
        ("wedding/party/beach", b"wedding"),
        ("\udcff/a", b"\xff"),
    ],
)
def test_who_spent_it(journal: SqliteJournal, job: Job, stem: str, top_folder: bytes) -> None:
    """The inbox's top folder stands with every attempt, as the bytes on disk."""
    begin_attempt(journal, replace(job, stem=PurePosixPath(stem)), add_edit(journal))

    row = journal.connection.execute("SELECT top_folder FROM attempts").fetchone()

    assert row["top_folder"] == top_folder


def test_sums(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """I6: charged and set aside count together, for the edit, its day and its month."""
    edit, other = add_edit(journal), add_edit(journal, take=2)
    settle(journal, begin_attempt(journal, job, edit, micro=100), reserved=0, charged=7)
    settle(journal, begin_attempt(journal, job, edit, micro=20), reserved=20, charged=0)
    begin_attempt(journal, job, other, micro=1000)
    begin_attempt(journal, job, other, period=TOMORROW, micro=5000)
    begin_attempt(journal, job, edit, period=NEXT_MONTH, micro=30_000)
    reader = again()

    assert reader.spent(edit.id, PERIOD) == Spent(edit=Money(30_027), day=Money(1027), month=Money(6027))
    assert reader.spent(other.id, NEXT_MONTH) == Spent(
        edit=Money(6000), day=Money(30_000), month=Money(30_000)
    )


def test_the_report(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """The status tells what is charged, what is set aside and what is unclear, each once."""
    edit = add_edit(journal)
    settle(journal, begin_attempt(journal, job, edit), reserved=0, charged=7, outcome=OutcomeKind.ANSWERED)
    settle(journal, begin_attempt(journal, job, edit), reserved=20, charged=0, outcome=OutcomeKind.UNKNOWN)
    settle(journal, begin_attempt(journal, job, edit), reserved=300, charged=0, outcome=OutcomeKind.BLOCKED)
    settle(journal, begin_attempt(journal, job, edit, period=TOMORROW), reserved=0, charged=4000)
    begin_attempt(journal, job, edit, micro=50_000)

    assert again().report_spend(PERIOD) == SpendReport(
        today=Money(7), month=Money(4007), reserved=Money(50_300), unknown=Money(20)
    )


def total(attempts: Iterable[Attempt]) -> Money:
    """Add up what is charged and set aside."""
    return Money(sum(one.reserved.micro + one.charged.micro for one in attempts))


periods = st.sampled_from([PERIOD, TOMORROW, NEXT_MONTH])
beginnings = st.tuples(st.just("begin"), st.integers(0, 1), periods, money)
endings = st.tuples(st.just("end"), st.integers(0, 9), money, money)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(acts=st.lists(beginnings | endings, max_size=15))
def test_i6_the_sums_are_those_of_a_plain_model(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[str, int, Period, Money] | tuple[str, int, Money, Money]],
) -> None:
    """I6: after any calls and settlements the sums are what a list and `sum` make of them."""
    journal = SqliteJournal.open(tmp_path_factory.mktemp("ledger") / "journal.db", DURABLE)
    job = add_job(journal, record_bundle(journal, Moments(now=NOW, monotonic=0)))
    edits = [add_edit(journal), add_edit(journal, take=2)]
    model: list[Attempt] = []
    for act in acts:
        match act:
            case ("begin", number, Period() as period, reservation):
                model.append(begin_attempt(journal, job, edits[number], period, reservation.micro))
            case ("end", number, Money() as reserved, charged) if model:
                settle(journal, model[number % len(model)], reserved.micro, charged.micro)
                model[number % len(model)] = replace(
                    model[number % len(model)], reserved=reserved, charged=charged
                )

    for edit, period in product(edits, (PERIOD, TOMORROW, NEXT_MONTH)):
        assert journal.spent(edit.id, period) == Spent(
            edit=total(one for one in model if one.edit == edit.id),
            day=total(one for one in model if one.period.day == period.day),
            month=total(one for one in model if one.period.month == period.month),
        )
    journal.close()
