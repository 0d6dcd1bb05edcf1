"""Timers when a clock is put right: nothing waits for a time that was only wrongly near."""

from datetime import datetime, timedelta
from typing import Final

from retouchd.core.records import Moments

# Beside the back-off, whose ceiling the owner sets, nothing waits longer by itself: a service that names a
# time is believed for an hour, and each pause tries one photo as often. Limits of money wait for days, which
# are counted anew.
_LONGEST_WAIT: Final = timedelta(hours=1)
# Less is how clocks drift and are trimmed.
_LEAST_STEP: Final = timedelta(seconds=5)


def latest_due(now: datetime, ceiling_seconds: float) -> datetime:
    """Give the time beyond which no timer can rightly lie; what does was set by a clock that was ahead.

    Args:
        ceiling_seconds: The longest back-off.
    """
    return now + max(_LONGEST_WAIT, timedelta(seconds=ceiling_seconds))


def step_back(before: Moments, after: Moments) -> timedelta:
    """Give by how much the wall clock was set back between two moments, nothing when it was not.

    A clock that went forward is no step: a machine that was suspended looks the same.
    """
    passed = timedelta(seconds=after.monotonic - before.monotonic)
    step = passed - (after.now - before.now)
    return step if step >= _LEAST_STEP else timedelta()
