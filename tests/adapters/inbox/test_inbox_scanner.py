"""The scanner with its threads, over real folders and a real watchdog."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from inbox_house import (
    BUSY,
    EVENTS,
    POLLING,
    Engine,
    make_scanner,
    mounted,
    needs_mounts,
    scanning,
    unmount,
)

from retouchd.adapters.inbox.cadence import ScanPolicy
from retouchd.core.bundles import FormingRules
from retouchd.core.errors import FolderMissingError, NoRoomError
from retouchd.core.ignore import IgnoreRules
from retouchd.core.sightings import FolderBack, FolderTrouble, ScanFinished, WatchChanged
from retouchd.core.watching import WatchMode
from waiting import eventually

both_modes = pytest.mark.parametrize("policy", [EVENTS, POLLING], ids=["events", "polling"])


def mark_check(inbox: Path) -> Callable[[], None]:
    """Make a check of a mark."""

    def check() -> None:
        if not (inbox / ".mark").exists():
            reason = "the mark is missing"
            raise FolderMissingError(operation="find", path=inbox, reason=reason)

    return check


@both_modes
def test_what_happens_in_the_inbox_is_noticed(inbox: Path, engine: Engine, policy: ScanPolicy) -> None:
    """Created, completed, moved and deleted photos are told in either mode, whatever their names."""
    odd = os.fsdecode(b"\xff\n.png")
    with scanning(inbox, engine, policy):
        (inbox / "a.png").write_bytes(b"x")
        (inbox / odd).write_bytes(b"x")
        created = eventually(lambda: engine.places() == {"a.png", odd})
        before = engine.known[PurePosixPath()]["a.png"]
        (inbox / "a.png").write_bytes(b"longer")
        modified = eventually(lambda: engine.known[PurePosixPath()]["a.png"] != before)
        (inbox / "a.png").rename(inbox / "b.png")
        renamed = eventually(lambda: engine.places() == {"b.png", odd})
        (inbox / "b.png").unlink()
        (inbox / odd).unlink()
        deleted = eventually(lambda: engine.places() == set())

    assert (created, modified, renamed, deleted) == (True, True, True, True)
    assert engine.crashes == []


@both_modes
def test_a_folder_that_is_moved_in_or_out_is_noticed(inbox: Path, engine: Engine, policy: ScanPolicy) -> None:
    """A folder moved in is told with all that is in it, and all of it is gone when it is moved out."""
    elsewhere = inbox.parent / "trip"
    (elsewhere / "rome").mkdir(parents=True)
    (elsewhere / "rome" / "a.png").touch()
    (elsewhere / "b.png").touch()
    with scanning(inbox, engine, policy):
        elsewhere.rename(inbox / "trip")
        moved_in = eventually(lambda: engine.places() == {"trip/b.png", "trip/rome/a.png"})
        (inbox / "trip").rename(inbox / "journey")
        renamed = eventually(lambda: "journey/rome/a.png" in engine.places())
        (inbox / "journey").rename(elsewhere)
        moved_out = eventually(lambda: engine.places() == set())

    assert (moved_in, renamed, moved_out) == (True, True, True)


def test_what_comes_later_into_a_moved_folder_is_noticed(inbox: Path, engine: Engine) -> None:
    """A photo that is put into a folder which was moved in is told: by watchdog 6 with the next scan only."""
    (inbox.parent / "trip").mkdir()
    (inbox.parent / "trip" / "a.png").touch()
    with scanning(inbox, engine, ScanPolicy(mode=WatchMode.EVENTS, rescan_seconds=1)):
        (inbox.parent / "trip").rename(inbox / "trip")
        moved_in = eventually(lambda: engine.places() == {"trip/a.png"})
        (inbox / "trip" / "b.png").touch()
        added = eventually(lambda: "trip/b.png" in engine.places())

    assert (moved_in, added) == (True, True)


@both_modes
def test_many_files_are_noticed(inbox: Path, engine: Engine, policy: ScanPolicy) -> None:
    """Two thousand photos that arrive at once are all told."""
    with scanning(inbox, engine, policy):
        (inbox / "sub").mkdir()
        for number in range(2000):
            (inbox / "sub" / f"{number}.png").touch()
        # Polled seldom where the first look that saw them was slow.
        found = eventually(lambda: len(engine.places()) == 2000, seconds=60)

    assert found


def test_changed_times_are_noticed(inbox: Path, engine: Engine) -> None:
    """Events tell of changed times and modes too, which change the signature."""
    (inbox / "a.png").touch()
    with scanning(inbox, engine, EVENTS):
        before = engine.known[PurePosixPath()]["a.png"]
        os.utime(inbox / "a.png", (1, 1))
        noticed = eventually(lambda: engine.known[PurePosixPath()]["a.png"] != before)

    assert noticed


@both_modes
def test_an_inbox_that_goes_away_is_no_deletion(inbox: Path, engine: Engine, policy: ScanPolicy) -> None:
    """An inbox that is renamed away is told as trouble once, then as back, and no photo is gone."""
    quick = BUSY if policy is EVENTS else policy
    (inbox / "a.png").touch()
    with scanning(inbox, engine, quick) as scanner:
        inbox.rename(inbox.parent / "away")
        trouble = eventually(lambda: engine.told(FolderTrouble))
        is_made = inbox.exists()
        (inbox.parent / "away" / "b.png").touch()
        (inbox.parent / "away").rename(inbox)
        back = eventually(lambda: engine.told(FolderBack) and "b.png" in engine.places())
        (inbox / "c.png").touch()
        goes_on = eventually(lambda: "c.png" in engine.places())
        is_alive = scanner.is_alive()

    assert (trouble, is_made, back, goes_on, is_alive) == (True, False, True, True, True)
    assert engine.gone() == []
    assert len(engine.told(FolderTrouble)) == 1
    assert engine.told(FolderBack) == [FolderBack(which="inbox")]


def test_an_inbox_without_its_mark_is_not_looked_at(inbox: Path, engine: Engine) -> None:
    """While the mark is missing nothing is told but the trouble; when it is back the rest is."""
    (inbox / ".mark").touch()
    (inbox / "a.png").touch()
    with scanning(inbox, engine, BUSY, {"inbox": mark_check(inbox)}):
        (inbox / ".mark").unlink()
        trouble = eventually(lambda: engine.told(FolderTrouble))
        (inbox / "a.png").unlink()
        (inbox / "b.png").touch()
        scans = len(engine.told(ScanFinished))
        eventually(lambda: len(engine.told(ScanFinished)) > scans, seconds=0.3)
        during = (engine.gone(), engine.places())
        (inbox / ".mark").touch()
        back = eventually(lambda: engine.told(FolderBack) and engine.places() == {"b.png"})

    assert (trouble, back) == (True, True)
    assert during == ([], {"a.png"})
    assert engine.gone() == ["a.png"]


@needs_mounts
def test_a_mount_over_the_inbox_is_another_folder(inbox: Path, engine: Engine) -> None:
    """An empty file system that is mounted over the inbox, without a mark, is trouble and not deletion."""
    (inbox / ".mark").touch()
    (inbox / "a.png").touch()
    with scanning(inbox, engine, BUSY, {"inbox": mark_check(inbox)}):
        with mounted(inbox):
            trouble = eventually(lambda: engine.told(FolderTrouble))
            unmount(inbox)
            back = eventually(lambda: engine.told(FolderBack))
        (inbox / "b.png").touch()
        goes_on = eventually(lambda: "b.png" in engine.places())

    assert (trouble, back, goes_on) == (True, True, True)
    assert engine.gone() == []


def test_an_inbox_that_is_exchanged_during_a_look_tells_nothing(inbox: Path) -> None:
    """What is found missing in another folder that took the inbox's name is dropped."""

    class Exchanging(Engine):
        def folders(self) -> list[PurePosixPath]:
            if len(self.told(ScanFinished)) == 1 and not self.told(FolderTrouble):
                inbox.rename(inbox.parent / "away")
                inbox.mkdir()
            return super().folders()

    engine = Exchanging()
    (inbox / "sub").mkdir()
    (inbox / "sub" / "a.png").touch()
    with scanning(inbox, engine, POLLING):
        (inbox / "sub" / "a.png").rename(inbox.parent / "a.png")
        (inbox / "sub").rmdir()
        trouble = eventually(lambda: engine.told(FolderTrouble))
        gone = engine.gone()

    assert trouble
    assert gone == []


