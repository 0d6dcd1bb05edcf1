"""Days and months of the caps, in zones whose clocks are changed at odd times."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.periods import (
    Calendar,
    Period,
    begin_of_day,
    counting_period,
    end_of_day,
    end_of_month,
    period_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
# Half hours, changes a minute after midnight, no changes, a day that was left out, changes of half an hour.
NAMES = [
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Asia/Beirut",
]
ZONES: list[tzinfo] = [UTC, *map(ZoneInfo, NAMES)]
STARTS = [time(0, 0), time(0, 1), time(2, 30), time(6, 0), time(23, 59)]
calendars = st.builds(Calendar, day_starts=st.sampled_from(STARTS), zone=st.sampled_from(ZONES))
# Changes of the clocks: Berlin, St John's at midnight and now, the day that Apia left out, Lord Howe, Beirut.
CHANGES = [
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2026-03-29T01:00",
        "2026-10-25T01:00",
        "2010-11-07T02:31",
        "2026-11-01T04:30",
        "2011-12-30T10:00",
        "2026-04-04T15:00",
        "2026-03-28T22:00",
        "2026-10-24T21:00",
    )
]
moments = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)) | st.builds(  # noqa: DTZ001 - hypothesis adds the zone
    lambda change, apart: change + apart,
    st.sampled_from(CHANGES),
    st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
)


def berlin(starts: time = STARTS[0]) -> Calendar:
    """Give a calendar of Berlin."""
    return Calendar(day_starts=starts, zone=BERLIN)


def at(text: str) -> datetime:
    """Give a moment from ISO text with an offset."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "starts", "day"),
    [
        ("2026-11-23T12:00+01:00", time(0), "2026-11-23"),
        ("2026-11-23T05:59+01:00", time(6), "2026-11-22"),
        ("2026-11-23T06:00+01:00", time(6), "2026-11-23"),
        ("2026-12-01T02:29+01:00", time(2, 30), "2026-11-30"),
        ("2026-12-31T23:59+01:00", time(0), "2026-12-31"),
        ("2027-01-01T00:00+01:00", time(0), "2027-01-01"),
        ("2027-01-01T05:59+01:00", time(6), "2026-12-31"),
        # 02:00 to 03:00 is left out on 29 March: 02:30 would have been at 03:30 summer time.
        ("2026-03-29T01:59+01:00", time(2, 30), "2026-03-28"),
        ("2026-03-29T03:29+02:00", time(2, 30), "2026-03-28"),
        ("2026-03-29T03:30+02:00", time(2, 30), "2026-03-29"),
        ("2026-03-29T06:00+02:00", time(6), "2026-03-29"),
        ("2026-03-29T05:59+02:00", time(6), "2026-03-28"),
        # 02:00 to 03:00 is there twice on 25 October: the first 02:30 begins the day.
        ("2026-10-25T02:29+02:00", time(2, 30), "2026-10-24"),
        ("2026-10-25T02:30+02:00", time(2, 30), "2026-10-25"),
        ("2026-10-25T02:10+01:00", time(2, 30), "2026-10-25"),
        ("2026-10-25T05:59+01:00", time(6), "2026-10-24"),
        # The machine's own offset of the moment does not matter.
        ("2026-07-01T22:30+00:00", time(0), "2026-07-02"),
    ],
)
def test_periods(now: str, starts: time, day: str) -> None:
    """Days and months begin when the owner says, on the days on which clocks are changed too."""
    assert period_of(at(now), berlin(starts)) == Period(day=day, month=day[:7])


