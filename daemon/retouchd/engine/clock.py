"""What the engine asks of time and chance, as a Protocol: both are handed in."""

from datetime import datetime
from typing import Protocol

from retouchd.core.records import Moments
from retouchd.core.values import JobId


class Clock(Protocol):
    """Time and chance."""

    def now(self) -> datetime:
        """Give the wall time, aware, in the owner's zone."""
        ...

    def moments(self) -> Moments:
        """Give the wall time and the monotonic clock's seconds."""
        ...

    def fraction(self) -> float:
        """Give a random number in [0, 1)."""
        ...

    def new_job_id(self) -> JobId:
        """Give an id that no job has."""
        ...
