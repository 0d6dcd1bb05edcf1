"""Money: exact amounts, the estimate, what is booked, the caps, and the days and months that they count."""

import math
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retouchd.core.money import (
    NOTHING,
    Cap,
    Caps,
    Money,
    Period,
    Spent,
    bill,
    broken_cap,
    counting_period,
    estimate,
    expected_cost,
    next_day,
    next_month,
    period_of,
)
from retouchd.core.request import AutoSize, EditRequest, Quality, Size
from strategies import REQUEST, moments, money, requests

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")]
MIDNIGHT = time(0, 0)
zones = st.sampled_from(ZONES)
day_starts = st.sampled_from([MIDNIGHT, time(2, 30), time(6, 0), time(23, 59)])


@pytest.mark.parametrize(
    ("amount", "micro"),
    [
        (0, 0),
        (0.1, 100_000),
        (0.066, 66_000),
        (3, 3_000_000),
        (10.00, 10_000_000),
        (0.000001, 1),
        (0.0000011, 2),
        (Fraction(1, 3), 333_334),
        (1e9, 10**15),
    ],
)
def test_dollars_become_whole_micro_dollars(amount: float | Fraction, micro: int) -> None:
    """An amount that people write is exact, and what lies between two micro-dollars is rounded up."""
    assert Money.from_usd(amount) == Money(micro)


@pytest.mark.parametrize("amount", [-0.01, math.inf, -math.inf, math.nan])
def test_no_amounts(amount: float) -> None:
    """What is negative or no number is no amount of money."""
    with pytest.raises(ValueError, match="is no amount of money"):
        Money.from_usd(amount)


@given(cents=st.integers(0, 10**9))
def test_cents_are_exact(cents: int) -> None:
    """No cent is lost or made by writing it as a decimal fraction of a dollar."""
    assert Money.from_usd(cents / 100) == Money(cents * 10_000)


@given(amounts=st.lists(money, max_size=50))
def test_sums_are_exact(amounts: list[Money]) -> None:
    """A sum of thousands of calls is the sum of their micro-dollars, in any order."""
    assert sum(amounts, NOTHING).micro == sum(one.micro for one in amounts)


@pytest.mark.parametrize(
    ("micro", "text"),
    [(0, "$0.00"), (10_000_000, "$10.00"), (66_000, "$0.07"), (5_000, "$0.005"), (9_999, "$0.010")],
)
def test_money_is_shown_with_its_sign(micro: int, text: str) -> None:
    """Dollars have two figures after the point, less than a cent three."""
    assert str(Money(micro)) == text
    assert Money(micro).usd == micro / 1_000_000


# By hand: (price x max(1, pixels / 1048576) x 1.25 + 0.01 x images + characters / 4 x 0.000005) x 1.35.
@pytest.mark.parametrize(
    ("size", "quality", "images", "characters", "usd"),
    [
        ("1024x1024", Quality.LOW, 1, 4, "0.02363175"),
        ("1024x1024", Quality.MEDIUM, 1, 4, "0.10294425"),
        ("1024x1024", Quality.HIGH, 1, 4, "0.36956925"),
        ("1024x1024", Quality.AUTO, 1, 4, "0.36956925"),
        ("1536x1024", Quality.HIGH, 1, 4, "0.5476005"),
        ("1024x640", Quality.HIGH, 1, 4, "0.36956925"),
        ("1024x1024", Quality.LOW, 8, 4, "0.11813175"),
        ("1024x1024", Quality.LOW, 1, 32_000, "0.077625"),
        ("3840x2160", Quality.HIGH, 1, 4, "2.830017"),
    ],
)
def test_the_estimate(size: str, quality: Quality, images: int, characters: int, usd: str) -> None:
    """The reservation follows the published prices, the surcharge that was seen, and the safety on top."""
    request = replace(
        REQUEST, size=Size.parse(size), quality=quality, image_count=images, prompt="x" * characters
    )

    assert abs(estimate(request).micro - Fraction(usd) * 1_000_000) <= 1


