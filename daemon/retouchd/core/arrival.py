"""How a bundle arrives: what a sight and a look mean to what is remembered of it, until it is taken or named.

A pure function of what was seen and of our own clocks: no file's age comes in here. Whether a look passes is
for core/settling.py; the journal stores what is decided here, and finds what is due by the same rule.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from retouchd.core.bundles import Bundle, Standing
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.settling import MAX_CLAIMS, LookAgain

_NANOSECONDS: Final = 1e9
_STATES: Final = {
    Standing.COMPLETE: BundleState.ARRIVING,
    Standing.LACKS_PROMPT: BundleState.LACKS_PROMPT,
    Standing.AMBIGUOUS: BundleState.NEEDS_YOU,
}


def is_news(known: BundleRecord | None, bundle: Bundle) -> bool:
    """Say whether a sight tells anything: only then quiet starts anew, and what was known counts no more."""
    return known is None or known.digest != bundle.digest


def state_when_seen(bundle: Bundle) -> BundleState:
    """Give the state in which a bundle is remembered that is new or has changed."""
    return _STATES[bundle.standing]


def quiet_at(bundle: Bundle, marked: float | None, seen: Moments, quiet_seconds: float) -> float:
    """Give when a bundle is quiet unless another change is seen before, on the monotonic clock.

    It counts from when we saw the change, which is never before it happened, or from the event that told of
    it. A file that changed once more between that event and the look at it has a younger time of change, and
    quiet counts from there: that time is the kernel's own, which nobody can set. Where a file system keeps
    none, or a clock is set meanwhile, quiet still does not begin before the event: as the scanner rests for
    0.1 s between two looks (2 s at most, in huge folders), it is shorter by no more than that.

    Args:
        marked: When the first event of its folder came since the look before; None when none did.
        seen: A moment after the files were looked at.
    """
    if marked is None:
        return seen.monotonic + quiet_seconds
    changed_ns = max(member.signature.ctime_ns for member in bundle.members)
    age_seconds = max(0.0, seen.now.timestamp() - changed_ns / _NANOSECONDS)
    return max(marked, seen.monotonic - age_seconds) + quiet_seconds


def is_look_due(record: BundleRecord, quiet_from: float, moments: Moments) -> bool:
    """Say whether a bundle is to be looked at: quiet, and no later look is agreed.

    Args:
        quiet_from: What `quiet_at` gave at its last change.
    """
    is_coming = record.state is BundleState.ARRIVING
    is_agreed = record.look_at is None or record.look_at <= moments.now
    return is_coming and is_agreed and quiet_from <= moments.monotonic


def claimed(record: BundleRecord) -> BundleRecord | None:
    """Give a bundle with one more look begun, or None when too many never came back."""
    if record.claims >= MAX_CLAIMS:
        return None
    return replace(record, state=BundleState.LOOKED_AT, claims=record.claims + 1)


def after_look(record: BundleRecord, verdict: LookAgain, now: datetime) -> BundleRecord:
    """Give a bundle of which a look did not pass: it is looked at again, unless it changes before."""
    return replace(
        record,
        state=BundleState.ARRIVING,
        detail=verdict.reason,
        looks=record.looks + 1,
        first_look=record.first_look or now,
        look_at=verdict.at,
        claims=0,
    )
