"""What a person decides about a job: to try it again, to give it up, to hand in what was found."""

import pytest
from engine_house import House, bundle_of, states

from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import Answered, Envelope
from retouchd.core.records import PermissionReason, Verb
from retouchd.core.sightings import News
from retouchd.core.values import JobId
from retouchd.engine.calls import Reply


def lose_and_exchange(house: House) -> tuple[Job, Job]:
    """Give the job of a lost answer whose photo was taken away, and the one of the same photo put back."""
    (lost,) = house.accept("beach.jpg")
    house.lose(lost)
    with house.act():
        house.intake.take_news(News(folder=bundle_of("beach.jpg").folder, gone=("beach.jpg",)))
    (again,) = house.accept("beach.jpg", mtime=2)
    assert again.hold is HoldReason.SAME_EDIT_HELD
    return lost, again


# --- retry


def test_a_held_copy_takes_over_from_a_photo_that_is_gone(house: House) -> None:
    """What waits for a decision over a photo that is not there can be retried itself, once more paid (I5)."""
    lost, again = lose_and_exchange(house)

    with house.act():
        house.operator.obey(Verb.RETRY, again.id)

    assert states(house, lost, again) == [JobState.CANCELLED, JobState.READY]
    assert again.id in house.job(lost).detail
    assert house.permission(again) == 2
    delivered = house.deliver(house.answer(house.job(again)))
    assert delivered.reused_from is None


def test_a_held_copy_of_a_photo_that_is_there_is_not_retried_itself(house: House) -> None:
    """While the first photo lies in the inbox the decision is made over that one."""
    (lost,) = house.accept("beach.jpg")
    house.lose(lost)
    (copy,) = house.accept("copy.jpg")

    with house.act(), pytest.raises(CommandRefusedError, match=f"waits for job {lost.id}"):
        house.operator.obey(Verb.RETRY, copy.id)

    assert house.permission(copy) == 1


# --- permissions


def test_each_permission_says_who_gave_it_and_why(house: House) -> None:
    """A retry that may pay again is noted with its job and time, in the same transaction."""
    (job,) = house.accept("beach.jpg")
    house.lose(job)
    house.clock.pass_by(60)
    with house.act():
        house.operator.obey(Verb.RETRY, job.id)

    assert job.edit is not None
    (given,) = house.journal.permissions_of(job.edit)
    assert (given.number, given.job, given.why) == (2, job.id, PermissionReason.RETRIED)
    assert given.given == house.clock.now()


def test_a_refusal_that_may_be_paid_is_sent_again_when_it_is_dragged_back(house: House) -> None:
    """Putting the photo back is a person's word: one more permission, noted as such (I5)."""
    (job,) = house.accept("beach.jpg")
    end = Answered(status=400, elapsed_seconds=20.0)
    house.file(house.book(job, Reply(end=end, envelope=Envelope(code="moderation_blocked"))))
    house.clock.pass_by(60)

    (again,) = house.accept("beach.jpg", mtime=2)

    assert job.edit is not None
    (given,) = house.journal.permissions_of(job.edit)
    assert (again.state, again.edit) == (JobState.READY, job.edit)
    assert (given.number, given.job, given.why) == (2, again.id, PermissionReason.DROPPED_AGAIN)


def test_a_retry_that_costs_nothing_more_needs_no_permission(house: House) -> None:
    """What was never sent is tried again under its first permission."""
    (job,) = house.accept("beach.jpg")
    house.hold(job, HoldReason.OVER_JOB_CAP)
    with house.act():
        house.operator.obey(Verb.RETRY, JobId(job.id))

    assert job.edit is not None
    assert house.journal.permissions_of(job.edit) == []
