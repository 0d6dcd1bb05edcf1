"""How much room is left, and when it will be used up."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Final

from retouchd.adapters.folder import free_bytes
from retouchd.core.findings import Finding, Growth, doubtful, fine, wrong
from retouchd.core.jobs import Job, JobState
from retouchd.core.request import AutoSize
from retouchd.core.room import ROOM_FOR_JOURNAL, room_needed
from retouchd.core.values import printable
from retouchd.doctor.case import Case

NAME: Final = "disk"
_SPAN: Final = timedelta(days=7)
# So many of the last pictures tell what one takes.
_SAMPLE: Final = 50
_SOON_DAYS: Final = 30
_GIGABYTE: Final = 1e9


def examine_room(case: Case) -> Iterator[Finding]:
    """Tell what is free, and when that will be used up."""
    places, needed = case.places, room_needed(AutoSize.AUTO)
    growth = _measure_growth(case)
    yield _examine(places.outbox, "outbox", needed, growth)
    outbox = places.outbox.stat().st_dev
    if places.state.stat().st_dev != outbox:
        yield _examine(places.state, "state folder", needed + ROOM_FOR_JOURNAL, None)
    if places.done.stat().st_dev not in {outbox, places.inbox.stat().st_dev}:
        yield _examine(places.done, "done", needed, None)


def _examine(folder: Path, name: str, needed: int, growth: Growth | None) -> Finding:
    free = free_bytes(folder)
    facts = {"folder": str(folder), "free_bytes": free, "needed_bytes": needed}
    told = f"{name} {free / _GIGABYTE:.1f} GB free"
    remedy = f"make room on the disk of {printable(folder)}, or name a folder elsewhere"
    if free < needed:
        text = f"{told}, {needed / _GIGABYTE:.2f} GB must be before anything is paid for"
        return wrong(NAME, text, remedy, **facts)
    days = growth.days_until_full(free, needed) if growth else None
    if growth is None or days is None:
        return fine(NAME, told, **facts)
    told += f", grows {growth.bytes_a_day / _GIGABYTE:.2g} GB a day: full in {_days(days)}"
    facts |= {"bytes_a_day": round(growth.bytes_a_day), "days_until_full": round(days)}
    return doubtful(NAME, told, remedy, **facts) if days < _SOON_DAYS else fine(NAME, told, **facts)


def _days(days: float) -> str:
    years = days / 365
    return f"{days:.0f} days" if years < 1 else f"{years:.0f} year{'s' if round(years) != 1 else ''}"


def _measure_growth(case: Case) -> Growth | None:
    with case.open_history() as outlook:
        now = outlook.moments.now
        jobs = outlook.view.newest_jobs_in(JobState.DONE, _SAMPLE)
        pictures = outlook.view.count_delivered_since(now - _SPAN)
    sizes = [size for job in jobs if (size := _size_of(case.places.outbox, job))]
    if not sizes:
        return None
    return Growth(pictures=pictures, span=_span(jobs, pictures, now), bytes_each=mean(sizes))


def _span(jobs: list[Job], pictures: int, now: datetime) -> timedelta:
    """Give since when so many were delivered: a week, unless all there are have come since."""
    if pictures > len(jobs) or len(jobs) == _SAMPLE:
        return _SPAN
    first = min((job.delivered for job in jobs if job.delivered), default=now)
    return min(_SPAN, now - first)


def _size_of(outbox: Path, job: Job) -> int:
    if job.output is not None:
        with suppress(OSError):
            return (outbox / job.output.path).stat().st_size
    return 0
