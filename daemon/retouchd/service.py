"""The roof: builds every object once, holds the lock, minds the signals, and lets the engine run."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

import structlog

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import PokeListener
from retouchd.adapters.durable import Durable
from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.adapters.identity import Identity
from retouchd.adapters.images import structure
from retouchd.adapters.images.darkroom import Darkroom
from retouchd.adapters.inbox.evidence import ignore_lease_signals
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.inbox.mounts import is_network, read_ground
from retouchd.adapters.inbox.watch import INBOX, Scanner
from retouchd.adapters.journal.journal import SqliteJournal, translating
from retouchd.adapters.journal.reading import KnownBundles
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.adapters.outbox.probe import ensure_publishing_works
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.adapters.startup import check_folders
from retouchd.adapters.statefolder import StateLock, prepare_state_folder
from retouchd.api_key import LiveKey
from retouchd.assembly import Errand, assemble
from retouchd.core.errors import PausedError, RetouchdError, WorkLeftError
from retouchd.core.rhythm import ONE_SHOT, Rhythm
from retouchd.core.sightings import News, Sighting
from retouchd.core.status import Holder
from retouchd.core.values import Cabinet
from retouchd.damage import open_journal, open_sound_journal
from retouchd.engine.ending import Ending
from retouchd.engine.herald import Herald
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.office import Office
from retouchd.engine.tools import Tools
from retouchd.ownership import check_ownership, keep_identity
from retouchd.policies import (
    engine_policy,
    forming_rules,
    output_modes,
    scan_policy,
    timeouts,
)
from retouchd.settings import Places, Settings
from retouchd.statuskeeper import STATUS_THREAD, StatusKeeper, StatusRemover

# News of one folder is taken in piece by piece, so that the engine answers in between.
_NEWS_AT_ONCE: Final = 500
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(settings: Settings, key: LiveKey, durable: Durable, errand: Errand | None) -> None:
    """Run the daemon until it is told to stop, or until a one-shot run is over.

    Args:
        key: The key, as it is at each call.
        durable: Carries out every durable step.
        errand: What a one-shot run is for; None for a daemon.

    Raises:
        ConfigurationError: The configuration is wrong.
        StartRefusedError: Folders or file systems forbid the start.
        AlreadyOwnedError: Another daemon or machine works on these folders.
        PausedError: A one-shot run ended paused or out of time.
        WorkLeftError: A one-shot run left something failed, held or without a prompt.
    """
    places = settings.places()
    with ExitStack() as opened:
        journal = opened.enter_context(open_sound_state(places, durable))
        check_places(places, durable)
        identity = check_ownership(places, journal)
        keep_identity(places, identity, durable)
        daemon = Daemon(settings, identity, journal, key, durable, errand)
        opened.callback(daemon.close)
        with translating():
            daemon.run()
    if errand is None or errand.photo is None:
        _judge(daemon.ending)


@contextmanager
def open_state(places: Places, durable: Durable) -> Iterator[SqliteJournal]:
    """Hold the state folder's lock and open its journal.

    Raises:
        StartRefusedError: The state folder is on a network file system, or cannot be made.
        AlreadyOwnedError: Another daemon holds it.
        JournalError: The journal cannot be opened.
    """
    with _locked(places) as now, closing(open_journal(places, durable, now)) as journal:
        yield journal


@contextmanager
def open_sound_state(places: Places, durable: Durable) -> Iterator[SqliteJournal]:
    """Hold the state folder's lock and open its journal, or a fresh one in place of one that is damaged.

    Raises:
        StartRefusedError: The state folder is on a network file system, or cannot be made.
        AlreadyOwnedError: Another daemon holds it.
        JournalError: The journal cannot be opened for another reason, or is of a later version.
    """
    with _locked(places) as now, closing(open_sound_journal(places, durable, now)) as journal:
        yield journal


@contextmanager
def _locked(places: Places) -> Iterator[datetime]:
    prepare_state(places)
    now = SystemClock().now()
    with StateLock(places.state, now):
        yield now


def prepare_state(places: Places) -> None:
    """Make the state folder.

    Raises:
        StartRefusedError: It is on a network file system, or cannot be made.
    """
    prepare_state_folder(places.state, file_system_of=_file_system_of, is_network=is_network)


def _file_system_of(path: Path) -> str:
    mount = read_ground(PurePosixPath(str(path))).at
    return mount.fs_type if mount else ""


def check_places(places: Places, durable: Durable) -> None:
    """Refuse a start with folders that are missing, lie in each other, or cannot be published to.

    Raises:
        StartRefusedError: Naming the folders.
    """
    folders = {
        "inbox": places.inbox,
        "outbox": places.outbox,
        "done": places.done,
        "failed": places.failed,
        "state": places.state,
    }
    check_folders(folders)
    mounts: dict[int, Path] = {}
    for folder in (places.outbox, places.done, places.failed):
        mounts.setdefault(folder.stat().st_dev, folder)
    for folder in mounts.values():
        ensure_publishing_works(folder, durable)


def _judge(ending: Ending | None) -> None:
    if ending in {Ending.PAUSED, Ending.OUT_OF_TIME}:
        raise PausedError(ending.value)
    if ending is Ending.WORK_LEFT:
        raise WorkLeftError(ending.value)


class Daemon:
    """Every object of a running daemon, built once."""

    def __init__(
        self,
        settings: Settings,
        identity: Identity,
        journal: SqliteJournal,
        key: LiveKey,
        durable: Durable,
        errand: Errand | None,
    ) -> None:
        self._log = structlog.get_logger("retouchd")
        self._places = settings.places()
        self._mailbox = Mailbox()
        self._signals = 0
        self._has_lost_thread = False
        self._tools = build_tools(settings, identity, key, durable)
        self._known = KnownBundles(self._places.journal)
        self._scanner = Scanner(
            self._places.inbox,
            report=self._report,
            known=self._known,
            policy=scan_policy(settings),
            checks={INBOX: self._tools.inbox.check_mark, "outbox": self._tools.outbox.check_mark},
            report_crash=lambda exc: self._log.error("scanner.crashed", exc_info=exc),
        )
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings, key.advice),
            herald=Herald(self._log),
        )
        self._assembly = assemble(office, self._mailbox, self._tools, self._scanner, self._log, errand)
        self._pokes = PokeListener(self._places.state, self._look_for_commands)
        self._status = self._build_status(settings, identity, durable, errand)

    def _build_status(
        self, settings: Settings, identity: Identity, durable: Durable, errand: Errand | None
    ) -> StatusKeeper | StatusRemover:
        file = StatusFile(self._places.outbox, durable, identity, settings.output.file_bits)
        if not settings.output.status_file:
            return StatusRemover(file, self._log)
        clock = SystemClock()
        holder = Holder(pid=os.getpid(), since=clock.now())
        rhythm = Rhythm() if errand is None else ONE_SHOT
        return StatusKeeper(settings, file, holder, clock.local_moments, self._log, rhythm)

    @property
    def ending(self) -> Ending | None:
        """How a one-shot run ended."""
        return self._assembly.engine.ending

    def run(self) -> None:
        """Start everything, and let the engine work in this thread until it is over."""
        ignore_lease_signals()
        self._log.info("daemon.started", inbox=str(self._places.inbox), outbox=str(self._places.outbox))
        self._look_for_commands()
        threading.excepthook = self._take_thread_death
        for number in _STOP_SIGNALS:
            signal.signal(number, self._take_signal)
        self._assembly.crew.start()
        self._pokes.start()
        self._scanner.start()
        self._status.start()
        self._assembly.engine.run()
        self._log.info("daemon.stopped")
        if self._has_lost_thread:
            message = "a part of retouchd ended unexpectedly, so it stopped; its log has the reason"
            raise RetouchdError(message)

    def close(self) -> None:
        """Stop the threads that look outside, and have the outbox tell that nothing runs any more."""
        self._status.finish()
        self._pokes.close()
        self._scanner.stop()
        self._known.close()
        self._tools.endpoint.close()

    def _take_thread_death(self, died: threading.ExceptHookArgs) -> None:
        """Stop when one of our threads has died: a daemon that is blind must not look alive."""
        name = died.thread.name if died.thread else "?"
        self._log.error("scanner.crashed", thread=name, exc_info=died.exc_value)
        if not _is_harmless(died.thread):
            self._has_lost_thread = True
            self._mailbox.tell(self._assembly.engine.stop)

    def _look_for_commands(self) -> None:
        self._mailbox.tell(self._assembly.operator.obey_all)

    def _report(self, sighting: Sighting) -> None:
        if not isinstance(sighting, News):
            self._mailbox.tell(self._assembly.sightings.take, sighting)
            return
        for start in range(0, max(1, len(sighting.seen)), _NEWS_AT_ONCE):
            part = sighting.seen[start : start + _NEWS_AT_ONCE]
            gone = sighting.gone if start == 0 else ()
            self._mailbox.tell(
                self._assembly.sightings.take, News(folder=sighting.folder, seen=part, gone=gone)
            )

    def _take_signal(self, number: int, _frame: object) -> None:
        """Stop: the first time what is under way is finished, the second time it is cut."""
        self._signals += 1
        self._mailbox.tell(self._assembly.engine.stop)
        self._mailbox.tell(self._log.info, "daemon.stopping", signal=signal.Signals(number).name)
        if self._signals > 1:
            self._mailbox.tell(self._assembly.engine.hurry)
            self._tools.endpoint.hurry()


def returns_of(places: Places, durable: Durable, modes: Modes) -> dict[Cabinet, FilingCabinets]:
    """Give what files the other way: from each cabinet back to the inbox."""
    emptied = {Cabinet.DONE: places.done, Cabinet.FAILED: places.failed}
    return {
        cabinet: FilingCabinets(
            inbox=folder, done=places.inbox, failed=places.inbox, durable=durable, modes=modes
        )
        for cabinet, folder in emptied.items()
    }


def _is_harmless(thread: threading.Thread | None) -> bool:
    """Say whether a thread's death stops nothing: the scanner makes new ones of watchdog's."""
    is_watchdogs = type(thread).__module__.startswith("watchdog.")
    return is_watchdogs or (thread is not None and thread.name == STATUS_THREAD)


def build_tools(settings: Settings, identity: Identity, key: Callable[[], str], durable: Durable) -> Tools:
    """Build one object for each outside thing; nothing of it looks outside yet."""
    places, modes = settings.places(), output_modes(settings)
    return Tools(
        inbox=InboxFolder(places.inbox, identity, forming_rules(settings), settings.watch.settle_seconds),
        outbox=OutboxFolder(places.outbox, durable, identity, modes),
        filing=FilingCabinets(
            inbox=places.inbox, done=places.done, failed=places.failed, durable=durable, modes=modes
        ),
        returns=returns_of(places, durable, modes),
        spool=AnswerSpool(places.spool, durable),
        endpoint=HttpEndpoint(
            base_url=settings.endpoint.base_url,
            key=key,
            timeouts=timeouts(settings),
            max_answer_bytes=settings.endpoint.max_answer_bytes,
            max_request_bytes=settings.endpoint.max_request_bytes,
        ),
        pictures=structure,
        darkroom=Darkroom(places.state, settings.limits.max_pixels),
    )
