"""Shares that answer nothing for minutes: whatever hangs in the kernel, the daemon itself goes on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from answers import good
from invariants import check_asked_once
from workshop import OpenShop, Running, Workshop, picture, place_file

from fuse_share import STALL, Share, can_mount
from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually

needs_shares = pytest.mark.skipif(not can_mount(), reason="only root can mount, and FUSE is needed")


@contextmanager
def shared_inbox(shop: Workshop) -> Iterator[Share]:
    """Put the shop's inbox onto a share; what is dropped on its far side is seen in the inbox."""
    far = shop.place / "far"
    shutil.copytree(shop.inbox, far)
    with Share(shop.inbox, far) as share:
        yield share


def hanging(daemon: Running) -> int:
    """Count the threads of a daemon that wait in the kernel for a share."""
    threads = Path(f"/proc/{daemon.process.pid}/task").iterdir()
    return sum("request_wait" in (thread / "wchan").read_text() for thread in threads)


@needs_shares
def test_a_blocked_share_blocks_nobody_else(open_shop: OpenShop) -> None:
    """While scanner and worker hang on a share, the daemon answers, obeys, and ends when it is told to."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        with shared_inbox(shop) as share:
            daemon = shop.start()
            daemon.wait_for("watch.started")
            place_file(share.far / "beach.txt", b"make it evening")
            place_file(share.far / "beach.jpg", picture(1))
            assert eventually(shop.bundles)
            share.block()
            # The scanner, and the worker that looks at the photo once it is quiet.
            assert eventually(lambda: hanging(daemon) >= 2)

            assert shop.status()["daemon"]["running"]
            assert "paused" in shop.command(Verb.PAUSE).lower()
            assert shop.pauses() == ["operator"]
            assert shop.command(Verb.RESUME)
            ended = daemon.stop()

            assert ended.code == 0, ended.text
            assert ended.told("worker.left")
            share.unblock()
            assert shop.until_idle().code == 0
            assert shop.in_folder(share.far) == []
    assert len(server.requests) == 1


@needs_shares
def test_a_photo_that_hangs_holds_up_no_other(open_shop: OpenShop) -> None:
    """A photo whose read does not return keeps one worker; the others are edited meanwhile (I11)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        with shared_inbox(shop) as share, shop.running() as daemon:
            stall = share.far / f"stuck.jpg{STALL}"
            stall.touch()
            for name, seed in (("stuck", 1), ("beach", 2), ("lake", 3)):
                place_file(share.far / f"{name}.txt", b"make it evening")
                place_file(share.far / f"{name}.jpg", picture(seed))

            daemon.wait_for("job.done", source="beach.jpg")
            daemon.wait_for("job.done", source="lake.jpg")

            assert hanging(daemon) >= 1
            assert len(server.requests) == 2
            stall.unlink()
            daemon.wait_for("job.done", source="stuck.jpg")
            assert shop.in_folder(share.far) == []
        assert len(shop.in_folder(shop.done)) == 6
    check_asked_once(server.requests)
