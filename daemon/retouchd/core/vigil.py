"""Whether the daemon makes progress: the service manager's watchdog is fed as long as it does.

A watchdog that is not fed ends the process, and with it calls that are paid for. So whoever waits for a share
that is gone does not count: a new process would wait for it just the same.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

# A folder with a million files takes a slow machine a minute.
_LONGEST_STEP_SECONDS: Final = 300.0
# How the kernel names the places where a thread waits for another one of its own process.
_LOCK: Final = "futex"
_UNINTERRUPTIBLE: Final = "D"
_SLEEPING: Final = "S"


class Place(Enum):
    """Where a thread is."""

    INSIDE = "works, or waits for another thread of this process"
    OUTSIDE = "waits for the system: for a share or a disk"


class Verdict(Enum):
    """What becomes of the scanner's signs."""

    FINE = "it makes progress, or cannot for reasons that a new start would not change"
    DEAD = "the scanner's thread has ended"
    HANGS = "the scanner has come no further for minutes, and not for a share that does not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How the scanner is.

    Attributes:
        steps: Another number after each folder and each rest.
        place: Where its thread is.
    """

    is_alive: bool
    steps: int
    place: Place


def find_place(state: str, channel: str) -> Place:
    """Say where a thread is.

    Args:
        state: As /proc/*/stat has it: "R", "S", "D".
        channel: Where it sleeps, as /proc/*/wchan has it; "0" or nothing when it runs or that is not told.
    """
    if state == _UNINTERRUPTIBLE:
        return Place.OUTSIDE
    if state != _SLEEPING or channel.startswith(_LOCK):
        return Place.INSIDE
    # A kernel that does not tell leaves it open; to end what works would be the worse fault.
    return Place.OUTSIDE


class Vigil:
    """Judges the scanner by its signs, one after the other."""

    def __init__(self) -> None:
        self._steps: int | None = None
        self._since = 0.0

    def judge(self, signs: Signs, now: float) -> Verdict:
        """Judge.

        Args:
            now: Seconds on the monotonic clock.
        """
        if not signs.is_alive:
            return Verdict.DEAD
        if signs.steps != self._steps or signs.place is Place.OUTSIDE:
            self._steps, self._since = signs.steps, now
        return Verdict.HANGS if now - self._since > _LONGEST_STEP_SECONDS else Verdict.FINE


def may_feed(verdict: Verdict, calls_under_way: int) -> bool:
    """Say whether the watchdog is fed, by an engine that answers.

    Calls that may be paid are finished first, whatever has become of the scanner: they do not need it.
    """
    return verdict is Verdict.FINE or calls_under_way > 0


def beat_seconds(watchdog_seconds: float) -> float:
    """Give the seconds between two looks: one that comes late, or is lost, does no harm."""
    return watchdog_seconds / 4
