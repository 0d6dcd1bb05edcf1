"""Links and taken names, in an inbox and wherever the daemon writes: nothing outside is touched (I10)."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from answers import good
from canary import SECRET, Canary
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture, place_file

from servers import ScriptedServer
from waiting import eventually


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    """A folder outside."""
    with Canary(tmp_path / "outside") as one:
        yield one


def make_socket(path: Path) -> None:
    """Make a socket, whose name would be too long as a whole path."""
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


LINKED = {
    "a.jpg": "a.txt is no file, but a link",
    "b.jpg": "b.txt is no file, but a link",
    "c.jpg": "c.txt is no file, but a link",
    "d/x.jpg": "_preset.toml is no file, but a link",
    "e/x.jpg": "_prompt.txt is no file, but a link",
    "f.jpg": "f.mask.png is no file, but a link",
    "g.jpg": "waits for out/secret.jpg, which it is to be sent with",
    "h.jpg": "waits for here.png, which it is to be sent with",
    "i.job/1.jpg": "2.jpg is no file, but a link",
    "link.jpg": "link.jpg is no file, but a link",
    "link.job": "link.job is no file, but a link",
}


def explains(shop: Workshop, name: str, why: str) -> bool:
    """Say whether that is told of a photo."""
    return why in shop.type("explain", str(shop.inbox / name))


def test_i10_no_name_in_the_inbox_leads_out(open_shop: OpenShop, canary: Canary) -> None:
    """I10: links, pipes and sockets in any part of a wish are never followed, nor is it paid for without."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", sidecars__folder_prompt_wait_seconds=0.1)
        inbox = shop.inbox
        for number, name in enumerate(["a", "b", "c", "d/x", "e/x", "f", "g", "h", "i.job/1"]):
            shop.drop(f"{name}.jpg", picture(number))
        (inbox / "a.txt").symlink_to(canary.text)
        os.mkfifo(inbox / "b.txt")
        make_socket(inbox / "c.txt")
        (inbox / "d/x.txt").write_text("make it evening")
        (inbox / "d/_preset.toml").symlink_to(canary.place / "_preset.toml")
        (inbox / "e/_prompt.txt").symlink_to(canary.text)
        (inbox / "f.txt").write_text("make it evening")
        (inbox / "f.mask.png").symlink_to(canary.place / "mask.png")
        (inbox / "out").symlink_to(canary.place)
        (inbox / "g.toml").write_text('prompt = "x"\nreferences = ["out/secret.jpg"]\n')
        (inbox / "h.toml").write_text('prompt = "x"\nmask = "here.png"\n')
        (inbox / "here.png").symlink_to(canary.place / "mask.png")
        (inbox / "i.job/prompt.txt").write_text("make it evening")
        (inbox / "i.job/2.jpg").symlink_to(canary.photo)
        (inbox / "link.jpg").symlink_to(canary.photo)
        (inbox / "link.job").symlink_to(canary.place)
        with shop.running() as daemon:
            shop.drop("good/x.jpg", picture(60), "make it evening")
            daemon.wait_for("job.done", source="good/x.jpg")
            # While one is being looked at once more that is told in its place.
            untold = [
                name for name, why in LINKED.items() if not eventually(partial(explains, shop, name, why))
            ]
            (inbox / "f.mask.png").unlink()
            daemon.wait_for("job.done", source="f.jpg")

    assert canary.touched() == []
    assert untold == []
    assert len(server.requests) == 2
    assert all(SECRET not in request.body for request in server.requests)
    check_all(shop)


def test_i10_hard_links_lose_their_name_in_the_inbox_alone(open_shop: OpenShop, canary: Canary) -> None:
    """I10: a file that has a name outside too is sent and filed, and only its name in the inbox goes."""
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in canary.place.iterdir()}
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", output__file_mode="0640")
        os.link(canary.text, shop.inbox / "beach.txt")
        os.link(canary.photo, shop.inbox / "beach.jpg")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert {path: (path.read_bytes(), path.stat().st_mode) for path in canary.place.iterdir()} == before
    assert not (shop.inbox / "beach.jpg").exists()
    check_all(shop)


@contextmanager
def swapping(*swaps: Callable[[], None]) -> Iterator[None]:
    """Do these things one after the other, again and again, as fast as it goes."""
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.wait(0.001):
            for one in swaps:
                with suppress(OSError):
                    one()

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


