"""Where threads of this process are is told by the kernel, also for a process that cannot be traced."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuse_share import Share, can_mount
from retouchd.adapters.threads import look_at_thread
from retouchd.core.vigil import Place
from waiting import eventually


@contextmanager
def _thread(work: Callable[[], object], release: Callable[[], object]) -> Iterator[int | None]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield thread.native_id
    finally:
        release()
        thread.join(10)
        assert not thread.is_alive()


def _sleeps(native_id: int | None) -> bool:
    return "State:\tS" in Path(f"/proc/self/task/{native_id}/status").read_text("utf-8")


def _looks(native_id: int | None, count: int) -> set[Place]:
    return {look_at_thread(native_id) for _ in range(count)}


def test_a_lock_is_inside() -> None:
    """Who waits for another thread hangs in our own code."""
    lock = threading.Lock()
    lock.acquire()
    with _thread(lock.acquire, lock.release) as native_id:
        # On its way there a page of the program may still come from the disk.
        assert eventually(lambda: _sleeps(native_id) and _looks(native_id, 50) == {Place.INSIDE})


def test_a_loop_is_inside() -> None:
    """Who computes without an end does too."""
    is_over = threading.Event()

    def spin() -> None:
        while not is_over.is_set():
            pass

    with _thread(spin, is_over.set) as native_id:
        assert _looks(native_id, 60) == {Place.INSIDE}


def test_a_read_that_does_not_return_is_outside() -> None:
    """Who waits in a call of the system does not hang in our own code."""
    reader, writer = os.pipe()
    with _thread(lambda: os.read(reader, 1), lambda: os.close(writer)) as native_id:
        assert eventually(lambda: look_at_thread(native_id) is Place.OUTSIDE)
    os.close(reader)


@pytest.mark.skipif(not can_mount(), reason="needs root and /dev/fuse for a share")
def test_a_dead_share_is_outside(tmp_path: Path) -> None:
    """Who looks at a folder of a share that does not answer waits outside."""
    far, point = tmp_path / "far", tmp_path / "point"
    far.mkdir()
    point.mkdir()
    with Share(point, far) as share:
        share.block()
        with _thread(lambda: os.listdir(point), share.unblock) as native_id:  # noqa: PTH208 - one call
            assert eventually(lambda: look_at_thread(native_id) is Place.OUTSIDE)


def test_a_thread_that_has_ended_is_not_excused() -> None:
    """What is not there waits for no share."""
    assert look_at_thread(None) is Place.INSIDE
