"""The heartbeat's rules."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.jobs import JobState
from retouchd.core.money import NOTHING, Caps, Money, Spent
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.periods import Period
from retouchd.core.pulse import Pulse, next_beat
from retouchd.core.spending import Offer
from strategies import NOW

MOMENTS = st.floats(0, 1e6, allow_nan=False)


@given(begun=MOMENTS, late=MOMENTS, minutes=st.integers(1, 10_080))
def test_a_late_beat_does_not_move_the_next(begun: float, late: float, minutes: int) -> None:
    """The next beat lies ahead, no further than one period, and on the grid that began with the daemon."""
    every, now = timedelta(minutes=minutes), begun + late

    beat = next_beat(begun, now, every)

    assert now < beat <= now + every.total_seconds() + 1e-6
    assert (beat - begun) / every.total_seconds() == pytest.approx(
        round((beat - begun) / every.total_seconds())
    )


def pulse(cap: Money | None, *pauses: PauseReason) -> Pulse:
    """Give a pulse with a little of everything."""
    today = Period(day="2026-11-23", month="2026-11")
    return Pulse(
        delivered=12,
        failed=1,
        jobs={
            JobState.SUBMITTING: 2,
            JobState.READY: 3,
            JobState.WAITING: 1,
            JobState.HELD: 1,
            JobState.DONE: 9,
        },
        bundles={"queued": 200, "needs_you": 2, "arriving": 4, "waiting_for_prompt": 5},
        offer=Offer(
            period=today,
            today=today,
            caps=Caps(per_job=None, per_day=cap, per_month=None),
            spent=Spent(edit=NOTHING, day=Money(8_430_000), month=NOTHING),
            reservation=NOTHING,
        ),
        pauses=[begin_pause(reason, "because", NOW) for reason in pauses],
    )


def test_a_beat_tells_what_was_done_and_what_waits() -> None:
    """One line answers: does it work, is there work, what did it cost, does anybody have to do something."""
    assert pulse(Money(10_000_000), PauseReason.BUDGET).fields() == {
        "delivered": 12,
        "failed": 1,
        "working": 2,
        "queued": 204,
        "trying_again": 0,
        "needs_you": 3,
        "used_today_usd": 8.43,
        "limit_usd": 10.0,
        "paused": ["budget"],
    }


def test_a_beat_without_limit_or_pause() -> None:
    """What does not hold is said, or left out."""
    fields = pulse(None).fields()

    assert fields["limit_usd"] == "none"
    assert "paused" not in fields
