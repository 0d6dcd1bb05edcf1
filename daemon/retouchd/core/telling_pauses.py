"""Which pauses are told, and when: those that heal by themselves only once they last.

A pause that is over before it was told is not told; one that comes and goes is told ever more seldom.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.pauses import Pause, PauseReason

# Lines drop, services are busy, shares are mounted again: mostly nobody need know.
_FIRST_DELAYS: Final = {
    PauseReason.OFFLINE: timedelta(minutes=5),
    PauseReason.RATE_LIMITED: timedelta(minutes=5),
    PauseReason.FOLDER_MISSING: timedelta(minutes=1),
    PauseReason.DISK_FULL: timedelta(minutes=1),
}
# When a reason that was told comes back: twice as long each time.
_LEAST_DELAY: Final = timedelta(minutes=1)
_MOST_TIMES: Final = 8
# After so long it is a new story.
_FORGOTTEN_AFTER: Final = timedelta(hours=24)
# One photo is tried after a pause, and may bring it back.
_TRIAL: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """What was told of one reason.

    Attributes:
        times: How often of late.
        last: When the last time.
        is_open: Its end was not told yet.
        began: Since when it had been paused, as it was told.
        gone: Since when it is over.
    """

    times: int
    last: datetime
    began: datetime
    is_open: bool = True
    gone: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNews:
    """The pauses at one moment.

    Attributes:
        on_trial: Reasons that have ended, and of which one photo has yet to prove it.
        is_calling: A photo is being sent.
    """

    pauses: tuple[Pause, ...] = ()
    on_trial: frozenset[PauseReason] = frozenset()
    is_calling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseOutcome:
    """What is told of pauses now, what then counts as told, and when to look again."""

    bouts: Mapping[PauseReason, Bout]
    begun: tuple[PauseReason, ...] = ()
    ended: tuple[PauseReason, ...] = ()
    looks: tuple[datetime, ...] = field(default_factory=tuple)


def follow_pauses(bouts: Mapping[PauseReason, Bout], news: PauseNews, now: datetime) -> PauseOutcome:
    """Say which pauses and which ends of pauses are told now."""
    there = {pause.reason: pause for pause in news.pauses}
    kept: dict[PauseReason, Bout] = {}
    begun, ended, looks = [], [], []
    for reason in sorted(there.keys() | bouts.keys()):
        bout = bouts.get(reason)
        pause = there.get(reason)
        after, look = _meet(bout, pause, now) if pause else _miss(bout, reason, news, now)
        begun += [reason] if _is_open(after) and not _is_open(bout) else []
        ended += [reason] if _is_open(bout) and not _is_open(after) else []
        looks += [look] if look else []
        kept |= {reason: after} if after else {}
    return PauseOutcome(bouts=kept, begun=tuple(begun), ended=tuple(ended), looks=tuple(looks))


def _is_open(bout: Bout | None) -> bool:
    return bout is not None and bout.is_open


def _meet(bout: Bout | None, pause: Pause, now: datetime) -> tuple[Bout | None, datetime | None]:
    """Take in a pause that holds."""
    if bout is not None and bout.is_open:
        return replace(bout, gone=None), None
    known = None if bout is None or _is_forgotten(bout, now) else bout
    times = known.times if known else 0
    began = min(pause.since, now)
    due_at = began + _delay(pause.reason, times)
    if now < due_at:
        return known, due_at
    return Bout(times=min(times + 1, _MOST_TIMES), last=now, began=began), None


def _miss(
    bout: Bout | None, reason: PauseReason, news: PauseNews, now: datetime
) -> tuple[Bout | None, datetime | None]:
    """Take in that a pause does not hold."""
    if bout is None or not bout.is_open:
        return None if bout is None or _is_forgotten(bout, now) else bout, None
    gone = min(bout.gone or now, now)
    over_at = gone + _TRIAL if reason in news.on_trial else now
    if now < over_at or (reason in news.on_trial and news.is_calling):
        return replace(bout, gone=gone), max(over_at, now + _TRIAL)
    return replace(bout, is_open=False, last=min(bout.last, now), gone=gone), None


def _is_forgotten(bout: Bout, now: datetime) -> bool:
    return now - bout.last > _FORGOTTEN_AFTER


def _delay(reason: PauseReason, times: int) -> timedelta:
    first = _FIRST_DELAYS.get(reason, timedelta())
    return max(first, _LEAST_DELAY) * 2 ** (times - 1) if times else first