def test_another_folders_trouble_does_not_stop_the_scan(inbox: Path, engine: Engine) -> None:
    """A full outbox is told with its error, told again when it changes, and the inbox is still scanned."""
    troubles: list[Exception] = [
        NoRoomError("write", inbox, "full"),
        FolderMissingError("find", inbox, "away"),
    ]

    def check() -> None:
        if troubles:
            raise troubles[0]

    with scanning(inbox, engine, EVENTS, {"outbox": check}):
        full = eventually(lambda: len(engine.told(FolderTrouble)) == 1)
        troubles.pop(0)
        missing = eventually(lambda: len(engine.told(FolderTrouble)) == 2)
        troubles.pop(0)
        back = eventually(lambda: engine.told(FolderBack))

    kinds = [type(told.error) for told in engine.told(FolderTrouble) if isinstance(told, FolderTrouble)]
    assert (full, missing, back) == (True, True, True)
    assert kinds == [NoRoomError, FolderMissingError]
    assert engine.told(FolderBack) == [FolderBack(which="outbox")]


def test_a_requested_scan_covers_what_is_there(inbox: Path, engine: Engine) -> None:
    """When a scan with the number that was given has ended, all that was there has been told."""
    with scanning(inbox, engine, ScanPolicy(mode=WatchMode.POLLING, poll_seconds=600)) as scanner:
        (inbox / "a.png").touch()
        number = scanner.request_scan()
        finished = eventually(
            lambda: [scan for scan in engine.told(ScanFinished) if getattr(scan, "number", 0) >= number]
        )

    assert finished
    assert number == 2
    assert engine.places() == {"a.png"}


