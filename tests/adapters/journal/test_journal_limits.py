"""What the journal keeps of how much may be spent, beside the attempts."""

from dataclasses import replace

import pytest
from journal_samples import PERIOD, Reader, add_edit, add_job, begin_attempt, record_bundle, steps_of

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.jobs import Job
from retouchd.core.money import Money
from retouchd.core.periods import Period
from retouchd.core.prices import Price
from retouchd.core.records import Moments
from retouchd.core.request import AutoSize, Quality
from strategies import NOW, REQUEST

TOMORROW = Period(day="2026-11-24", month="2026-11")
NEXT_MONTH = Period(day="2026-12-01", month="2026-12")


@pytest.fixture
def job(journal: SqliteJournal, moments: Moments) -> Job:
    """A job that calls."""
    return add_job(journal, record_bundle(journal, moments))


def test_prices_are_kept_by_quality_and_size(journal: SqliteJournal, again: Reader) -> None:
    """A price is that of one quality and one size; "auto" is a quality and a size of its own."""
    first, second = Price(answers=1, highest=Money(66_000)), Price(answers=2, highest=Money(70_000))
    left_open = replace(REQUEST, quality=Quality.AUTO, size=AutoSize.AUTO)
    with journal.transaction():
        journal.store_price(REQUEST, first)
        journal.store_price(REQUEST, second)
        journal.store_price(left_open, first)
    reader = again()

    assert reader.price_of(replace(REQUEST, prompt="another", image_count=3)) == second
    assert reader.price_of(left_open) == first
    assert reader.price_of(replace(REQUEST, quality=Quality.LOW)) is None


def test_a_person_s_word_for_a_day_is_kept(journal: SqliteJournal, again: Reader) -> None:
    """The latest word for a day counts, for that day alone."""
    for micro in (25_000_000, 5_000_000):
        with journal.transaction():
            journal.allow("2026-11-23", Money(micro), NOW)
    reader = again()

    assert reader.allowance_of("2026-11-23") == Money(5_000_000)
    assert reader.allowance_of("2026-11-24") is None


def test_a_clock_that_goes_back_reopens_no_day(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """The latest day and month ever reserved in are known, whatever came after them."""
    edit = add_edit(journal)
    assert journal.last_period() is None
    for period in (PERIOD, NEXT_MONTH, TOMORROW):
        begin_attempt(journal, job, edit, period=period)

    assert again().last_period() == NEXT_MONTH


def test_days_that_were_ahead_are_forgotten(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """After a person's word what was reserved before holds no day back; what comes after it does."""
    edit = add_edit(journal)
    begin_attempt(journal, job, edit, period=NEXT_MONTH)
    with journal.transaction():
        journal.forget_last_period()
    assert journal.last_period() is None
    begin_attempt(journal, job, edit, period=PERIOD)

    reader = again()
    assert reader.last_period() == PERIOD
    assert reader.spent(edit.id, NEXT_MONTH).day == Money(500_000)
    begin_attempt(reader, job, edit, period=TOMORROW)
    assert reader.last_period() == TOMORROW


def test_an_empty_history_has_nothing_to_forget(journal: SqliteJournal) -> None:
    """A word before the first call is no trouble."""
    with journal.transaction():
        journal.forget_last_period()

    assert journal.last_period() is None


def test_the_latest_day_is_read_off_an_index(journal: SqliteJournal, job: Job) -> None:
    """However long the history is, finding its latest day takes no longer, also after a clock was ahead."""
    edit = add_edit(journal)
    begin_attempt(journal, job, edit, period=NEXT_MONTH)
    with journal.transaction():
        journal.forget_last_period()
    begin_attempt(journal, job, edit)
    few = steps_of(journal.connection, journal.last_period)
    for _call in range(200):
        begin_attempt(journal, job, edit)

    assert steps_of(journal.connection, journal.last_period) <= few + 20
