"""What is told to a service manager arrives as it expects it, and never disturbs the daemon."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retouchd.adapters.servicemanager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Give a manager's socket and its name, of both kinds that systemd uses."""
    address = f"{tmp_path}/notify" if request.param == "path" else f"@notify-{os.getpid()}-{tmp_path.name}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        listener.settimeout(5)
        yield listener, address


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        (lambda it: it.ready(), "READY=1"),
        (lambda it: it.status("Working on 2"), "STATUS=Working on 2"),
        (lambda it: it.reloading(12_345), "RELOADING=1\nMONOTONIC_USEC=12345"),
        (lambda it: it.stopping(), "STOPPING=1"),
        (lambda it: it.extend(1.5), "EXTEND_TIMEOUT_USEC=1500000"),
        (lambda it: it.feed(), "WATCHDOG=1"),
    ],
)
def test_messages_arrive(
    manager: tuple[socket.socket, str], tell: Callable[[ServiceManager], None], expected: str
) -> None:
    """Each message is one datagram of the protocol, at path sockets and abstract ones alike."""
    listener, address = manager

    tell(ServiceManager(address, None))

    assert listener.recv(4096).decode() == expected


def test_a_status_is_one_printable_line(manager: tuple[socket.socket, str]) -> None:
    """A photo's name in the status can forge no second message, and bytes that are no UTF-8 do not matter."""
    listener, address = manager

    ServiceManager(address, None).status("on x\nSTOPPING=1\udcff.jpg")

    assert listener.recv(4096).decode() == "STATUS=on x\\nSTOPPING=1\\udcff.jpg"


def test_nothing_is_left_for_children() -> None:
    """The variables are taken out of the environment: a hook cannot end the service in our name."""
    environ = {
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "PATH": "/bin",
    }

    manager = ServiceManager.from_environ(environ)

    assert environ == {"PATH": "/bin"}
    assert manager.watchdog_seconds == 30.0
    assert manager.is_there


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "vsock:2:1234", "WATCHDOG_USEC": "30000000"},
    ],
)
def test_a_watchdog_that_is_not_ours_is_not_fed(environ: dict[str, str]) -> None:
    """Without a watchdog, or with another process's, there is nothing to feed."""
    assert ServiceManager.from_environ(environ).watchdog_seconds is None


@pytest.mark.parametrize(
    "address", ["", "/nowhere/notify", "@nobody-listens-here", "vsock:2:1", "/" + 200 * "x"]
)
def test_nobody_listening_disturbs_nothing(address: str) -> None:
    """Without a manager, or with one that is gone, everything goes on."""
    manager = ServiceManager(address, None)

    manager.ready()
    manager.status("still here")

    assert manager.is_there == address.startswith(("/", "@"))


def test_a_manager_that_reads_nothing_holds_up_nobody(tmp_path: Path) -> None:
    """When its queue is full a message is let go after a moment."""
    address = str(tmp_path / "notify")
    program = (
        "import sys; from retouchd.adapters.servicemanager import ServiceManager as M\n"
        "m = M(sys.argv[1], None)\n"
        "import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.setblocking(False)\n"
        "try:\n    while True: s.sendto(b'x', sys.argv[1])\n"
        "except BlockingIOError: pass\n"
        "m.ready(); print('went on')"
    )
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(address)

        done = subprocess.run(
            [sys.executable, "-c", program, address], capture_output=True, text=True, timeout=20, check=True
        )

    assert done.stdout == "went on\n"
