"""What the workers get next: what was paid for first, then what may be sent, then looks.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from retouchd.core.jobs import Job, cabinet_of
from retouchd.core.records import BundleRecord, BundleState, PhotoPlace, ReturnAsked
from retouchd.engine.backlog import Backlog, OnePhoto, WholeBacklog
from retouchd.engine.crew import Deliver, File, Look, Recover, Return, Send, Task, UnderWay
from retouchd.engine.filingorder import open_filing
from retouchd.engine.intake import Intake
from retouchd.engine.keywatch import KeyWatch
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.requestlimits import RequestLimits
from retouchd.engine.throttle import Throttle

# Looks read whole photos; more at once would only make the disk seek.
_LOOKS_AT_ONCE: Final = 2
# Deliveries and filings wait for disks, not for the service; they never wait for a call to end.
_CHORES_AT_ONCE: Final = 3
# Answers that are delivered by whoever made their calls, while others make the next ones. When the outbox
# hangs no more than these is paid for.
_ANSWERED_AT_ONCE: Final = 4
# One probe of the key and one look through the spool.
_UPKEEP_AT_ONCE: Final = 2
# So many jobs are kept ready beyond those that are sent: a backlog is looked at when its turn comes, since
# a prompt may still be changed until then and the journal need not hold what is not known to be sent.
_READY_AHEAD: Final = 4


class Upkeep(Protocol):
    """Who looks after the spool."""

    def note_filing(self) -> None:
        """Note that a photo is being filed."""
        ...

    def choose(self) -> Iterator[Task]:
        """Give what is to be done now, if anything, and note it as under way."""
        ...


class Dispatch:
    """Chooses tasks."""

    def __init__(
        self,
        office: Office,
        board: PauseBoard,
        throttle: Throttle,
        intake: Intake,
        under_way: UnderWay,
        upkeep: Upkeep,
    ) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._board = board
        self._throttle = throttle
        self._intake = intake
        self._under_way = under_way
        self._key_watch = KeyWatch(office, board, under_way)
        self._backlog: Backlog = WholeBacklog(office)
        self._office = office
        self._upkeep = upkeep
        self._limits = RequestLimits(office)

    def focus_on(self, place: PhotoPlace) -> None:
        """Choose from now on what one photo needs, and nothing else."""
        self._backlog = OnePhoto(self._office, place)

    @property
    def crew_size(self) -> int:
        """How many workers are needed so that nothing waits for the wrong thing."""
        return self._office.policy.max_concurrency + _LOOKS_AT_ONCE + _CHORES_AT_ONCE + _UPKEEP_AT_ONCE

    def choose(self, *, may_begin: bool) -> list[Task]:
        """Choose what is to be done next and note it as under way.

        Args:
            may_begin: False while the daemon stops: what was paid for is delivered and filed, no more.
        """
        self._under_way.tell_stalled()
        tasks = list(self._choose_chores())
        if may_begin:
            tasks += self._choose_sends()
            tasks += self._choose_looks()
            tasks += self._key_watch.choose()
            tasks += self._upkeep.choose()
        return tasks

    def _choose_chores(self) -> Iterator[Task]:
        room = _CHORES_AT_ONCE - self._under_way.count(Recover, Deliver, File, Return)
        if room <= 0:
            return
        wanted = _CHORES_AT_ONCE + len(self._under_way)
        for task in self._find_chores(wanted):
            if self._under_way.take(task):
                room -= 1
                yield task
            if not room:
                return  # Before the next filing is opened, which nobody would carry out.

    def _find_chores(self, limit: int) -> Iterator[Task]:
        """Give what may be done for photos that are paid for, some of which a worker may have already."""
        yield from [self._return(asked) for asked in self._backlog.returns(limit)]
        # Those of which a worker makes the call just now are not taken.
        yield from [Recover(job=job) for job in self._backlog.cut(limit)]
        yield from [Deliver(job=job) for job in self._backlog.received(limit)]
        for record in self._backlog.to_file(limit):
            if not self._under_way.has(record.id) and (task := open_filing(self._journal, record.id)):
                self._upkeep.note_filing()
                yield task

    def _return(self, asked: ReturnAsked) -> Return:
        record = self._journal.get_bundle(asked.bundle)
        return Return(record=record, cabinet=cabinet_of(self._journal.jobs_of_bundle(record.id)))

    def _choose_sends(self) -> Iterator[Task]:
        if self._board.pauses:
            return
        calls = self._under_way.count_calls()
        answered = self._under_way.count(Send) - calls
        room = self._throttle.room(calls) - max(0, answered - _ANSWERED_AT_ONCE)
        if room <= 0:
            return
        for job in self._find_sendable(room + len(self._under_way)):
            # What is under way already is not made ready once more.
            if room > 0 and not self._under_way.has(job.id) and self._under_way.take(task := self._send(job)):
                room -= 1
                self._backlog.note_send(job)
                yield task

    def _send(self, job: Job) -> Send:
        bundle = self._journal.get_bundle(job.bundle)
        return Send(job=job, bundle=bundle, room=self._limits.room_for(job))

    def _find_sendable(self, limit: int) -> list[Job]:
        """Give what may be sent, in turn; while one call probes, who has not been tried for longest.

        Else one photo that meets with a refusal each time would be the probe each time, and keep all others
        out (I11).
        """
        if self._board.is_probing:
            return self._backlog.sendable_untried_first(limit)
        return self._backlog.sendable(limit)

    def seconds_until_next_probe(self) -> float | None:
        """Give the seconds until somebody looks into a refused key, or None when nobody will."""
        return self._key_watch.seconds_until_next()

    def _choose_looks(self) -> Iterator[Task]:
        room = _LOOKS_AT_ONCE - self._under_way.count(Look)
        for record in self._find_looks(room + self._under_way.count(Look)) if room > 0 else ():
            # The worker that has just looked may not have told yet that it is free: its word comes next.
            if room > 0 and not self._under_way.has(record.id):
                room -= 1
                yield from self._begin_look(record)

    def _find_looks(self, limit: int) -> list[BundleRecord]:
        """Give what may be looked at: what a person waits for always, the others while few are ready."""
        ahead = self._throttle.width + _READY_AHEAD
        others = self._backlog.to_look_at(limit, ahead)
        return [*self._backlog.urgent_to_look_at(), *others]

    def _begin_look(self, record: BundleRecord) -> Iterator[Task]:
        looked_at = self._intake.begin_look(record)
        task = Look(record=looked_at)
        if looked_at.state is BundleState.LOOKED_AT and self._under_way.take(task):
            self._backlog.note_look(record)
            yield task
