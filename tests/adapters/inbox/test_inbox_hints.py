"""Marks, watchdog's handler, when to look, and whether events still arrive: no threads, no files."""

import errno
import logging
import os
import time
from contextlib import suppress
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_house import TOP
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from retouchd.adapters.inbox.cadence import POLL_TIMES, RESCAN_TIMES, Cadence, look_interval
from retouchd.adapters.inbox.departures import Departures
from retouchd.adapters.inbox.dirty import DirtyFolders, Marks
from retouchd.adapters.inbox.hearing import Hearing, Restarts
from retouchd.adapters.inbox.limits import explain_failure
from retouchd.adapters.inbox.observer import Marker
from retouchd.adapters.inbox.troubles import Troubles
from retouchd.core.errors import FolderMissingError, NoRoomError, SourceChangedError
from retouchd.core.ignore import USUAL_RULES
from retouchd.core.sightings import FolderBack, FolderTrouble

ROOT = PurePosixPath("/in")
SUB = PurePosixPath("sub")
TRIP = PurePosixPath("trip")


def handled(event: FileSystemEvent) -> tuple[Marks, list[Exception]]:
    """Give what a handler marks for an event, and what it reports."""
    dirty = DirtyFolders()
    crashes: list[Exception] = []
    Marker(ROOT, USUAL_RULES, dirty, crashes.append).dispatch(event)
    return dirty.take(), crashes


def marks(
    *folders: PurePosixPath,
    trees: tuple[PurePosixPath, ...] = (),
    excused: tuple[PurePosixPath, ...] = (),
    everything: bool = False,
) -> Marks:
    """Make marks."""
    return Marks(
        everything=everything,
        folders=frozenset(folders),
        trees=frozenset(trees),
        excused=frozenset(excused),
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (FileCreatedEvent("/in/a.png"), marks(TOP)),
        (FileCreatedEvent(b"/in/sub/a.png"), marks(SUB)),
        (FileMovedEvent("/in/sub/a.png", "/in/trip/a.png"), marks(SUB, TRIP)),
        (FileDeletedEvent("/in/sub/a.png"), marks(SUB)),
        (DirCreatedEvent("/in/sub"), marks(trees=(SUB,))),
        (DirMovedEvent("/in/sub", "/in/trip"), marks(trees=(SUB, TRIP))),
        (DirDeletedEvent("/in"), marks(trees=(TOP,), everything=True)),
        (FileMovedEvent("/in/sub/a.png", "/out/a.png"), marks(SUB)),
        (DirDeletedEvent("/"), marks()),
        (FileCreatedEvent("/in/sub/a.png.part"), marks()),
        (FileCreatedEvent("/in/.sync/a.png"), marks()),
    ],
)
def test_an_event_marks_the_folders_it_speaks_of(event: FileSystemEvent, expected: Marks) -> None:
    """Files mark their folder, folders all that is in them; what is ignored or outside marks nothing."""
    assert handled(event) == (expected, [])


def test_what_we_take_away_marks_nothing_once() -> None:
    """Our own filing has no folder looked at again; who takes the same name away later is heard."""
    dirty = DirtyFolders()
    marker = Marker(ROOT, USUAL_RULES, dirty, pytest.fail)
    with dirty.taking_away(SUB / "a.png"):
        marker.dispatch(FileDeletedEvent("/in/sub/a.png"))

    assert dirty.take() == marks(excused=(SUB,))
    marker.dispatch(FileDeletedEvent("/in/sub/a.png"))
    assert dirty.take() == marks(SUB)


