"""What is measured of disks, above all of those that do not answer."""

import threading
from pathlib import Path

import pytest

from fuse_share import Share, can_mount
from retouchd.metrics.disks import RoomWatch, StateSizes
from retouchd.settings import Places
from waiting import eventually


def rooms() -> list[threading.Thread]:
    """Give the threads that measure."""
    return [one for one in threading.enumerate() if one.name == "companion-metrics-room"]


def are_hanging(threads: list[threading.Thread]) -> bool:
    """Say whether threads wait in the kernel for a share."""
    places = [Path(f"/proc/self/task/{one.native_id}/wchan").read_text() for one in threads]
    return bool(places) and all("fuse" in place or "request_wait" in place for place in places)


def test_a_disk_that_is_gone_has_no_room(tmp_path: Path) -> None:
    """A folder that is missing is no defect: nothing is told of it."""
    room = RoomWatch(tmp_path / "gone")
    room.start()
    room.finish()

    assert room.free() is None
    assert rooms() == []


@pytest.mark.skipif(not can_mount(), reason="only root can mount, and FUSE is needed")
def test_a_dead_share_holds_up_nobody_who_asks(tmp_path: Path) -> None:
    """While the share does not answer there is no figure, at once; the end comes; later there is one."""
    point, far = tmp_path / "point", tmp_path / "far"
    point.mkdir()
    far.mkdir()
    with Share(point, far) as share:
        share.block()
        room = RoomWatch(point)
        room.start()
        assert eventually(lambda: are_hanging(rooms()))
        assert room.free() is None
        room.finish()
        assert are_hanging(rooms())

        share.unblock()
        assert eventually(lambda: not rooms())
        again = RoomWatch(point)
        again.start()
        assert eventually(again.free)
        again.finish()


def test_a_state_folder_that_is_gone_has_no_sizes(tmp_path: Path) -> None:
    """Where nothing can be read nothing is told; what was measured once is told for a while."""
    state = tmp_path / "state"
    places = Places(inbox=tmp_path, outbox=tmp_path, done=tmp_path, failed=tmp_path, state=state)
    sizes = StateSizes(places)
    assert sizes.sizes() is None
    (state / "spool").mkdir(parents=True)
    (state / "spool" / "1.answer").write_bytes(b"12345")
    (state / "spool" / "gone.answer").symlink_to("nowhere")
    places.journal.write_bytes(b"123")

    measured = sizes.sizes()
    places.journal.write_bytes(b"1234567")

    assert measured is not None
    assert (measured.spool_bytes, measured.journal_bytes) == (5, 3)
    assert sizes.sizes() is measured
