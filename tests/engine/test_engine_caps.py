"""What is set aside, what is booked, and what answers teach about it (I6)."""

import math
from dataclasses import replace

import pytest
from engine_house import House, wish_of

from retouchd.core.jobs import Job
from retouchd.core.money import Money
from retouchd.core.prices import estimate
from strategies import REQUEST


def paid(house: House, name: str, reported_usd: float | None) -> Job:
    """Have a photo edited whose answer says that it cost so much."""
    (job,) = house.accept(f"{name}.jpg", wish_of(name))
    received = house.answer(job)
    with house.act():
        house.deliveries.settle(received.id, reported_usd)
    return house.job(job)


def set_aside(house: House, name: str) -> Money:
    """Give what is set aside for the next photo, which is then let go unpaid."""
    (job,) = house.accept(f"{name}.jpg", wish_of(name))
    submitted = house.submit(job)
    assert submitted.answer is not None
    return house.journal.get_attempt(submitted.answer).reserved


def charged(house: House, job: Job) -> int:
    """Give what was booked for a job."""
    assert job.edit is not None
    return sum(attempt.charged.micro for attempt in house.journal.attempts_of(job.edit))


def test_three_answers_teach_the_price(house: House) -> None:
    """After three answers the highest of their costs is set aside, no longer the formula's."""
    for name, cost in (("aaaa", 0.066), ("bbbb", 0.07)):
        paid(house, name, cost)
    assert set_aside(house, "cccc") == estimate(wish_of("cccc").request, None)

    paid(house, "dddd", 0.05)

    assert set_aside(house, "eeee") == Money(70_000)


def test_prices_are_those_of_one_quality_and_size(house: House) -> None:
    """What one size costs says nothing about another."""
    for name in ("aaaa", "bbbb", "cccc"):
        paid(house, name, 0.066)
    larger = replace(REQUEST, size=replace(REQUEST.size, width=2048), prompt="large")  # type: ignore[type-var]
    (job,) = house.accept("large.jpg", replace(wish_of(), request=larger))
    submitted = house.submit(job)

    assert submitted.answer is not None
    assert house.journal.get_attempt(submitted.answer).reserved == estimate(larger, None)


@pytest.mark.parametrize("reported", [None, math.nan, math.inf, -1.0, 1e9])
def test_what_cannot_be_true_is_booked_as_set_aside_and_not_learned(
    house: House, reported: float | None
) -> None:
    """An answer without a cost that can be believed is charged at its reservation and teaches nothing."""
    for name in ("aaaa", "bbbb", "cccc"):
        job = paid(house, name, reported)
        assert charged(house, job) == estimate(wish_of(name).request, None).micro

    assert house.journal.price_of(REQUEST) is None


def test_a_cost_above_its_reservation_counts_and_is_learned_at_once(house: House) -> None:
    """A bill that beats its reservation is booked whole, told, and set aside from the next call on."""
    job = paid(house, "aaaa", 0.9)

    assert charged(house, job) == 900_000
    assert "reservation.exceeded" in house.log.events()
    assert set_aside(house, "bbbb") == Money(900_000)


def test_an_answer_is_booked_and_learned_once(house: House) -> None:
    """A delivery that is made again after a crash neither books nor learns a second time."""
    job = paid(house, "aaaa", 0.0)
    for cost in (0.5, None):
        with house.act():
            assert house.deliveries.settle(job.id, cost) == 0.0

    assert charged(house, job) == 0
    assert house.journal.price_of(REQUEST) is None
