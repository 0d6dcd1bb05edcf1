"""What a person may decide over a job: each refusal names the state and what to do instead."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from retouchd.core.bundles import Role
from retouchd.core.decisions import (
    why_not_cancelled,
    why_not_discarded,
    why_not_handed_in,
    why_not_redone,
    why_not_tried_again,
)
from retouchd.core.jobs import PAID_HOLDS, HoldReason, JobState
from retouchd.core.records import Accepted, BundleRecord, BundleState
from retouchd.core.values import BundleId, Sha256
from strategies import NOW, SIGNATURE, job_in

FILED = BundleRecord(
    id=BundleId(1),
    folder=PurePosixPath(),
    key="beach.jpg",
    photo="beach.jpg",
    digest="d",
    state=BundleState.FILED,
    detail="",
    seen=NOW,
    accepted=(
        Accepted(
            path=PurePosixPath("beach.jpg"), role=Role.PHOTO, sha256=Sha256("a" * 64), signature=SIGNATURE
        ),
    ),
)
GIVEN_UP = {JobState.READY, JobState.WAITING, JobState.DEFERRED, JobState.HELD}


@pytest.mark.parametrize("state", JobState)
def test_only_what_is_not_sent_and_not_over_is_given_up(state: JobState) -> None:
    """What is under way, was paid for or is over is not cancelled; only what is held is discarded."""
    job = job_in(state)

    assert (why_not_cancelled(job) == "") is (state in GIVEN_UP)
    assert (why_not_discarded(job) == "") is (state is JobState.HELD)
    assert state in GIVEN_UP or why_not_discarded(job) == why_not_cancelled(job)


@pytest.mark.parametrize("hold", HoldReason)
def test_pictures_are_handed_in_for_what_was_paid(hold: HoldReason) -> None:
    """A picture is taken where one is missing that was paid for, or may have been."""
    assert (why_not_handed_in(job_in(JobState.HELD, hold=hold)) == "") is (hold in PAID_HOLDS)


def test_pictures_are_handed_in_for_what_needs_a_person() -> None:
    """A job that goes on by itself takes none."""
    assert "waits for no picture" in why_not_handed_in(job_in(JobState.READY))


@pytest.mark.parametrize("state", JobState)
def test_only_what_is_done_has_another_version(state: JobState) -> None:
    """What failed or needs a person is retried; what goes on by itself is waited for."""
    refusal = why_not_redone(job_in(state), FILED)

    assert (refusal == "") is (state is JobState.DONE)
    assert ("retouchd retry" in refusal) is (state in {JobState.HELD, JobState.FAILED})


def test_what_was_skipped_or_given_up_is_dragged_back() -> None:
    """Each lies where it was filed; what was skipped would be again as long as its name is taken."""
    assert "from failed/" in why_not_redone(job_in(JobState.CANCELLED), FILED)
    skipped = why_not_redone(job_in(JobState.CANCELLED, skipped=True), FILED)
    assert "take what has it out of the outbox, then drag photo and prompt from done/" in skipped


def test_another_version_needs_the_photo() -> None:
    """A photo that was exchanged or taken away is not in done/."""
    detached = replace(FILED, state=BundleState.DETACHED)

    assert "drop it again" in why_not_redone(job_in(JobState.DONE), detached)


def test_a_photo_that_is_not_known_any_more_is_dragged_back_by_hand() -> None:
    """After the history was lost nobody knows which files belonged to a photo."""
    assert "drag them from done/" in why_not_redone(job_in(JobState.DONE), replace(FILED, accepted=()))


def test_a_job_that_only_stands_for_a_lost_one_is_decided_with_its_photo() -> None:
    """What was asked for is not known any more: nothing can be sent, and it says what can be done."""
    lost = job_in(JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME, wish=None)

    assert "put the picture into the outbox yourself" in why_not_handed_in(lost)
    assert "drop its photo with the prompt into the inbox again" in why_not_tried_again(lost)
    assert why_not_tried_again(job_in(JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME)) == ""
    assert why_not_tried_again(job_in(JobState.FAILED, wish=None)) == ""
