"""One job, top to bottom: check, call, deliver. The file to read first.

Runs in a worker. Whatever must survive a crash is asked of the engine, which answers when it is durable.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from retouchd.core.errors import (
    FileTroubleError,
    NoRoomError,
    SourceChangedError,
    SourceGoneError,
    UnsendableError,
)
from retouchd.core.jobs import Job, JobState
from retouchd.core.outcomes import Answered, CallEnd, NotSent, NotSentKind
from retouchd.core.records import BundleRecord
from retouchd.core.request import AutoSize
from retouchd.core.room import ROOM_FOR_JOURNAL, room_needed
from retouchd.core.values import AttemptId, JobId
from retouchd.engine.calls import Calls, Reply
from retouchd.engine.cashier import Begun, Cashier
from retouchd.engine.conflicts import Conflicts
from retouchd.engine.crew import Send, UnderWay
from retouchd.engine.deliveries import Deliveries
from retouchd.engine.delivery import Delivery
from retouchd.engine.desk import Desk
from retouchd.engine.fitting import Fitted, Fitting
from retouchd.engine.journal import Journal
from retouchd.engine.moves import Moves
from retouchd.engine.needs import AnswerWriter
from retouchd.engine.reading import is_as_hashed
from retouchd.engine.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What workers ask of the engine thread; every method of these runs there."""

    journal: Journal
    moves: Moves
    cashier: Cashier
    deliveries: Deliveries
    calls: Calls
    under_way: UnderWay


class _NotingWriter:
    """Hands an answer on, and notes when the disk is full."""

    def __init__(self, writer: AnswerWriter) -> None:
        self._writer = writer
        self.trouble: NoRoomError | None = None

    def write(self, piece: bytes) -> None:
        """Hand on a piece."""
        with self._noting():
            self._writer.write(piece)

    def finish(self, head: Answered) -> None:
        """Hand on the end."""
        with self._noting():
            self._writer.finish(head)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except NoRoomError as exc:
            self.trouble = exc
            raise


class Process:
    """Works one job off."""

    def __init__(
        self, desk: Desk, registry: Registry, tools: Tools, delivery: Delivery, conflicts: Conflicts
    ) -> None:
        self._desk = desk
        self._conflicts = conflicts
        self._registry = registry
        self._tools = tools
        self._delivery = delivery
        self._fitting = Fitting(tools)

    def process(self, task: Send) -> None:
        """Take a job as far as it goes now: through its call and into the outbox."""
        self._delivery.deliver(self._submit(task))

    def recover(self, job: Job) -> None:
        """Book how the call of a job ended that nobody makes any more, once the spool can be read."""
        if job.answer is None:
            return
        try:
            reply = self._registry.calls.find_reply(job.answer)
        except FileTroubleError as exc:
            self._desk.ask(self._registry.deliveries.postpone, job.id, exc)
            return
        self._desk.ask(self._registry.calls.book_cut, job.id, job.answer, reply)

    def _submit(self, task: Send) -> Job:
        """Send a job if it may be sent, and give it as it is then."""
        job = task.job
        with ExitStack() as opened:
            try:
                self._check_room(job)
                if (job := self._conflicts.skip(job)).has_ended:
                    return job
                self._check_sources(task.bundle)
                fitted = self._fitting.fit(job.wish, task.room, opened)
                begun = self._desk.ask(self._registry.cashier.begin_submission, job.id, fitted.sent)
            except UnsendableError as exc:
                return self._desk.ask(self._registry.moves.give_up, job.id, str(exc))
            except (SourceGoneError, SourceChangedError) as exc:
                return self._desk.ask(self._registry.moves.let_go, job.id, exc.reason)
            except FileTroubleError as exc:
                self._desk.ask(self._registry.deliveries.postpone, job.id, exc)
                return job
            return job if begun is None else self._call(begun, fitted)

    def _call(self, begun: Begun, fitted: Fitted) -> Job:
        """Make the call. Attempt, reservation and state are durable; from here on nothing may raise."""
        attempt = begun.attempt.id
        end = self._make_call(begun, fitted)
        reply = self._registry.calls.read(attempt, end)
        job = self._desk.ask(self._book, begun.job.id, attempt, reply)
        if job.state is not JobState.RECEIVED and not self._is_perhaps_paid(attempt):
            # What came is of no more use. A crash before this line leaves a small file.
            self._tools.spool.discard(attempt)
        return job

    def _book(self, job_id: JobId, attempt: AttemptId, reply: Reply) -> Job:
        """Book how a call ended; in the engine thread, which may have another one made in its place."""
        job = self._registry.calls.book(job_id, attempt, reply)
        self._registry.under_way.note_answer(job_id)
        return job

    def _is_perhaps_paid(self, attempt: AttemptId) -> bool:
        """Say whether money stays set aside for a call: its file tells so if the journal is ever lost."""
        return self._desk.ask(self._registry.journal.get_attempt, attempt).reserved.micro > 0

    def _make_call(self, begun: Begun, fitted: Fitted) -> CallEnd:
        with ExitStack() as opened:
            try:
                answer = opened.enter_context(self._tools.spool.open_writer(begun.attempt.id))
            except FileTroubleError as exc:
                # Where no answer can be kept nothing is sent.
                return NotSent(kind=NotSentKind.OBSTRUCTED, detail=exc.reason, elapsed_seconds=0.0)
            noting = _NotingWriter(answer)
            end = self._tools.endpoint.submit(begun.order, fitted.images, fitted.mask, noting)
        if noting.trouble is not None:
            # What came is kept; no other answer would find room either.
            self._desk.ask(self._registry.deliveries.pause_for_room, noting.trouble)
        return end

    def _check_room(self, job: Job) -> None:
        """Look whether the result can be put where it belongs, before it is paid for."""
        self._tools.inbox.check_mark()
        wanted = room_needed(job.wish.request.size if job.wish else AutoSize.AUTO)
        for name, free in (
            ("the outbox", self._tools.outbox.free_bytes()),
            ("the state folder", self._tools.spool.free_bytes() - ROOM_FOR_JOURNAL),
        ):
            if free < wanted:
                reason = (
                    f"{max(0, free) / 1e9:.2f} GB are free there, {wanted / 1e9:.2f} GB must be before paying"
                )
                raise NoRoomError(operation="use", path=PurePosixPath(name), reason=reason)

    def _check_sources(self, record: BundleRecord) -> None:
        """Make sure that every file still is what was hashed.

        What changes after this is found out while it is sent, before its last byte leaves.
        """
        for member in record.accepted:
            with self._tools.inbox.open_source(member.path) as source:
                if not is_as_hashed(source, member):
                    reason = "it was changed meanwhile"
                    raise SourceChangedError(operation="send", path=member.path, reason=reason)
