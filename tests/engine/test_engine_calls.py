"""How calls are booked in view of what went before them (I5, I6)."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from engine_house import POLICY, House

from retouchd.core.classification import CODES, CodeClass
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import Answered, Envelope, NotSent, NotSentKind
from retouchd.core.pauses import PauseReason
from retouchd.engine.calls import Reply

IN_USE = Reply(end=Answered(status=409, elapsed_seconds=1.0), envelope=Envelope(code="key_in_use"))
FAILED = Envelope(code="internal_error")


def book_again(house: House, job: Job, *replies: Reply) -> Job:
    """Have one call after the other end so, each when its time has come."""
    for reply in replies:
        house.clock.pass_by(200)
        job = house.book(house.job(job), reply)
    return job


def keys(house: House, job: Job) -> set[str]:
    """Give the idempotency key that a call would carry now."""
    assert job.edit is not None
    return {house.journal.get_edit(job.edit).idempotency_key}


def test_key_in_use_waits_and_asks_with_the_same_key(house: House) -> None:
    """A key in use is tried again with that very key, and only one call's money is charged (I5, I6)."""
    (job,) = house.accept("beach.jpg")
    before = keys(house, job)

    job = book_again(house, job, IN_USE, IN_USE)

    assert (job.state, job.next_try is not None) == (JobState.DEFERRED, True)
    assert keys(house, job) == before
    assert all(house.reserved(job))
    job = house.deliver(book_again(house, job, Reply(end=Answered(status=200, elapsed_seconds=1.0))))
    assert job.state is JobState.DELIVERED
    assert house.reserved(job) == [0, 0, 0]


def test_key_that_stays_in_use_is_a_lost_answer(house: House) -> None:
    """A key that is in use to the last try is held: the call that uses it was perhaps paid (I5)."""
    (job,) = house.accept("beach.jpg")

    job = book_again(house, job, *[IN_USE] * 4)

    assert (job.state, job.hold) == (JobState.HELD, HoldReason.UNKNOWN_OUTCOME)
    assert "may have been paid" in job.detail
    assert house.reserved(job)[-1] > 0


def test_service_error_before_the_body_was_out_costs_nothing(house: House) -> None:
    """What the service says before it has the whole request cannot have been paid for (I6)."""
    (job,) = house.accept("beach.jpg")

    early = book_again(
        house,
        job,
        Reply(end=Answered(status=500, elapsed_seconds=1.0, body_sent=False), envelope=FAILED),
        Reply(end=Answered(status=451, elapsed_seconds=60.0, body_sent=False)),
    )

    assert early.state is JobState.FAILED
    assert house.reserved(early) == [0, 0]


def test_two_retries_after_service_errors_whatever_came_before(house: House) -> None:
    """A service that was too busy twice has its two retries after a service error all the same."""
    (job,) = house.accept("beach.jpg")
    busy = Reply(end=Answered(status=503, elapsed_seconds=1.0), envelope=Envelope(code="overloaded"))
    failed = Reply(end=Answered(status=500, elapsed_seconds=1.0), envelope=FAILED)

    job = book_again(house, job, busy, busy, failed)

    assert job.state is JobState.DEFERRED
    assert house.reserved(job)[:2] == [0, 0]
    assert house.reserved(job)[2] > 0


@pytest.mark.parametrize("number", [1, 10])
def test_own_stop_is_no_try_of_the_photo(house: House, number: int) -> None:
    """A call that the daemon itself has ended before it was sent costs the photo nothing, however often."""
    (job,) = house.accept("beach.jpg")
    stopped = Reply(end=NotSent(kind=NotSentKind.STOPPED, detail="stopping", elapsed_seconds=1.0))

    job = book_again(house, job, *[stopped] * number)

    assert (job.state, job.attempts) == (JobState.DEFERRED, 0)
    assert house.board.pauses == ()


def test_code_that_the_owner_has_explained(tmp_path: Path) -> None:
    """A code that the configuration explains leads to what it means, and not to what its status says."""
    policy = replace(POLICY, codes={**CODES, "out_of_pixels": CodeClass.CREDITS.kind})
    with closing(House(tmp_path, policy)) as house:
        (job,) = house.accept("beach.jpg")

        job = book_again(
            house,
            job,
            Reply(end=Answered(status=400, elapsed_seconds=1.0), envelope=Envelope(code="out_of_pixels")),
        )

        assert job.state is JobState.DEFERRED
        assert [pause.reason for pause in house.board.pauses] == [PauseReason.CREDITS]
