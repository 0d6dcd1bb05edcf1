"""After a call: retries, patience, money and pauses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.jobs import TRANSITIONS, HoldReason, JobEvent, JobState
from retouchd.core.outcomes import RULES, Effect, OutcomeKind, keeps_reservation
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.requestsize import LARGE_REQUEST_BYTES
from retouchd.core.retries import (
    Aftermath,
    Circumstances,
    Outcome,
    RetryPolicy,
    UnknownOutcomePolicy,
    backoff,
    decide_aftermath,
    weigh,
)
from strategies import NOW, elapsed_seconds, fractions_of_one, job_in, outcomes

POLICY = RetryPolicy()
CIRCUMSTANCES = Circumstances(now=NOW, fraction=0.5)
RESEND = replace(POLICY, unknown_outcome=UnknownOutcomePolicy.RESEND)
COUNTED = [kind for kind, rule in RULES.items() if rule.effect is Effect.RETRY]
FREE = [kind for kind, rule in RULES.items() if rule.effect is Effect.RETRY_FREELY]


def after(
    kind: OutcomeKind,
    *,
    attempts: int = 0,
    active_seconds: float = 0,
    elapsed_seconds: float = 1,
    policy: RetryPolicy = POLICY,
    circumstances: Circumstances = CIRCUMSTANCES,
) -> Aftermath:
    """Decide on a call that ended so."""
    job = job_in(JobState.SUBMITTING, attempts=attempts, active_seconds=active_seconds)
    outcome = Outcome(kind=kind, elapsed_seconds=elapsed_seconds, message="because")
    return decide_aftermath(job, outcome, policy, circumstances)


@given(tries=st.integers(1, 10_000), fraction=fractions_of_one)
def test_backoff_has_bounds(tries: int, fraction: float) -> None:
    """No delay is longer than the ceiling, none is nothing, and late tries overflow nothing."""
    assert timedelta(seconds=0.1) <= backoff(tries, POLICY, fraction) <= timedelta(seconds=120)


@pytest.mark.parametrize(
    ("tries", "ceiling"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 64), (7, 120), (8, 120)]
)
def test_backoff_doubles(tries: int, ceiling: int) -> None:
    """Full jitter: the delay is a random part of a ceiling that doubles with each try."""
    assert backoff(tries, POLICY, 0.5) == timedelta(seconds=ceiling / 2)
    assert backoff(tries, POLICY, 0.0) == timedelta(seconds=0.1)


@given(tries=st.integers(1, 50), low=fractions_of_one, high=fractions_of_one)
def test_backoff_grows_with_its_fraction(tries: int, low: float, high: float) -> None:
    """Photos that were refused together come back apart."""
    low, high = sorted((low, high))

    assert backoff(tries, POLICY, low) <= backoff(tries, POLICY, high)
    assert backoff(tries, POLICY, low) <= backoff(tries + 1, POLICY, low)


@pytest.mark.parametrize("kind", [*COUNTED, *FREE])
@pytest.mark.parametrize("asked_seconds", [1, 60, 3600])
def test_retry_after_is_honoured(kind: OutcomeKind, asked_seconds: int) -> None:
    """Nobody comes back before the service said, however short the back-off would be."""
    asked = timedelta(seconds=asked_seconds)
    outcome = Outcome(kind=kind, elapsed_seconds=1, retry_after=asked)

    aftermath = decide_aftermath(job_in(JobState.SUBMITTING), outcome, POLICY, CIRCUMSTANCES)

    assert aftermath.delay == max(asked, timedelta(seconds=1))


@pytest.mark.parametrize("kind", [one for one in COUNTED if one is not OutcomeKind.SERVICE_ERROR])
def test_four_counted_tries(kind: OutcomeKind) -> None:
    """The fourth counted try is the last one."""
    ends = [after(kind, attempts=number) for number in range(4)]

    assert [one.event for one in ends] == [JobEvent.NOT_PAID] * 3 + [JobEvent.RETRIES_EXHAUSTED]
    assert [one.attempts for one in ends] == [1, 2, 3, 4]
    assert ends[-1].delay == timedelta()


@pytest.mark.parametrize(("max_attempts", "calls"), [(1, 1), (2, 2), (4, 3), (9, 3)])
def test_a_service_error_is_retried_twice_at_most(max_attempts: int, calls: int) -> None:
    """Each such retry leaves money set aside, so there are two of them, or fewer if the owner says so."""
    policy = replace(POLICY, max_attempts=max_attempts)
    events = [
        after(
            OutcomeKind.SERVICE_ERROR,
            attempts=one,
            policy=policy,
            circumstances=replace(CIRCUMSTANCES, earlier=[OutcomeKind.SERVICE_ERROR] * one),
        ).event
        for one in range(calls)
    ]

    assert events == [JobEvent.NOT_PAID] * (calls - 1) + [JobEvent.RETRIES_EXHAUSTED]
    assert after(OutcomeKind.SERVICE_ERROR).keeps_reservation


def test_only_service_errors_count_as_such() -> None:
    """Two calls that the service was too busy for do not take the two retries after a service error."""
    busy = replace(CIRCUMSTANCES, earlier=[OutcomeKind.OVERLOADED] * 2)
    failed = replace(CIRCUMSTANCES, earlier=[OutcomeKind.SERVICE_ERROR, "overloaded", "service_error"])

    assert after(OutcomeKind.SERVICE_ERROR, attempts=2, circumstances=busy).event is JobEvent.NOT_PAID
    assert after(OutcomeKind.SERVICE_ERROR, attempts=2, circumstances=failed).event is (
        JobEvent.RETRIES_EXHAUSTED
    )
    # A person asked to try again: it counts from the beginning.
    assert after(OutcomeKind.SERVICE_ERROR, attempts=0, circumstances=failed).event is JobEvent.NOT_PAID


@given(kind=st.sampled_from(OutcomeKind), elapsed=elapsed_seconds)
def test_nothing_stays_set_aside_for_what_was_not_sent(kind: OutcomeKind, elapsed: float) -> None:
    """Money that was set aside for a call whose body did not go out whole is free again, whatever came."""
    outcome = Outcome(kind=kind, elapsed_seconds=elapsed, body_sent=False)

    assert not decide_aftermath(job_in(JobState.SUBMITTING), outcome, POLICY, CIRCUMSTANCES).keeps_reservation


def test_a_key_that_stays_in_use_is_a_lost_answer() -> None:
    """I5: an earlier call of which nobody says how it ended is neither repeated for ever nor given up."""
    weighed = [weighed_as(OutcomeKind.KEY_IN_USE, attempts=number) for number in range(4)]

    assert weighed == [OutcomeKind.KEY_IN_USE] * 3 + [OutcomeKind.UNKNOWN]


def weighed_as(
    kind: OutcomeKind,
    *earlier: OutcomeKind,
    attempts: int = 0,
    request_bytes: int = 0,
    body_sent: bool = True,
) -> OutcomeKind:
    """Weigh a call that ended so after these."""
    outcome = Outcome(kind=kind, elapsed_seconds=1, request_bytes=request_bytes, body_sent=body_sent)
    return weigh(outcome, job_in(JobState.SUBMITTING, attempts=attempts), POLICY, earlier)


def test_what_was_not_sent_is_never_weighed_as_unknown() -> None:
    """A body that did not go out whole is never an unknown outcome, however often its key is in use."""
    assert weighed_as(OutcomeKind.KEY_IN_USE, attempts=9, body_sent=False) is OutcomeKind.KEY_IN_USE


LARGE = LARGE_REQUEST_BYTES + 1


@pytest.mark.parametrize(
    ("earlier", "request_bytes", "kind"),
    [
        ([], LARGE, OutcomeKind.INTERRUPTED),
        ([OutcomeKind.INTERRUPTED], LARGE, OutcomeKind.TOO_LARGE),
        ([OutcomeKind.INTERRUPTED], LARGE - 1, OutcomeKind.INTERRUPTED),
        ([OutcomeKind.INTERRUPTED, OutcomeKind.STOPPED], LARGE, OutcomeKind.INTERRUPTED),
        ([OutcomeKind.INTERRUPTED, OutcomeKind.OVERLOADED], LARGE, OutcomeKind.INTERRUPTED),
        ([OutcomeKind.OBSTRUCTED], LARGE, OutcomeKind.INTERRUPTED),
        ([OutcomeKind.STOPPED, OutcomeKind.INTERRUPTED], LARGE, OutcomeKind.TOO_LARGE),
    ],
)
def test_a_large_body_that_was_not_taken_twice_running(
    earlier: list[OutcomeKind], request_bytes: int, kind: OutcomeKind
) -> None:
    """Only two breaks one after the other, of a large body and not of our own doing, are too large."""
    weighed = weighed_as(
        OutcomeKind.INTERRUPTED, *earlier, request_bytes=request_bytes, body_sent=False, attempts=1
    )

    assert weighed is kind


@pytest.mark.parametrize(
    ("shrunk", "attempts", "event", "refused_bytes"),
    [
        (0, 0, JobEvent.NOT_PAID, 5_000_000),
        (0, 2, JobEvent.NOT_PAID, 5_000_000),
        (0, 3, JobEvent.REFUSED, 0),
        (9_000_000, 0, JobEvent.REFUSED, 0),
    ],
)
def test_what_is_too_large_is_made_smaller_once(
    shrunk: int, attempts: int, event: JobEvent, refused_bytes: int
) -> None:
    """A job has one more call, counted and for nothing, with smaller pictures; then it fails."""
    job = job_in(JobState.SUBMITTING, shrunk=shrunk, attempts=attempts)
    outcome = Outcome(kind=OutcomeKind.TOO_LARGE, elapsed_seconds=1, request_bytes=5_000_000)

    aftermath = decide_aftermath(job, outcome, POLICY, CIRCUMSTANCES)

    assert (aftermath.event, aftermath.refused_bytes) == (event, refused_bytes)
    assert aftermath.attempts == attempts + 1
    assert not aftermath.keeps_reservation


@given(
    kind=st.sampled_from(
        [one for one in OutcomeKind if one not in {OutcomeKind.KEY_IN_USE, OutcomeKind.INTERRUPTED}]
    )
)
def test_nothing_else_depends_on_what_went_before(kind: OutcomeKind) -> None:
    """Every other outcome is what it is, however often it came."""
    assert weighed_as(kind, *[kind] * 9, attempts=100, request_bytes=LARGE) is kind


@given(
    kind=st.sampled_from(FREE),
    attempts=st.integers(0, 1000),
    active_seconds=st.floats(0, 10**9),
)
def test_free_retries_never_exhaust(kind: OutcomeKind, attempts: int, active_seconds: float) -> None:
    """What no photo is to blame for fails none, however long it lasts."""
    aftermath = after(kind, attempts=attempts, active_seconds=active_seconds)

    assert aftermath.event is JobEvent.NOT_PAID
    assert aftermath.attempts == attempts


@pytest.mark.parametrize(
    ("active_hours", "event"), [(71.9, JobEvent.NOT_PAID), (72, JobEvent.RETRIES_EXHAUSTED)]
)
def test_active_retrying_ends_after_three_days(active_hours: float, event: JobEvent) -> None:
    """A job fails when its own calls and back-offs have taken 72 h, this call included."""
    aftermath = after(OutcomeKind.OVERLOADED, active_seconds=(active_hours - 0.1) * 3600, elapsed_seconds=360)

    assert aftermath.event is event


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (OutcomeKind.ANSWERED, JobEvent.ANSWER_RECEIVED),
        (OutcomeKind.UNREADABLE, JobEvent.ANSWER_RECEIVED),
        (OutcomeKind.INVALID, JobEvent.REFUSED),
        (OutcomeKind.REFUSED, JobEvent.REFUSED),
        (OutcomeKind.BLOCKED, JobEvent.REFUSED),
        (OutcomeKind.SOURCE_CHANGED, JobEvent.SOURCE_CHANGED),
        (OutcomeKind.UNKNOWN, JobEvent.ANSWER_LOST),
    ],
)
def test_what_ends_the_calls_of_a_job(kind: OutcomeKind, event: JobEvent) -> None:
    """These outcomes are never tried again by themselves, and wait for nothing."""
    aftermath = after(kind)

    assert aftermath.event is event
    assert aftermath.delay == timedelta()
    assert aftermath.pause is None


def test_a_lost_answer_is_held() -> None:
    """I5: an unknown outcome is held with its money, unless the owner wrote that it is sent again."""
    aftermath = after(OutcomeKind.UNKNOWN)

    assert aftermath.hold is HoldReason.UNKNOWN_OUTCOME
    assert aftermath.keeps_reservation
    assert not aftermath.grants_permission


def test_a_lost_answer_is_sent_again_once() -> None:
    """unknown_outcome = "resend" is one more permission, once, and the first payment stays set aside."""
    first = after(OutcomeKind.UNKNOWN, policy=RESEND)
    second = after(OutcomeKind.UNKNOWN, policy=RESEND, circumstances=replace(CIRCUMSTANCES, resent=True))

    assert (first.event, first.hold, first.grants_permission) == (JobEvent.RESEND_GRANTED, None, True)
    assert first.keeps_reservation
    assert first.delay == timedelta(seconds=1)
    assert (second.event, second.grants_permission) == (JobEvent.ANSWER_LOST, False)


def test_setbacks_of_others_lengthen_the_delay() -> None:
    """Where call after call of any job fails, each new one waits as if it had failed that often itself."""
    alone = after(OutcomeKind.OVERLOADED)
    among_others = after(OutcomeKind.OVERLOADED, circumstances=replace(CIRCUMSTANCES, setbacks=4))

    assert (alone.delay, among_others.delay) == (timedelta(seconds=1), timedelta(seconds=16))
    assert among_others.attempts == 1


@pytest.mark.parametrize(
    ("kind", "reason", "pause_seconds"),
    [
        (OutcomeKind.UNREACHABLE, PauseReason.OFFLINE, 1),
        (OutcomeKind.RATE_LIMIT, PauseReason.RATE_LIMITED, 1),
        (OutcomeKind.AUTH, PauseReason.KEY_REFUSED, None),
        (OutcomeKind.CREDITS, PauseReason.CREDITS, 3600),
    ],
)
def test_pauses(kind: OutcomeKind, reason: PauseReason, pause_seconds: int | None) -> None:
    """What passes pauses for the back-off, what people must mend until a photo is tried again."""
    until = None if pause_seconds is None else NOW + timedelta(seconds=pause_seconds)

    assert after(kind).pause == Pause(reason=reason, detail="because", since=NOW, until=until)


@given(
    outcome=outcomes,
    attempts=st.integers(0, 10),
    active_seconds=st.floats(0, 400_000),
    setbacks=st.integers(0, 100),
    policy=st.sampled_from([POLICY, RESEND]),
    resent=st.booleans(),
)
def test_every_outcome_has_an_aftermath(
    *,
    outcome: Outcome,
    attempts: int,
    active_seconds: float,
    setbacks: int,
    policy: RetryPolicy,
    resent: bool,
) -> None:
    """Whatever happened, the job has an arrow to go along, and money that may be gone stays set aside."""
    job = job_in(JobState.SUBMITTING, attempts=attempts, active_seconds=active_seconds)
    circumstances = Circumstances(now=NOW, fraction=0.5, setbacks=setbacks, resent=resent)
    rule = RULES[outcome.kind]

    aftermath = decide_aftermath(job, outcome, policy, circumstances)

    assert aftermath.event in TRANSITIONS[JobState.SUBMITTING]
    assert aftermath.keeps_reservation == keeps_reservation(outcome.kind, outcome.elapsed_seconds)
    assert (aftermath.delay > timedelta()) == (
        TRANSITIONS[JobState.SUBMITTING][aftermath.event] is JobState.DEFERRED
    )
    assert (aftermath.hold is None) == (aftermath.event is not JobEvent.ANSWER_LOST)
    assert (aftermath.pause is None) == (rule.pause is None)
    assert aftermath.attempts - attempts == (rule.effect is not Effect.RETRY_FREELY)