def test_what_we_take_away_hides_no_other_change() -> None:
    """While a name is taken away its own coming, and the going of others, mark their folders."""
    dirty = DirtyFolders()
    marker = Marker(ROOT, USUAL_RULES, dirty, pytest.fail)
    told = []
    for event in (
        FileCreatedEvent("/in/sub/a.png"),
        FileModifiedEvent("/in/sub/a.png"),
        FileMovedEvent("/in/trip/b.png", "/in/sub/a.png"),
        FileDeletedEvent("/in/sub/b.png"),
        DirDeletedEvent("/in/sub/a.png"),
        FileMovedEvent("/in/sub/a.png", "/in/trip/a.png"),
    ):
        with dirty.taking_away(SUB / "a.png"):
            marker.dispatch(event)
        told.append(dirty.take())

    assert told == [
        marks(SUB),
        marks(SUB),
        marks(SUB, TRIP),
        marks(SUB),
        marks(trees=(SUB / "a.png",)),
        marks(TRIP, excused=(SUB,)),
    ]


def test_what_we_could_not_take_away_is_not_ours() -> None:
    """A source that stays since it was changed is its owner's to delete: that is heard."""
    dirty = DirtyFolders()
    with suppress(SourceChangedError), dirty.taking_away(SUB / "a.png"):
        raise SourceChangedError(operation="file", path=SUB, reason="it was changed")

    assert not dirty.excuse(SUB / "a.png")


def test_a_note_that_nobody_used_is_forgotten() -> None:
    """Ten seconds after we took a name away, a deletion of it is somebody else's."""
    departures = Departures()
    departures.note(SUB, 0.0)
    departures.note(TRIP, 0.0)

    assert departures.use_up(SUB, 9.9)
    assert not departures.use_up(TRIP, 10.0)


def test_notes_that_nobody_uses_make_room() -> None:
    """Where no events are heard a thousand notes are kept, until they are ten seconds old."""
    departures = Departures()
    for number in range(1000):
        departures.note(PurePosixPath(str(number)), 0.0)
    departures.note(SUB, 9.0)
    departures.note(TRIP, 10.0)

    assert not departures.use_up(SUB, 10.0)
    assert departures.use_up(TRIP, 10.0)


def test_a_handler_that_fails_does_not_end_watchdogs_thread() -> None:
    """An event that can't be handled is reported and raises nothing."""
    marked, crashes = handled(FileCreatedEvent(7))  # type: ignore[arg-type]  # no event has such a path

    assert marked == marks()
    assert [type(crash) for crash in crashes] == [TypeError]


def test_marks_are_told_once() -> None:
    """What was taken is not told again."""
    dirty = DirtyFolders()
    dirty.mark(SUB)
    dirty.mark_everything()

    assert dirty.take() == marks(SUB, everything=True)
    assert dirty.take() == marks()


def test_the_first_of_several_marks_says_since_when() -> None:
    """What is marked again keeps the moment of its first mark until it is taken."""
    dirty = DirtyFolders()
    before = time.monotonic()
    dirty.mark(SUB)
    between = time.monotonic()
    dirty.mark(SUB)

    assert before <= dirty.take().moments[SUB] <= between
    dirty.mark(SUB)
    assert dirty.take().moments[SUB] >= between


def test_what_is_below_a_marked_tree_is_not_told_twice() -> None:
    """A tree covers the folders and trees in it."""
    dirty = DirtyFolders()
    for folder in (TRIP, TRIP / "rome"):
        dirty.mark(folder)
        dirty.mark_tree(folder)
    dirty.mark(SUB)

    assert dirty.take() == marks(SUB, trees=(TRIP,))


def test_very_many_marks_are_a_full_scan() -> None:
    """More marks than a full scan would cost ask for that instead."""
    dirty = DirtyFolders()
    for number in range(201):
        dirty.mark(PurePosixPath(str(number)))

    assert dirty.take().everything


def test_a_mark_ends_the_wait() -> None:
    """A mark that came before the wait is enough to end it, once."""
    dirty = DirtyFolders()
    dirty.mark(SUB)

    dirty.wait(60)
    dirty.wait(0)

    assert dirty.take() == marks(SUB)


def test_what_events_have_named_is_heard() -> None:
    """Folders that scans found changed and events named, even a little later, raise no doubt."""
    hearing = Hearing()
    verdicts = []
    for now in (0.0, 10.0, 20.0):
        hearing.note_scan({SUB}, now)
        hearing.note_events({SUB})
        verdicts.append(hearing.judge(now + 2))

    assert verdicts == [False, False, False]


