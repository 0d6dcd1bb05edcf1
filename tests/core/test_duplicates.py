"""The same edit wanted more than once: who pays, who waits, who gets it for nothing."""

import pytest

from retouchd.core.duplicates import Place, event_for_sharers, find_place, needs_permission
from retouchd.core.jobs import TRANSITIONS, HoldReason, JobEvent, JobState
from strategies import job_in

UNDER_WAY = [
    JobState.READY,
    JobState.WAITING,
    JobState.SUBMITTING,
    JobState.RECEIVED,
    JobState.DEFERRED,
]


def test_an_edit_that_nobody_wants_yet_is_ones_own() -> None:
    """The first job that wants an edit owns it and will pay."""
    assert find_place(None) == Place(state=JobState.READY, owns_edit=True)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_an_edit_that_came_to_nothing_is_free(state: JobState) -> None:
    """A photo that is dragged back wants the same edit and becomes its owner."""
    assert find_place(job_in(state)) == Place(state=JobState.READY, owns_edit=True)


@pytest.mark.parametrize("state", UNDER_WAY)
def test_an_edit_under_way_is_waited_for(state: JobState) -> None:
    """While somebody else pays for an edit nobody pays for it again."""
    place = find_place(job_in(state))

    assert (place.state, place.owns_edit, place.hold) == (JobState.WAITING, False, None)
    assert place.reused_from == "k7f3bcdg"
    assert "k7f3bcdg" in place.detail


@pytest.mark.parametrize("state", [JobState.DELIVERED, JobState.DONE])
def test_an_edit_that_was_paid_for_is_given_again(state: JobState) -> None:
    """I7: a result that is there is used again for nothing; the new job starts where no call is made."""
    place = find_place(job_in(state))

    assert (place.state, place.owns_edit) == (JobState.RECEIVED, False)
    assert place.reused_from == "k7f3bcdg"
    assert "$0" in place.detail


def test_an_edit_that_needs_a_person_holds_the_others() -> None:
    """Where a person must decide about an edit, nobody else sends it meanwhile."""
    place = find_place(job_in(JobState.HELD))

    assert (place.state, place.owns_edit, place.hold) == (JobState.HELD, False, HoldReason.SAME_EDIT_HELD)
    assert "k7f3bcdg" in place.detail


@pytest.mark.parametrize("state", JobState)
def test_one_job_at_a_time_owns_an_edit(state: JobState) -> None:
    """An edit whose owner is alive or has paid is never sent by another job (I5)."""
    owner = job_in(state)

    assert find_place(owner).owns_edit == (state in {JobState.FAILED, JobState.CANCELLED})


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (JobState.DELIVERED, JobEvent.EDIT_PAID),
        (JobState.DONE, JobEvent.EDIT_PAID),
        (JobState.HELD, JobEvent.EDIT_HELD),
        (JobState.FAILED, JobEvent.EDIT_FREE),
        (JobState.CANCELLED, JobEvent.EDIT_FREE),
        *((one, None) for one in UNDER_WAY),
    ],
)
def test_what_an_owners_end_means_to_the_others(state: JobState, event: JobEvent | None) -> None:
    """Those who wait are woken exactly when the owner's work has ended or needs a person."""
    assert event_for_sharers(job_in(state)) is event
    assert event is None or event in TRANSITIONS[JobState.WAITING]


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("may_have_moved", [False, True])
def test_permission_is_needed_where_money_may_have_moved(
    state: JobState,
    may_have_moved: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Sending an edit again counts as one more payment only after an end that may have been paid."""
    ended = state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}

    needed = needs_permission(job_in(state), money_may_have_moved=may_have_moved)

    assert needed == (ended and may_have_moved)
    assert not needs_permission(None, money_may_have_moved=may_have_moved)
