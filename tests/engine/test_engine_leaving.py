"""Tasks that hang: the end of a run does not wait for ever, and others are worked on in their stead."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from engine_house import POLICY, House, bundle_of, filing_of, kinds, wish_of

from notebook import Notebook
from retouchd.core.outcomes import Answered
from retouchd.engine.calls import Reply
from retouchd.engine.crew import Crew, Look, Task
from retouchd.engine.leaving import Leaving
from waiting import eventually

LONGEST_CALL = POLICY.longest_call.total_seconds()


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Give a house in which one photo at a time is sent."""
    return House(tmp_path, replace(POLICY, concurrency=1, max_concurrency=1))


def begin_look(house: House, name: str = "beach.jpg") -> Look:
    """Have a photo looked at, and never come back from it."""
    house.see(bundle_of(name))
    house.clock.pass_by(3)
    look = house.choose()[0]
    assert isinstance(look, Look)
    return look


def test_nothing_under_way_is_nothing_to_wait_for(house: House) -> None:
    """An idle daemon ends at once, but not before it was told to."""
    leaving = Leaving(house.office, house.under_way)
    before = leaving.is_over()
    leaving.begin()

    assert (before, leaving.is_over(), leaving.seconds_until_next()) == (False, True, None)


def test_a_look_that_hangs_is_left_soon(house: House) -> None:
    """A look changes nothing, so that two seconds are enough; it is told what was left."""
    leaving = Leaving(house.office, house.under_way)
    look = begin_look(house)
    house.clock.pass_by(10)
    leaving.begin()
    house.clock.pass_by(1)
    early = (leaving.is_over(), leaving.seconds_until_next())
    house.clock.pass_by(1)
    late = (leaving.is_over(), leaving.seconds_until_next())
    leaving.tell_left()

    assert (early, late) == ((False, 1), (True, None))
    told = {"level": "warning", "task": "Look", "subject": look.record.id}
    assert house.log.lines[-1] == ("worker.left", told)


def test_a_call_is_waited_for_and_then_its_delivery(house: House) -> None:
    """A call has all the time it may take (I5); what comes then has half a minute to be delivered (I7)."""
    leaving = Leaving(house.office, house.under_way)
    (job,) = house.accept("beach.jpg")
    (send,) = house.choose()
    submitted = house.submit(job)
    leaving.begin()
    house.clock.pass_by(LONGEST_CALL - 1)
    leaving.look()
    during_call = leaving.is_over()
    assert submitted.answer is not None
    with house.act():
        house.calls.book(job.id, submitted.answer, Reply(end=Answered(status=200, elapsed_seconds=1.0)))
    leaving.look()
    house.clock.pass_by(29)
    leaving.look()
    during_delivery = leaving.is_over()
    house.clock.pass_by(1)

    assert (during_call, during_delivery, leaving.is_over()) == (False, False, True)
    house.under_way.end(send)


def test_a_photo_that_hangs_before_its_call_is_left(house: House) -> None:
    """A job whose call has not begun has cost nothing: half a minute is enough."""
    leaving = Leaving(house.office, house.under_way)
    house.accept("beach.jpg")
    assert kinds(house.choose()) == ["Send"]
    leaving.begin()
    house.clock.pass_by(30)

    assert leaving.is_over()


def test_a_second_signal_waits_for_seconds_only(house: House) -> None:
    """Who insists is not kept waiting by a call that was cut and does not come back."""
    leaving = Leaving(house.office, house.under_way)
    (job,) = house.accept("beach.jpg")
    house.choose()
    house.submit(job)
    leaving.begin()
    house.clock.pass_by(100)
    leaving.hurry()
    before = leaving.is_over()
    house.clock.pass_by(5)

    assert (before, leaving.is_over()) == (False, True)


def test_looks_that_hang_keep_nobody_out(house: House) -> None:
    """Photos whose reads do not return are told once each, and others are looked at in their stead (I11)."""
    for number in range(3):
        house.see(bundle_of(f"{number}.jpg"))
    house.clock.pass_by(3)
    first = house.choose()
    at_once = house.choose()
    house.clock.pass_by(61)
    later = house.choose()
    house.choose()

    assert (kinds(first), kinds(at_once), kinds(later)) == (["Look", "Look"], [], ["Look"])
    assert house.log.events().count("worker.stalled") == 2
    for task in first:
        house.under_way.end(task)
    assert house.under_way.count(Look) == 1


def test_very_many_that_hang_hold_no_more_threads(house: House) -> None:
    """Past sixteen photos that hang no more are begun: it is the whole share then."""
    for number in range(30):
        house.see(bundle_of(f"{number}.jpg"))
    for _ in range(20):
        house.clock.pass_by(61)
        house.choose()

    assert len(house.under_way) == 18


def test_a_call_has_not_stalled_while_it_may_last(house: House) -> None:
    """No further call is begun beside one that takes as long as a call may (I6)."""
    house.accept("beach.jpg", wish_of("one"))
    house.accept("lake.jpg", wish_of("two"))
    first = house.choose()
    house.clock.pass_by(LONGEST_CALL)
    meanwhile = house.choose()
    house.clock.pass_by(61)

    assert (kinds(first), kinds(meanwhile)) == (["Send"], [])
    assert kinds(house.choose()) == ["Send"]


def test_a_crew_grows_while_its_workers_hang() -> None:
    """A task finds a worker although all that there were hang; when they are free again none is added."""
    release = threading.Event()
    begun: list[Task] = []
    ended: list[Task] = []

    def carry_out(task: Task) -> None:
        begun.append(task)
        assert release.wait(10)

    crew = Crew(1, carry_out, lambda task, _error: ended.append(task), Notebook())
    crew.start()
    before = threading.active_count()
    for number in range(3):
        crew.give(filing_of(number))
    all_begun = eventually(lambda: len(begun) == 3)
    grown = threading.active_count()
    release.set()
    assert eventually(lambda: len(ended) == 3)
    for number in range(3):
        crew.give(filing_of(number))
    assert eventually(lambda: len(ended) == 6)

    assert all_begun
    assert (grown, threading.active_count()) == (before + 2, before + 2)