def test_what_events_never_named_is_missed() -> None:
    """The second time that a scan finds what no event named the watch is taken for deaf, with patience."""
    hearing = Hearing()
    hearing.note_scan({SUB}, 0)
    early = hearing.judge(1)
    first = hearing.judge(2)
    hearing.note_events({TRIP})
    hearing.note_scan({SUB, TRIP}, 10)
    hearing.note_scan({SUB}, 11)
    second = hearing.judge(12)
    hearing.note_scan({SUB}, 20)
    anew = hearing.judge(22)

    assert (early, first, second, anew) == (False, False, True, False)


def test_events_from_before_a_quiet_scan_prove_nothing_later() -> None:
    """What was named before a scan that found nothing is not held for what a later scan finds."""
    hearing = Hearing()
    verdicts = []
    for now in (0.0, 10.0):
        hearing.note_events({SUB})
        hearing.note_scan(set(), now + 1)
        hearing.note_scan({SUB}, now + 2)
        verdicts.append(hearing.judge(now + 4))

    assert verdicts == [False, True]


def test_a_watch_that_needs_many_restarts_is_given_up() -> None:
    """Three restarts within an hour are worth the try and the fourth is not; an hour later they are again."""
    restarts = Restarts()

    assert [restarts.note(now) for now in (0, 10, 20, 30, 3700)] == [True, True, True, False, True]


@given(
    st.floats(0.01, 10_000), st.floats(0, 10_000), st.sampled_from([(POLL_TIMES, 0.5), (RESCAN_TIMES, 0.1)])
)
def test_a_slow_look_is_made_less_often(shortest: float, seconds: float, most: tuple[int, float]) -> None:
    """Looks take 0.5 % of the time at most, with events 0.1 %, but one is made every ten minutes."""
    times, percent = most
    interval = look_interval(shortest, seconds, times)

    assert interval >= shortest
    assert interval >= min(100 / percent * seconds, 600)
    assert interval <= max(shortest, 600)


def test_the_next_look_is_due_after_the_interval() -> None:
    """The first look is due at once; a slow one counts only when the next is slow too."""
    cadence = Cadence()
    first = cadence.seconds_left(5)
    cadence.note_look(begun=5, ended=7, shortest_seconds=2, times=200)
    after_one = cadence.seconds_left(7)
    cadence.note_look(begun=9, ended=10, shortest_seconds=2, times=200)
    after_two = cadence.seconds_left(10)
    late = cadence.seconds_left(1000)
    cadence.hasten()

    assert (first, after_one, after_two, late) == (0, 2, 200, 0)
    assert cadence.seconds_left(10) == 0


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, "fs.inotify.max_user_watches"),
        (errno.EMFILE, "fs.inotify.max_user_instances"),
        (errno.ENOSYS, "events cannot be had: Function not implemented"),
    ],
)
def test_a_limit_is_told_with_what_to_raise(number: int, expected: str) -> None:
    """Who reads why there are no events learns which setting of the system to raise."""
    assert expected in explain_failure(OSError(number, os.strerror(number)))


def test_a_trouble_is_told_once() -> None:
    """A trouble is told once however often it is found, again when it is another, and its end once."""
    told: list[object] = []
    troubles = Troubles(told.append)
    away = FolderMissingError("find", ROOT, "away")
    full = NoRoomError("write", ROOT, "full")
    for error in (away, away, full):
        troubles.note("outbox", error)
    troubles.note_fine("outbox")
    troubles.note_fine("outbox")

    assert told == [
        FolderTrouble(which="outbox", detail=str(away), error=away),
        FolderTrouble(which="outbox", detail=str(full), error=full),
        FolderBack(which="outbox"),
    ]


def test_watchdogs_log_keeps_no_handler_of_ours() -> None:
    """When no scanner runs, watchdog's logger is as it was."""
    assert logging.getLogger("watchdog").handlers == []
