"""Time and chance from the operating system."""

import random
import secrets
import time
from datetime import datetime

from retouchd.core.records import Moments
from retouchd.core.values import ID_ALPHABET, ID_LENGTH, JobId


class SystemClock:
    """Fits the engine's Protocol Clock."""

    def now(self) -> datetime:
        """Give the wall time, aware, in this machine's zone as it is now."""
        return datetime.now().astimezone()

    def moments(self) -> Moments:
        """Give the wall time and the monotonic clock's seconds."""
        return Moments(now=self.now(), monotonic=time.monotonic())

    def fraction(self) -> float:
        """Give a random number in [0, 1)."""
        return random.random()  # noqa: S311 - spreads retries, guards nothing

    def new_job_id(self) -> JobId:
        """Give an id that no job has: 30 to the 8th are there, and the journal refuses a second one."""
        return JobId("".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH)))
