"""Money: exact amounts and the caps."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.money import NOTHING, Cap, Caps, Money, Spent, broken_cap
from strategies import money


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
    ("text", "micro"),
    [
        ("25", 25_000_000),
        ("25.50", 25_500_000),
        ("$25", 25_000_000),
        (" 0 ", 0),
        ("0.000001", 1),
        ("1000000", 10**12),
    ],
)
def test_amounts_that_people_type(text: str, micro: int) -> None:
    """Dollars are read with and without cents and sign."""
    assert Money.parse(text) == Money(micro)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "-5",
            "+5",
            "nan",
            "inf",
            "1e3",
            "25,50",
            "1 000",
            "$",
            "25$",
            ".5",
            "5.",
            "0.0000001",
            "1000001",
        ],
        *["٣", "unlimited", "9" * 5000],
    ],
)
def test_amounts_that_nobody_means(text: str) -> None:
    """What is no plain amount of dollars is refused with how to write one."""
    with pytest.raises(ValueError, match="is no amount; valid: dollars from 0 to 1000000, such as 25"):
        Money.parse(text)
