"""What there is to do, in the order in which it is done: for everything, or for one photo alone.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Container
from datetime import datetime
from typing import Final, Protocol

from retouchd.core.jobs import Job, JobState
from retouchd.core.records import BundleRecord, BundleState, PhotoPlace, ReturnAsked
from retouchd.core.turns import Turns, top_folder
from retouchd.engine.office import Office

_SENDABLE: Final = (JobState.READY, JobState.DEFERRED)


class Backlog(Protocol):
    """Asked for no more than can be done."""

    def returns(self, limit: int) -> list[ReturnAsked]:
        """Give what is to be brought back to the inbox."""
        ...

    def cut(self, limit: int) -> list[Job]:
        """Give what is being sent, or was when the process ended."""
        ...

    def received(self, limit: int) -> list[Job]:
        """Give what was paid for and is to be delivered."""
        ...

    def to_file(self, limit: int) -> list[BundleRecord]:
        """Give bundles whose jobs have all ended."""
        ...

    def sendable(self, limit: int) -> list[Job]:
        """Give what may be sent in turn over the top folders; before it what a person waits for."""
        ...

    def sendable_untried_first(self, limit: int) -> list[Job]:
        """Give what may be sent, who has not been tried for longest first."""
        ...

    def note_send(self, job: Job) -> None:
        """Note that a job had its turn."""
        ...

    def urgent_to_look_at(self) -> list[BundleRecord]:
        """Give the bundles that are quiet and due, and that a person waits for."""
        ...

    def to_look_at(self, limit: int, ahead: int) -> list[BundleRecord]:
        """Give the other bundles that are quiet and due, in turn over the top folders.

        Args:
            limit: How many at most.
            ahead: While so many jobs are ready, only top folders without a ready one have their turn.
        """
        ...

    def note_look(self, record: BundleRecord) -> None:
        """Note that a bundle had its turn."""
        ...


class WholeBacklog:
    """Everything that waits.

    Whose turn it was last is not kept: a restart begins the round anew.
    """

    def __init__(self, office: Office) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._last_sent: Job | None = None
        self._last_looked_at: BundleRecord | None = None

    def returns(self, limit: int) -> list[ReturnAsked]:
        """Give what is to be brought back to the inbox."""
        return self._journal.returns_due(self._clock.now(), limit)

    def cut(self, limit: int) -> list[Job]:
        """Give what is being sent, or was when the process ended."""
        return self._journal.jobs_due([JobState.SUBMITTING], self._clock.now(), limit)

    def received(self, limit: int) -> list[Job]:
        """Give what was paid for and is to be delivered."""
        return self._journal.jobs_due([JobState.RECEIVED], self._clock.now(), limit)

    def to_file(self, limit: int) -> list[BundleRecord]:
        """Give bundles whose jobs have all ended."""
        return self._journal.bundles_to_file(self._clock.now(), limit)

    def sendable(self, limit: int) -> list[Job]:
        """Give what may be sent in turn over the top folders; before it what a person waits for."""
        urgent = [
            job
            for record in self._journal.urgent_bundles()
            for job in self._journal.jobs_of_bundle(record.id)
            if _is_due(job, _SENDABLE, self._clock.now())
        ]
        last = None if self._last_sent is None else top_folder(self._last_sent.stem.parent)
        turns = Turns(limit=limit, last=last)
        return [*urgent, *self._journal.jobs_due_in_turn(_SENDABLE, self._clock.now(), turns)]

    def sendable_untried_first(self, limit: int) -> list[Job]:
        """Give what may be sent, who has not been tried for longest first."""
        return self._journal.jobs_due_untried_first(_SENDABLE, self._clock.now(), limit)

    def note_send(self, job: Job) -> None:
        """Note that a job had its turn."""
        self._last_sent = job

    def urgent_to_look_at(self) -> list[BundleRecord]:
        """Give the bundles that are quiet and due, and that a person waits for."""
        return self._journal.urgent_to_look_at(self._clock.moments())

    def to_look_at(self, limit: int, ahead: int) -> list[BundleRecord]:
        """Give the other bundles that are quiet and due, in turn over the top folders.

        Args:
            limit: How many at most.
            ahead: While so many jobs are ready, only top folders without a ready one have their turn; else
                many that were made ready at once in one of them would keep the others out (I11).
        """
        # Those that wait for a time of their own do not count: they must not keep the others out (I11).
        ready = self._journal.jobs_due_in_turn([JobState.READY], self._clock.now(), Turns(limit=ahead))
        without = {top_folder(job.stem.parent) for job in ready} if len(ready) >= ahead else set()
        if len(without) >= ahead:
            return []
        last = None if self._last_looked_at is None else top_folder(self._last_looked_at.folder)
        turns = Turns(limit=limit, last=last, without=without)
        return self._journal.bundles_to_look_at(self._clock.moments(), turns)

    def note_look(self, record: BundleRecord) -> None:
        """Note that a bundle had its turn."""
        self._last_looked_at = record


class OnePhoto:
    """What waits of one photo; everything else is left for another run."""

    def __init__(self, office: Office, place: PhotoPlace) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._place = place

    def returns(self, limit: int) -> list[ReturnAsked]:  # noqa: ARG002 - fits Backlog
        """Give nothing: what is brought back is another photo."""
        return []

    def cut(self, limit: int) -> list[Job]:
        """Give what is being sent, or was when the process ended."""
        return self._due([JobState.SUBMITTING])[:limit]

    def received(self, limit: int) -> list[Job]:
        """Give what was paid for and is to be delivered."""
        return self._due([JobState.RECEIVED])[:limit]

    def to_file(self, limit: int) -> list[BundleRecord]:
        """Give the photo when its jobs have all ended."""
        now = self._clock.now()
        ending = [record for record in self._live() if record.state is BundleState.ENDING]
        return [record for record in ending if record.look_at is None or record.look_at <= now][:limit]

    def sendable(self, limit: int) -> list[Job]:
        """Give what may be sent."""
        return self._due(_SENDABLE)[:limit]

    def sendable_untried_first(self, limit: int) -> list[Job]:
        """Give what may be sent."""
        return self.sendable(limit)

    def note_send(self, job: Job) -> None:
        """Do nothing: it is alone."""

    def urgent_to_look_at(self) -> list[BundleRecord]:
        """Give the photo when it is quiet and due."""
        moments = self._clock.moments()
        return [record for record in self._live() if self._journal.is_look_due(record.id, moments)]

    def to_look_at(self, limit: int, ahead: int) -> list[BundleRecord]:  # noqa: ARG002 - fits Backlog
        """Give nothing: the photo is urgent."""
        return []

    def note_look(self, record: BundleRecord) -> None:
        """Do nothing: it is alone."""

    def _live(self) -> list[BundleRecord]:
        record = self._journal.find_live(self._place.folder, self._place.key)
        return [] if record is None else [record]

    def _due(self, states: Container[JobState]) -> list[Job]:
        now = self._clock.now()
        jobs = [job for record in self._live() for job in self._journal.jobs_of_bundle(record.id)]
        return [job for job in jobs if _is_due(job, states, now)]


def _is_due(job: Job, states: Container[JobState], now: datetime) -> bool:
    return job.state in states and (job.next_try is None or job.next_try <= now)
