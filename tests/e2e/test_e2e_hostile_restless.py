"""Files that never come to rest, and files that cannot be read or moved: the others go on (I11)."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from answers import good
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture, place_file

from servers import ScriptedServer
from waiting import eventually


@contextmanager
def again_and_again(pause_seconds: float, *acts: Callable[[int], object]) -> Iterator[None]:
    """Do things for as long as the context lasts, each time with another number."""
    is_over = threading.Event()

    def work() -> None:
        number = 0
        while not is_over.wait(pause_seconds):
            number += 1
            for act in acts:
                act(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_i11_what_never_rests_waits_alone(open_shop: OpenShop) -> None:
    """I11: a preset, prompt and photo that change for ever keep back their own photos alone."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__settle_seconds=0.5)
        presets = [shop.inbox / "presets" / name / "_preset.toml" for name in (".", "a", "b")]
        for number, preset in enumerate(presets):
            shop.drop(
                str(preset.parent.relative_to(shop.inbox) / "x.jpg"), picture(number), "make it evening"
            )
        shop.drop("prompt.jpg", picture(10), "make it evening")
        shop.drop("growing.jpg", picture(11), "make it evening")
        acts = [
            lambda number: [place_file(one, f'prompt_prefix = "{number}"\n'.encode()) for one in presets],
            lambda number: place_file(shop.inbox / "prompt.txt", f"make it {number}".encode()),
            lambda number: os.truncate(shop.inbox / "growing.jpg", number * 1_000_000),
        ]
        with shop.running() as daemon:
            with again_and_again(0.1, *acts):
                for number in range(3):
                    shop.drop(f"good/{number}.jpg", picture(20 + number), f"make it day {number}")
                    daemon.wait_for("job.done", source=f"good/{number}.jpg")
                told = [shop.type("explain", name) for name in ("presets/x.jpg", "prompt.jpg", "growing.jpg")]
                assert len(server.requests) == 3
            for name in ("presets/x.jpg", "presets/a/x.jpg", "presets/b/x.jpg", "prompt.jpg"):
                daemon.wait_for("job.done", source=name)

    assert all("is still arriving" in one for one in told), told
    check_asked_once(server.requests)


def make_unreadable(shop: Workshop) -> None:
    """Take away the right to read a photo, a prompt and a folder."""
    for name in ("photo.jpg", "prompt.txt", "folder"):
        (shop.inbox / name).chmod(0)


def is_told(shop: Workshop, name: str) -> bool:
    """Say whether a photo's explanation tells that something may not be read."""
    return "permission denied" in shop.type("explain", name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a daemon as somebody else")
def test_i11_what_cannot_be_read_is_told() -> None:
    """I11: files and folders without permissions stop nobody, are told with the reason, and done later."""
    settings = {"watch.rescan_seconds": 1}
    nobody = pwd.getpwnam("nobody")
    place = Path(tempfile.mkdtemp(prefix="retouchd-test-", dir="/tmp"))
    try:
        with ScriptedServer(good()) as server, Workshop(place, f"{server.url}/api/v1", settings) as shop:
            for number, name in enumerate(["photo.jpg", "prompt.jpg", "folder/x.jpg", "good.jpg"]):
                shop.drop(name, picture(number), "make it evening")
            subprocess.run(["chown", "-R", "nobody", place], check=True)
            make_unreadable(shop)
            shop.before = [
                "setpriv",
                f"--reuid={nobody.pw_uid}",
                f"--regid={nobody.pw_gid}",
                "--clear-groups",
            ]
            with shop.running() as daemon:
                daemon.wait_for("job.done", source="good.jpg")
                for name in ("photo.jpg", "prompt.jpg"):
                    assert eventually(partial(is_told, shop, name)), name
                assert "permission denied" in daemon.wait_for("inbox.troubled")["detail"]
                subprocess.run(["chmod", "-R", "u+rwX", shop.inbox], check=True)
                for name in ("photo.jpg", "prompt.jpg", "folder/x.jpg"):
                    daemon.wait_for("job.done", 60, source=name)
            check_asked_once(server.requests)
            check_all(shop)
    finally:
        shutil.rmtree(place)
