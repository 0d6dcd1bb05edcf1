"""A plan: what is added up, how long it takes, and which limit ends it."""

from pathlib import PurePosixPath

import pytest

from retouchd.core.money import NOTHING, Caps, Money, Spent
from retouchd.core.plan import Pace, PlannedPhoto, add_up, foresee_span

DOLLAR = 1_000_000
CAPS = Caps(per_job=None, per_day=Money(10 * DOLLAR), per_month=Money(100 * DOLLAR))
UNLIMITED = Caps(per_job=None, per_day=None, per_month=None)
PACE = Pace(seconds=60.0, at_once=2)


def photo(folder: str, prompt: str, pictures: int = 1) -> PlannedPhoto:
    """Give a photo of which each picture costs ten cents, and fifteen at most."""
    return PlannedPhoto(
        folder=PurePosixPath(folder),
        prompt=prompt,
        pictures=pictures,
        about=Money(pictures * DOLLAR // 10),
        at_most=Money(pictures * DOLLAR * 15 // 100),
    )


def spent(day: int) -> Spent:
    """Give so many dollars of today and this month."""
    return Spent(edit=NOTHING, day=Money(day * DOLLAR), month=Money(day * DOLLAR))


def test_photos_are_added_up_by_folder() -> None:
    """Photos, pictures, prompts and money of each folder stand together, in the order of names."""
    photos = [photo("b", "warm"), photo("a", "warm", 3), photo("b", "warm"), photo("b", "cold")]

    first, second = add_up(photos)

    assert (first.folder, first.photos, first.pictures, first.prompts) == (PurePosixPath("a"), 1, 3, 1)
    assert (second.photos, second.pictures, second.prompts) == (3, 3, 2)
    assert (second.about, second.at_most) == (Money(300_000), Money(450_000))
    assert add_up([]) == ()


@pytest.mark.parametrize(
    ("dollars", "used", "days"),
    [(10, 0, 1), (11, 0, 2), (30, 0, 3), (30, 5, 4), (30, 12, 4), (0, 12, 1)],
)
def test_a_daily_limit_spreads_a_plan_over_days(dollars: int, used: int, days: int) -> None:
    """What today leaves is spent today, the rest day by day."""
    assert foresee_span(1, Money(dollars * DOLLAR), CAPS, spent(used), PACE).days == days


def test_without_limits_everything_is_sent_today() -> None:
    """No limit leaves nothing to tell."""
    span = foresee_span(300, Money(999 * DOLLAR), UNLIMITED, spent(0), PACE)

    assert (span.days, span.left_today, span.left_this_month) == (1, None, None)
    assert not span.is_beyond_month(Money(999 * DOLLAR))


def test_a_limit_of_nothing_forbids() -> None:
    """With a limit of 0 nothing is ever sent."""
    nothing = Caps(per_job=None, per_day=NOTHING, per_month=None)

    assert foresee_span(1, Money(1), nothing, spent(0), PACE).days is None


def test_a_month_may_end_a_plan() -> None:
    """What the month does not leave waits for the next."""
    span = foresee_span(1, Money(60 * DOLLAR), CAPS, spent(50), PACE)

    assert span.left_this_month == Money(50 * DOLLAR)
    assert span.is_beyond_month(Money(60 * DOLLAR))
    assert not span.is_beyond_month(Money(50 * DOLLAR))


def test_time_is_that_of_rounds_or_of_the_rate() -> None:
    """Pictures go in rounds of so many at once, and no faster than may begin in a minute."""
    assert foresee_span(5, NOTHING, CAPS, spent(0), PACE).seconds == 180
    assert foresee_span(5, NOTHING, CAPS, spent(0), Pace(seconds=1, at_once=5, per_minute=2)).seconds == 150
