"""Prices: the formula, what answers teach about it, and which of them are believed."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retouchd.core.money import NOTHING, Money
from retouchd.core.prices import Price, believe, estimate, expected_cost, learn
from retouchd.core.request import AutoSize, EditRequest, Quality, Size
from strategies import REQUEST, money, requests

# A square one at low quality: about $0.0175.
PLAIN = replace(REQUEST, size=Size(width=1024, height=1024), quality=Quality.LOW, prompt="grey")
prices = st.builds(Price, answers=st.integers(1, 9), highest=st.integers(1, 10**7).map(Money))


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

    assert abs(estimate(request, None).micro - Fraction(usd) * 1_000_000) <= 1


def test_auto_is_reserved_as_the_dearest() -> None:
    """What the service decides is reserved at its highest: quality high, the largest ordinary size."""
    left_open = replace(REQUEST, size=AutoSize.AUTO, quality=Quality.AUTO)
    stated = replace(REQUEST, size=Size(width=1536, height=1024), quality=Quality.HIGH)

    assert estimate(left_open, None) == estimate(stated, None)


@given(request=requests())
def test_more_is_set_aside_than_is_expected(request: EditRequest) -> None:
    """I6: a reservation lies a third above what the call will cost about, so that no bill beats it."""
    assert abs(estimate(request, None).micro - expected_cost(request, None).micro * Fraction("1.35")) <= 2


@given(request=requests(), other=requests(), price=st.none() | prices)
def test_more_never_costs_less(request: EditRequest, other: EditRequest, price: Price | None) -> None:
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

    assert NOTHING < estimate(smaller, price) <= estimate(larger, price)


@pytest.mark.parametrize(
    ("answers", "highest", "usd"),
    [
        (1, "0.02", "0.0236"),
        (2, "0.02", "0.0236"),
        (3, "0.02", "0.02"),
        (3, "0.001", "0.00236"),
        (9, "0.000001", "0.00236"),
        (1, "0.5", "0.5"),
        (9, "0.5", "0.5"),
    ],
)
def test_three_answers_take_the_place_of_the_formula(answers: int, highest: str, usd: str) -> None:
    """The highest cost seen is set aside once three were seen; before that only one above the formula is."""
    price = Price(answers=answers, highest=Money.from_usd(Fraction(highest)))

    assert estimate(PLAIN, price).micro == pytest.approx(float(usd) * 1e6, abs=50)


def test_what_answers_may_not_have_had_is_added() -> None:
    """More pictures and a very long prompt are set aside on top of the highest cost that was seen."""
    price = Price(answers=3, highest=Money(20_000))
    ordinary = replace(PLAIN, prompt="x" * 2000)
    longest = replace(PLAIN, prompt="x" * 32_000)
    eight = replace(PLAIN, image_count=8)

    assert estimate(ordinary, price) == Money(20_000)
    assert estimate(longest, price) == Money(20_000 + 50_625)
    assert estimate(eight, price) == Money(20_000 + 94_500)
    assert expected_cost(eight, price) == Money(20_000 + 70_000)


@given(request=requests(), price=prices)
def test_i6_nothing_seen_is_ever_set_aside_for_less(request: EditRequest, price: Price) -> None:
    """I6: no reservation lies below what an answer of this quality and size cost, nor at nothing."""
    assert estimate(request, price) >= price.highest
    assert estimate(request, price) >= expected_cost(request, price)
    assert price.is_known or estimate(request, price) >= estimate(request, None)


@pytest.mark.parametrize(
    ("reported", "believed"),
    [
        (0.066, 66_000),
        (0.0, 0),
        (0.48, 480_000),
        (5.0, 5_000_000),
        (5.01, None),
        (None, None),
        (-0.01, None),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (1e300, None),
    ],
)
def test_what_is_believed(reported: float | None, believed: int | None) -> None:
    """A cost is believed up to five dollars at least; what is no amount never is."""
    cost = believe(reported, PLAIN)

    assert (None if cost is None else cost.micro) == believed


def test_more_is_believed_of_what_is_dear() -> None:
    """Of what is set aside at more than a quarter of a dollar twenty times as much is believed."""
    dear = replace(PLAIN, quality=Quality.HIGH)

    assert believe(7.39, dear) == Money(7_390_000)
    assert believe(7.4, dear) is None


@given(request=requests(), price=prices)
def test_i6_a_tenth_of_the_formula_is_always_set_aside(request: EditRequest, price: Price) -> None:
    """I6: answers that were all but free do not open the limits to a burst of calls."""
    assert estimate(request, price).micro * 10 >= estimate(request, None).micro


@given(reports=st.lists(st.none() | st.floats(), max_size=8), request=requests())
def test_no_reports_make_prices_absurd(reports: list[float | None], request: EditRequest) -> None:
    """Whatever answers say one after the other, no more is set aside than is believed of one."""
    price = None
    for reported in reports:
        cost = believe(reported, request)
        price = price if cost is None else learn(price, cost)

    most = max(Money(20 * estimate(request, None).micro), Money(5_000_000))
    assert price is None or NOTHING < price.highest <= most


@given(costs=st.lists(money, max_size=8))
def test_the_highest_is_learned(costs: list[Money]) -> None:
    """Each cost counts once, the highest stays, and an answer for nothing teaches nothing."""
    price = None
    for cost in costs:
        price = learn(price, cost)

    real = [cost for cost in costs if cost.micro]
    assert price == (Price(answers=len(real), highest=max(real)) if real else None)
