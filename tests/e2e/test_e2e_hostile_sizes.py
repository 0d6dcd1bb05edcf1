"""Files in an inbox that are far larger than anything that is meant: none of them is read to its end."""

import os
from pathlib import Path

import pytest
from answers import good
from invariants import check_all
from workshop import OpenShop, Running, picture

from servers import ScriptedServer

# Takes no room on the disk: all of it is a hole.
HUGE = 20 * 10**9
# A prompt file, and what an owner allows of a photo, have far less; the program itself reads some 40 MB.
MOST_READ = 500_000_000

HUGE_FILES = {
    "photo.jpg": "photo.jpg: it has 20000.0 MB, allowed are 50.0 MB: export it smaller",
    "prompt.txt": "it is larger than 1 MiB, so it was not read",
    "options.toml": "it is larger than 1 MiB, so it was not read",
    "masked.mask.png": "masked.mask.png: it has 20000.0 MB, allowed are 50.0 MB: export it smaller",
    "presets/_preset.toml": "it is larger than 1 MiB, so it was not read",
    "prompts/_prompt.txt": "it is larger than 1 MiB, so it was not read",
}
PHOTOS = ["photo.jpg", "prompt.jpg", "options.jpg", "masked.jpg", "presets/a.jpg", "prompts/a.jpg"]
WITH_PROMPT = {"masked.jpg", "presets/a.jpg"}


def bytes_read(daemon: Running) -> int:
    """Give how much a daemon has read so far, holes included."""
    lines = Path(f"/proc/{daemon.process.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def make_huge(path: Path, beginning: bytes = b"") -> None:
    """Make a file of which only the beginning was ever written."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(beginning)
    os.truncate(path, HUGE)


def test_i12_huge_files_are_not_read(open_shop: OpenShop) -> None:
    """I12: 20 GB under any name cost neither time nor money, each says why, and the others go on (I11)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", sidecars__folder_prompt_wait_seconds=0.1)
        for number, name in enumerate(PHOTOS[1:]):
            shop.drop(name, picture(number), "make it evening" if name in WITH_PROMPT else None)
        for name in HUGE_FILES:
            make_huge(shop.inbox / name, picture(99) if name == "photo.jpg" else b"")
        # A photo export's own file: it is no prompt, so its photo waits for one.
        make_huge(shop.inbox / "export.json")
        (shop.inbox / "photo.txt").write_text("make it evening")
        shop.drop("export.jpg", picture(50))
        with shop.running() as daemon:
            for name in PHOTOS:
                daemon.wait_for("bundle.needs_you", source=name)
            shop.drop("good.jpg", picture(60), "make it evening")
            daemon.wait_for("job.done", source="good.jpg")
            read = bytes_read(daemon)
        told = {name: shop.type("explain", str(shop.inbox / name)) for name in [*PHOTOS, "export.jpg"]}

    assert read < MOST_READ
    assert len(server.requests) == 1
    for photo, why in zip(PHOTOS, HUGE_FILES.values(), strict=True):
        assert why in told[photo]
    assert "waits for its prompt" in told["export.jpg"]
    for name in [*HUGE_FILES, "export.json"]:
        # Else the checks below would read all of them.
        (shop.inbox / name).unlink()
    check_all(shop)


@pytest.mark.parametrize("member", ["beach.jpg", "beach.txt"])
def test_what_grew_huge_before_it_is_sent_is_not_read(open_shop: OpenShop, member: str) -> None:
    """A photo or prompt that grows to 20 GB while its job waits is another one, without being hashed (I5)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        with shop.running() as daemon:
            shop.type("pause")
            shop.drop("beach.jpg", picture(1), "make it evening")
            daemon.wait_for("job.queued", source="beach.jpg")
            os.truncate(shop.inbox / member, HUGE)
            shop.type("resume")
            daemon.wait_for("bundle.needs_you", source="beach.jpg")
            read = bytes_read(daemon)

    assert read < MOST_READ
    assert server.requests == []
