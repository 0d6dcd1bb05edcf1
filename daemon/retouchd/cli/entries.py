"""One line about one photo, as `status` and `jobs` list it; its JSON keys are stable."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retouchd.cli.opening import House
from retouchd.core.jobs import ENDED, Job, JobState
from retouchd.core.metadata import shown_path
from retouchd.core.records import BundleRecord, BundleState
from retouchd.core.story import bundle_sentence, job_sentence
from retouchd.core.values import JobId

_LISTED: Final = tuple(state for state in JobState if state not in ENDED or state is JobState.FAILED)
_IN_OUTBOX: Final = frozenset({JobState.DELIVERED, JobState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One photo that is or wants to be a job.

    Attributes:
        id: None for a photo that needs a person before it can become a job.
        source: Below the inbox, safe to print.
        reason: Why it is where it is, in one sentence.
        detail: The same without what the state says already.
        output: What lies in the outbox, safe to print.
    """

    id: JobId | None
    state: JobState
    source: str
    reason: str
    detail: str
    attempts: int = 0
    next_try: datetime | None = None
    output: str | None = None

    def as_json(self) -> dict[str, object]:
        """Give the stable keys."""
        return {
            "id": self.id,
            "state": self.state.value,
            "source": self.source,
            "reason": self.reason,
            "attempts": self.attempts,
            "next_try": as_iso(self.next_try),
            "output": self.output,
        }


def entry_of(house: House, job: Job) -> Entry:
    """Give the entry of a job."""
    is_there = job.output is not None and job.state in _IN_OUTBOX
    return Entry(
        id=job.id,
        state=job.state,
        source=shown_path(house.view.source_of(job.bundle)),
        reason=job_sentence(job, house.moments.now, is_paused=house.is_paused),
        detail=job.detail,
        attempts=job.attempts,
        next_try=job.next_try if job.next_try and job.next_try > house.moments.now else None,
        output=shown_path(job.output.path) if job.output and is_there else None,
    )


def open_entries(house: House) -> Iterator[Entry]:
    """Give the live, held and failed jobs, and the photos that need a person before they become jobs."""
    for job in house.view.all_jobs_in(_LISTED):
        yield entry_of(house, job)
    for record in house.view.bundles_in(BundleState.NEEDS_YOU):
        yield _entry_of_bundle(record)


def _entry_of_bundle(record: BundleRecord) -> Entry:
    return Entry(
        id=None,
        state=JobState.HELD,
        source=shown_path(record.path),
        reason=bundle_sentence(record, is_quiet=True),
        detail=record.detail,
    )


def as_iso(moment: datetime | None) -> str | None:
    """Give a moment as ISO 8601 with its zone."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")
