"""The roof: builds every object once, holds the lock, minds the signals, and lets the engine run."""

import gc
import signal
import threading
from contextlib import ExitStack
from functools import partial
from typing import Final

import structlog

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import PokeListener
from retouchd.adapters.durable import Durable
from retouchd.adapters.inbox.evidence import ignore_lease_signals
from retouchd.adapters.inbox.watch import INBOX, Scanner
from retouchd.adapters.journal.journal import SqliteJournal, translating
from retouchd.adapters.journal.reading import KnownBundles
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.adapters.terminal import Terminal
from retouchd.assembly import Errand, assemble
from retouchd.companions import Companions, Surroundings
from retouchd.configuration import Configuration, Source
from retouchd.core.errors import PausedError, RetouchdError, WorkLeftError
from retouchd.core.sightings import Sighting
from retouchd.engine.ending import Ending
from retouchd.engine.handover import Handover
from retouchd.engine.herald import Herald
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.office import Office
from retouchd.outfitting import Equipment
from retouchd.ownership import check_ownership, keep_identity
from retouchd.policies import engine_policy, scan_policy
from retouchd.premises import check_places, open_sound_state
from retouchd.reloader import Followers, Reloader
from retouchd.vigilkeeper import VigilKeeper

# As Python has it itself: what is loaded at the start, when it is looked for more rarely, is frozen by then.
_USUAL_GARBAGE: Final = (700, 10, 10)
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_HANGUP: Final = signal.SIGHUP


def run(source: Source, durable: Durable, errand: Errand | None, manager: ServiceManager) -> None:
    """Run the daemon until it is told to stop, or until a one-shot run is over.

    Args:
        source: Where the configuration is read.
        durable: Carries out every durable step.
        errand: What a one-shot run is for; None for a daemon.
        manager: Told when it can work, and when it begins to end.

    Raises:
        ConfigurationError: The configuration is wrong.
        StartRefusedError: Folders or file systems forbid the start.
        AlreadyOwnedError: Another daemon or machine works on these folders.
        PausedError: A one-shot run ended paused or out of time.
        WorkLeftError: A one-shot run left something failed, held or without a prompt.
    """
    # One that comes while the daemon starts would end it; it is taken when there is somebody to take it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {_HANGUP})
    configuration = source.read()
    source.set_up_log(configuration)
    places = configuration.settings.places()
    with ExitStack() as opened:
        journal = opened.enter_context(open_sound_state(places, durable))
        check_places(places, durable)
        identity = check_ownership(places, journal)
        keep_identity(places, identity, durable)
        surroundings = Surroundings(
            settings=configuration.settings,
            identity=identity,
            durable=durable,
            log=structlog.get_logger("retouchd"),
            errand=errand,
            manager=manager,
        )
        daemon = Daemon(source, configuration, surroundings, journal)
        opened.callback(daemon.close)
        with translating():
            daemon.run()
    if errand is None or errand.photo is None:
        _judge(daemon.ending)


def _judge(ending: Ending | None) -> None:
    if ending in {Ending.PAUSED, Ending.OUT_OF_TIME}:
        raise PausedError(ending.value)
    if ending is Ending.WORK_LEFT:
        raise WorkLeftError(ending.value)


