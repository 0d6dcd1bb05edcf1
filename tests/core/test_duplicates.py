"""The same edit wanted more than once: who pays, who waits, who gets it for nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from retouchd.core.duplicates import Place, event_for_sharers, find_place, may_pay_again
from retouchd.core.edits import Edit
from retouchd.core.jobs import TRANSITIONS, HoldReason, JobEvent, JobState
from retouchd.core.money import Money
from retouchd.core.periods import Period
from retouchd.core.records import Attempt
from retouchd.core.values import AttemptId, EditId, Fingerprint, JobId
from strategies import NOW, job_in

ATTEMPT = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JobId("k7f3bcdg"),
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="/retouchd/a.png",
    started=NOW,
    reserved=Money(0),
)
EDIT = Edit(id=EditId(1), fingerprint=Fingerprint("f" * 64), take=1, permission=1, owner=JobId("k7f3bcdg"))
UNDER_WAY = [
    JobState.READY,
    JobState.WAITING,
    JobState.SUBMITTING,
    JobState.RECEIVED,
    JobState.DEFERRED,
]


def test_an_edit_that_nobody_wants_yet_is_ones_own() -> None:
    """The first job that wants an edit owns it and will pay."""
    assert find_place(None, (), NOW) == Place(state=JobState.READY, owns_edit=True)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_an_edit_that_came_to_nothing_is_free(state: JobState) -> None:
    """A photo that is dragged back wants the same edit and becomes its owner."""
    assert find_place(job_in(state), (), NOW) == Place(state=JobState.READY, owns_edit=True)


@pytest.mark.parametrize("state", UNDER_WAY)
def test_an_edit_under_way_is_waited_for(state: JobState) -> None:
    """While somebody else pays for an edit nobody pays for it again."""
    place = find_place(job_in(state), (), NOW)

    assert (place.state, place.owns_edit, place.hold) == (JobState.WAITING, False, None)
    assert place.reused_from == "k7f3bcdg"
    assert "k7f3bcdg" in place.detail


@pytest.mark.parametrize("state", [JobState.DELIVERED, JobState.DONE])
def test_an_edit_that_was_paid_for_is_given_again(state: JobState) -> None:
    """I7: a result that is there is used again for nothing; the new job starts where no call is made."""
    place = find_place(job_in(state), (), NOW)

    assert (place.state, place.owns_edit) == (JobState.RECEIVED, False)
    assert place.reused_from == "k7f3bcdg"
    assert "$0" in place.detail


def test_an_edit_that_needs_a_person_holds_the_others() -> None:
    """Where a person must decide about an edit, nobody else sends it meanwhile."""
    place = find_place(job_in(JobState.HELD), (), NOW)

    assert (place.state, place.owns_edit, place.hold) == (JobState.HELD, False, HoldReason.SAME_EDIT_HELD)
    assert "k7f3bcdg" in place.detail


@pytest.mark.parametrize("state", JobState)
def test_one_job_at_a_time_owns_an_edit(state: JobState) -> None:
    """An edit whose owner is alive or has paid is never sent by another job (I5)."""
    owner = job_in(state)

    assert find_place(owner, (), NOW).owns_edit == (state in {JobState.FAILED, JobState.CANCELLED})


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


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
@pytest.mark.parametrize(("reserved", "charged"), [(1, 0), (0, 1)])
def test_dragging_back_is_permission_where_money_may_have_moved(
    state: JobState, reserved: int, charged: int
) -> None:
    """A photo that is put into the inbox after its end is a person's word to pay once more, if need be."""
    owner = replace(job_in(state), ended=NOW)
    attempts = [replace(ATTEMPT, reserved=Money(reserved), charged=Money(charged))]

    place = find_place(owner, attempts, NOW + timedelta(seconds=1))

    assert (place.state, place.owns_edit, place.grows_permission) == (JobState.READY, True, True)
    assert not find_place(owner, [ATTEMPT], NOW + timedelta(seconds=1)).grows_permission


def test_a_copy_that_lay_there_before_is_no_permission() -> None:
    """A copy that was dropped before a refusal which may have been paid needs a person (I5)."""
    owner = replace(job_in(JobState.FAILED), ended=NOW)

    place = find_place(owner, [replace(ATTEMPT, reserved=Money(1))], NOW - timedelta(seconds=1))

    assert (place.state, place.owns_edit, place.hold) == (JobState.HELD, False, HoldReason.SAME_EDIT_HELD)
    assert "perhaps paid" in place.detail


@pytest.mark.parametrize("hold", HoldReason)
def test_only_some_holds_cost_money_to_retry(hold: HoldReason) -> None:
    """Trying again pays once more where the money of before is gone or perhaps gone."""
    free = {HoldReason.OVER_JOB_CAP, HoldReason.SAME_EDIT_HELD, HoldReason.REFUSED_ALIKE}
    job = job_in(JobState.HELD, hold=hold)

    assert may_pay_again(job, EDIT, ()) is (hold not in free)


def test_taking_an_edit_over_may_pay_again() -> None:
    """A job that takes an edit over from another pays once more for what may be paid already."""
    job = job_in(JobState.HELD, hold=HoldReason.SAME_EDIT_HELD)
    anothers, paid = replace(EDIT, owner=JobId("another1")), [replace(ATTEMPT, reserved=Money(1))]

    assert may_pay_again(job, anothers, paid)
    assert not may_pay_again(job, anothers, [ATTEMPT])


def test_a_failed_job_pays_again_for_what_was_perhaps_paid() -> None:
    """A refusal that was perhaps charged is paid once more by a retry; what goes on by itself is not."""
    paid = [replace(ATTEMPT, reserved=Money(1))]

    assert may_pay_again(job_in(JobState.FAILED), EDIT, paid)
    assert not may_pay_again(job_in(JobState.FAILED), EDIT, [ATTEMPT])
    assert not may_pay_again(job_in(JobState.DEFERRED), EDIT, paid)
