"""The watch over a real inbox: what is chosen for which mount, and that no deaf watch stays unnoticed."""

import ctypes
import errno
import logging
import os
import subprocess
import threading
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from inbox_house import (
    BUSY,
    EVENTS,
    Engine,
    as_nobody,
    mounted,
    needs_mounts,
    needs_root,
    open_place,
    scanning,
    unmount,
)
from watchdog.observers import inotify
from watchdog.observers.inotify import InotifyObserver

from fuse_share import Share
from retouchd.adapters.inbox.cadence import ScanPolicy
from retouchd.core.sightings import ScanFinished, WatchChanged
from retouchd.core.watching import Manner, WatchMode
from waiting import eventually

_libc = ctypes.CDLL(None, use_errno=True)

# No full scan comes to the help of events or polls within a test.
AUTO: Final = ScanPolicy(rescan_seconds=600, poll_seconds=0.05)
TELLS: Final = "the file system tells of changes"
SHARE: Final = "fuse.share does not tell what other machines change"
CONFIGURED: Final = "the configuration says so"
DEAF: Final = "events kept failing to arrive"


def manners(engine: Engine) -> list[tuple[Manner, ...]]:
    """Give what was chosen, one after the other."""
    return [change.manners for change in engine.told(WatchChanged) if isinstance(change, WatchChanged)]


def by_events(folder: Path, why: str = TELLS) -> Manner:
    """Make the manner of what has events."""
    return Manner(folder=PurePosixPath(folder), mode=WatchMode.EVENTS, why=why)


def by_polls(folder: Path, why: str) -> Manner:
    """Make the manner of what is polled."""
    return Manner(folder=PurePosixPath(folder), mode=WatchMode.POLLING, why=why)


def observers() -> list[InotifyObserver]:
    """Give watchdog's observers that run in this process."""
    return [thread for thread in threading.enumerate() if isinstance(thread, InotifyObserver)]