class Daemon:
    """Every object of a running daemon, built once."""

    def __init__(
        self,
        source: Source,
        configuration: Configuration,
        surroundings: Surroundings,
        journal: SqliteJournal,
    ) -> None:
        settings, key, self._log = configuration.settings, configuration.key, surroundings.log
        self._manager = surroundings.manager
        self._places = settings.places()
        self._mailbox = Mailbox()
        self._signals = 0
        self._terminal = Terminal()
        self._has_lost_thread = False
        equipment = Equipment(settings, surroundings.identity, key, surroundings.durable)
        self._tools = equipment.tools
        self._known = KnownBundles(self._places.journal)
        self._scanner = Scanner(
            self._places.inbox,
            report=self._report,
            known=self._known,
            policy=scan_policy(settings),
            checks={INBOX: self._tools.inbox.check_mark, "outbox": self._tools.outbox.check_mark},
            report_crash=lambda exc: self._log.error("scanner.crashed", exc_info=exc),
        )
        self._lookout = surroundings.lookout
        self._lookout.attend(self._scanner.busy_seconds)
        self._herald = Herald(self._log)
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings, key.advice),
            herald=self._herald,
        )
        self._assembly = assemble(
            office, self._mailbox, self._tools, self._scanner, self._log, surroundings.errand
        )
        self._handover = Handover(self._mailbox.tell, self._assembly.sightings.take)
        self._pokes = PokeListener(self._places.state, self._look_for_commands)
        self._companions = Companions(surroundings)
        self._reloader = Reloader(
            source,
            configuration,
            self._mailbox,
            Followers(
                reloading=self._assembly.reloading,
                equipment=equipment,
                scanner=self._scanner,
                companions=self._companions,
                manager=self._manager,
            ),
        )
        self._is_ending = surroundings.is_ending
        count_calls = partial(self._mailbox.ask, self._assembly.count_calls)
        self._vigil = VigilKeeper(self._manager, count_calls, self._scanner, self._is_ending, self._log)

    @property
    def ending(self) -> Ending | None:
        """How a one-shot run ended."""
        return self._assembly.engine.ending

    def run(self) -> None:
        """Start everything, and let the engine work in this thread until it is over."""
        ignore_lease_signals()
        self._log.info("daemon.started", inbox=str(self._places.inbox), outbox=str(self._places.outbox))
        self._mailbox.tell(self._reloader.begin)
        self._look_for_commands()
        threading.excepthook = self._take_thread_death
        for number in _STOP_SIGNALS:
            signal.signal(number, self._take_signal)
        signal.signal(_HANGUP, self._take_hangup)
        signal.set_wakeup_fd(self._pokes.waker, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {_HANGUP})
        self._assembly.crew.start()
        self._pokes.start()
        self._scanner.start()
        self._companions.start()
        self._vigil.start()
        # After the first turn's commit: folders are checked, threads run, and the journal can be written. The
        # first scan of a slow share may take minutes, which nobody should have to wait for.
        self._herald.afterwards(self._manager.ready)
        # What is there by now stays: to look through it again and again for rubbish took 7 % of a scan.
        gc.freeze()
        gc.set_threshold(*_USUAL_GARBAGE)
        self._assembly.engine.run()
        self._log.info("daemon.stopped")
        if self._has_lost_thread:
            message = "a part of retouchd ended unexpectedly, so it stopped; its log has the reason"
            raise RetouchdError(message)

    def close(self) -> None:
        """Stop the threads that look outside, and have the outbox tell that nothing runs any more."""
        # Python gives up its handlers before the process is gone: one that comes then would be its end.
        signal.signal(_HANGUP, signal.SIG_IGN)
        self._vigil.finish()
        self._companions.finish()
        signal.set_wakeup_fd(-1)
        self._pokes.close()
        self._handover.end()
        self._scanner.stop()
        self._known.close()
        self._tools.endpoint.close()

    def _take_thread_death(self, died: threading.ExceptHookArgs) -> None:
        """Stop when one of our threads has died: a daemon that is blind must not look alive."""
        name = died.thread.name if died.thread else "?"
        self._log.error("thread.crashed", thread=name, exc_info=died.exc_value)
        if not _is_harmless(died.thread):
            self._has_lost_thread = True
            self._mailbox.tell(self._assembly.engine.stop)

    def _look_for_commands(self) -> None:
        self._mailbox.tell(self._assembly.operator.obey_all)
        self._mailbox.tell(self._reloader.obey)

    def _report(self, sighting: Sighting) -> None:
        self._lookout.note(sighting)
        self._handover.hand(sighting)

    def _take_hangup(self, number: int, frame: object) -> None:
        """Read the configuration again; but who closes the terminal on which this was started wants its end.

        That is told more than once, by the system and by a shell, and must not count as hurry.
        """
        if not self._terminal.has_gone():
            self._mailbox.tell(self._reloader.request)
        elif not self._signals:
            self._take_signal(number, frame)

    def _take_signal(self, number: int, _frame: object) -> None:
        """Stop: the first time what is under way is finished, the second time it is cut."""
        self._signals += 1
        self._mailbox.tell(self._assembly.engine.stop)
        self._mailbox.tell(self._manager.stopping)
        self._mailbox.tell(self._is_ending.set)
        self._mailbox.tell(self._log.info, "daemon.stopping", signal=signal.Signals(number).name)
        if self._signals > 1:
            self._mailbox.tell(self._assembly.engine.hurry)
            self._tools.endpoint.hurry()


def _is_harmless(thread: threading.Thread | None) -> bool:
    """Say whether a thread's death stops nothing: the scanner makes new ones of watchdog's."""
    is_watchdogs = type(thread).__module__.startswith("watchdog.")
    return is_watchdogs or (thread is not None and thread.name.startswith("companion-"))
