"""What everything in the engine thread works with, and what the owner has decided by now."""

from dataclasses import dataclass

from retouchd.engine.clock import Clock
from retouchd.engine.herald import Herald
from retouchd.engine.journal import Journal
from retouchd.engine.policy import Policy


@dataclass(slots=True, kw_only=True)
class Office:
    """The engine thread's tools.

    Attributes:
        policy: Replaced as a whole, by the engine thread alone; so it is asked for where it is needed and
            kept by nobody. A worker reads it once for each thing that must be of one piece.
    """

    journal: Journal
    clock: Clock
    policy: Policy
    herald: Herald
