"""Time and chance from the operating system."""

import random
import secrets
from datetime import UTC, datetime, time, timedelta, tzinfo
from time import monotonic

from retouchd.core.periods import Calendar
from retouchd.core.records import Moments
from retouchd.core.values import ID_ALPHABET, ID_LENGTH, JobId


class SystemZone(tzinfo):
    """This machine's zone with all its changes of the clocks, as the C library knows them.

    Only for asking what the clocks show: Python adds and compares within one zone by what they show, which is
    wrong by an hour where they are changed.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Give by how much clocks are ahead of UTC."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Give nothing: whether it is summer time is of no use here."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """Give the zone's abbreviation."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """Give what clocks show, and whether an hour that is repeated shows it for the second time."""
        local = moment.replace(tzinfo=UTC).astimezone()
        shown = local.replace(tzinfo=self)
        return shown.replace(fold=int(shown.utcoffset() != local.utcoffset()))


def calendar(day_starts: time) -> Calendar:
    """Give this machine's days, each of which begins when its clocks show that time."""
    return Calendar(day_starts=day_starts, zone=SystemZone())


class SystemClock:
    """Fits the engine's Protocol Clock."""

    def now(self) -> datetime:
        """Give the wall time, aware, in this machine's zone as it is now: sums and differences are exact."""
        return datetime.now().astimezone()

    def local_moments(self) -> Moments:
        """Give both clocks for a screen: moments on other days are shown as clocks show them then."""
        return Moments(now=self.now().astimezone(SystemZone()), monotonic=monotonic())

    def moments(self) -> Moments:
        """Give the wall time and the monotonic clock's seconds."""
        return Moments(now=self.now(), monotonic=monotonic())

    def fraction(self) -> float:
        """Give a random number in [0, 1)."""
        return random.random()  # noqa: S311 - spreads retries, guards nothing

    def new_job_id(self) -> JobId:
        """Give an id that no job has: 30 to the 8th are there, and the journal refuses a second one."""
        return JobId("".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH)))
