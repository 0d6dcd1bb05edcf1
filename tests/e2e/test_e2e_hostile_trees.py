"""Trees of folders in an inbox that nobody makes who means well."""

import os
import subprocess
from pathlib import Path

from answers import good
from invariants import check_all
from workshop import OpenShop, picture

from servers import ScriptedServer

# Deeper than Python lets a function call itself, and watchdog goes down a tree like that.
LEVELS = 1100


def dig(top: Path, name: str, levels: int) -> None:
    """Make folders in each other, and a photo with its prompt in the deepest; no path would be that long."""
    folder = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    for file, content in (("deep.txt", b"make it evening"), ("deep.jpg", picture(7))):
        made = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=folder)
        os.write(made, content)
        os.close(made)
    os.close(folder)


def clear(*trees: Path) -> None:
    """Take trees away again; Python's own ways would not come to their end."""
    subprocess.run(["rm", "-rf", *trees], check=True)


def test_i11_a_thousand_folders_in_each_other_stop_nobody(open_shop: OpenShop) -> None:
    """I11: what lies too deep is not entered and says why; the rest is done, by looking again and again."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        dig(shop.inbox, "d", LEVELS)
        dig(shop.inbox, "n" * 255, 40)
        with shop.running() as daemon:
            shop.drop("good.jpg", picture(1), "make it evening")
            daemon.wait_for("job.done", source="good.jpg")
            (watch,) = daemon.told("watch.started")
            troubles = [line["detail"] for line in daemon.told("inbox.troubled")]
        deep = shop.type("explain", str(shop.inbox / "/".join("d" * LEVELS) / "deep.jpg"))
        long = shop.type("explain", str(shop.inbox / "/".join(["n" * 255] * 40) / "deep.jpg"))
        clear(shop.inbox / "d", shop.inbox / ("n" * 255))

    # A newer Python goes down trees without calling itself.
    assert watch["mode"] == "events" or "too many folders in each other for events" in watch["why"]
    assert len([one for one in troubles if "lies too deep" in one]) >= 2
    assert "lies too deep in the inbox" in deep
    assert "lies too deep in the inbox" in long
    assert len(server.requests) == 1
    check_all(shop)


def test_i11_a_deep_tree_that_is_moved_in_stops_nobody(open_shop: OpenShop) -> None:
    """I11: a watch that dies of a tree is noticed, and what is dropped meanwhile is done."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__rescan_seconds=2)
        (shop.root / "tree").mkdir()
        dig(shop.root / "tree", "d", LEVELS)
        with shop.running() as daemon:
            (shop.root / "tree").rename(shop.inbox / "tree")
            daemon.wait_for("inbox.troubled")
            shop.drop("good.jpg", picture(1), "make it evening")
            daemon.wait_for("job.done", source="good.jpg")
        clear(shop.inbox / "tree")

    assert len(server.requests) == 1
    check_all(shop)
