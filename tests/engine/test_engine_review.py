"""What an adversarial review found, each as the scenario that it was found by."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from engine_house import TOP, House, bundle_of, wish_of

from retouchd.core.errors import CommandRefusedError, RetouchdError
from retouchd.core.jobs import HoldReason, JobState
from retouchd.core.outcomes import Answered, Envelope
from retouchd.core.records import BundleState, Verb
from retouchd.core.sightings import News
from retouchd.engine.calls import Reply
from retouchd.engine.crew import Send
from retouchd.engine.herald import Herald
from retouchd.engine.verdicts import NeedsYou
from retouchd.engine.workers import Aftercare

LATE_REFUSAL = Reply(
    end=Answered(status=400, elapsed_seconds=40.0), envelope=Envelope(code="moderation_blocked")
)
SERVICE_ERROR = Reply(end=Answered(status=500, elapsed_seconds=1.0), envelope=Envelope(code="server_error"))


def test_a_refusal_that_may_be_paid_is_not_repeated_for_each_copy(house: House) -> None:
    """A copy of a photo whose refusal may have been paid needs a person, not another call (I5)."""
    (first,) = house.accept("one.jpg")
    (copy,) = house.accept("copy.jpg")

    failed = house.book(first, LATE_REFUSAL)

    assert (failed.state, house.job(copy).state) == (JobState.FAILED, JobState.HELD)
    assert house.job(copy).hold is HoldReason.SAME_EDIT_HELD
    assert house.permission(copy) == 1


def test_a_cancelled_copy_gives_back_nothing_of_the_owner(house: House) -> None:
    """What is set aside for an edit belongs to the job that sends it, not to one that shares it (I6)."""
    (owner,) = house.accept("one.jpg")
    (copy,) = house.accept("copy.jpg")
    house.book(owner, SERVICE_ERROR)

    with house.act():
        house.intake.take_news(News(folder=TOP, gone=("copy.jpg",)))

    assert house.job(copy).state is JobState.CANCELLED
    assert house.reserved(owner)[0] > 0


def test_what_is_paid_for_again_serves_every_job_that_missed_it(house: House) -> None:
    """Two jobs whose common picture is gone need one payment, not two (I7)."""
    (owner,) = house.accept("one.jpg")
    house.answer(owner)
    house.deliver(owner)
    second, third = (house.accept(name)[0] for name in ("two.jpg", "three.jpg"))
    for job in (second, third):
        with house.act():
            house.deliveries.hold_output_gone(job.id)

    with house.act():
        house.operator.obey(Verb.RETRY, second.id)
    house.answer(house.job(second))
    house.deliver(house.job(second))

    assert house.job(third).state is JobState.RECEIVED
    assert house.job(third).reused_from == second.id


def test_nothing_is_sent_once_the_daemon_stops(house: House) -> None:
    """A worker that was about to send when the daemon was told to stop sends nothing."""
    (job,) = house.accept("one.jpg")
    house.board.is_stopping = True

    with house.act():
        begun = house.cashier.begin_submission(job.id)

    assert begun is None
    assert house.job(job).state is JobState.READY


def test_the_scanner_is_told_after_the_commit(house: House) -> None:
    """Whoever looks into the journal when told finds what was written; what was undone is not told."""
    told: list[str] = []
    herald = Herald(house.log)
    herald.afterwards(partial(told.append, "kept"))
    with pytest.raises(RetouchdError):
        _tell_and_fail(herald, told)

    before = list(told)
    herald.flush()

    assert (before, told) == ([], ["kept"])


@pytest.mark.parametrize("gone", [True, False])
def test_what_changed_under_a_call_that_is_held_is_told_again(house: House, *, gone: bool) -> None:
    """A photo that is exchanged or taken away while its answer is lost is not forgotten (I1)."""
    (job,) = house.accept("one.jpg")
    task = Send(job=job, bundle=house.journal.get_bundle(job.bundle), room=house.limits.room_for(job))
    house.under_way.take(task)
    sent = house.submit(job)
    seen = () if gone else (bundle_of("one.jpg", mtime=2),)
    with house.act():
        house.intake.take_news(News(folder=TOP, seen=seen, gone=("one.jpg",) if gone else ()))
    with house.act():
        house.calls.recover(sent)

    with house.act():
        Aftercare(house.office, house.under_way, house.intake, house.calls).end(task, None)

    assert house.job(job).state is JobState.HELD
    assert house.told_again == [TOP]


def test_what_needed_a_person_is_looked_at_anew_at_a_start(house: House) -> None:
    """A limit may have been raised, or a later version may understand more."""
    record = house.see(bundle_of("one.jpg"))
    with house.act():
        house.intake.finish_look(record.id, NeedsYou(detail="above the owner's limit"))

    house.recover()

    assert house.journal.get_bundle(record.id).state is BundleState.ARRIVING


def test_a_later_versions_command_is_left_alone(house: House) -> None:
    """A verb that this version does not know does not end the engine."""
    with house.act():
        house.journal.connection.execute(
            "INSERT INTO commands (verb, argument, given) VALUES ('dance', '', 1)"
        )

    with house.act():
        house.operator.obey_all()

    assert house.journal.commands() == []


def test_retry_says_why_it_cannot(house: House) -> None:
    """A failed version whose photo is in done/ with the delivered one says so instead of promising."""
    wish = wish_of()
    good, bad = house.accept("one.jpg", wish, replace(wish, take=2))
    house.answer(good)
    house.deliver(good)
    house.book(bad, Reply(end=Answered(status=400, elapsed_seconds=1.0), envelope=Envelope(code="bad")))
    house.file(good)

    with house.act(), pytest.raises(CommandRefusedError, match="drag it back"):
        house.operator.obey(Verb.RETRY, bad.id)

    assert house.returned() == []


def test_spool_tells_its_room(tmp_path: Path) -> None:
    """The disk that answers are kept on is looked at before anything is paid."""
    house = House(tmp_path)

    free = house.spool.free_bytes()
    house.close()

    assert free > 0


def _tell_and_fail(herald: Herald, told: list[str]) -> None:
    with herald.part():
        herald.afterwards(partial(told.append, "undone"))
        raise RetouchdError
