"""When a run for one photo alone is over: the photo has ended, or only waiting or a person would help.

Runs in the engine thread.
"""

from collections.abc import Sequence
from typing import Final

from retouchd.core.jobs import Job, JobState
from retouchd.core.pauses import Pause
from retouchd.core.records import BundleRecord, BundleState, PhotoPlace
from retouchd.engine.ending import Ending
from retouchd.engine.journal import Journal

_NEEDS_PERSON: Final = frozenset({BundleState.LACKS_PROMPT, BundleState.NEEDS_YOU})
_SENDABLE: Final = frozenset({JobState.READY, JobState.DEFERRED})
_GOES_ON: Final = frozenset({JobState.SUBMITTING, JobState.RECEIVED})


class Focus:
    """Watches over one photo.

    Attributes:
        was_seen: It was found in the inbox.
    """

    def __init__(self, journal: Journal, place: PhotoPlace) -> None:
        self._journal = journal
        self._place = place
        self.was_seen = False

    def find_ending(self, pauses: Sequence[Pause]) -> Ending | None:
        """Give how the run ends, or None while the photo goes on; asked only while no worker is busy."""
        record = self._journal.find_live(self._place.folder, self._place.key)
        if record is None:
            # Filed or taken away, or not seen yet.
            return Ending.ALL_DELIVERED if self.was_seen else Ending.PAUSED if pauses else None
        self.was_seen = True
        return self._ending_of(record, pauses)

    def _ending_of(self, record: BundleRecord, pauses: Sequence[Pause]) -> Ending | None:
        if record.state in _NEEDS_PERSON:
            return Ending.WORK_LEFT
        if record.state is not BundleState.AT_WORK:
            # A filing that a folder's trouble has put off is for the next run.
            is_put_off = record.state is BundleState.ENDING and record.look_at is not None
            return Ending.WORK_LEFT if is_put_off else None
        jobs = self._journal.jobs_of_bundle(record.id)
        if pauses and any(job.state in _SENDABLE for job in jobs):
            return Ending.PAUSED
        return None if any(_goes_on(job) for job in jobs) else Ending.WORK_LEFT


def _goes_on(job: Job) -> bool:
    """Say whether a job goes on by itself, and soon."""
    if job.state is JobState.DEFERRED or job.state in _GOES_ON:
        return True
    return job.state is JobState.READY and job.next_try is None
