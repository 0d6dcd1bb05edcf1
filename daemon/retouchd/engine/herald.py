"""Tells what happened, but only once it is durable: lines wait until the transaction has ended."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from retouchd.core.jobs import Job, JobState
from retouchd.core.pauses import Pause


class Log(Protocol):
    """A structured log."""

    def debug(self, event: str, **fields: object) -> object:
        """Tell a step."""
        ...

    def info(self, event: str, **fields: object) -> object:
        """Tell what an owner wants to know."""
        ...

    def warning(self, event: str, **fields: object) -> object:
        """Tell what is tried again."""
        ...

    def error(self, event: str, **fields: object) -> object:
        """Tell what somebody must look at."""
        ...

    def exception(self, event: str, **fields: object) -> object:
        """Tell a defect, with its traceback."""
        ...


# A state is named as it is, an event by what happened.
EVENTS = {JobState.READY: "job.queued", JobState.SUBMITTING: "job.submitted"}
_LEVELS = {JobState.HELD: "error", JobState.FAILED: "error", JobState.DEFERRED: "warning"}


class Herald:
    """Collects lines while a transaction is open."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[Callable[[], object]] = []
        # How often each event was told.
        self.told: Counter[str] = Counter()

    def job_moved(self, job: Job, **fields: object) -> None:
        """Tell a change of a job's state."""
        known = {"job": job.id, "source": _source_of(job), "detail": job.detail, "next_try": job.next_try}
        told = {key: value for key, value in {**known, **fields}.items() if value not in (None, "", ())}
        self.say(_LEVELS.get(job.state, "info"), EVENTS.get(job.state, f"job.{job.state.value}"), **told)

    def pause_began(self, pause: Pause) -> None:
        """Tell a pause."""
        self.say("warning", "pause.began", reason=pause.reason, detail=pause.detail, until=pause.until)

    def say(self, level: str, event: str, **fields: object) -> None:
        """Tell anything else."""
        self._waiting.append(partial(self._tell, level, event, fields))

    def say_each(self, level: str, event: str, told: Iterable[Mapping[str, object]]) -> None:
        """Tell the same event of many, whose fields are made no sooner than that."""
        self._waiting.append(partial(self._tell_each, level, event, told))

    def afterwards(self, work: Callable[[], object]) -> None:
        """Have something told to another thread, which must not look before it is durable."""
        self._waiting.append(work)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Open a part of the transaction of which nothing is told when it raises: it is undone."""
        before, kept = len(self._waiting), False
        try:
            yield
            kept = True
        finally:
            if not kept:
                del self._waiting[before:]

    def flush(self) -> None:
        """Tell everything: it is durable now."""
        waiting, self._waiting = self._waiting, []
        for told in waiting:
            told()

    def _tell_each(self, level: str, event: str, told: Iterable[Mapping[str, object]]) -> None:
        # Asked for once: the log makes it anew each time, which took a tenth of what a new pair takes in all.
        tell = getattr(self._log, level)
        for fields in told:
            tell(event, **fields)
            self.told[event] += 1

    def _tell(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        getattr(self._log, level)(event, **fields)
        self.told[event] += 1


def _source_of(job: Job) -> str:
    return str(job.wish.pictures[0].path) if job.wish else str(job.stem)
