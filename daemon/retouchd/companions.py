"""Those who work beside the engine: each in a thread of its own, looking at the journal, deciding nothing.

What one of them cannot do (an outbox that is full, a server that is gone) holds up neither the engine nor the
others.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.notify.memory import MemoryFile
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.assembly import Errand
from retouchd.core.errors import FileTroubleError
from retouchd.core.rhythm import ONE_SHOT, Rhythm
from retouchd.core.status import Holder
from retouchd.engine.herald import Log
from retouchd.linekeeper import LineKeeper
from retouchd.metrics.lookout import Lookout
from retouchd.settings import Settings
from retouchd.statuskeeper import StatusKeeper, StatusRemover


class Companion(Protocol):
    """Works beside the engine.

    The names of its threads begin with `companion-`: their death stops nothing.
    """

    def start(self) -> None:
        """Begin; what may block is done in a thread of its own."""
        ...

    def finish(self) -> None:
        """Have the last word and end, within a few seconds, also when it was never started."""
        ...


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What companions are built from.

    Attributes:
        settings: As they are now: replaced as a whole when the configuration is read again.
        errand: What a one-shot run is for; None for a daemon.
        manager: The service manager, if there is one.
        is_ending: Set when the run begins to end.
        lookout: What the scanner tells of its own work.
    """

    settings: Settings
    identity: Identity
    durable: Durable
    log: Log
    errand: Errand | None
    manager: ServiceManager
    is_ending: threading.Event = field(default_factory=threading.Event)
    lookout: Lookout = field(default_factory=Lookout)


def _build_status(surroundings: Surroundings) -> StatusKeeper | StatusRemover:
    settings, log = surroundings.settings, surroundings.log
    file = StatusFile(
        settings.places().outbox, surroundings.durable, surroundings.identity, settings.output.file_bits
    )
    if not settings.output.status_file:
        return StatusRemover(file, log)
    rhythm = Rhythm() if surroundings.errand is None else ONE_SHOT
    return StatusKeeper(
        lambda: surroundings.settings, file, _this_process(), SystemClock().local_moments, log, rhythm
    )


def _build_line(surroundings: Surroundings) -> LineKeeper:
    return LineKeeper(
        lambda: surroundings.settings,
        surroundings.manager,
        _this_process(),
        SystemClock().local_moments,
        surroundings.is_ending,
        surroundings.log,
    )


def _this_process() -> Holder:
    return Holder(pid=os.getpid(), since=SystemClock().now())


def _build_notifier(surroundings: Surroundings) -> Companion:
    settings, durable, log = surroundings.settings, surroundings.durable, surroundings.log
    if not settings.notify.is_on:
        return NotifierRemover(MemoryFile(settings.places().state, durable), log)
    from retouchd.notifying import build_notifier  # noqa: PLC0415 - most never want messages, and it takes 15 ms

    return build_notifier(lambda: surroundings.settings, durable, log, os.environ)


class NotifierRemover:
    """Forgets what an earlier run told, where nobody wants messages; fits the notifier."""

    def __init__(self, memory: MemoryFile, log: Log) -> None:
        self._memory = memory
        self._log = log

    def start(self) -> None:
        """Forget it."""
        try:
            self._memory.forget()
        except FileTroubleError as exc:
            self._log.debug("notice.not_sent", detail=str(exc))

    def finish(self) -> None:
        """Do nothing more."""


class _Nobody:
    """Fits a post that the settings leave empty."""

    def start(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


def _build_metrics(surroundings: Surroundings) -> Companion:
    if not surroundings.settings.metrics.is_wanted:
        return _Nobody()
    from retouchd.metrics.companion import MetricsCompanion  # noqa: PLC0415 - most never want prometheus-client

    return MetricsCompanion(lambda: surroundings.settings, surroundings.lookout, surroundings.log)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Post:
    """The place of one companion.

    Attributes:
        build: Builds who fills it; nothing of that one looks outside yet.
        built_from: What of the settings goes into it: where that changes, another one takes the place. What
            a companion asks the surroundings for each time does not belong here.
    """

    build: Callable[[Surroundings], Companion]
    built_from: Callable[[Settings], object]


_POSTS: Final = (
    _Post(
        build=_build_status,
        built_from=lambda settings: (settings.output.status_file, settings.output.file_mode),
    ),
    _Post(build=_build_line, built_from=lambda _: None),
    _Post(build=_build_metrics, built_from=lambda settings: settings.metrics),
    _Post(build=_build_notifier, built_from=lambda settings: settings.notify),
)


class Companions:
    """All of them, each at its post."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._filled = [(post, post.build(surroundings)) for post in _POSTS]
        self._lock = threading.Lock()
        self._is_over = False

    def start(self) -> None:
        """Have all of them begin."""
        for _post, companion in self._filled:
            companion.start()

    def finish(self) -> None:
        """Have all of them end."""
        with self._lock:
            self._is_over = True
            for _post, companion in self._filled:
                companion.finish()

    def change(self, settings: Settings) -> None:
        """Have other settings count; may take as long as those whose places are taken need for their end."""
        with self._lock:
            before, self._surroundings.settings = self._surroundings.settings, settings
            if not self._is_over:
                self._filled = [self._refill(post, one, before) for post, one in self._filled]

    def _refill(self, post: _Post, companion: Companion, before: Settings) -> tuple[_Post, Companion]:
        if post.built_from(before) == post.built_from(self._surroundings.settings):
            return post, companion
        companion.finish()
        successor = post.build(self._surroundings)
        successor.start()
        return post, successor