@pytest.mark.parametrize(
    ("now", "starts", "ends", "hours"),
    [
        ("2026-11-23T12:00+01:00", time(0), "2026-11-24T00:00+01:00", 24),
        ("2026-03-29T01:00+01:00", time(0), "2026-03-30T00:00+02:00", 23),
        ("2026-03-28T12:00+01:00", time(6), "2026-03-29T06:00+02:00", 23),
        ("2026-10-25T01:00+02:00", time(0), "2026-10-26T00:00+01:00", 25),
        ("2026-10-24T12:00+02:00", time(6), "2026-10-25T06:00+01:00", 25),
        ("2026-03-29T04:00+02:00", time(2, 30), "2026-03-30T02:30+02:00", 23),
        ("2026-10-25T12:00+01:00", time(2, 30), "2026-10-26T02:30+01:00", 25),
    ],
)
def test_a_day_ends_on_the_owners_clock(now: str, starts: time, ends: str, hours: int) -> None:
    """A day that has 23 or 25 hours ends when the clock on the wall says so."""
    calendar = berlin(starts)
    period = period_of(at(now), calendar)

    assert end_of_day(period, calendar) == at(ends)
    assert end_of_day(period, calendar) - begin_of_day(period, calendar) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "starts", "ends"),
    [
        ("2026-11-23T12:00+01:00", time(0), "2026-12-01T00:00+01:00"),
        ("2026-12-01T05:00+01:00", time(6), "2026-12-01T06:00+01:00"),
        ("2026-12-31T23:00+01:00", time(0), "2027-01-01T00:00+01:00"),
        ("2026-10-02T00:00+02:00", time(0), "2026-11-01T00:00+01:00"),
        ("2027-01-31T12:00+01:00", time(0), "2027-02-01T00:00+01:00"),
    ],
)
def test_a_month_ends_on_the_owners_clock(now: str, starts: time, ends: str) -> None:
    """A month ends with its last day, at the end of the year and when clocks were changed in it too."""
    calendar = berlin(starts)

    assert end_of_month(period_of(at(now), calendar), calendar) == at(ends)


def test_a_day_that_is_left_out_is_no_day() -> None:
    """Samoa went from 29 to 31 December 2011: no period is the day between, whenever days begin."""
    first = at("2011-12-28T00:00+00:00")
    for starts in STARTS:
        calendar = Calendar(day_starts=starts, zone=ZoneInfo("Pacific/Apia"))
        days = {period_of(first + timedelta(minutes=10 * step), calendar).day for step in range(600)}

        assert "2011-12-30" not in days
        assert {"2011-12-29", "2011-12-31"} <= days


@pytest.mark.parametrize(
    ("last", "period"),
    [
        (None, Period(day="2026-11-23", month="2026-11")),
        (Period(day="2026-11-22", month="2026-11"), Period(day="2026-11-23", month="2026-11")),
        (Period(day="2026-11-24", month="2026-11"), Period(day="2026-11-24", month="2026-11")),
        (Period(day="2026-12-01", month="2026-12"), Period(day="2026-12-01", month="2026-12")),
    ],
)
def test_no_day_is_opened_again(last: Period | None, period: Period) -> None:
    """I6: when a clock goes back, the latest day and month that anything was set aside in still count."""
    assert counting_period(at("2026-11-23T12:00+01:00"), berlin(), last) == period


@given(now=moments, calendar=calendars)
def test_a_moment_lies_in_its_day_and_month(now: datetime, calendar: Calendar) -> None:
    """A day holds the moment, is at most 25 hours long, and begins on its date by the owner's clock."""
    period = period_of(now, calendar)
    begin, end = begin_of_day(period, calendar), end_of_day(period, calendar)

    assert begin <= now < end <= end_of_month(period, calendar)
    assert timedelta(hours=22) <= end - begin <= timedelta(hours=26)
    assert period.month == period.day[:7]
    shown = begin.astimezone(calendar.zone).replace(tzinfo=None)
    meant = datetime.combine(date.fromisoformat(period.day), calendar.day_starts)
    assert timedelta() <= shown - meant <= timedelta(hours=1)


@given(now=moments, calendar=calendars)
def test_the_end_of_a_period_is_the_next_one(now: datetime, calendar: Calendar) -> None:
    """At a day's end the next day counts, at a month's end the next month; a moment before, neither."""
    period, instant = period_of(now, calendar), timedelta(microseconds=1)
    day, month = end_of_day(period, calendar), end_of_month(period, calendar)

    assert period_of(day - instant, calendar).day == period.day < period_of(day, calendar).day
    assert period_of(month - instant, calendar).month == period.month < period_of(month, calendar).month


@given(one=moments, step=st.timedeltas(timedelta(), timedelta(days=3)), calendar=calendars)
def test_time_that_goes_on_opens_no_earlier_day(one: datetime, step: timedelta, calendar: Calendar) -> None:
    """While time goes on the days do too, also where clocks show an hour for the second time."""
    before, after = period_of(one, calendar), period_of(one + step, calendar)

    assert (before.day, before.month) <= (after.day, after.month)


@given(clock=st.lists(moments, max_size=8), calendar=calendars)
def test_i6_no_clock_opens_a_day_again(clock: list[datetime], calendar: Calendar) -> None:
    """I6: however a clock is turned, the periods that count never go back."""
    last = None
    for now in clock:
        period = counting_period(now, calendar, last)
        assert last is None or (period.day >= last.day and period.month >= last.month)
        last = period