def test_auto_is_reserved_as_the_dearest() -> None:
    """What the service decides is reserved at its highest: quality high, the largest ordinary size."""
    left_open = replace(REQUEST, size=AutoSize.AUTO, quality=Quality.AUTO)
    stated = replace(REQUEST, size=Size(width=1536, height=1024), quality=Quality.HIGH)

    assert estimate(left_open) == estimate(stated)


@given(request=requests())
def test_more_is_set_aside_than_is_expected(request: EditRequest) -> None:
    """I6: a reservation lies a third above what the call will cost about, so that no bill beats it."""
    assert abs(estimate(request).micro - expected_cost(request).micro * Fraction("1.35")) <= 2


@given(request=requests(), other=requests())
def test_more_never_costs_less(request: EditRequest, other: EditRequest) -> None:
    """A larger, better, longer wish with more pictures never reserves less."""
    assume(isinstance(request.size, Size) and isinstance(other.size, Size))
    ranks = [Quality.LOW, Quality.MEDIUM, Quality.HIGH, Quality.AUTO]
    smaller, larger = (
        replace(
            request,
            size=choose((request.size, other.size), key=lambda size: size.pixels),  # type: ignore[union-attr]
            quality=choose((request.quality, other.quality), key=ranks.index),
            prompt=choose((request.prompt, other.prompt), key=len),
            image_count=choose((request.image_count, other.image_count)),
        )
        for choose in (min, max)
    )

    assert NOTHING < estimate(smaller) <= estimate(larger)


@pytest.mark.parametrize(
    ("reported", "booked"),
    [
        (0.066, 66_000),
        (0.0, 0),
        (20.0, 20_000_000),
        (20.1, 1_000_000),
        (None, 1_000_000),
        (-0.01, 1_000_000),
        (math.nan, 1_000_000),
        (math.inf, 1_000_000),
        (1e300, 1_000_000),
    ],
)
def test_what_is_booked(reported: float | None, booked: int) -> None:
    """The reported cost is booked where it can be true; else the reservation, never nothing."""
    assert bill(reported, Money(1_000_000)) == Money(booked)


@given(reported=st.none() | st.floats(), reserved=money)
def test_no_report_books_absurd_amounts(reported: float | None, reserved: Money) -> None:
    """Whatever an answer says, no more than twenty times the reservation is booked."""
    assert NOTHING <= bill(reported, reserved) <= Money(reserved.micro * 20)


@given(
    caps=st.tuples(*[st.none() | money] * 3),
    spent=st.tuples(money, money, money),
    reservation=money,
)
def test_i6_what_passes_exceeds_no_cap(
    caps: tuple[Money | None, ...], spent: tuple[Money, ...], reservation: Money
) -> None:
    """I6: a reservation that passes leaves every cap kept, and one that fails would break the one named."""
    job, day, month = caps
    found = broken_cap(
        Caps(per_job=job, per_day=day, per_month=month),
        Spent(edit=spent[0], day=spent[1], month=spent[2]),
        reservation,
    )
    limits = dict(zip([Cap.PER_JOB, Cap.PER_DAY, Cap.PER_MONTH], zip(caps, spent, strict=True), strict=True))
    broken = {
        cap
        for cap, (limit, used) in limits.items()
        if limit is not None and used.micro + reservation.micro > limit.micro
    }

    assert found in broken if broken else found is None


@pytest.mark.parametrize(
    ("spent", "reservation", "cap"),
    [
        ((0, 0, 0), 3, None),
        ((1, 0, 0), 3, Cap.PER_JOB),
        ((0, 8, 8), 3, Cap.PER_DAY),
        ((0, 0, 98), 3, Cap.PER_MONTH),
    ],
)
def test_caps(spent: tuple[int, int, int], reservation: int, cap: Cap | None) -> None:
    """A reservation that just fits is allowed; the cap that it would break is named."""
    caps = Caps(per_job=Money(3), per_day=Money(10), per_month=Money(100))
    edit, day, month = map(Money, spent)

    assert broken_cap(caps, Spent(edit=edit, day=day, month=month), Money(reservation)) is cap


