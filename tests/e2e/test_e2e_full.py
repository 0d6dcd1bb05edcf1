"""A disk that is full when an answer arrives: a small file system of its own, which root can mount."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import answer_body, good
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, picture

from servers import ScriptedServer, reply_bytes
from waiting import eventually


@pytest.fixture
def small_state(tmp_path: Path) -> Iterator[Path]:
    """Mount 48 MB where a workshop has its state."""
    state = tmp_path / "state"
    state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(state)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small file system")
    yield state
    subprocess.run(["umount", "--lazy", str(state)], check=True)


def fill(place: Path) -> Path:
    """Leave no room."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (bytes(1 << 20), bytes(1 << 12), b"\0"):
            try:
                while True:
                    file.write(piece)
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize(("padding", "end"), [("", "done"), ("x" * 200_000, "unknown_outcome")])
def test_i7_a_disk_that_is_full_when_the_answer_comes_pays_nothing_twice(
    open_shop: OpenShop, small_state: Path, padding: str, end: str
) -> None:
    """I5, I7, I8: an answer that still fits is delivered by the next start, else you decide."""
    gate = Gate(reply_bytes(200, answer_body(padding=padding)))
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start()
        assert eventually(lambda: server.requests and server.requests[0].complete)
        ballast = fill(small_state)
        shop.drop("other.jpg", picture(2), "make it morning")
        gate.open()
        assert eventually(lambda: daemon.told("job.held") or daemon.process.poll() is not None)
        assert len(server.requests) == 1
        ended = daemon.wait() if daemon.process.poll() is not None else daemon.stop()
        assert "Traceback" not in ended.text
        ballast.unlink()

        shop.until_idle()

    assert sorted(shop.states()) == ["done", end]
    assert len(server.requests) == 2
    check_all(shop)
    check_asked_once(server.requests)


def test_nothing_is_paid_without_room_for_the_answer(open_shop: OpenShop, small_state: Path) -> None:
    """Before anything is paid there must be room; the pause says how much, and ends by itself."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        ballast = fill(small_state)
        with ballast.open("r+b") as file:
            file.truncate(ballast.stat().st_size - (4 << 20))
        shop.drop("beach.jpg", picture(1), "make it evening")
        with shop.running() as daemon:
            told = daemon.wait_for("pause.began", reason="disk_full")
            assert "must be before paying" in told["detail"]
            assert not server.requests
            ballast.unlink()
        assert shop.until_idle().code == 0

    assert shop.states() == ["done"]
    assert len(server.requests) == 1
