"""Lost answers running: how many are too many, and what people are told of them.

Each lost answer may have been paid. Where one after the other is lost the next would be, too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Attempt

# So many losses say that it is no accident: running, or within half an hour however many came through.
TOO_MANY: Final = 3
_WINDOW: Final = timedelta(minutes=30)
# No more are told of; a burst is as large as what was under way at once.
MOST_TOLD: Final = 32
# Times that differ by no more than this, or by this share, are the same limit of something in between.
_SAME_SECONDS: Final = 1.0
_SAME_SHARE: Final = 0.05
# More times than these are told by the shortest and the longest.
_MOST_LISTED: Final = 4
# What ends sooner than this was no long call.
_LONG_SECONDS: Final = 10.0


def find_streak(ended: Sequence[Attempt], lost: Sequence[Attempt], now: datetime) -> Sequence[Attempt]:
    """Give the lost calls that are too many, newest first, or none.

    Args:
        ended: The calls that ended last in a reply or a loss, newest first.
        lost: The calls that were lost last, newest first.
    """
    running = list(takewhile(lambda one: one.outcome == OutcomeKind.UNKNOWN, ended))
    recent = [one for one in lost if one.ended and one.ended > now - _WINDOW]
    streak = max(running, recent, key=len)
    return streak if len(streak) >= TOO_MANY else ()


def describe_streak(streak: Sequence[Attempt]) -> str:
    """Say what was lost after which times, and what to do about it."""
    times = sorted(one.elapsed_seconds or 0.0 for one in streak)
    calls = "1 call was" if len(times) == 1 else f"{len(times)} calls were"
    ends = "ends long calls" if times[-1] >= _LONG_SECONDS else "ends calls before the answer comes"
    return (
        f"{calls} cut {_tell_times(times)}, so something between you and the service (proxy, VPN, router)"
        f' {ends}; change that, or use quality = "low", then "retouchd resume" tries one photo'
    )


def _tell_times(times: Sequence[float]) -> str:
    shortest, longest = times[0], times[-1]
    if len(times) > 1 and longest - shortest <= max(_SAME_SECONDS, _SAME_SHARE * longest):
        return f"at about {sum(times) / len(times):.0f} s"
    if len(times) > _MOST_LISTED:
        return f"after {shortest:.1f} to {longest:.1f} s"
    *others, last = [f"{time:.1f}" for time in times]
    return f"after {', '.join(others)} and {last} s" if others else f"after {last} s"
