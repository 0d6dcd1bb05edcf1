"""When to look: what the owner decided, and the slower a look is, the less often."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from retouchd.core.bundles import FormingRules
from retouchd.core.watching import WatchMode

# Where nothing else tells of changes looks may take 0.5 % of the time...
POLL_TIMES: Final = 200
# ...and where events do 0.07 %: ten thousand files (34 ms) are looked through every 48 s, and an idle daemon
# takes less than 0.15 % of a core in all (with a look every 30 s it took 0.18 %)...
RESCAN_TIMES: Final = 1400
# ...unless that would make an owner wait for longer than this.
_LONGEST_INTERVAL_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPolicy:
    """When the inbox is looked at.

    Attributes:
        mode: Auto takes events, and polling where events cannot be relied on.
        rescan_seconds: Between full scans with events, at least.
        poll_seconds: Between full scans without, at least.
        forming: What belongs together.
    """

    mode: WatchMode = WatchMode.AUTO
    rescan_seconds: float = 30.0
    poll_seconds: float = 2.0
    forming: FormingRules = field(default_factory=FormingRules)


def look_interval(shortest_seconds: float, look_seconds: float, times: int) -> float:
    """Give the seconds from one look to the next: so many times as long as a look takes, or longer."""
    return max(shortest_seconds, min(times * look_seconds, _LONGEST_INTERVAL_SECONDS))


class Cadence:
    """The looks at one thing, which is due at once in the beginning. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._next = 0.0
        # The shorter of the last two counts: a first look with cold caches says nothing of the next.
        self._last_seconds: deque[float] = deque([0.0], maxlen=2)

    def note_look(self, begun: float, ended: float, shortest_seconds: float, times: int) -> None:
        """Note a look, and plan the next."""
        self._last_seconds.append(ended - begun)
        self._next = ended + look_interval(shortest_seconds, min(self._last_seconds), times)

    def hasten(self) -> None:
        """Have the next look made at once."""
        self._next = 0.0

    def seconds_left(self, now: float) -> float:
        """Give the seconds until the next look, none when it is due."""
        return max(0.0, self._next - now)
