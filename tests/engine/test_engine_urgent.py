"""What a person waits for goes first, and a run for one photo alone touches no other."""

import json
from pathlib import PurePosixPath

import pytest
from engine_house import House, bundle_of, kinds, wish_of

from retouchd.core.bundles import Standing
from retouchd.core.errors import CommandRefusedError, FolderMissingError
from retouchd.core.jobs import Job, JobState
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import BundleState, PhotoPlace, Verb
from retouchd.core.sightings import News
from retouchd.engine.crew import Deliver, Look, Send
from retouchd.engine.ending import Ending
from retouchd.engine.focus import Focus
from strategies import NOW

PLACE = PhotoPlace(folder=PurePosixPath(), key="mine.jpg")


def hurry(house: House, name: str = "mine.jpg") -> str:
    """Have a photo go before all others."""
    with house.act():
        return house.operator.obey(Verb.HURRY, json.dumps(["", name]))


def ending(house: House) -> Ending | None:
    """Say whether a run for the photo is over."""
    return Focus(house.journal, PLACE).find_ending(house.board.pauses)


def pause(house: House) -> None:
    """Stop all calls."""
    with house.act():
        house.board.begin(begin_pause(PauseReason.OPERATOR, "you", NOW))


# --- before all others


def test_an_urgent_photo_is_looked_at_first_however_many_are_ready(house: House) -> None:
    """A backlog that keeps others from being looked at does not keep back what a person waits for."""
    for number in range(9):
        house.accept(f"{number}.jpg", wish_of(str(number)))
    house.see(bundle_of("other.jpg"))
    house.see(bundle_of("mine.jpg"))
    assert "goes before all others" in hurry(house)
    house.clock.pass_by(3)

    looks = [task for task in house.choose() if isinstance(task, Look)]

    assert [task.record.photo for task in looks] == ["mine.jpg"]


def test_an_urgent_photo_is_sent_first(house: House) -> None:
    """Of many that are ready the one that a person waits for gets the first call."""
    for number in range(5):
        house.accept(f"{number}.jpg", wish_of(str(number)))
    (mine,) = house.accept("mine.jpg", wish_of("mine"))
    hurry(house)

    first, *others = [task for task in house.choose() if isinstance(task, Send)]

    assert first.job.id == mine.id
    assert mine.id not in {task.job.id for task in others}


def test_an_urgent_photo_waits_for_its_own_time(house: House) -> None:
    """A job that tries again later is not hurried by being urgent."""
    (mine,) = house.accept("mine.jpg")
    with house.act():
        house.deliveries.postpone(mine.id, FolderMissingError("read", PurePosixPath("x"), "not now"))
    hurry(house)

    assert house.choose() == []


@pytest.mark.parametrize("argument", ["", "7", '["a"]', '["", "mine.jpg"]'])
def test_only_a_photo_that_is_there_is_hurried(house: House, argument: str) -> None:
    """Anything else is refused with a sentence."""
    with house.act(), pytest.raises(CommandRefusedError):
        house.operator.obey(Verb.HURRY, argument)


# --- one photo alone


def test_a_run_for_one_photo_leaves_all_others(house: House) -> None:
    """Of a full house only the one photo is looked at, sent, delivered and filed."""
    (received,) = house.accept("received.jpg", wish_of("received"))
    house.answer(received)
    (filed,) = house.accept("filed.jpg", wish_of("filed"))
    house.deliver(house.answer(filed))
    house.accept("ready.jpg", wish_of("ready"))
    house.see(bundle_of("new.jpg"))
    failed = house.fail("failed.jpg")
    with house.act():
        house.returns.ask(house.bundle(failed))
    house.see(bundle_of("mine.jpg"))
    house.clock.pass_by(3)
    house.dispatch.focus_on(PLACE)

    (look,) = house.choose()
    assert isinstance(look, Look)
    assert look.record.photo == "mine.jpg"
    house.under_way.end(look)
    with house.act():
        house.journal.forget_bundle(look.record.id)

    (mine,) = house.accept("mine.jpg", wish_of("mine"))
    (send,) = house.choose()
    assert isinstance(send, Send)
    assert send.job.id == mine.id
    house.under_way.end(send)
    house.answer(mine)
    (deliver,) = house.choose()
    assert isinstance(deliver, Deliver)
    assert deliver.job.id == mine.id
    house.under_way.end(deliver)
    house.deliver(house.job(mine))
    assert kinds(house.choose()) == ["File"]


def test_a_run_for_one_photo_probes_with_it(house: House) -> None:
    """After a pause the one photo is the probe."""
    (mine,) = house.accept("mine.jpg")
    house.dispatch.focus_on(PLACE)
    with house.act():
        house.board.begin(begin_pause(PauseReason.OFFLINE, "no way", NOW))
        house.board.end(PauseReason.OFFLINE)
    assert house.board.is_probing

    (send,) = house.choose()

    assert isinstance(send, Send)
    assert send.job.id == mine.id


def test_a_run_for_one_photo_is_over_when_it_has_ended(house: House) -> None:
    """It goes on while the photo goes on by itself, and ends when it is filed."""
    focus = Focus(house.journal, PLACE)

    def found() -> Ending | None:
        return focus.find_ending(house.board.pauses)

    assert found() is None
    house.see(bundle_of("mine.jpg"))
    assert found() is None
    with house.act():
        house.journal.forget_bundle(1)  # type: ignore[arg-type]  # the first
    (mine,) = house.accept("mine.jpg")
    assert found() is None
    house.answer(mine)
    assert found() is None
    house.deliver(house.job(mine))
    assert found() is None
    house.file(mine)
    assert found() is Ending.ALL_DELIVERED


def test_a_run_for_one_photo_ends_where_only_a_person_helps(house: House) -> None:
    """Held, without a prompt, or waiting for another job: nothing would change by itself."""
    (mine,) = house.accept("mine.jpg")
    house.lose(mine)
    assert ending(house) is Ending.WORK_LEFT

    with house.act():
        house.intake.take_news(
            News(folder=PurePosixPath(), seen=(bundle_of("mine.jpg", 2, standing=Standing.LACKS_PROMPT),))
        )
    assert ending(house) is Ending.WORK_LEFT


def test_a_run_for_one_photo_ends_when_nothing_may_be_sent(house: House) -> None:
    """A pause ends it, also before the photo was seen; what was paid for is delivered first."""
    pause(house)
    assert ending(house) is Ending.PAUSED
    house.accept("mine.jpg")
    assert ending(house) is Ending.PAUSED


def _postponed(house: House, job: Job) -> None:
    with house.act():
        house.deliveries.postpone(job.id, FolderMissingError("read", PurePosixPath("x"), "not now"))


def test_a_run_for_one_photo_does_not_wait_for_folders(house: House) -> None:
    """A folder in trouble is tried again by the next run."""
    (mine,) = house.accept("mine.jpg")
    _postponed(house, mine)
    assert ending(house) is Ending.WORK_LEFT
    with house.act():
        house.journal.update_job(house.job(mine))
    house.deliver(house.answer(house.job(mine)))
    with house.act():
        house.deliveries.postpone_filing(mine.bundle, FolderMissingError("x", PurePosixPath("x"), "no"))
    assert house.bundle(mine).state is BundleState.ENDING
    assert ending(house) is Ending.WORK_LEFT
    assert house.job(mine).state is JobState.DELIVERED