def watches() -> list[tuple[int, int, int]]:
    """Give this process's inotify watches by the kernel's word: descriptor, watch, inode."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            is_inotify = str(link.readlink()) == "anon_inode:inotify"
            lines = Path(f"/proc/self/fdinfo/{link.name}").read_text().splitlines() if is_inotify else []
        except FileNotFoundError:
            continue
        rows = [line.split() for line in lines if line.startswith("inotify ")]
        found += [(int(link.name), int(row[1][3:], 16), int(row[2][4:], 16)) for row in rows]
    return found


def is_watched(folder: Path) -> bool:
    """Say whether the kernel tells this process of changes in a folder."""
    return folder.stat().st_ino in {inode for _, _, inode in watches()}


def test_auto_takes_events_on_a_local_disk(inbox: Path, engine: Engine) -> None:
    """In auto mode a local inbox is watched, and an inbox that is a link is watched where it leads."""
    (inbox.parent / "link").symlink_to("in")
    with scanning(inbox.parent / "link", engine, AUTO):
        (inbox / "a.png").touch()
        told = eventually(lambda: engine.places() == {"a.png"})

    assert told
    assert manners(engine) == [(by_events(inbox),)]


@needs_mounts
def test_an_inbox_on_a_share_is_polled(inbox: Path, engine: Engine) -> None:
    """What another machine puts onto the share that the inbox is on is found without events."""
    far = inbox.parent / "far"
    far.mkdir()
    with Share(inbox, far), scanning(inbox, engine, AUTO):
        (far / "a.png").touch()
        told = eventually(lambda: engine.places() == {"a.png"})
        listeners = watches()

    assert told
    assert manners(engine) == [(by_polls(inbox, SHARE),)]
    assert listeners == []


@needs_mounts
def test_each_mount_below_has_its_own_manner(inbox: Path, engine: Engine) -> None:
    """A share below a local inbox is polled, and all the rest, a local mount too, keeps its events."""
    far = inbox.parent / "far"
    for folder in (far, inbox / "nas", inbox / "usb"):
        folder.mkdir()
    with Share(inbox / "nas", far), mounted(inbox / "usb"), scanning(inbox, engine, AUTO):
        (far / "a.png").touch()
        polled = eventually(lambda: engine.places() == {"nas/a.png"})
        (inbox / "b.png").touch()
        (inbox / "usb" / "c.png").touch()
        heard = eventually(lambda: engine.places() == {"nas/a.png", "b.png", "usb/c.png"})
        (far / "a.png").unlink()
        gone = eventually(lambda: engine.gone() == ["a.png"])

    assert (polled, heard, gone) == (True, True, True)
    assert manners(engine) == [(by_events(inbox), by_polls(inbox / "nas", SHARE))]


@needs_mounts
def test_polls_are_no_proof_that_events_fail(inbox: Path, engine: Engine) -> None:
    """What full scans find on a polled share does not count against the events of the rest."""
    far = inbox.parent / "far"
    for folder in (far, inbox / "nas"):
        folder.mkdir()
    policy = ScanPolicy(rescan_seconds=0.05, poll_seconds=600)
    with Share(inbox / "nas", far), scanning(inbox, engine, policy):
        watching = observers()
        for number in range(2):
            (far / f"{number}.png").touch()
            assert eventually(lambda found=number + 1: len(engine.places()) == found)
            # Longer than it takes until a watch is judged.
            assert not eventually(lambda: observers() != watching, seconds=2)


@needs_mounts
def test_a_mount_that_comes_and_goes_is_taken_into_account(inbox: Path, engine: Engine) -> None:
    """A share that is mounted below later is polled, a disk watched; no photo is gone with them."""
    far = inbox.parent / "far"
    for folder in (far, inbox / "nas", inbox / "usb"):
        folder.mkdir()
    (far / "a.png").touch()
    with scanning(inbox, engine, AUTO):
        with Share(inbox / "nas", far), mounted(inbox / "usb"):
            seen = eventually(lambda: "nas/a.png" in engine.places())
            listens = eventually(lambda: is_watched(inbox / "usb"))
            (far / "b.png").touch()
            (inbox / "usb" / "c.png").touch()
            polled = eventually(lambda: len(engine.places()) == 3)
        unmounted = eventually(lambda: len(manners(engine)) == 3)

    assert (seen, listens, polled, unmounted) == (True, True, True, True)
    assert manners(engine) == [
        (by_events(inbox),),
        (by_events(inbox), by_polls(inbox / "nas", SHARE)),
        (by_events(inbox),),
    ]
    assert engine.gone() == []


@needs_mounts
def test_who_insists_on_events_for_a_share_still_loses_nothing(inbox: Path, engine: Engine) -> None:
    """In events mode a share is watched as configured, and full scans find what no event tells."""
    far = inbox.parent / "far"
    far.mkdir()
    with Share(inbox, far), scanning(inbox, engine, BUSY):
        (far / "a.png").touch()
        found = eventually(lambda: engine.places() == {"a.png"})

    assert found
    assert manners(engine) == [(by_events(inbox, CONFIGURED),)]


@needs_mounts
def test_a_look_that_does_not_end_can_be_seen(inbox: Path, engine: Engine) -> None:
    """While the share that the inbox is on does not answer it can be told for how long."""
    far = inbox.parent / "far"
    far.mkdir()
    with Share(inbox, far) as share, scanning(inbox, engine, AUTO) as scanner:
        share.block()
        hangs = eventually(lambda: scanner.busy_seconds() > 0.5)
        share.unblock()
        goes_on = eventually(lambda: scanner.busy_seconds() == 0)

    assert (hangs, goes_on) == (True, True)


def test_configured_polling_needs_no_reason(inbox: Path, engine: Engine) -> None:
    """In polling mode nothing is watched, wherever the inbox lies."""
    policy = ScanPolicy(mode=WatchMode.POLLING, poll_seconds=0.05)
    with scanning(inbox, engine, policy):
        listeners = watches()

    assert listeners == []
    assert manners(engine) == [(by_polls(inbox, CONFIGURED),)]


def test_a_dead_observer_is_replaced(inbox: Path, engine: Engine) -> None:
    """When watchdog's thread has died a new observer takes over."""
    with scanning(inbox, engine, BUSY):
        (dead,) = observers()
        dead.stop()
        replaced = eventually(lambda: observers() and dead not in observers())
        (inbox / "a.png").touch()
        told = eventually(lambda: engine.places() == {"a.png"})

    assert (replaced, told) == (True, True)
    assert observers() == []


def test_a_deaf_watch_is_replaced(inbox: Path, engine: Engine) -> None:
    """When scans keep finding what no event named, with every thread alive, a new observer takes over."""
    numbers = iter(range(1_000_000))
    with scanning(inbox, engine, BUSY):
        (deaf,) = observers()
        for descriptor, watch, _ in watches():
            assert _libc.inotify_rm_watch(descriptor, watch) == 0

        def write_and_look() -> bool:
            (inbox / "a.png").write_bytes(bytes(next(numbers) % 97))
            return deaf not in observers()

        was_alive = all(thread.is_alive() for thread in (deaf, *deaf.emitters))
        replaced = eventually(write_and_look)
        hears = eventually(lambda: is_watched(inbox))

    assert (was_alive, replaced, hears) == (True, True, True)
    assert manners(engine) == [(by_events(inbox, CONFIGURED),)]


