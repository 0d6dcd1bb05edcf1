"""Folders that fill up, become read-only or go away while a real daemon works in them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from answers import good, good_reply
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, picture

from retouchd.adapters.marks import MARK_NAME
from servers import ScriptedServer
from waiting import eventually

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@contextmanager
def mounted(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system in memory."""
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "retouchd-test", str(place)], check=True
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    """Change a mounted file system."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def fill(folder: Path) -> Path:
    """Fill a file system up to its last byte."""
    filler = folder / "filler.bin"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while True:
            os.write(descriptor, bytes(4096))
    os.close(descriptor)
    return filler


@needs_root
def test_full_outbox_pauses_before_anything_is_paid(open_shop: OpenShop, tmp_path: Path) -> None:
    """Where the result would find no room nothing is sent; with room it goes on (I5)."""
    with ScriptedServer(good()) as server, mounted(tmp_path / "small", 4) as small:
        shop = open_shop(f"{server.url}/api/v1", folders__outbox=str(small))
        shop.drop("beach.jpg", picture(1), "make it evening")

        paused = shop.until_idle()

        assert paused.code == 4, paused.text
        assert shop.pauses() == ["disk_full"]
        assert server.requests == []
        remount(small, "size=64m")
        assert shop.until_idle().code == 0
        assert shop.outputs() == ["beach.jpg"]
        check_all(shop)


@needs_root
def test_answer_that_finds_no_room_is_kept(open_shop: OpenShop, tmp_path: Path) -> None:
    """A disk that fills during the call keeps the answer in the spool; it is delivered later (I3, I7)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server, mounted(tmp_path / "small", 16) as small:
        shop = open_shop(f"{server.url}/api/v1", folders__outbox=str(small))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests and server.requests[0].complete)
            filler = fill(small)
            gate.open()
            daemon.wait_for("pause.began", reason="disk_full")
            assert shop.outputs() == []
            check_all(shop)
        assert shop.states() == ["received"]
        filler.unlink()

        ended = shop.until_idle()

        assert ended.code == 0, ended.text
        assert shop.outputs() == ["beach.jpg"]
        assert len(server.requests) == 1
        check_all(shop)
        check_asked_once(server.requests)


@needs_root
def test_read_only_outbox_pauses_and_recovers(open_shop: OpenShop, tmp_path: Path) -> None:
    """While the outbox is read-only nothing is sent; when it can be written again work goes on by itself."""
    with ScriptedServer(good()) as server, mounted(tmp_path / "small", 64) as small:
        shop = open_shop(f"{server.url}/api/v1", folders__outbox=str(small))
        with shop.running() as daemon:
            remount(small, "ro")
            daemon.wait_for("pause.began", reason="folder_missing")
            shop.drop("beach.jpg", picture(1), "make it evening")
            daemon.wait_for("job.queued")
            assert server.requests == []

            remount(small, "rw")

            daemon.wait_for("job.done")
        assert shop.pauses() == []
        check_all(shop)


@needs_root
def test_outbox_that_turns_read_only_during_a_call(open_shop: OpenShop, tmp_path: Path) -> None:
    """An answer that cannot be put into the outbox is delivered when it can be written again (I7)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server, mounted(tmp_path / "small", 64) as small:
        shop = open_shop(f"{server.url}/api/v1", folders__outbox=str(small))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests and server.requests[0].complete)
            remount(small, "ro")
            daemon.wait_for("pause.began", reason="folder_missing")
            gate.open()
            daemon.wait_for("job.postponed", state="received")

            remount(small, "rw")

            daemon.wait_for("job.done")
        assert len(server.requests) == 1
        check_all(shop)


def test_inbox_that_goes_away_and_comes_back(open_shop: OpenShop) -> None:
    """An inbox that is away for a while is no reason to forget or to lose anything (I1)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        away = shop.root / "away"
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            assert eventually(lambda: server.requests and server.requests[0].complete)
            shop.drop("lonely.jpg", picture(2))
            assert eventually(lambda: len(shop.bundles()) == 2)
            shop.inbox.rename(away)
            daemon.wait_for("pause.began", reason="folder_missing")
            gate.open()
            daemon.wait_for("job.delivered")
            daemon.wait_for("bundle.postponed")
            assert not shop.inbox.exists(), "nothing is made in its place"
            assert len(shop.bundles()) == 2

            away.rename(shop.inbox)

            daemon.wait_for("job.done")
            shop.put(shop.inbox / "lonely.txt", b"make it morning")
            assert eventually(lambda: shop.states() == ["done", "done"])
        assert shop.pauses() == []
        assert len(server.requests) == 2
        check_all(shop)


def test_missing_mark_at_the_start_pauses(open_shop: OpenShop) -> None:
    """Without its mark the inbox is not mounted: exit 4 at once, nothing sent; with the mark it goes on."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")
        mark = shop.inbox / MARK_NAME
        mark.rename(shop.place / "mark")

        missing = shop.until_idle()

        assert missing.code == 4, missing.text
        assert shop.pauses() == ["folder_missing"]
        (shop.place / "mark").rename(mark)
        assert shop.until_idle().code == 0
    assert shop.outputs() == ["beach.jpg"]
    check_all(shop)


def test_spool_that_cannot_be_written_sends_nothing(open_shop: OpenShop) -> None:
    """Where no answer could be kept no call is made; one such photo stays where it is (I7)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        with shop.running() as daemon:
            spool = shop.state / "spool"
            spool.rename(shop.state / "away")
            shop.drop("beach.jpg", picture(1), "make it evening")
            daemon.wait_for("job.postponed")
            assert server.requests == []
            (shop.state / "away").rename(spool)

        assert shop.until_idle().code == 0
    assert len(server.requests) == 1
    check_all(shop)
