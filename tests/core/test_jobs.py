"""The life of a job: the table of all transitions, and that nothing else ever happens to a job."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.errors import IllegalTransitionError
from retouchd.core.jobs import (
    ENDED,
    KEEPS_SOURCES,
    TRANSITIONS,
    HoldReason,
    Job,
    JobEvent,
    JobState,
    move,
)
from strategies import JOB, NOW, events, job_in

LATER = NOW + timedelta(minutes=5)
# From these a call is made, at once or by itself.
CALLING = {JobState.READY, JobState.DEFERRED, JobState.SUBMITTING}
PAID = {JobState.RECEIVED, JobState.DELIVERED}
# A job begins in one of these (see duplicates.py and a photo that can never be sent).
BEGINNINGS = (JobState.READY, JobState.WAITING, JobState.HELD, JobState.RECEIVED, JobState.FAILED)
PAIRS = list(product(JobState, JobEvent))
# Written down from the manual, not from the table in the code.
LIVES = [
    ("submission_begun answer_received delivered filed", JobState.DONE),
    ("submission_begun not_paid submission_begun answer_received delivered filed", JobState.DONE),
    ("submission_begun not_paid submission_begun retries_exhausted", JobState.FAILED),
    ("submission_begun refused", JobState.FAILED),
    ("submission_begun answer_lost", JobState.HELD),
    ("submission_begun answer_lost retry_granted submission_begun", JobState.SUBMITTING),
    ("submission_begun resend_granted", JobState.DEFERRED),
    ("submission_begun answer_received unreadable cancelled", JobState.CANCELLED),
    ("submission_begun answer_received output_gone retry_granted", JobState.READY),
    ("submission_begun source_changed", JobState.CANCELLED),
    ("over_job_cap retry_granted", JobState.READY),
    ("unsendable", JobState.FAILED),
    ("submission_begun not_paid unsendable", JobState.FAILED),
    ("cancelled", JobState.CANCELLED),
    ("skipped", JobState.CANCELLED),
    ("submission_begun not_paid skipped", JobState.CANCELLED),
]


def walk(job: Job, path: Iterable[JobEvent]) -> list[Job]:
    """Give the job and what becomes of it, event by event, passing over what is not allowed."""
    states = [job]
    for event in path:
        if event in TRANSITIONS[states[-1].state]:
            states.append(move(states[-1], event, NOW))
    return states


@given(beginning=st.sampled_from(BEGINNINGS), path=st.lists(events, max_size=40))
def test_i7_what_was_paid_for_is_never_called_for_again(beginning: JobState, path: list[JobEvent]) -> None:
    """I7: after an answer was received no events lead to a call, unless a person grants a retry."""
    granted = [event for event in path if event is not JobEvent.RETRY_GRANTED]
    states = [one.state for one in walk(job_in(beginning), granted)]
    paid = next((number for number, state in enumerate(states) if state in PAID), len(states))

    assert not CALLING & set(states[paid:])


def test_i7_holds_for_the_table_as_a_whole() -> None:
    """I7: without a person's word no state from which a call is made can be reached from a paid one."""
    reached = set(PAID)
    for _ in JobState:
        reached |= {
            target
            for state in reached
            for event, target in TRANSITIONS[state].items()
            if event is not JobEvent.RETRY_GRANTED
        }

    assert not CALLING & reached


@pytest.mark.parametrize(("path", "end"), LIVES)
def test_lives(path: str, end: JobState) -> None:
    """The ordinary lives of a job end where the manual says."""
    job = JOB
    for event in path.split():
        job = move(job, JobEvent(event), NOW)

    assert job.state is end


def test_every_state_is_reachable() -> None:
    """No state of the table is dead: each is a beginning or lies behind one."""
    reached = set(BEGINNINGS)
    for _ in JobState:
        reached |= {target for state in reached for target in TRANSITIONS[state].values()}

    assert reached == set(JobState)


def test_every_event_happens() -> None:
    """No event is without an arrow."""
    assert {event for arrows in TRANSITIONS.values() for event in arrows} == set(JobEvent)


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_one_table_decides(state: JobState, event: JobEvent) -> None:
    """A job moves along an arrow of the table, or not at all and nothing of it changes."""
    job = job_in(state, detail="as it was", next_try=NOW)
    if event in TRANSITIONS[state]:
        assert move(job, event, LATER).state is TRANSITIONS[state][event]
        return

    with pytest.raises(IllegalTransitionError, match=f"job {job.id} is {state}; {event} leads nowhere"):
        move(job, event, LATER)
    assert job == job_in(state, detail="as it was", next_try=NOW)


@pytest.mark.parametrize("state", JobState)
def test_ended_states_have_no_arrow(state: JobState) -> None:
    """What has ended stays so, and everything else can still go on."""
    assert (state in ENDED) == (not TRANSITIONS[state])
    assert job_in(state).has_ended == (state in ENDED)


def test_sources_stay_while_something_may_be_sent_or_delivered() -> None:
    """The sources stay in the inbox until their last job is delivered or has ended (I1)."""
    assert set(JobState) - KEEPS_SOURCES == {
        JobState.DELIVERED,
        JobState.DONE,
        JobState.FAILED,
        JobState.CANCELLED,
    }


def test_a_move_says_why_and_when() -> None:
    """What is told with a move is stored, and what was told of the state before is forgotten."""
    held = move(
        job_in(JobState.SUBMITTING, detail="old"),
        JobEvent.ANSWER_LOST,
        NOW,
        detail="lost",
        hold=HoldReason.UNKNOWN_OUTCOME,
        next_try=LATER,
    )
    ready = move(held, JobEvent.RETRY_GRANTED, NOW)

    assert (held.detail, held.hold, held.next_try) == ("lost", HoldReason.UNKNOWN_OUTCOME, LATER)
    assert (ready.detail, ready.hold, ready.next_try) == ("", None, None)


@pytest.mark.parametrize(
    ("state", "event", "stamp"),
    [
        (JobState.READY, JobEvent.SUBMISSION_BEGUN, "submitted"),
        (JobState.SUBMITTING, JobEvent.ANSWER_RECEIVED, "received"),
        (JobState.RECEIVED, JobEvent.DELIVERED, "delivered"),
        (JobState.DELIVERED, JobEvent.FILED, "ended"),
        (JobState.SUBMITTING, JobEvent.REFUSED, "ended"),
        (JobState.READY, JobEvent.CANCELLED, "ended"),
    ],
)
def test_moments_are_kept(state: JobState, event: JobEvent, stamp: str) -> None:
    """The moments that the metadata tells are taken at the move, and only they change."""
    moved = move(job_in(state), event, LATER)
    stamps = {name: getattr(moved, name) for name in ("submitted", "received", "delivered", "ended")}

    assert stamps == {"submitted": None, "received": None, "delivered": None, "ended": None} | {stamp: LATER}
    assert moved.created == NOW


@given(path=st.lists(events, max_size=40))
def test_a_move_changes_nothing_else(path: list[JobEvent]) -> None:
    """Whose job it is, what it wants and what it has cost are never touched by a move."""
    last = walk(JOB, path)[-1]

    assert (last.id, last.bundle, last.edit, last.wish, last.stem) == (
        JOB.id,
        JOB.bundle,
        JOB.edit,
        JOB.wish,
        JOB.stem,
    )
    assert (last.attempts, last.active_seconds, last.output, last.answer) == (0, 0.0, None, None)