def test_a_forgotten_folder_is_told_again(inbox: Path, engine: Engine) -> None:
    """After forget the bundles of the folder that the engine does not know any more are told again."""
    (inbox / "a.png").touch()
    with scanning(inbox, engine, EVENTS) as scanner:
        engine.known.clear()
        scanner.forget(PurePosixPath())
        told = eventually(lambda: engine.places() == {"a.png"})

    assert told


def test_what_is_taken_away_by_ourselves_is_not_looked_at(inbox: Path, engine: Engine) -> None:
    """A photo that we file has its folder not looked at again, and one that a person takes away is told."""
    for name in ("ours", "theirs"):
        (inbox / name).mkdir()
        (inbox / name / "a.png").touch()
    with scanning(inbox, engine, EVENTS) as scanner:
        with scanner.taking_away(PurePosixPath("ours/a.png")):
            (inbox / "ours" / "a.png").rename(inbox.parent / "a.png")
        (inbox / "theirs" / "a.png").unlink()
        told = eventually(engine.gone)
        places = engine.places()
        (inbox / "ours" / "b.png").touch()
        goes_on = eventually(lambda: engine.places() == {"ours/b.png"})

    assert (told, goes_on) == (True, True)
    assert places == {"ours/a.png"}


def test_a_full_scan_loses_nothing_that_was_to_be_told_again(inbox: Path, engine: Engine) -> None:
    """What is forgotten while a full scan is due is told by that scan, however the two fall together."""
    (inbox / "a.png").touch()
    told = []
    with scanning(inbox, engine, EVENTS) as scanner:
        for _ in range(10):
            engine.known.clear()
            scanner.request_scan()
            scanner.forget(PurePosixPath())
            told.append(eventually(lambda: engine.places() == {"a.png"}, 2))

    assert told == [True] * 10


def test_a_scanner_that_was_not_started_can_be_stopped(inbox: Path, engine: Engine) -> None:
    """Stop does no harm before the start."""
    scanner = make_scanner(inbox, engine, POLLING)

    scanner.stop()

    assert not scanner.is_alive()


def test_no_descriptor_and_no_thread_stays(inbox: Path, engine: Engine) -> None:
    """After stop the process has no more descriptors and threads than before."""
    before = (len(list(Path("/proc/self/fd").iterdir())), threading.active_count())
    with scanning(inbox, engine, EVENTS):
        pass

    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before


def test_other_rules_count_at_once(inbox: Path, engine: Engine) -> None:
    """A pattern that is added takes photos away, one that is taken back brings them again."""
    (inbox / "drafts").mkdir()
    for name in ("a.png", "b.bmp", "drafts/c.png"):
        (inbox / name).write_bytes(b"picture")
    ignoring = replace(EVENTS, forming=FormingRules(ignore=IgnoreRules(["*.bmp", "drafts/"])))
    with scanning(inbox, engine, EVENTS) as scanner:
        assert engine.places() == {"a.png", "b.bmp", "drafts/c.png"}
        scanner.adopt(ignoring)
        assert eventually(lambda: engine.places() == {"a.png"})
        scanner.adopt(EVENTS)

        assert eventually(lambda: engine.places() == {"a.png", "b.bmp", "drafts/c.png"})
        # What was left out by the watch before is heard of now: nothing is scanned for ten minutes.
        (inbox / "drafts" / "d.png").write_bytes(b"picture")
        assert eventually(lambda: "drafts/d.png" in engine.places())


def test_another_mode_counts_at_once(inbox: Path, engine: Engine) -> None:
    """From events to polling and back, each as if it had been so from the begin."""
    with scanning(inbox, engine, EVENTS) as scanner:
        for number, policy in enumerate((POLLING, EVENTS)):
            scanner.adopt(policy)
            assert eventually(lambda: _modes(engine)[-1] is policy.mode)  # noqa: B023 - called at once
            (inbox / f"{number}.png").write_bytes(b"picture")
            assert eventually(lambda: f"{number}.png" in engine.places())  # noqa: B023

    assert _modes(engine) == [WatchMode.EVENTS, WatchMode.POLLING, WatchMode.EVENTS]


def test_the_same_policy_again_changes_nothing(inbox: Path, engine: Engine) -> None:
    """Who reads an unchanged configuration again has nothing scanned anew."""
    same = replace(EVENTS, forming=FormingRules(ignore=IgnoreRules()))
    with scanning(inbox, engine, EVENTS) as scanner:
        scanner.adopt(same)
        (inbox / "a.png").write_bytes(b"picture")
        assert eventually(lambda: engine.places() == {"a.png"})

        assert len(engine.told(ScanFinished)) == 1


def _modes(engine: Engine) -> list[WatchMode]:
    told = [one for one in engine.sightings if isinstance(one, WatchChanged)]
    return [change.manners[0].mode for change in told]
