"""What calls that are read back mean: in doubt a person decides, and nothing leads to a call."""

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.adoption import (
    EMPTY_HANDED,
    FoundCall,
    Proof,
    attempt_of,
    is_same_start,
    judge_call,
    place_anew,
    placeholder,
    recorded_attempt,
    with_call,
    with_result,
)
from retouchd.core.answer import Answer, Unreadable
from retouchd.core.classification import CODES
from retouchd.core.jobs import HoldReason, JobState, Output
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered, Envelope, OutcomeKind
from retouchd.core.recorded import Recorded, RecordedCall
from retouchd.core.values import AttemptId, BundleId, EditId, JobId, Sha256
from strategies import JOB, LABEL, NOW, WISH, job_in

ATTEMPT = AttemptId(12)
GOOD = Answered(status=200, headers={"x-request-id": "r1"}, elapsed_seconds=40.0)
RECORDED = Recorded(
    job=JOB.id,
    fingerprint=WISH.fingerprint,
    wish=WISH,
    sha256=Sha256("e" * 64),
    calls=(
        RecordedCall(
            number=2,
            permission=3,
            started=NOW,
            ended=None,
            outcome=OutcomeKind.UNKNOWN,
            reserved=Money(5),
            charged=Money(0),
        ),
    ),
    save_path="/retouchd/x.png",
    seen=NOW,
    settled=NOW,
    delivered=NOW,
)
OUTPUT = Output(path=PurePosixPath("beach.png"), sha256=Sha256("e" * 64))


def judge(end: Answered | None, content: Any = None) -> FoundCall:
    """Judge a call."""
    return judge_call(ATTEMPT, LABEL, end, content, CODES)


@pytest.mark.parametrize(
    ("end", "content", "proof", "charged", "reserved"),
    [
        (None, None, Proof.UNCLEAR, 0, 66_000),
        (GOOD, Answer(ok=True, estimated_cost_usd=0.01), Proof.ANSWERED, 10_000, 0),
        (GOOD, Answer(ok=True), Proof.ANSWERED, 66_000, 0),
        (GOOD, Answer(ok=True, estimated_cost_usd=5.0), Proof.ANSWERED, 5_000_000, 0),
        (GOOD, Answer(ok=True, estimated_cost_usd=5.01), Proof.ANSWERED, 66_000, 0),
        (GOOD, Answer(ok=False, estimated_cost_usd=0.01), Proof.UNREADABLE, 66_000, 0),
        (GOOD, Unreadable(reason="it is no JSON"), Proof.UNREADABLE, 66_000, 0),
        (replace(GOOD, status=204), Unreadable(reason="it is no JSON"), Proof.UNREADABLE, 66_000, 0),
        (replace(GOOD, status=504), None, Proof.UNCLEAR, 0, 66_000),
        (replace(GOOD, status=500), Envelope(message="it failed"), Proof.UNCLEAR, 0, 66_000),
        (replace(GOOD, status=429), Envelope(code="slow_down"), Proof.UNPAID, 0, 0),
        (replace(GOOD, status=400), Envelope(code="invalid"), Proof.UNPAID, 0, 0),
        (replace(GOOD, status=413, body_sent=False), None, Proof.UNPAID, 0, 0),
    ],
)
def test_what_a_file_proves(end: Any, content: Any, proof: Proof, charged: int, reserved: int) -> None:
    """I7: an answer was paid for as it says itself; what nobody knows stays set aside; a refusal is free."""
    call = judge(end, content)

    assert (call.proof, call.charged, call.reserved) == (proof, Money(charged), Money(reserved))


def test_a_call_becomes_the_attempt_that_it_was() -> None:
    """Everything that the money rests on is in the label."""
    attempt = attempt_of(judge(GOOD, Answer(ok=True)), EditId(5), JobId("other"))

    assert (attempt.id, attempt.edit, attempt.job) == (ATTEMPT, 5, "other")
    assert (attempt.number, attempt.permission, attempt.period) == (4, 3, LABEL.period)
    assert (attempt.first_reserved, attempt.charged) == (Money(66_000), Money(66_000))
    assert attempt.ended == NOW + timedelta(seconds=40)
    assert (attempt.status, attempt.request_ids) == (200, {"x-request-id": "r1"})
    unclear = attempt_of(judge(None), EditId(5), JobId("other"))
    assert (unclear.status, unclear.reserved, unclear.ended) == (None, Money(66_000), NOW)


