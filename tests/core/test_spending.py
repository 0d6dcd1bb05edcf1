"""Whether a call fits the limits, and what people are told about them."""

from dataclasses import replace
from typing import Any

import pytest

from retouchd.core.money import NOTHING, Cap, Caps, Money, Spent
from retouchd.core.periods import Period
from retouchd.core.spending import (
    Offer,
    allow_command,
    allowance_answer,
    near_limits,
    notices,
    over_day_cap,
    over_job_cap,
    over_month_cap,
    with_allowance,
)

CAPS = Caps(per_job=Money(3_000_000), per_day=Money(10_000_000), per_month=Money(100_000_000))
TODAY = Period(day="2026-11-23", month="2026-11")
NEXT_YEAR = Period(day="2027-01-03", month="2027-01")
UNLIMITED = Caps(per_job=None, per_day=None, per_month=None)


def offer(day: float = 0, month: float = 0, reservation: float = 0.5, **changes: Any) -> Offer:
    """Give a call on a day on which so many dollars were spent."""
    spent = Spent(edit=NOTHING, day=Money.from_usd(day), month=Money.from_usd(month))
    plain = Offer(period=TODAY, today=TODAY, caps=CAPS, spent=spent, reservation=Money.from_usd(reservation))
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("made", "broken"),
    [
        (offer(9.5, 99.5), None),
        (offer(9.51, 0), Cap.PER_DAY),
        (offer(0, 99.51), Cap.PER_MONTH),
        (offer(0, 0, 3.01), Cap.PER_JOB),
        (offer(1e6, 1e6, 1e6, caps=UNLIMITED), None),
    ],
)
def test_an_offer_names_the_limit_that_it_breaks(made: Offer, broken: Cap | None) -> None:
    """I6: what just fits is allowed."""
    assert made.broken is broken


def test_a_word_for_today_takes_the_place_of_the_days_limit_alone() -> None:
    """A person may raise or lower the limit of one day; the others stay."""
    assert with_allowance(CAPS, None) == CAPS
    assert with_allowance(CAPS, Money(1)) == replace(CAPS, per_day=Money(1))


def test_a_days_limit_is_told_with_the_way_on() -> None:
    """VOICE: what is, what it costs, what to do."""
    assert over_day_cap(offer(9.8, 9.8)) == (
        'today\'s limit of $10.00 is reached; to go on now: "retouchd allow 25 --today"'
    )
    dear = offer(0, 0, 12)
    assert over_day_cap(dear) == (
        "one picture may cost $12.00, more than today's limit of $10.00 (budget.per_day_usd, or what you"
        " allowed for today):"
        ' raise it; to go on now: "retouchd allow 25 --today"'
    )


def test_what_is_suggested_is_enough() -> None:
    """The suggested limit leaves room for the next picture, in whole dollars, after a limit of 0 too."""
    nothing = replace(CAPS, per_day=NOTHING)

    assert "retouchd allow 1 --today" in over_day_cap(offer(0, 0, 0.3, caps=nothing))
    assert "retouchd allow 32 --today" in over_day_cap(offer(30.9, 0, 0.3))


def test_a_months_limit_is_told_with_the_way_on() -> None:
    """No command lifts the month's limit; the configuration does."""
    assert over_month_cap(offer(0, 99.9)).startswith("this month's limit of $100.00 is reached; ")
    assert "raise budget.per_month_usd" in over_month_cap(offer(0, 99.9))
    small = replace(CAPS, per_month=Money(100_000))
    assert over_month_cap(offer(caps=small)) == (
        "one picture may cost $0.50, more than budget.per_month_usd = $0.10 allows: raise it"
    )


def test_a_clock_that_was_ahead_is_told() -> None:
    """Money that was booked for a later day keeps today shut only with a word on why, and the way out."""
    ahead = offer(9.9, 99.9, period=NEXT_YEAR)

    assert over_day_cap(ahead) == (
        "the computer's clock was ahead: money was booked for 3 January 2027, so that day's limit of $10.00"
        ' counts and is reached; if the clock is right now, run "retouchd allow 10 --today"'
    )
    assert over_month_cap(ahead) == (
        "the computer's clock was ahead: money was booked for January 2027, so that month's limit of $100.00"
        ' counts and is reached; if the clock is right now, run "retouchd allow 10 --today"'
    )


def test_one_picture_over_its_limit_is_told() -> None:
    """What is held for its price names the limit and the way on."""
    told = over_job_cap(offer(reservation=3.5), "k7f3")

    assert told == (
        "one try costs up to $3.50, more than budget.per_job_usd = $3.00 leaves: raise that or ask for less"
        ' quality or size, then "retouchd retry k7f3"'
    )


@pytest.mark.parametrize(
    ("micro", "dollars"), [(25_000_000, "25"), (25_500_000, "25.5"), (1, "0.000001"), (0, "0")]
)
def test_amounts_to_type(micro: int, dollars: str) -> None:
    """A command to paste has the amount as it is typed."""
    assert allow_command(Money(micro)) == f"retouchd allow {dollars} --today"


def test_the_answer_to_an_allowance_says_what_binds() -> None:
    """What a person allowed is told, and each limit that ends it before."""
    raised = replace(CAPS, per_day=Money(25_000_000))

    assert allowance_answer(offer(4, 60, caps=raised), 0) == (
        "today's limit is $25.00 now; $4.00 of it is used or set aside"
    )
    month, job = allowance_answer(offer(4, 90, caps=raised), 2).splitlines()[1:]
    assert (
        month
        == "this month's limit of $100.00 leaves $10.00, which ends it first: raise budget.per_month_usd"
    )
    assert job.startswith("2 of your photos cost more than budget.per_job_usd = $3.00 each")
    assert "leaves $0.00" in allowance_answer(offer(4, 101, caps=raised), 0)
    assert "month" not in allowance_answer(offer(4, 90, caps=replace(raised, per_month=None)), 0)


@pytest.mark.parametrize(
    ("made", "near"),
    [
        (offer(7.99, 79.99), []),
        (offer(8, 0), [Cap.PER_DAY]),
        (offer(0, 80), [Cap.PER_MONTH]),
        (offer(11, 110), [Cap.PER_DAY, Cap.PER_MONTH]),
        (offer(1e6, 1e6, caps=UNLIMITED), []),
        (offer(0, 0, caps=replace(CAPS, per_day=NOTHING, per_month=NOTHING)), []),
    ],
)
def test_four_fifths_are_near(made: Offer, near: list[Cap]) -> None:
    """From four fifths on a limit is near; one that forbids everything is not told as nearly used."""
    assert [cap for cap, _limit in near_limits(made)] == near


def test_notices() -> None:
    """An owner is told what is nearly used, a clock that was ahead, and bills above what was set aside."""
    told = {one.about: one.text for one in notices(offer(8.43, 85), Money(140_000))}

    assert told == {
        "per_day": "$8.43 of today's limit of $10.00 is used or set aside",
        "per_month": "$85.00 of this month's limit of $100.00 is used or set aside",
        "cost": "pictures cost $0.14 more today than was set aside for them; more is set aside from now on",
    }
    (clock,) = notices(offer(period=NEXT_YEAR), NOTHING)
    assert clock.about == "clock"
    assert "booked for 3 January 2027, so what is paid now counts for that day" in clock.text
    assert list(notices(offer(), NOTHING)) == []
