"""Periods: the days and months that the caps count, in the owner's zone, also while clocks are changed.

A day begins at one instant and ends where the next one begins. So none is skipped or counted twice when an
hour is left out or repeated; it is 23, 24 or 25 hours long.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Whose days are counted.

    Attributes:
        day_starts: When a day begins, local time.
        zone: Knows when clocks are changed; an offset of the moment would be wrong by an hour half the year.
    """

    day_starts: time
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The day and the month that a reservation counts for, as ISO text: "2026-11-23" and "2026-11".

    Before `day_starts` the first of a month belongs to the month before.
    """

    day: str
    month: str


def period_of(now: datetime, calendar: Calendar) -> Period:
    """Give the period of a moment."""
    local = now.astimezone(calendar.zone).date()
    # The day's own begin may be ahead, and where clocks are changed about midnight yesterday's too.
    near = (local + days * _DAY for days in (1, 0, -1, -2))
    day = next(one for one in near if _begin_of(one, calendar) <= now).isoformat()
    return Period(day=day, month=day[:7])


def counting_period(now: datetime, calendar: Calendar, last: Period | None) -> Period:
    """Give the period that counts now: a clock that goes back opens no day again.

    Args:
        last: The latest period that anything was set aside in.
    """
    period = period_of(now, calendar)
    if last is None:
        return period
    return Period(day=max(period.day, last.day), month=max(period.month, last.month))


def begin_of_day(period: Period, calendar: Calendar) -> datetime:
    """Give the moment at which the day began."""
    return _begin_of(date.fromisoformat(period.day), calendar)


def end_of_day(period: Period, calendar: Calendar) -> datetime:
    """Give the moment at which the next day of the caps begins."""
    return _begin_of(date.fromisoformat(period.day) + _DAY, calendar)


def end_of_month(period: Period, calendar: Calendar) -> datetime:
    """Give the moment at which the next month of the caps begins."""
    first = date.fromisoformat(f"{period.month}-01")
    return _begin_of((first + timedelta(days=32)).replace(day=1), calendar)


def _begin_of(day: date, calendar: Calendar) -> datetime:
    # Of an hour that is repeated the first counts; in one that is left out, as if it were not. In UTC,
    # since Python compares and adds within a zone by what its clocks show.
    return datetime.combine(day, calendar.day_starts, calendar.zone).astimezone(UTC)