def test_a_recorded_call_becomes_the_attempt_that_it_was() -> None:
    """What was set aside at most is what metadata still knows of it."""
    attempt = recorded_attempt(RECORDED.calls[0], RECORDED, EditId(5), LABEL.period)

    assert (attempt.edit, attempt.job, attempt.period) == (5, JOB.id, LABEL.period)
    assert (attempt.number, attempt.permission, attempt.outcome) == (2, 3, OutcomeKind.UNKNOWN)
    assert (attempt.first_reserved, attempt.reserved, attempt.charged) == (Money(5), Money(5), Money(0))


def test_calls_are_the_same_within_a_millisecond() -> None:
    """Metadata has milliseconds, the spool has microseconds."""
    assert is_same_start(NOW, NOW + timedelta(microseconds=999))
    assert not is_same_start(NOW, NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("end", "content", "hold", "told"),
    [
        (
            None,
            None,
            HoldReason.UNKNOWN_OUTCOME,
            "may have been paid ($0.07 stays set aside): look for /retouchd",
        ),
        (
            GOOD,
            Unreadable(reason="it is no JSON"),
            HoldReason.UNREADABLE_ANSWER,
            "paid for, but it is no JSON",
        ),
    ],
)
def test_a_call_in_doubt_is_held(end: Any, content: Any, hold: HoldReason, told: str) -> None:
    """I5: a person decides, and reads what to do: with the job itself, or with the next of its photo."""
    call = judge(end, content)
    own = with_call(job_in(JobState.READY, next_try=NOW), call, NOW)
    stand_in = with_call(placeholder(call, BundleId(1), EditId(1)), call, NOW)

    for job in (own, stand_in):
        assert (job.state, job.hold, job.answer, job.next_try) == (JobState.HELD, hold, ATTEMPT, None)
        assert told in job.detail
    assert f"retouchd retry {own.id}" in own.detail
    assert "drop the photo with its prompt into the inbox again" in stand_in.detail


def test_an_answer_is_delivered_or_kept_for_its_photo() -> None:
    """I7: a job that is known delivers its answer; one that is not stands for it until the photo comes."""
    call = judge(GOOD, Answer(ok=True))
    own = with_call(job_in(JobState.DEFERRED), call, NOW)
    stand_in = with_call(placeholder(call, BundleId(1), EditId(1)), call, NOW)

    assert (own.state, own.answer, own.received) == (JobState.RECEIVED, ATTEMPT, NOW)
    assert (stand_in.state, stand_in.answer, stand_in.output) == (JobState.DONE, ATTEMPT, None)
    assert stand_in.stem.parent == PurePosixPath("wedding")


@given(state=st.sampled_from(JobState), owner_state=st.sampled_from(JobState))
def test_placing_anew_never_leads_to_a_call(state: JobState, owner_state: JobState) -> None:
    """I5: beside an owner with money on it no job becomes one that is sent, unless it was one already."""
    owner = job_in(owner_state, id=JobId("owner"), ended=NOW)
    attempt = attempt_of(judge(None), EditId(1), owner.id)

    placed = place_anew(job_in(state), owner, [attempt], NOW, NOW)

    assert placed.state is state or placed.state in {JobState.RECEIVED, JobState.HELD, JobState.WAITING}


@pytest.mark.parametrize(
    ("state", "owner", "expected"),
    [
        (JobState.READY, JobState.DONE, JobState.RECEIVED),
        (JobState.HELD, JobState.DONE, JobState.RECEIVED),
        (JobState.READY, JobState.HELD, JobState.HELD),
        (JobState.HELD, JobState.HELD, JobState.HELD),
        (JobState.DEFERRED, JobState.RECEIVED, JobState.WAITING),
        (JobState.READY, JobState.FAILED, JobState.READY),
    ],
)
def test_who_waits_gets_what_was_found(state: JobState, owner: JobState, expected: JobState) -> None:
    """A result is shared, a doubt is held, what is about to come is waited for."""
    job = job_in(state, next_try=NOW, detail="as it was")
    placed = place_anew(job, job_in(owner, id=JobId("owner")), [], NOW, NOW)

    assert placed.state is expected
    assert (placed.received == NOW) == (expected is JobState.RECEIVED)
    assert placed is job or placed.reused_from == "owner"


@pytest.mark.parametrize("state", [JobState.DELIVERED, JobState.DONE])
def test_a_delivery_makes_a_job_whole(state: JobState) -> None:
    """A job whose picture lies in the outbox has nothing left to be sent."""
    job = with_result(replace(JOB, hold=HoldReason.UNKNOWN_OUTCOME, next_try=NOW), OUTPUT, RECORDED, state)

    assert (job.state, job.output, job.hold, job.next_try) == (state, OUTPUT, None, None)
    assert (job.ended is not None) == (state is JobState.DONE)
    assert job.state not in EMPTY_HANDED