def test_a_watch_that_keeps_dying_is_given_up(inbox: Path, engine: Engine) -> None:
    """After several deaths the inbox is polled, and it is said why."""

    def kill_and_look() -> bool:
        for observer in observers():
            observer.stop()
        return len(manners(engine)) > 1

    with scanning(inbox, engine, BUSY):
        given_up = eventually(kill_and_look)

    assert given_up
    assert engine.told(WatchChanged)[1] == WatchChanged(manners=(by_polls(inbox, DEAF),), failure=DEAF)


def test_what_was_moved_away_keeps_back_nothing_behind_it(inbox: Path, engine: Engine) -> None:
    """Watchdog waits milliseconds, and not half a second, for the other half of a move."""
    pairing = pytest.importorskip("watchdog.observers.inotify_move_event_grouper")
    with scanning(inbox, engine, AUTO):
        pass

    assert pairing.InotifyMoveEventGrouper.delay < 0.01


def test_watchdog_goes_through_no_folder_to_make_up_events(inbox: Path, engine: Engine) -> None:
    """Of what lies below a folder that was moved in no event is made: the folder's own marks all of it."""
    with scanning(inbox, engine, AUTO):
        pass

    assert not list(inotify.generate_sub_created_events(str(inbox.parent)))
    assert not list(inotify.generate_sub_moved_events(str(inbox), str(inbox.parent)))


def test_dropped_events_lead_to_a_full_scan(inbox: Path, engine: Engine) -> None:
    """When watchdog logs that the kernel dropped events, everything is scanned."""
    with scanning(inbox, engine, EVENTS):
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events lost")
        rescanned = eventually(lambda: len(engine.told(ScanFinished)) > 1)
        logging.getLogger("watchdog.observers.inotify").warning("nothing of the kind")

    assert rescanned


@needs_root
def test_without_inotify_instances_the_inbox_is_polled() -> None:
    """When the system has no inotify instance left the inbox is polled, and it is said what to raise."""
    engine = Engine()
    descriptors = []
    with open_place() as place, as_nobody():
        while (descriptor := _libc.inotify_init()) >= 0:
            descriptors.append(descriptor)
        reason = os.strerror(ctypes.get_errno())
        with scanning(place, engine, AUTO):
            ((manner,),) = manners(engine)
        for descriptor in descriptors:
            os.close(descriptor)

    assert reason == os.strerror(errno.EMFILE)
    assert manner.mode is WatchMode.POLLING
    assert "fs.inotify.max_user_instances" in manner.why


@needs_root
def test_folders_that_cannot_be_read_stop_nobody() -> None:
    """Folders without permission hide no other; one that can be read later is watched from then on."""
    engine = Engine()
    policy = ScanPolicy(rescan_seconds=0.2)
    with open_place() as place:
        for name in ("a", "b", "c"):
            (place / name).mkdir(mode=0o755 if name == "c" else 0)
        with as_nobody(), scanning(place, engine, policy):
            os.seteuid(0)
            (place / "c" / "1.png").touch()
            told = eventually(lambda: engine.places() == {"c/1.png"})
            (place / "a").chmod(0o755)
            (place / "a" / "2.png").touch()
            found = eventually(lambda: engine.places() == {"c/1.png", "a/2.png"})
            watched = eventually(lambda: is_watched(place / "a"))

    assert (told, found, watched) == (True, True, True)
    assert manners(engine) == [(by_events(place),)]


def test_trees_that_are_made_fast_lose_no_file(inbox: Path, engine: Engine) -> None:
    """Photos copied at once into folders that were made a moment before are all told, by events alone."""
    (inbox.parent / "a.png").touch()
    script = 'for i in $(seq 60); do mkdir -p "t$i/b/c" && cp ../a.png "t$i/b/c/"; done'
    with scanning(inbox, engine, AUTO):
        subprocess.run(["sh", "-c", script], cwd=inbox, check=True)
        found = eventually(lambda: len(engine.places()) == 60)

    assert found
    assert engine.crashes == []


@needs_mounts
def test_a_disk_that_is_unmounted_from_below_its_watch_is_noticed(inbox: Path, engine: Engine) -> None:
    """An inbox that was a mount of its own and is unmounted is looked at as what is there now."""
    with mounted(inbox), scanning(inbox, engine, AUTO):
        unmount(inbox)
        listens = eventually(lambda: is_watched(inbox))
        (inbox / "a.png").touch()
        told = eventually(lambda: engine.places() == {"a.png"})

    assert (listens, told) == (True, True)