@pytest.mark.parametrize("cap", ["per_job", "per_day", "per_month"])
def test_zero_forbids(cap: str) -> None:
    """A cap of 0 lets no call through; the word "unlimited" lets every one."""
    unlimited = Caps(per_job=None, per_day=None, per_month=None)
    spent = Spent(edit=NOTHING, day=NOTHING, month=NOTHING)

    assert broken_cap(replace(unlimited, **{cap: NOTHING}), spent, Money(1)) == cap
    assert broken_cap(unlimited, spent, Money(10**12)) is None


@pytest.mark.parametrize(
    ("now", "starts", "period"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=BERLIN), MIDNIGHT, Period(day="2026-11-23", month="2026-11")),
        (datetime(2026, 11, 23, 5, 59, tzinfo=BERLIN), time(6), Period(day="2026-11-22", month="2026-11")),
        (datetime(2026, 11, 23, 6, 0, tzinfo=BERLIN), time(6), Period(day="2026-11-23", month="2026-11")),
        (datetime(2026, 12, 1, 2, 29, tzinfo=BERLIN), time(2, 30), Period(day="2026-11-30", month="2026-11")),
        (datetime(2027, 1, 1, 0, 0, tzinfo=BERLIN), MIDNIGHT, Period(day="2027-01-01", month="2027-01")),
        (datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN), MIDNIGHT, Period(day="2026-03-29", month="2026-03")),
        (datetime(2026, 3, 29, 6, 0, tzinfo=BERLIN), time(6), Period(day="2026-03-29", month="2026-03")),
        (datetime(2026, 10, 25, 5, 59, tzinfo=BERLIN), time(6), Period(day="2026-10-24", month="2026-10")),
    ],
)
def test_periods(now: datetime, starts: time, period: Period) -> None:
    """Days and months begin when the owner says, on the days on which clocks are changed too."""
    assert period_of(now, starts) == period


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
    assert counting_period(datetime(2026, 11, 23, 12, tzinfo=BERLIN), MIDNIGHT, last) == period


@given(now=moments, zone=zones, starts=day_starts)
def test_the_next_day_is_a_new_day(now: datetime, zone: ZoneInfo, starts: time) -> None:
    """A day's cap ends in the future, at most a day and a changed clock away, and then another day counts."""
    local = now.astimezone(zone)
    turn = next_day(local, starts)

    assert timedelta() < turn.astimezone(UTC) - now <= timedelta(hours=49)
    assert period_of(turn, starts).day > period_of(local, starts).day


@given(now=moments, zone=zones, starts=day_starts)
def test_the_next_month_is_a_new_month(now: datetime, zone: ZoneInfo, starts: time) -> None:
    """A month's cap ends in the future, at most a month away, and then another month counts."""
    local = now.astimezone(zone)
    turn = next_month(local, starts)

    assert timedelta() < turn.astimezone(UTC) - now <= timedelta(days=32)
    assert period_of(turn, starts).month > period_of(local, starts).month


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("starts", [MIDNIGHT, time(2, 30), time(6, 0)])
@pytest.mark.parametrize(
    "first_hour", ["2026-03-28T20:00", "2026-10-24T20:00", "2026-11-01T02:00", "2026-04-04T12:00"]
)
def test_the_turn_is_ahead_while_clocks_are_changed(zone: ZoneInfo, starts: time, first_hour: str) -> None:
    """In every quarter of an hour round a change of the clocks the next day and month lie in the future."""
    first = datetime.fromisoformat(first_hour).replace(tzinfo=UTC)
    for quarter in range(120):
        now = first + timedelta(minutes=15 * quarter)
        local = now.astimezone(zone)

        assert next_day(local, starts).astimezone(UTC) > now
        assert next_month(local, starts).astimezone(UTC) > now
