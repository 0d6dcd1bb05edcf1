"""What a person may decide over a job: each refusal names the state and what to do instead."""

import pytest

from retouchd.core.decisions import why_not_cancelled, why_not_discarded, why_not_handed_in
from retouchd.core.jobs import PAID_HOLDS, HoldReason, JobState
from strategies import job_in

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
