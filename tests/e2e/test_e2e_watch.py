"""How a real daemon watches where the system sets limits: nothing is missed, and it is said why."""

import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from answers import good
from workshop import OpenShop, picture

from servers import ScriptedServer
from waiting import eventually

WATCHDOG = int(version("watchdog").partition(".")[0])
WOUNDED = [sys.executable, str(Path(__file__).with_name("wounded_run.py"))]
_LIMITED = ["unshare", "--user", "--map-root-user"]

needs_namespaces = pytest.mark.skipif(
    subprocess.run([*_LIMITED, "true"], capture_output=True, check=False).returncode != 0,
    reason="the system lets nobody make a user namespace",
)


def limited(limit: str, number: int) -> list[str]:
    """Give what is put before a command so that one of inotify's limits is that low for it alone."""
    script = f'echo {number} > /proc/sys/user/{limit} && exec "$@"'
    return [*_LIMITED, "sh", "-c", script, "sh"]


@needs_namespaces
def test_more_folders_than_may_be_watched(open_shop: OpenShop) -> None:
    """Where a sub-folder cannot be watched all is polled; log and explain name the setting to raise."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__poll_seconds=0.1, watch__rescan_seconds=600)
        for number in range(6):
            (shop.inbox / str(number)).mkdir()
        shop.before = limited("max_inotify_watches", 4)
        with shop.running() as daemon:
            shop.drop("5/beach.jpg", picture(1), "make it evening")
            daemon.wait_for("job.done")
            told = daemon.told("watch.started")
            explained = shop.type("explain", "inbox")

    assert [line["mode"] for line in told] == ["polling"]
    assert "fs.inotify.max_user_watches" in told[0]["why"]
    assert "fs.inotify.max_user_watches" in explained.replace("\n", "")
    assert "is watched by events" in " ".join(shop.type("explain", "inbox").split())


@needs_namespaces
def test_a_limit_that_is_met_later(open_shop: OpenShop) -> None:
    """A folder that can be watched no more while the daemon runs makes it poll, so that nothing is missed."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__poll_seconds=0.1, watch__rescan_seconds=600)
        shop.before = limited("max_inotify_watches", 4)
        with shop.running() as daemon:
            for number in range(6):
                (shop.inbox / str(number)).mkdir()
            daemon.wait_for("watch.started", mode="polling")
            shop.drop("5/beach.jpg", picture(1), "make it evening")
            daemon.wait_for("job.done")
            modes = [line["mode"] for line in daemon.told("watch.started")]

    assert modes == ["events", "polling"]


@needs_namespaces
def test_no_instance_to_watch_with(open_shop: OpenShop) -> None:
    """Where no more programs may watch the inbox is polled, and the setting to raise is named."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    shop.before = limited("max_inotify_instances", 0)
    with shop.running() as daemon:
        (told,) = daemon.told("watch.started")

    assert told["mode"] == "polling"
    assert "fs.inotify.max_user_instances" in told["why"]


@pytest.mark.skipif(WATCHDOG < 7, reason="watchdog 6 tells nobody of dropped events")
def test_events_that_the_kernel_drops(open_shop: OpenShop) -> None:
    """A photo whose events were dropped, since too many came at once, is found all the same."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip("the kernel drops nothing on this system")
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__rescan_seconds=600)
        noise, quiet = shop.inbox / "noise", shop.inbox / "quiet"
        noise.mkdir()
        quiet.mkdir()
        with shop.running() as daemon:
            daemon.process.send_signal(signal.SIGSTOP)
            # Each is created, closed and deleted.
            for number in range(limit // 3 + 100):
                path = noise / f"{number}.tmp"
                path.touch()
                path.unlink()
            shop.drop("quiet/beach.jpg", picture(1), "make it evening")
            daemon.process.send_signal(signal.SIGCONT)

            daemon.wait_for("job.done")

            assert eventually(lambda: shop.outputs() == ["quiet/beach.jpg"])


def test_a_thread_of_watchdogs_that_dies(open_shop: OpenShop) -> None:
    """When the reader of events dies of a defect it is logged, and the next photo is heard all the same."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__rescan_seconds=600)
        shop.before, shop.environ["PYTHONPATH"] = WOUNDED, str(Path(__file__).parents[1])
        with shop.running() as daemon:
            (shop.place / "wound").write_text("InotifyFD" if WATCHDOG > 6 else "InotifyBuffer")
            assert eventually(lambda: wake(shop.inbox) and daemon.told("thread.crashed"))

            shop.drop("beach.jpg", picture(1), "make it evening")

            daemon.wait_for("job.done")
            assert "ZeroDivisionError" in daemon.told("thread.crashed")[0]["exception"]


def test_who_works_beside_the_engine_and_dies(open_shop: OpenShop) -> None:
    """When the thread of the status file dies of a defect it is told, and photos are edited all the same."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.before, shop.environ["PYTHONPATH"] = WOUNDED, str(Path(__file__).parents[1])
        with shop.running() as daemon:
            (shop.place / "wound").write_text("companion-status")
            daemon.wait_for("thread.crashed", thread="companion-status")

            shop.drop("beach.jpg", picture(1), "make it evening")

            daemon.wait_for("job.done")


def test_a_scanner_that_dies(open_shop: OpenShop) -> None:
    """A daemon whose scanner dies of a defect does not go on blind: it ends, and says why."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    shop.before, shop.environ["PYTHONPATH"] = WOUNDED, str(Path(__file__).parents[1])
    daemon = shop.start()
    daemon.wait_for("watch.started")
    (shop.place / "wound").write_text("scanner")

    ended = daemon.wait()

    assert ended.code not in {0, -9}
    assert ended.told("thread.crashed", thread="scanner")
    assert "ended unexpectedly" in ended.text


def wake(inbox: Path) -> bool:
    """Have an event told that marks nothing."""
    (inbox / ".nothing").touch()
    return True
