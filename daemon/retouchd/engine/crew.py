"""The workers: threads that carry out one task after the other, straight through."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from retouchd.core.jobs import Job
from retouchd.core.pauses import PauseReason
from retouchd.core.records import BundleRecord
from retouchd.core.values import BundleId, Cabinet, JobId
from retouchd.engine.herald import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Look at a bundle that is quiet."""

    record: BundleRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a job and deliver what comes."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """Look for the answer of a call that was cut, which could not be looked for before."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Deliver a job whose answer is durable."""

    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """File a bundle's sources."""

    bundle: BundleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Bring a filed bundle's sources back to the inbox."""

    record: BundleRecord
    cabinet: Cabinet


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Find out whether the service takes the key again.

    Attributes:
        is_due: It is asked in any case; else only when there is another key.
    """

    is_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prune:
    """Let go of answers that nobody needs any more."""


class Place(Enum):
    """What tasks work on that belong to no job."""

    SPOOL = "spool"


Task = Look | Send | Recover | Deliver | File | Return | Probe | Prune
Subject = JobId | BundleId | PauseReason | Place


def subject_of(task: Task) -> Subject:
    """Give what a task works on: one worker at a time has it."""
    match task:
        case Look() | Return():
            return task.record.id
        case Send() | Recover() | Deliver():
            return task.job.id
        case File():
            return task.bundle
        case Probe():
            return PauseReason.KEY_REFUSED
        case Prune():
            return Place.SPOOL


class UnderWay:
    """The tasks that workers have: one at a time for each job or bundle. Engine thread only."""

    def __init__(self) -> None:
        self._tasks: dict[Subject, Task] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def take(self, task: Task) -> bool:
        """Note a task unless its subject has one already; say whether it was noted."""
        return self._tasks.setdefault(subject_of(task), task) is task

    def end(self, task: Task) -> None:
        """Note that a task has ended."""
        self._tasks.pop(subject_of(task), None)

    def has(self, subject: Subject) -> bool:
        """Say whether a worker has a task on this job or bundle."""
        return subject in self._tasks

    def count(self, *kinds: type[Task]) -> int:
        """Count the tasks of these kinds."""
        return sum(isinstance(task, kinds) for task in self._tasks.values())


class Crew:
    """A fixed number of worker threads.

    Args:
        size: How many.
        carry_out: Does one task.
        ended: Told after each task, whether or not it raised, in the worker's thread.
    """

    def __init__(
        self,
        size: int,
        carry_out: Callable[[Task], None],
        ended: Callable[[Task, Exception | None], None],
        log: Log,
    ) -> None:
        self._tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._carry_out = carry_out
        self._ended = ended
        self._log = log
        # Daemon threads: when the engine cannot go on, the process ends and the next start recovers.
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
            for number in range(1, size + 1)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def give(self, task: Task) -> None:
        """Have a task carried out."""
        self._tasks.put(task)

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            self._ended(task, self._try(task))

    def _try(self, task: Task) -> Exception | None:
        """Carry out a task; a defect that one photo brings to light must not stop the others (I11)."""
        try:
            self._carry_out(task)
        except Exception as exc:  # noqa: BLE001 - one of the two places; logged with its traceback
            self._log.exception("worker.crashed", task=type(task).__name__, subject=subject_of(task))
            return exc
        return None
