"""The workers: threads that carry out one task after the other, straight through."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from retouchd.baton import BATON
from retouchd.core.jobs import Job
from retouchd.core.pauses import PauseReason
from retouchd.core.records import Accepted, Attempt, BundleRecord
from retouchd.core.requestsize import Room
from retouchd.core.values import BundleId, Cabinet, JobId
from retouchd.engine.herald import Log
from retouchd.engine.office import Office

# A photo of 50 MB comes from a slow NAS within this.
_STALLED_SECONDS: Final = 60.0
# Each holds a thread; so many on one dead share are not worth more.
_MOST_STALLED: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Look at a bundle that is quiet."""

    record: BundleRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a job and deliver what comes.

    Attributes:
        bundle: The job's; its files stay as they are for as long as the task is under way.
        room: How large its request may be.
    """

    job: Job
    bundle: BundleRecord
    room: Room


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
    """File a bundle's sources.

    Attributes:
        moving: Those of its files that no other bundle needs any more.
        detail: Why it failed, empty when anything was delivered.
        is_given_up: A person decided over each of its jobs.
        attempts: All calls for it.
    """

    record: BundleRecord
    moving: Sequence[Accepted]
    cabinet: Cabinet
    detail: str
    is_given_up: bool
    attempts: Sequence[Attempt]


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
        case Look() | File() | Return():
            return task.record.id
        case Send() | Recover() | Deliver():
            return task.job.id
        case Probe():
            return PauseReason.KEY_REFUSED
        case Prune():
            return Place.SPOOL


class UnderWay:
    """The tasks that workers have: one at a time for each job or bundle. Engine thread only.

    A task may stall: a read from a share that is gone returns never, and nothing can end it. Those that have
    taken very long are told once and then count no more, so that others are worked on in their stead.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._tasks: dict[Subject, Task] = {}
        self._since: dict[Subject, float] = {}
        # As it was when the task was begun: a call keeps the terms under which it was made.
        self._longest_calls: dict[Subject, float] = {}
        self._told: set[Subject] = set()
        self._answered: set[Subject] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(tuple(self._tasks.values()))

    def take(self, task: Task) -> bool:
        """Note a task unless its subject has one already; say whether it was noted."""
        subject = subject_of(task)
        if self._tasks.setdefault(subject, task) is not task:
            return False
        self._since[subject] = self._monotonic()
        self._longest_calls[subject] = self._office.policy.longest_call.total_seconds()
        return True

    def end(self, task: Task) -> None:
        """Note that a task has ended."""
        subject = subject_of(task)
        self._tasks.pop(subject, None)
        self._since.pop(subject, None)
        self._longest_calls.pop(subject, None)
        self._told.discard(subject)
        self._answered.discard(subject)

    def note_answer(self, job: JobId) -> None:
        """Note that the call of a job is over; its task goes on with the delivery."""
        self._answered.add(job)

    def count_calls(self) -> int:
        """Count the tasks that make a call, or are about to, as `count` does."""
        sends = [task for task in self._tasks.values() if isinstance(task, Send)]
        return self._count([task for task in sends if task.job.id not in self._answered])

    def has(self, subject: Subject) -> bool:
        """Say whether a worker has a task on this job or bundle."""
        return subject in self._tasks

    def longest_call_seconds(self, subject: Subject) -> float:
        """Give after how long a call of this task is cut, whatever it does; nothing when it has ended."""
        return self._longest_calls.get(subject, 0.0)

    def count(self, *kinds: type[Task]) -> int:
        """Count the tasks of these kinds but for the first few that have stalled."""
        return self._count([task for task in self._tasks.values() if isinstance(task, kinds)])

    def _count(self, tasks: Sequence[Task]) -> int:
        monotonic = self._monotonic()
        stalled = sum(self._has_stalled(task, monotonic) for task in tasks)
        return len(tasks) - min(stalled, _MOST_STALLED)

    def tell_stalled(self) -> None:
        """Tell each task that has stalled, once."""
        monotonic = self._monotonic()
        for subject, task in self._tasks.items():
            if subject not in self._told and self._has_stalled(task, monotonic):
                self._told.add(subject)
                self._office.herald.say(
                    "warning", "worker.stalled", task=type(task).__name__, subject=subject
                )

    def _has_stalled(self, task: Task, monotonic: float) -> bool:
        subject = subject_of(task)
        call_seconds = self.longest_call_seconds(subject) if isinstance(task, Send) else 0.0
        return monotonic - self._since[subject] > call_seconds + _STALLED_SECONDS

    def _monotonic(self) -> float:
        return self._office.clock.moments().monotonic


class Crew:
    """The worker threads: more of them only while some of their tasks have stalled.

    Args:
        size: How many to begin with.
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
        self._lock = threading.Lock()
        self._open_tasks = 0
        self._carry_out = carry_out
        self._ended = ended
        self._log = log
        self._size = size
        self._hired = 0

    def start(self) -> None:
        """Start the threads."""
        while self._hired < self._size:
            self._hire()

    def give(self, task: Task) -> None:
        """Have a task carried out; from the engine thread."""
        with self._lock:
            self._open_tasks += 1
            is_short = self._open_tasks > self._hired
        if is_short:
            self._hire()
        self._tasks.put(task)

    def _hire(self) -> None:
        self._hired += 1
        # A daemon thread: when it hangs, or the engine cannot go on, the process ends all the same, and the
        # next start recovers.
        threading.Thread(target=self._work, name=f"worker-{self._hired}", daemon=True).start()

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            error = self._try(task)
            with self._lock:
                self._open_tasks -= 1
            self._ended(task, error)

    def _try(self, task: Task) -> Exception | None:
        """Carry out a task; a defect that one photo brings to light must not stop the others (I11)."""
        try:
            with BATON.carried():
                self._carry_out(task)
        except Exception as exc:  # noqa: BLE001 - one of the two places; logged with its traceback
            self._log.exception("worker.crashed", task=type(task).__name__, subject=subject_of(task))
            return exc
        return None
