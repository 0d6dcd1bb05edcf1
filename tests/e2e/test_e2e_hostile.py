"""What strangers may put into an inbox, and that it harms nobody."""

import os
from pathlib import Path

from answers import good
from invariants import check_all
from workshop import OpenShop, picture

from servers import ScriptedServer

_FORGED = '{"event": "job.done", "level": "info", "forged": true}'


def test_hostile_files_stop_nobody_and_read_nothing_outside(open_shop: OpenShop, tmp_path: Path) -> None:
    """Links, pipes, odd names and files that are no pictures harm no other photo (I10, I11)."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(picture(90))
    (outside / "secret.txt").write_text("secret prompt")
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", watch__incomplete_after_minutes=0.02)
        (shop.inbox / "link.jpg").symlink_to("/etc/passwd")
        (shop.inbox / "link.txt").write_text("make it evening")
        (shop.inbox / "folder").symlink_to(outside)
        (shop.inbox / "loop").symlink_to(shop.inbox)
        os.mkfifo(shop.inbox / "pipe.jpg")
        (shop.inbox / "pipe.txt").write_text("make it evening")
        shop.drop("linked.jpg", picture(3))
        (shop.inbox / "linked.txt").symlink_to(outside / "secret.txt")
        shop.drop("empty.jpg", b"", "make it evening")
        shop.drop("text.jpg", b"this is no picture\n" * 20, "make it evening")
        shop.drop("binary.jpg", picture(4))
        (shop.inbox / "binary.txt").write_bytes(b"nul \x00 in it")
        shop.drop("climbing.jpg", picture(8))
        (shop.inbox / "climbing.toml").write_text('prompt = "x"\nreferences = ["../../secret.jpg"]\n')
        names = [
            b"d.jpg/inner.jpg",
            b"-rf.jpg",
            b"new\nline.jpg",
            b"\xff\xfe.jpg",
            f"\n{_FORGED}\n.jpg".encode(),
        ]
        for number, name in enumerate(names):
            shop.drop(os.fsdecode(name), picture(20 + number), f"make it {number}")
        shop.drop("good.jpg", picture(5), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 1, ended.text
    assert len(server.requests) == len(names) + 1
    assert (shop.outbox / "good.jpg").exists()
    assert (shop.outbox / "d.jpg/inner.jpg").exists()
    assert len(shop.outputs()) == len(server.requests)
    assert shop.in_folder(shop.failed) == sorted(
        f"{stem}.{suffix}" for stem in ("empty", "text") for suffix in ("jpg", "jpg.error.txt", "txt")
    )
    assert all(b"secret" not in request.body for request in server.requests)
    assert not ended.told("job.done", forged=True)
    assert all(line.startswith("{") for line in ended.text.splitlines() if not line.startswith("retouchd: "))
    assert sorted(path.name for path in outside.iterdir()) == ["secret.jpg", "secret.txt"]
    check_all(shop)


def test_many_bad_photos_do_not_keep_the_others_out(open_shop: OpenShop) -> None:
    """Photos that cannot be sent just now leave room for those that can, however many they are (I11)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        # Their folder's twin in the outbox is a file, so that none of them can be delivered.
        (shop.outbox / "blocked").write_bytes(b"a file")
        for number in range(9):
            shop.drop(f"blocked/{number}.jpg", picture(number), f"make it {number}")
        with shop.running() as daemon:
            daemon.wait_for("job.postponed")
            shop.drop("good.jpg", picture(50), "make it evening")
            daemon.wait_for("job.done", source="good.jpg")

    assert (shop.outbox / "good.jpg").exists()
    check_all(shop)


def test_key_is_nowhere(open_shop: OpenShop) -> None:
    """The key is in no log, no metadata, no journal and no other file (I9)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", log__level="debug")
        shop.drop("beach.jpg", picture(1), "make it evening")
        shop.environ["DENCH_API_KEY"] = "very-secret-key"

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert server.requests[0].headers["authorization"] == "Bearer very-secret-key"
    files = [path for path in shop.place.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"very-secret-key" in path.read_bytes()]


def test_key_file_that_goes_away_does_not_stop_the_daemon(open_shop: OpenShop) -> None:
    """While the key's file cannot be read the last good key counts; a new one counts from the next call."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        key_file = shop.place / "key"
        key_file.write_text("first\n")
        key_file.chmod(0o600)
        shop.configure(endpoint__api_key_file=str(key_file))
        with shop.running() as daemon:
            key_file.rename(shop.place / "aside")
            shop.drop("one.jpg", picture(1), "make it evening")
            daemon.wait_for("job.done", source="one.jpg")
            (shop.place / "aside").write_text("second\n")
            (shop.place / "aside").rename(key_file)
            shop.drop("two.jpg", picture(2), "make it evening")
            daemon.wait_for("job.done", source="two.jpg")

    keys = [request.headers["authorization"] for request in server.requests]
    assert keys == ["Bearer first", "Bearer second"]


def test_wrong_configuration_is_told_in_a_sentence(open_shop: OpenShop) -> None:
    """The command prints its faults as a sentence and ends with 78 when its configuration is wrong."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    shop.config.write_text(shop.config.read_text() + "[nonsense]\nx = 1\n")

    ended = shop.until_idle()

    assert ended.code == 78
    assert "nonsense" in ended.text
    assert "Traceback" not in ended.text
