"""The engine thread: it owns the journal and every decision, and touches no share.

One turn: carry out what was asked, choose the next tasks, commit all of it together; only then tell,
answer and hand out. Then sleep until something is asked or becomes due.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from retouchd.baton import BATON
from retouchd.core.errors import RetouchdError
from retouchd.core.records import BundleState
from retouchd.engine.clockwatch import ClockWatch
from retouchd.engine.crew import Task, UnderWay
from retouchd.engine.dispatch import Dispatch
from retouchd.engine.ending import Ending, Situation, decide_ending
from retouchd.engine.focus import Focus
from retouchd.engine.heartbeat import Heartbeat
from retouchd.engine.leaving import Leaving
from retouchd.engine.mailbox import Mailbox, Request
from retouchd.engine.office import Office
from retouchd.engine.operator import Operator
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.sightings import Sightings
from retouchd.engine.throttle import Throttle

# A suspended machine or a clock that was set is noticed at the latest after this.
_LONGEST_SLEEP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot:
    """A run that ends by itself.

    Attributes:
        deadline: When it ends at the latest.
        request_scan: Asks for a whole scan and gives its number.
        focus: The one photo that the run is for; None when it is for everything.
    """

    deadline: datetime
    request_scan: Callable[[], int]
    focus: Focus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Departments:
    """Those who decide, each for one thing."""

    board: PauseBoard
    throttle: Throttle
    dispatch: Dispatch
    operator: Operator
    sightings: Sightings
    under_way: UnderWay


class Engine:
    """Runs the loop in the thread that calls `run`.

    Args:
        give: Hands a task to the workers.
        one_shot: How the run ends by itself; None for a daemon.
    """

    def __init__(
        self,
        office: Office,
        mailbox: Mailbox,
        departments: Departments,
        give: Callable[[Task], None],
        one_shot: OneShot | None,
    ) -> None:
        self._office = office
        self._mailbox = mailbox
        self._departments = departments
        self._give = give
        self._one_shot = one_shot
        self._leaving = Leaving(office, departments.under_way)
        self._is_stopping = False
        self._wanted_scan: int | None = None
        self._failed_before = self._count_failed()
        self._clock_watch = ClockWatch(office, departments.board)
        self._heartbeat = Heartbeat(office, departments.board)
        self.ending: Ending | None = None

    def run(self) -> None:
        """Work until stopped, or until a one-shot run is over.

        Raises:
            JournalError: The journal cannot be written; the next start goes on from what is durable.
        """
        with BATON.carried():
            self._turn([])
            while not self._is_over():
                self._turn(self._mailbox.take(self._seconds_to_sleep))
        self._leaving.tell_left()

    def stop(self) -> None:
        """Begin nothing new; what is under way is finished and delivered, unless it hangs."""
        self._leaving.begin()
        self._is_stopping = True
        self._departments.board.is_stopping = True

    def hurry(self) -> None:
        """After all calls were cut: wait for nothing that takes long."""
        self._leaving.hurry()

    def _turn(self, batch: list[Request]) -> None:
        """Carry out a batch. A crash before the commit leaves nothing of it, and nobody was answered."""
        office, departments = self._office, self._departments
        # What time alone brings about, looks above all, is found out again after a power cut, and nobody is
        # answered: a photo that is quiet now waits for no sync of the disk before it is looked at.
        opened = office.journal.transaction if batch else office.journal.passing_transaction
        with opened():
            self._look_at_clock()
            for request in batch:
                self._carry_out(request)
            departments.board.end_those_over()
            departments.sightings.notice_silence()
            if self._one_shot is None:
                self._heartbeat.beat()
            if self._is_out_of_time():
                self._leaving.begin()
                departments.board.is_stopping = True
            tasks = departments.dispatch.choose(may_begin=not departments.board.is_stopping)
        office.herald.flush()
        for request in batch:
            request.resolve()
        for task in tasks:
            self._wanted_scan = None
            self._give(task)
        self._leaving.look()

    def _look_at_clock(self) -> None:
        step = self._clock_watch.look()
        if self._one_shot:
            self._one_shot = replace(self._one_shot, deadline=self._one_shot.deadline - step)

    def _carry_out(self, request: Request) -> None:
        try:
            with self._office.journal.part(), self._office.herald.part():
                request.work()
        except RetouchdError as exc:
            request.error = exc
            if request.answered is None:
                self._office.herald.say("error", "request.refused", detail=str(exc))

    def _seconds_to_sleep(self) -> float:
        office = self._office
        waits = [_LONGEST_SLEEP_SECONDS]
        later = (
            self._seconds_until_due(),
            self._leaving.seconds_until_next(),
            *self._seconds_until_more_begins(),
        )
        waits += [seconds for seconds in later if seconds is not None]
        if self._one_shot and not self._is_out_of_time():
            waits.append((self._one_shot.deadline - office.clock.now()).total_seconds())
        return max(0.0, min(waits))

    def _seconds_until_due(self) -> float | None:
        """Give the seconds until something stored becomes due; less than none when it did during the turn."""
        begun = self._clock_watch.last
        # Asked as of the turn's begin: what became due while the turn was committed was not chosen in it, and
        # asked as of now it would be no longer ahead and slept over.
        due = self._office.journal.next_due(begun)
        return None if due is None else due - (self._office.clock.moments().monotonic - begun.monotonic)

    def _seconds_until_more_begins(self) -> Iterator[float | None]:
        departments = self._departments
        if departments.board.is_stopping:
            return  # What is due then is not begun, so that waking up for it would be repeated at once.
        yield departments.board.seconds_until_next_end()
        yield departments.throttle.seconds_until_next_call()
        yield departments.dispatch.seconds_until_next_probe()

    def _is_out_of_time(self) -> bool:
        return self._one_shot is not None and self._office.clock.now() >= self._one_shot.deadline

    def _is_over(self) -> bool:
        if self._is_stopping:
            return self._leaving.is_over()
        if self._one_shot is None:
            return False
        if self._departments.under_way and self._is_out_of_time() and self._leaving.is_over():
            self.ending = Ending.OUT_OF_TIME
            return True
        if not self._departments.sightings.has_scanned and not self._is_out_of_time():
            return False
        self.ending = self._find_ending(self._one_shot)
        return self.ending is not None

    def _find_ending(self, one_shot: OneShot) -> Ending | None:
        if self._departments.under_way:
            return None  # Before anything is counted: with 100 000 waiting that takes 30 ms a turn.
        if one_shot.focus is None:
            return decide_ending(self._situation(one_shot))
        found = one_shot.focus.find_ending(self._departments.board.pauses)
        return found or (Ending.OUT_OF_TIME if self._is_out_of_time() else None)

    def _situation(self, one_shot: OneShot) -> Situation:
        office = self._office
        if self._wanted_scan is None:
            self._wanted_scan = one_shot.request_scan()
        jobs = office.journal.count_jobs()
        return Situation(
            now=office.clock.now(),
            deadline=one_shot.deadline,
            is_confirmed=self._departments.sightings.last_scan >= (self._wanted_scan or 0),
            pauses=self._departments.board.pauses,
            jobs=jobs,
            bundles=office.journal.count_bundles(office.clock.moments()),
            ending_bundles=len(office.journal.bundles_in(BundleState.ENDING)),
            failures=self._count_failed() - self._failed_before,
        )

    def _count_failed(self) -> int:
        return self._office.journal.count_failed_ever()
