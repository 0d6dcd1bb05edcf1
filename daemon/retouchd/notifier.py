"""Tells people what happens: a thread that looks at the journal, makes messages and sends them on their ways.

The engine knows nothing of it. A message that nobody takes holds up no photo, only the next message.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_hex
from typing import Final, Protocol

from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.notify.memory import Memory, MemoryFile
from retouchd.core.errors import FileTroubleError, JournalError
from retouchd.core.messages import Sender, compose
from retouchd.core.outgoing import Outgoing, Queue, add_messages, find_due, note_failure, note_sent
from retouchd.core.telling import Policy, Told, begin_listening, decide, set_back
from retouchd.core.ways import Failure
from retouchd.engine.herald import Log
from retouchd.messaging import Window, read_facts, read_material
from retouchd.settings import Settings

_THREAD: Final = "companion-notify"
# How the log calls what is read and remembered.
_MEMORY: Final = "memory"
# How often the journal is asked whether anything changed, which costs next to nothing; more often where
# messages are wanted sooner.
_LOOK_SECONDS: Final = 5.0
_LOOKS_IN_A_BATCH: Final = 4
# What cannot be read or remembered is tried again after so long.
_TROUBLE_SECONDS: Final = 60.0
# How long the end of the daemon waits for the last message.
_LAST_WORD_SECONDS: Final = 8.0


class Way(Protocol):
    """One way on which messages leave."""

    @property
    def shown(self) -> str:
        """What people read of it; tells no secret."""
        ...

    def find_fault(self) -> str:
        """Say why nothing can be sent, as far as that is known without sending; or nothing."""
        ...

    def send(self, outgoing: Outgoing) -> Failure | None:
        """Send a message within its own time, and say why that was not possible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the notifier works with.

    Attributes:
        settings: Gives them as they are now.
        find_ways: Gives the ways as they are now, by name; a name tells no secret.
        hurry: Lets what is being sent go on for no longer than so many seconds.
        now: The wall clock.
    """

    settings: Callable[[], Settings]
    policy: Policy
    sender: Sender
    find_ways: Callable[[], Mapping[str, Way]]
    memory: MemoryFile
    hurry: Callable[[float], None]
    now: Callable[[], datetime]
    log: Log


class Notifier:
    """Tells from `start` on, and has the last word in `finish`."""

    def __init__(self, means: Means) -> None:
        self._with = means
        self._memory = Memory(told=Told())
        self._written: Memory | None = None
        self._ways: Mapping[str, Way] = {}
        self._version = -1
        self._look_at = means.now()
        self._reasons: dict[str, str] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=_THREAD, daemon=True)

    def start(self) -> None:
        """Begin."""
        try:
            self._recall()
        except (FileTroubleError, JournalError) as exc:
            self._warn(_MEMORY, str(exc))
        self._thread.start()

    def finish(self) -> None:
        """Tell what is to be told of the end, for a few seconds; what is not sent by then is sent later."""
        self._is_over.set()
        self._with.hurry(_LAST_WORD_SECONDS)
        if self._thread.ident is not None:
            self._thread.join(_LAST_WORD_SECONDS + 1)

    def _recall(self) -> None:
        """Read what was told; of what was never listened for, all that happened so far counts as told.

        Done before the engine works: what it does from then on is told.
        """
        remembered = self._with.memory.read() or Memory(told=Told())
        with closing(self._open()) as view, view.snapshot():
            now = self._with.now()
            told = set_back(remembered.told, now)
            facts = read_facts(self._window(view, told, now))
        begun = begin_listening(told, facts, self._with.policy.topics)
        self._memory = Memory(told=begun, waiting=remembered.waiting)
        self._write()

    def _open(self) -> JournalView:
        return JournalView.open_for_reading(self._with.settings().places().journal)

    def _window(self, view: JournalView, told: Told, now: datetime) -> Window:
        return Window(view=view, settings=self._with.settings(), now=now, told=told)

    def _keep(self) -> None:
        while not self._is_over.is_set():
            try:
                if not self._memory.told.topics:
                    self._recall()
                with closing(self._open()) as view:
                    self._watch(view)
            except (FileTroubleError, JournalError) as exc:
                # The engine meets the same and says what to do about it.
                self._warn(_MEMORY, str(exc))
                self._is_over.wait(_TROUBLE_SECONDS)

    def _watch(self, view: JournalView) -> None:
        # In this thread: the file of addresses may lie on a share that hangs.
        self._ways = self._with.find_ways()
        # Another connection counts from another number.
        self._version = -1
        batch = self._with.policy.batch.total_seconds()
        while not self._is_over.wait(min(_LOOK_SECONDS, batch / _LOOKS_IN_A_BATCH)):
            self._look_if_due(view)
            self._send_due()
        self._look(view, replace(self._with.policy, is_last=True))
        self._send_due()

    def _look_if_due(self, view: JournalView) -> None:
        version = view.version()
        if version != self._version or self._with.now() >= self._look_at:
            self._version = version
            self._look(view, self._with.policy)

    def _look(self, view: JournalView, policy: Policy) -> None:
        """Make the messages that are due, and have them remembered before any of them leaves."""
        now = self._with.now()
        told = set_back(self._memory.told, now)
        with view.snapshot():
            window = self._window(view, told, now)
            verdict = decide(told, read_facts(window), policy)
            materials = [read_material(window, due) for due in verdict.due]
        self._look_at = verdict.look_at
        if materials:
            # Addresses that were added or taken away meanwhile count from here on.
            self._ways = self._with.find_ways()
        messages = [compose(one, self._with.sender, token_hex(8), now) for one in materials]
        queue = add_messages(self._memory.waiting, messages, tuple(self._ways), now)
        self._remember(Memory(told=verdict.told, waiting=queue.waiting), queue)

    def _remember(self, memory: Memory, queue: Queue) -> None:
        self._memory = memory
        self._write()
        for one in queue.given_up:
            self._with.log.warning("notice.given_up", topic=one.message.topic, way=self._shown(one))

    def _write(self) -> None:
        """Make durable what is remembered; where that is not possible people are told all the same."""
        if self._memory == self._written:
            return
        try:
            # A crash after this line has the messages sent at the next start.
            self._with.memory.write(self._memory)
            self._written = self._memory
            self._reasons.pop(_MEMORY, None)
        except FileTroubleError as exc:
            # A full disk is what people must hear of. After the next start some of it is told once more.
            self._warn(_MEMORY, str(exc))

    def _send_due(self) -> None:
        while due := find_due(self._memory.waiting, self._ways, self._with.now()):
            for one in due:
                self._send(one)

    def _send(self, outgoing: Outgoing) -> None:
        failure = self._ways[outgoing.way].send(outgoing)
        if failure is None:
            queue = note_sent(self._memory.waiting, outgoing)
            self._reasons.pop(outgoing.way, None)
            self._with.log.info("notice.sent", topic=outgoing.message.topic, way=self._shown(outgoing))
        else:
            is_final = failure.is_final
            queue = note_failure(self._memory.waiting, outgoing, self._with.now(), is_final=is_final)
            self._tell_failure(outgoing, failure)
        # A crash before this line has the message sent a second time.
        self._remember(replace(self._memory, waiting=queue.waiting), queue)

    def _tell_failure(self, outgoing: Outgoing, failure: Failure) -> None:
        """Tell a failure once, until something changes."""
        shown = self._shown(outgoing)
        if failure.said:
            self._with.log.debug("notice.answered", way=shown, said=failure.said)
        self._warn(outgoing.way, failure.reason, shown)

    def _warn(self, about: str, reason: str, shown: str = _MEMORY) -> None:
        if self._reasons.get(about) != reason:
            self._reasons[about] = reason
            self._with.log.warning("notice.not_sent", way=shown, detail=reason)

    def _shown(self, outgoing: Outgoing) -> str:
        way = self._ways.get(outgoing.way)
        return "an address that is no longer named" if way is None else way.shown