class Swaps:
    """What a stranger swaps in an inbox, as fast as it goes: files for links, and a folder for a link."""

    def __init__(self, inbox: Path, aside: Path, canary: Canary) -> None:
        self._inbox, self._aside, self._canary = inbox, aside, canary
        aside.mkdir()
        (aside / "link").symlink_to(canary.place)

    def put_files(self) -> None:
        """Put a photo and its prompt there."""
        place_file(self._inbox / "swapped.jpg", picture(50))
        place_file(self._inbox / "swapped.txt", b"make it evening")

    def put_links(self) -> None:
        """Put links in the place of both."""
        for target, name in ((self._canary.photo, "swapped.jpg"), (self._canary.text, "swapped.txt")):
            (self._aside / name).symlink_to(target)
            (self._aside / name).rename(self._inbox / name)

    def put_folder_aside(self) -> None:
        """Put a link in the place of a folder."""
        (self._inbox / "folder").rename(self._aside / "folder")
        (self._aside / "link").rename(self._inbox / "folder")

    def put_folder_back(self) -> None:
        """Put the folder back."""
        (self._inbox / "folder").rename(self._aside / "link")
        (self._aside / "folder").rename(self._inbox / "folder")


@pytest.mark.parametrize("mode", ["polling", "events"])
def test_i10_swaps_at_any_moment_lead_nowhere(
    open_shop: OpenShop, canary: Canary, tmp_path: Path, mode: str
) -> None:
    """I10: files and folders that turn into links and back at any moment are never followed (I11)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(
            f"{server.url}/api/v1", watch__settle_seconds=0.01, watch__mode=mode, watch__poll_seconds=0.1
        )
        for number in range(3):
            shop.drop(f"folder/{number}.jpg", picture(number), f"make it {number}")
        swaps = Swaps(shop.inbox, tmp_path / "aside", canary)
        steps = (swaps.put_folder_aside, swaps.put_links, swaps.put_folder_back, swaps.put_files)
        with shop.running() as daemon, swapping(*steps):
            for number in range(3):
                shop.drop(f"good/{number}.jpg", picture(60 + number), f"make it day {number}")
                daemon.wait_for("job.done", source=f"good/{number}.jpg")

    # Watchdog lists a folder that it heard of, whatever has its name by then; it opens no file.
    assert [one for one in canary.touched() if one[0] or mode == "polling"] == []
    assert all(SECRET not in request.body for request in server.requests)
    check_asked_once(server.requests)


def test_i10_taken_names_where_the_daemon_writes(open_shop: OpenShop, canary: Canary) -> None:
    """I10: links and folders with the names of results, originals, notes and temporaries are left alone."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__incomplete_after_minutes=0.001)
        for folder in (shop.outbox, shop.done, shop.failed):
            for name in ("beach.jpg", "beach.jpg.json", "beach.txt", "bad.jpg", "bad.jpg.error.txt"):
                (folder / name).symlink_to(canary.photo)
            (folder / "lake.jpg").mkdir()
            (folder / "way").symlink_to(canary.place)
        (shop.outbox / "_STATUS.txt").symlink_to(canary.text)
        (shop.outbox / ".~_STATUS.txt.status.tmp").symlink_to(canary.text)
        (shop.done / ".~beach.jpg.filing.tmp").symlink_to(canary.photo)
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.drop("lake.jpg", picture(2), "make it evening")
        shop.drop("bad.jpg", b"no picture at all", "make it evening")
        shop.drop("way/x.jpg", picture(3), "make it evening")
        with shop.running() as daemon:
            daemon.wait_for("job.done", source="beach.jpg")
            daemon.wait_for("job.done", source="lake.jpg")
            daemon.wait_for("job.failed")
            daemon.wait_for("job.postponed")
            told = shop.type("explain", str(shop.inbox / "way/x.jpg"))

    assert canary.touched() == []
    assert (shop.outbox / "beach-2.jpg").exists()
    assert "it is a link" in told
    assert len(server.requests) == 3
    check_asked_once(server.requests)


def test_i10_a_mark_that_is_something_else_stops_all_sending(open_shop: OpenShop, canary: Canary) -> None:
    """I10: a link, a pipe or 20 GB in the mark's place are no mark: nothing is sent until it is back."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        mark = shop.inbox / ".retouchd-root"
        content = mark.read_bytes()
        (canary.place / "mark").write_bytes(content)
        canary.touched()
        makers = [
            lambda: mark.symlink_to(canary.place / "mark"),
            lambda: os.mkfifo(mark),
            lambda: (mark.touch(), os.truncate(mark, 20 * 10**9)),
        ]
        with shop.running() as daemon:
            for number, make in enumerate(makers):
                mark.unlink()
                make()
                assert eventually(lambda: shop.pauses() == ["folder_missing"])
                shop.drop(f"{number}.jpg", picture(number), f"make it {number}")
                assert len(server.requests) == number
                mark.unlink()
                place_file(mark, content)
                daemon.wait_for("job.done", source=f"{number}.jpg")

    assert canary.touched() == []
    check_all(shop)
