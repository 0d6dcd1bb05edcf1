"""What a service manager hears of a real daemon: when it can work, what it does, that it lives, its end."""

import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from answers import good, good_reply
from gate import Gate
from test_e2e_blocked import hanging, needs_shares, shared_inbox
from test_e2e_watch import WOUNDED
from workshop import PATIENCE_SECONDS, OpenShop, picture

from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually

NOWHERE = "http://127.0.0.1:9/api/v1"


class Manager:
    """The service manager's end of the socket: it notes all that it hears."""

    def __init__(self, place: Path) -> None:
        self.address = str(place / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.heard: list[str] = []

    def wait_for(self, message: str) -> None:
        """Wait until it hears a message that begins so."""
        while not self.next().startswith(message):
            pass

    def next(self) -> str:
        """Give what it hears next."""
        self.heard.append(self.socket.recv(4096).decode())
        return self.heard[-1]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """Give a manager that listens."""
    made = Manager(tmp_path)
    with closing(made.socket):
        yield made


def test_it_hears_what_goes_on(open_shop: OpenShop, manager: Manager) -> None:
    """Readiness comes first; then what is done, and why nothing is; and the end when it begins."""
    shop = open_shop(NOWHERE)
    daemon = shop.start(NOTIFY_SOCKET=manager.address)

    assert manager.next() == "READY=1"
    manager.wait_for("STATUS=Idle: waits for photos")
    assert shop.command(Verb.PAUSE, "holidays")
    manager.wait_for("STATUS=Paused: You paused it: holidays.")
    ended = daemon.stop()

    manager.wait_for("STOPPING=1")
    assert ended.code == 0, ended.text
    assert not any(message.startswith("WATCHDOG") for message in manager.heard)


def test_it_hears_of_a_configuration_that_is_read_again(open_shop: OpenShop, manager: Manager) -> None:
    """When that begins and when it is over, also when it is refused; then the line says so."""
    shop = open_shop(NOWHERE)
    daemon = shop.start(NOTIFY_SOCKET=manager.address)
    daemon.wait_for("watch.started")
    for text in (shop.config.read_text(), "half a ["):
        shop.config.write_text(text)
        daemon.process.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1\nMONOTONIC_USEC=")
        manager.wait_for("READY=1")

    manager.wait_for("STATUS=Idle: waits for photos; the configuration is not right")
    assert daemon.stop().code == 0


def test_the_last_call_is_finished_in_more_time(open_shop: OpenShop, manager: Manager) -> None:
    """After SIGTERM more time is asked for while a call is under way: it may be paid for."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start(NOTIFY_SOCKET=manager.address)
        manager.wait_for("STATUS=Working on 1, 0 queued")
        assert eventually(lambda: server.requests and server.requests[0].complete)
        daemon.process.terminate()

        manager.wait_for("EXTEND_TIMEOUT_USEC=")
        gate.open()
        ended = daemon.wait()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]


def test_nobody_who_could_feed_the_watchdog_is_an_end_in_order(open_shop: OpenShop, manager: Manager) -> None:
    """When the vigil dies of a defect the daemon ends by itself, before it is killed with its calls."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.before, shop.environ["PYTHONPATH"] = WOUNDED, str(Path(__file__).parents[1])
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="400000")
        assert eventually(lambda: server.requests and server.requests[0].complete)
        (shop.place / "wound").write_text("vigil")
        daemon.wait_for("thread.crashed", thread="vigil")
        gate.open()
        ended = daemon.wait()

    assert ended.code not in {0, -9}
    assert "ended unexpectedly" in ended.text
    assert shop.outputs() == ["beach.jpg"]


@needs_shares
def test_a_dead_share_does_not_stop_its_signs_of_life(open_shop: OpenShop, manager: Manager) -> None:
    """While the scanner hangs on a share the daemon goes on to be fed: a new one would hang there as well."""
    shop = open_shop(NOWHERE)
    with shared_inbox(shop) as share:
        daemon = shop.start(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="400000")
        manager.wait_for("WATCHDOG=1")
        daemon.wait_for("watch.started")
        share.block()
        assert eventually(lambda: hanging(daemon) >= 1)

        for _ in range(10):
            manager.wait_for("WATCHDOG=1")

        assert hanging(daemon) >= 1
        assert daemon.stop().code == 0
        share.unblock()
