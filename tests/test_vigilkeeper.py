"""The watchdog hears from a daemon that makes progress, and from no other: with a real socket and threads."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import structlog

from notebook import Notebook
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.engine.herald import Log
from retouchd.vigilkeeper import VigilKeeper
from waiting import eventually

# A beat is a quarter of it.
WATCHDOG_SECONDS = 0.2
LOG: Final[Log] = structlog.get_logger()


@dataclass
class Scanner:
    """A scanner of which a test says how it is."""

    steps: int = 0
    native_id: int | None = None
    alive: bool = True

    def is_alive(self) -> bool:
        """Say so."""
        return self.alive


class Manager:
    """The service manager's end."""

    def __init__(self, place: Path) -> None:
        self.address = str(place / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)

    def hears(self, message: str, seconds: float) -> bool:
        """Say whether a message comes within this time."""
        self.socket.settimeout(seconds)
        try:
            while not self.socket.recv(4096).decode().startswith(message):
                pass
        except TimeoutError:
            return False
        return True

    def forget(self) -> None:
        """Forget what was said so far."""
        while self.hears("", 0.01):
            pass


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """Give a manager that listens."""
    made = Manager(tmp_path)
    with closing(made.socket):
        yield made


@contextmanager
def _keeping(
    manager: Manager,
    scanner: Scanner,
    count_calls: Callable[[], int],
    watchdog: float | None = WATCHDOG_SECONDS,
    log: Log = LOG,
) -> Iterator[threading.Event]:
    is_ending = threading.Event()
    keeper = VigilKeeper(ServiceManager(manager.address, watchdog), count_calls, scanner, is_ending, log)
    keeper.start()
    try:
        yield is_ending
    finally:
        keeper.finish()


def test_a_daemon_that_works_is_heard(manager: Manager) -> None:
    """While the engine answers and the scanner is well the watchdog is fed again and again."""
    with _keeping(manager, Scanner(), lambda: 0):
        assert all(manager.hears("WATCHDOG=1", 5.0) for _ in range(3))


def test_an_engine_that_does_not_answer_is_not_covered_up(manager: Manager) -> None:
    """When the engine, or its journal's commit, hangs, nothing is heard until it goes on."""
    hangs, goes_on = threading.Event(), threading.Event()

    def count_calls() -> int:
        if hangs.is_set():
            assert goes_on.wait(20)
        return 0

    with _keeping(manager, Scanner(), count_calls):
        assert manager.hears("WATCHDOG=1", 5.0)
        hangs.set()
        manager.forget()

        assert not manager.hears("WATCHDOG=1", 5 * WATCHDOG_SECONDS)
        goes_on.set()
        assert manager.hears("WATCHDOG=1", 5.0)


def test_a_dead_scanner_is_not_covered_up(manager: Manager) -> None:
    """A daemon that sees no photos any more is not alive, but its calls are finished first."""
    calls = [0]
    with _keeping(manager, Scanner(alive=False), lambda: calls[0]):
        assert not manager.hears("WATCHDOG=1", 5 * WATCHDOG_SECONDS)

        calls[0] = 1

        assert manager.hears("WATCHDOG=1", 5.0)


def test_a_dead_scanner_is_told_once(manager: Manager) -> None:
    """Before the service manager ends the daemon its log says why, in one line however long that takes."""
    looks, log = [0], Notebook()

    def count_calls() -> int:
        looks[0] += 1
        return 0

    with _keeping(manager, Scanner(alive=False), count_calls, log=log):
        assert eventually(lambda: looks[0] > 3)

    assert log.events() == ["scanner.hangs"]


def test_the_end_asks_for_time(manager: Manager) -> None:
    """While the last calls are finished more time is asked for, also where no watchdog waits."""
    with _keeping(manager, Scanner(), lambda: 1, watchdog=None) as is_ending:
        is_ending.set()

        assert manager.hears("EXTEND_TIMEOUT_USEC=60000000", 5.0)


def test_an_engine_that_hangs_at_the_end_gets_no_more_time(manager: Manager) -> None:
    """Who does not answer any more is ended in the service manager's own time."""
    goes_on = threading.Event()

    def count_calls() -> int:
        assert goes_on.wait(20)
        return 0

    with _keeping(manager, Scanner(), count_calls, watchdog=None) as is_ending:
        is_ending.set()

        assert not manager.hears("EXTEND", 0.5)
        goes_on.set()


def test_nobody_is_told_when_nobody_listens() -> None:
    """Without a service manager no thread is started."""
    before = threading.active_count()
    keeper = VigilKeeper(
        ServiceManager("", None), lambda: 0, Scanner(), threading.Event(), structlog.get_logger()
    )

    keeper.start()

    assert threading.active_count() == before
    keeper.finish()
