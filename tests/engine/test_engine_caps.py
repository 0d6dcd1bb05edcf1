"""What is set aside, what is booked, and what answers teach about it (I6)."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from engine_house import POLICY, House, wish_of

from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import HoldReason, Job
from retouchd.core.money import NOTHING, Caps, Money
from retouchd.core.pauses import Pause, PauseReason, begin_pause
from retouchd.core.prices import estimate
from retouchd.core.records import Verb
from retouchd.core.request import Quality, Size
from strategies import NOW, REQUEST


def paid(house: House, name: str, reported_usd: float | None) -> Job:
    """Have a photo edited whose answer says that it cost so much."""
    (job,) = house.accept(f"{name}.jpg", wish_of(name))
    received = house.answer(job)
    with house.act():
        house.cashier.settle(received, reported_usd)
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
    told = [fields["level"] for event, fields in house.log.lines if event == "cost.disbelieved"]
    assert told == ["warning"] * (0 if reported is None else 3)


def test_a_cost_above_its_reservation_counts_and_is_learned_at_once(house: House) -> None:
    """A bill that beats its reservation is booked whole, told, and set aside from the next call on."""
    job = paid(house, "aaaa", 0.9)

    assert charged(house, job) == 900_000
    assert "reservation.exceeded" in house.log.events()
    assert set_aside(house, "bbbb") == Money(900_000)


def test_i6_a_cost_far_above_the_formula_breaks_the_days_limit_once(tmp_path: Path) -> None:
    """I6: where each answer costs many times its reservation, one is sent beyond the limit and no more."""
    cheap = replace(REQUEST, quality=Quality.LOW, size=Size(width=1024, height=1024))
    caps = Caps(per_job=None, per_day=Money(500_000), per_month=None)
    house = House(tmp_path, replace(POLICY, caps=caps))
    first, second = (
        house.accept(f"{name}.jpg", replace(wish_of(), request=replace(cheap, prompt=name)))[0]
        for name in ("aaaa", "bbbb")
    )
    received = house.answer(first)
    with house.act():
        house.cashier.settle(received, 0.9)
        assert house.cashier.begin_submission(second.id) is None

    assert charged(house, first) == 900_000
    assert house.board.is_paused_for(PauseReason.BUDGET)


def test_an_answer_is_booked_and_learned_once(house: House) -> None:
    """A delivery that is made again after a crash neither books nor learns a second time."""
    job = paid(house, "aaaa", 0.0)
    for cost in (0.5, None):
        with house.act():
            assert house.cashier.settle(job, cost) == NOTHING

    assert charged(house, job) == 0
    assert house.journal.price_of(REQUEST) is None


# --- limits

PRICE = estimate(wish_of().request, None)
Opening = Callable[..., House]


@pytest.fixture
def open_house(tmp_path: Path) -> Opening:
    """Give what opens a house with limits of its own."""

    def opened(**limits: Money | None) -> House:
        caps = replace(Caps(per_job=None, per_day=None, per_month=None), **limits)
        return House(tmp_path, replace(POLICY, caps=caps))

    return opened


def refused(house: House, name: str) -> Job:
    """Bring a photo to where a limit stops it."""
    (job,) = house.accept(f"{name}.jpg", wish_of(name))
    with house.act():
        assert house.cashier.begin_submission(job.id) is None
    return job


def budget_pause(house: House) -> Pause:
    """Give the pause for the budget, the only one."""
    (pause,) = house.board.pauses
    assert pause.reason is PauseReason.BUDGET
    assert house.journal.pauses() == [pause]
    return pause


def order(house: House, verb: Verb, argument: str) -> str:
    """Give a command and have its answer."""
    with house.act():
        return house.operator.obey(verb, argument)


def turn(house: House, days: float) -> None:
    """Set the clock without any time going by."""
    house.clock.turned += timedelta(days=days)


def test_at_the_days_limit_it_pauses_until_the_day_ends(open_house: Opening) -> None:
    """The day's limit stops all calls until the next day begins, and says how to go on now (VOICE)."""
    house = open_house(per_day=PRICE)
    paid(house, "aaaa", 0.066)
    refused(house, "bbbb")

    pause = budget_pause(house)
    assert pause.until == NOW.replace(hour=0) + timedelta(days=1)
    assert pause.detail == f'today\'s limit of {PRICE} is reached; to go on now: "retouchd allow 2 --today"'
    assert order(house, Verb.RESUME, "") == f"still paused (budget): {pause.detail}"


def test_an_allowance_lifts_the_pause_for_today(open_house: Opening) -> None:
    """A person's word raises today's limit, and tomorrow the configured one counts again."""
    house = open_house(per_day=PRICE)
    paid(house, "aaaa", 0.066)
    job = refused(house, "bbbb")

    answer = order(house, Verb.ALLOW, "$25")

    assert answer == "today's limit is $25.00 now; $0.07 of it is used or set aside"
    assert house.board.pauses == ()
    house.answer(house.job(job))
    house.clock.pass_by(86_400)
    house.submit(house.accept("cccc.jpg", wish_of("cccc"))[0])
    refused(house, "dddd")
    assert f"today's limit of {PRICE} is reached" in budget_pause(house).detail


