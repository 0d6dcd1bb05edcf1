"""Timers when a clock is put right."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.records import Moments
from retouchd.core.retries import RetryPolicy, backoff
from retouchd.core.timers import latest_due, step_back
from strategies import NOW, moments

BEFORE = Moments(now=NOW, monotonic=100.0)
policies = st.builds(RetryPolicy, ceiling_seconds=st.floats(2, 86_400))


@pytest.mark.parametrize(
    ("wall", "monotonic", "step"),
    [
        (30, 30, 0),
        (0, 0, 0),
        (3600, 30, 0),
        (31_536_000, 0, 0),
        (26, 30, 0),
        (25, 30, 5),
        (0, 10, 10),
        (-3600, 30, 3630),
        (-31_536_000, 0, 31_536_000),
    ],
)
def test_a_clock_that_is_set_back(wall: float, monotonic: float, step: float) -> None:
    """A clock that was set back is noticed; one that drifts, and a machine that slept, are no step back."""
    after = Moments(now=NOW + timedelta(seconds=wall), monotonic=100.0 + monotonic)

    assert step_back(BEFORE, after) == timedelta(seconds=step)


@given(policy=policies, tries=st.integers(1, 40), fraction=st.floats(0, 1, exclude_max=True), now=moments)
def test_no_rightful_wait_is_pulled_back(
    policy: RetryPolicy, tries: int, fraction: float, now: datetime
) -> None:
    """Whatever back-off the owner chose, it lies within what may be waited for, and so does an hour."""
    latest = latest_due(now, policy.ceiling_seconds)

    assert latest >= now + max(timedelta(hours=1), backoff(tries, policy, fraction))
    assert latest <= now + timedelta(days=1)
