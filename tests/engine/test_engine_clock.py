"""A clock that is set back while the engine runs, or before it starts."""

from datetime import timedelta
from pathlib import PurePosixPath

from engine_house import House, bundle_of, kinds, wish_of

from retouchd.core.jobs import Job, JobState
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import BundleRecord
from retouchd.core.settling import LookAgain
from retouchd.engine.budget import Budget
from retouchd.engine.calls import Reply
from retouchd.engine.clockwatch import ClockWatch
from strategies import NOW

YEAR = timedelta(days=365)


def set_timers(house: House) -> tuple[Job, BundleRecord]:
    """Have a job and a bundle wait for a time, and two pauses."""
    (job,) = house.accept("later.jpg", wish_of("later"))
    deferred = house.book(job, Reply(end=Answered(status=425, elapsed_seconds=1.0)))
    assert deferred.state is JobState.DEFERRED
    record = house.see(bundle_of("cut.jpg"))
    with house.act():
        verdict = LookAgain(at=house.clock.now() + timedelta(seconds=600), reason="it is cut")
        house.intake.finish_look(record.id, verdict)
        for reason in (PauseReason.CREDITS, PauseReason.OPERATOR):
            house.board.begin(begin_pause(reason, "because", house.clock.now()))
    return job, record


def look(house: House, watch: ClockWatch) -> timedelta:
    """Have the clock looked at in a turn."""
    with house.act():
        return watch.look()


def due(house: House, job: Job, record: BundleRecord) -> list[timedelta | None]:
    """Give in how long everything becomes due."""
    moments = [
        house.job(job).next_try,
        house.journal.get_bundle(record.id).look_at,
        *(pause.until for pause in house.board.pauses),
    ]
    return [None if moment is None else moment - house.clock.now() for moment in moments]


def test_timers_follow_a_clock_that_is_set_back(house: House) -> None:
    """What a clock that was ahead by a year had set is due within an hour once it is right."""
    house.clock.turned = YEAR
    watch = ClockWatch(house.office, house.board)
    job, record = set_timers(house)
    house.clock.turned = timedelta()

    assert look(house, watch) == YEAR

    hour = timedelta(hours=1)
    assert due(house, job, record) == [hour, hour, hour, None]
    assert house.journal.get_bundle(record.id).first_look == NOW
    assert {pause.reason: pause.until for pause in house.journal.pauses()} == {
        PauseReason.CREDITS: NOW + hour,
        PauseReason.OPERATOR: None,
    }
    assert ("clock.stepped_back", {"level": "warning", "seconds": 31_536_000}) in house.log.lines
    assert house.log.events().count("pause.began") == 2


def test_timers_follow_a_clock_that_was_set_back_before_the_start(house: House) -> None:
    """A start pulls back what lies further ahead than anything waits: nobody saw the clock being set."""
    house.recover()
    house.clock.turned = YEAR
    job, record = set_timers(house)
    house.clock.turned = timedelta()

    house.recover()

    hour = timedelta(hours=1)
    assert due(house, job, record) == [hour, hour, hour, None]


def test_rightful_timers_stay(house: House) -> None:
    """A step of a few minutes, a start and a machine that slept touch no timer that may be right."""
    house.recover()
    watch = ClockWatch(house.office, house.board)
    job, record = set_timers(house)
    before = due(house, job, record)[:2]

    house.clock.turned = timedelta(minutes=-10)
    assert look(house, watch) == timedelta(minutes=10)
    house.clock.turned = timedelta()
    assert look(house, watch) == timedelta()
    house.recover()

    assert due(house, job, record)[:2] == before


def test_a_pause_for_money_counts_days_anew(house: House) -> None:
    """When the clock is set back, the pause for money says at once which day counts, and until when."""
    house.clock.turned = YEAR
    watch = ClockWatch(house.office, house.board)
    (paid,) = house.accept("paid.jpg", wish_of("paid"))
    house.answer(paid)
    house.accept("waits.jpg", wish_of("waits"))
    with house.act():
        house.journal.allow("2027-11-23", Money(1), NOW)
        Budget(house.office, house.board).review()
    house.clock.turned = timedelta()

    look(house, watch)

    (pause,) = house.board.pauses
    assert "the computer's clock was ahead: money was booked for 23 November 2027" in pause.detail
    assert pause.until is not None
    assert (pause.until.year, pause.until.month, pause.until.day) == (2027, 11, 24)


def test_what_waited_for_a_wrong_time_goes_on(house: House) -> None:
    """An hour after the clock was put right, at the latest, the job is sent."""
    house.clock.turned = YEAR
    watch = ClockWatch(house.office, house.board)
    (job,) = house.accept("later.jpg", wish_of("later"))
    house.book(job, Reply(end=Answered(status=425, elapsed_seconds=1.0)))
    house.clock.turned = timedelta()
    look(house, watch)
    house.clock.pass_by(3601)

    assert kinds(house.choose()) == ["Send"]
    assert house.job(job).stem == PurePosixPath("later")