def test_an_allowance_that_is_not_enough_says_so(open_house: Opening) -> None:
    """When what waits does not fit into the new limit either, the pause stays and says what it needs."""
    house = open_house(per_day=PRICE)
    paid(house, "aaaa", 0.066)
    refused(house, "bbbb")

    first, second = order(house, Verb.ALLOW, "0.60").splitlines()

    assert first == "today's limit is $0.60 now; $0.07 of it is used or set aside"
    assert second == f"still paused (budget): {budget_pause(house).detail}"
    assert "today's limit of $0.60 is reached" in second


def test_an_allowance_may_be_lower(open_house: Opening) -> None:
    """A person may also have less spent today than is configured, down to nothing."""
    house = open_house(per_day=Money(10_000_000))
    house.accept("aaaa.jpg", wish_of("aaaa"))

    assert "still paused (budget): one picture may cost" in order(house, Verb.ALLOW, "0")
    assert house.choose() == []
    order(house, Verb.ALLOW, "10")
    assert house.board.pauses == ()


def test_an_allowance_lifts_no_other_limit(open_house: Opening) -> None:
    """The month's limit and the one for each picture still hold, and the answer says so (I6)."""
    house = open_house(per_day=PRICE, per_month=PRICE, per_job=PRICE)
    paid(house, "aaaa", PRICE.usd)
    refused(house, "bbbb")
    large = replace(wish_of("large"), request=replace(REQUEST, prompt="large", image_count=8))
    (dear,) = house.accept("large.jpg", large)
    with house.act():
        house.cashier.begin_submission(dear.id)
    assert house.job(dear).hold is not HoldReason.OVER_JOB_CAP

    answer = order(house, Verb.ALLOW, "25")

    assert f"this month's limit of {PRICE} leaves $0.00" in answer
    assert "still paused (budget): this month's limit" in answer
    with house.act():
        house.board.end(PauseReason.BUDGET)
        house.cashier.begin_submission(dear.id)
    assert house.job(dear).hold is HoldReason.OVER_JOB_CAP
    assert "1 of your photos cost more than budget.per_job_usd" in order(house, Verb.ALLOW, "25")


def test_an_allowance_leaves_other_pauses(open_house: Opening) -> None:
    """A word about money ends the pause for money alone."""
    house = open_house(per_day=PRICE)
    with house.act():
        house.board.begin(begin_pause(PauseReason.CREDITS, "no credit", NOW))

    order(house, Verb.ALLOW, "25")

    assert [pause.reason for pause in house.board.pauses] == [PauseReason.CREDITS]


@pytest.mark.parametrize("amount", ["-5", "nan", "1e9", "lots", ""])
def test_no_amount_is_allowed(house: House, amount: str) -> None:
    """What is no amount of money changes nothing."""
    with pytest.raises(CommandRefusedError, match="is no amount"):
        order(house, Verb.ALLOW, amount)
    assert house.journal.allowance_of("2026-11-23") is None


# --- clocks that are turned


def test_a_clock_that_goes_back_opens_no_day_again(open_house: Opening) -> None:
    """What was set aside yesterday by a wrong clock still counts: a day is not spent twice (I6)."""
    house = open_house(per_day=PRICE)
    paid(house, "aaaa", 0.066)
    turn(house, days=-1)
    refused(house, "bbbb")

    assert "money was booked for 23 November 2026" in budget_pause(house).detail


def test_a_clock_that_was_ahead_is_told_and_put_right_by_a_word(open_house: Opening) -> None:
    """A year that a wrong clock opened holds today back only until a person says that the clock is right."""
    house = open_house(per_day=PRICE, per_month=PRICE)
    turn(house, days=400)
    paid(house, "aaaa", None)
    turn(house, days=-400)
    waiting = refused(house, "bbbb")
    pause = budget_pause(house)
    assert pause.until == (NOW + timedelta(days=404)).replace(month=1, day=1, year=2028, hour=0)
    assert "booked for December 2027" in pause.detail
    assert 'run "retouchd allow' in pause.detail

    order(house, Verb.ALLOW, "25")

    assert house.board.pauses == ()
    house.answer(house.job(waiting))
    house.clock.pass_by(86_400)
    refused(house, "cccc")
    assert "this month's limit" in budget_pause(house).detail


# --- notices


def test_nearly_reached_limits_are_told_once(open_house: Opening) -> None:
    """At four fifths of a limit the owner is told, once in its day or month, and again for another limit."""
    house = open_house(per_day=Money(1_000_000), per_month=Money(1_250_000))

    def told() -> list[object]:
        return [fields["limit"] for event, fields in house.log.lines if event == "limit.neared"]

    paid(house, "aaaa", 0.3)
    assert told() == []
    paid(house, "bbbb", 0.35)
    assert told() == ["per_day"]
    order(house, Verb.ALLOW, "1.3")
    paid(house, "cccc", 0.4)
    assert told() == ["per_day", "per_day", "per_month"]
