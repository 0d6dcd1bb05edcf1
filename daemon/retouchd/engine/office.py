"""What everything in the engine thread works with."""

from dataclasses import dataclass

from retouchd.engine.clock import Clock
from retouchd.engine.herald import Herald
from retouchd.engine.journal import Journal
from retouchd.engine.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The engine thread's tools."""

    journal: Journal
    clock: Clock
    policy: Policy
    herald: Herald
