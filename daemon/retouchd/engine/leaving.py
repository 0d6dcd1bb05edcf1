"""The end of a run: who is still waited for, and for how long. Engine thread only."""

from collections.abc import Callable, Iterator

from retouchd.core.jobs import JobState
from retouchd.core.leaving import Stake, hurried_seconds, patience_seconds
from retouchd.engine.crew import Look, Probe, Prune, Send, Subject, Task, UnderWay, subject_of
from retouchd.engine.office import Office


class Leaving:
    """Waits for the workers, but not for one that hangs in the kernel."""

    def __init__(self, office: Office, under_way: UnderWay) -> None:
        self._office = office
        self._under_way = under_way
        self._has_begun = False
        self._patience: Callable[[Stake, float], float] = patience_seconds
        # What is at stake with each task, and since when it is waited for with that at stake.
        self._waiting: dict[Subject, tuple[Stake, float]] = {}

    def begin(self) -> None:
        """Begin to wait, if that has not begun."""
        self._has_begun = True
        self.look()

    def hurry(self) -> None:
        """Wait anew, but only for what is quick."""
        self._patience = hurried_seconds
        self._waiting.clear()
        self.begin()

    def look(self) -> None:
        """Look at what is under way, after each turn: an answer that came may still have to be delivered."""
        if not self._has_begun:
            return
        now, before, self._waiting = self._now(), self._waiting, {}
        for task in self._under_way:
            subject, stake = subject_of(task), self._stake_of(task)
            known, since = before.get(subject, (stake, now))
            self._waiting[subject] = (stake, since if known is stake else now)

    def is_over(self) -> bool:
        """Say whether nothing is under way any more that is waited for."""
        return self._has_begun and all(seconds <= 0 for seconds in self._waits())

    def seconds_until_next(self) -> float | None:
        """Give the seconds until one more task is left, or None when that is not in sight."""
        return min((seconds for seconds in self._waits() if seconds > 0), default=None)

    def tell_left(self) -> None:
        """Tell what is left under way."""
        for task in self._under_way:
            self._office.herald.say(
                "warning", "worker.left", task=type(task).__name__, subject=subject_of(task)
            )
        self._office.herald.flush()

    def _waits(self) -> Iterator[float]:
        now = self._now()
        for subject, (stake, since) in self._waiting.items():
            yield since + self._patience(stake, self._under_way.longest_call_seconds(subject)) - now

    def _now(self) -> float:
        return self._office.clock.moments().monotonic

    def _stake_of(self, task: Task) -> Stake:
        match task:
            case Look() | Probe() | Prune():
                return Stake.NOTHING
            case Send() if self._office.journal.get_job(task.job.id).state is JobState.SUBMITTING:
                return Stake.MONEY
            case _:
                return Stake.WORK
