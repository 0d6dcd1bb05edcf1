"""Watchdog's side of the inbox: the only module that knows it.

Its threads do nothing but mark folders as dirty. When to watch, and whether it still hears anything, is for
listening.py.
"""

import logging
import os
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Final

import watchdog.events
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import inotify

from retouchd.adapters.inbox.dirty import DirtyFolders
from retouchd.core.bundles import PRESET_NAME
from retouchd.core.ignore import IgnoreRules

# Watchdog 7 tells changes of times and modes apart from changes of content; 6 calls both modified. Either
# changes the ctime, so that the scan sees another signature.
_AttributesChangedEvent: Final[type[FileSystemEvent]] = getattr(
    watchdog.events, "FileAttribEvent", FileModifiedEvent
)
# Without a filter every file that is opened for reading, by ourselves too, is an event. "Closed" is the one
# after writing; the classes are the same in watchdog 6 and 7. That a folder was modified is told beside each
# event of a name in it, hidden ones included, and says nothing more.
_EVENTS: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    _AttributesChangedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
_GOING: Final = frozenset({FileMovedEvent.event_type, FileDeletedEvent.event_type})
# What watchdog makes up events with, of each file below a folder that was moved in or made.
_MAKING_UP: Final = ("generate_sub_created_events", "generate_sub_moved_events")
# Where watchdog pairs the two events of a move: 7 and 6.
_PAIRING: Final = (
    ("watchdog.observers.inotify_move_event_grouper", "InotifyMoveEventGrouper"),
    ("watchdog.observers.inotify_buffer", "InotifyBuffer"),
)
# It keeps back half a second what was moved away, and all that comes behind it: after each photo that we
# filed nothing was heard for so long. The kernel tells both in one go; should they miss each other, both
# folders are marked all the same.
_PAIRING_SECONDS: Final = 0.005
# After stop() its threads end at once; a blocked one must not keep the program from ending.
_STOP_SECONDS: Final = 5.0


class Watch:
    """One observer of one root, from its start to its stop; afterwards a new one is made.

    Args:
        root: A folder, without links in its path.
        ignore: Of what no event is told.
        dirty: Where folders are marked.
        report_crash: Told when an event could not be handled; watchdog's thread goes on.
    """

    def __init__(
        self,
        root: Path,
        ignore: IgnoreRules,
        dirty: DirtyFolders,
        report_crash: Callable[[Exception], object],
    ) -> None:
        self._root = root
        self._handler = Marker(PurePosixPath(root), ignore, dirty, report_crash)
        self._overflow = _OverflowHandler(dirty)
        self._observer: inotify.InotifyObserver | None = None
        self._threads: set[threading.Thread] = set()

    def start(self) -> None:
        """Start to hear.

        Raises:
            OSError: ENOSPC or EMFILE when inotify's limits are reached, others when the root is not there.
        """
        logging.getLogger("watchdog").addHandler(self._overflow)
        logging.getLogger("watchdog.observers.inotify").addFilter(_is_worth_telling)
        # Watchdog 7.1 warns, at the length of all folders, when it meets a folder twice: each tree that is
        # made fast, and each second folder that cannot be read. Both are harmless.
        warnings.filterwarnings("ignore", "Callback with id ", RuntimeWarning)
        others = set(threading.enumerate())
        _hurry_pairing()
        _leave_out_made_up()
        # Watchdog 7 takes its inotify descriptor here, 6 in its start().
        self._observer = inotify.InotifyObserver()
        self._observer.schedule(self._handler, str(self._root), recursive=True, event_filter=_EVENTS)
        # Noted before they run: one that dies at once would not be found among the living.
        self._threads = {self._observer, *self._observer.emitters}
        self._observer.start()
        self._threads |= {thread for thread in threading.enumerate() if _is_watchdogs(thread)} - others

    def is_deaf(self) -> bool:
        """Say whether one of its threads has died: watchdog itself does not notice.

        There are three: the observer, its emitter, and the reader of inotify, which has no public name.
        """
        return not all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Stop to hear; does no harm after a start that failed."""
        logging.getLogger("watchdog").removeHandler(self._overflow)
        if self._observer is not None:
            self._observer.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_STOP_SECONDS)


class Marker(FileSystemEventHandler):
    """Marks the folder that an event speaks of, in watchdog's thread; no exception leaves it.

    Args:
        root: The folder that is watched.
        ignore: Of what no event is taken.
        dirty: Where folders are marked.
        report_crash: Told of what went wrong.
    """

    def __init__(
        self,
        root: PurePosixPath,
        ignore: IgnoreRules,
        dirty: DirtyFolders,
        report_crash: Callable[[Exception], object],
    ) -> None:
        self._root = root
        self._ignore = ignore
        self._dirty = dirty
        self._report_crash = report_crash

    def dispatch(self, event: FileSystemEvent) -> None:
        """Mark what an event speaks of."""
        try:
            self._take(event)
        except Exception as exc:  # noqa: BLE001 - it would end watchdog's thread, and nobody would notice
            self._report_crash(exc)

    def _take(self, event: FileSystemEvent) -> None:
        source, target = self._find(event.src_path, event), self._find(event.dest_path, event)
        if source is not None and not self._is_our_doing(source, event):
            self._mark(source, event)
        if target is not None:
            self._mark(target, event)

    def _find(self, path: bytes | str, event: FileSystemEvent) -> PurePosixPath | None:
        """Give a path of an event as it is below the root, or None when it does not matter."""
        whole = PurePosixPath(os.fsdecode(path))
        # When the root itself goes, watchdog speaks of the folder that it lies in.
        if not whole.is_relative_to(self._root):
            return None
        relative = whole.relative_to(self._root)
        hides = self._ignore.hides_folder if event.is_directory else self._ignore.hides_file
        return None if hides(relative) else relative

    def _is_our_doing(self, source: PurePosixPath, event: FileSystemEvent) -> bool:
        is_file_gone = event.event_type in _GOING and not event.is_directory
        return is_file_gone and self._dirty.excuse(source)

    def _mark(self, path: PurePosixPath, event: FileSystemEvent) -> None:
        if path.name == PRESET_NAME:
            self._dirty.mark_tree(path.parent)
        elif event.is_directory:
            self._dirty.mark_tree(path)
        else:
            self._dirty.mark(path.parent)


class _OverflowHandler(logging.Handler):
    """Watchdog tells of events that the kernel has dropped in a log record and nowhere else."""

    def __init__(self, dirty: DirtyFolders) -> None:
        super().__init__(logging.WARNING)
        self._dirty = dirty

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in str(record.msg):
            self._dirty.mark_everything()


def _hurry_pairing() -> None:
    """Have watchdog keep what was moved away for milliseconds, where its version has such a queue."""
    for module, queue in _PAIRING:
        with suppress(ImportError):
            getattr(import_module(module), queue).delay = _PAIRING_SECONDS


def _leave_out_made_up() -> None:
    """Have watchdog make up no events: the folder's own marks all that is below it.

    Measured with 100 000 pairs moved in as 100 folders: to make them up takes 0.2 s of processor time, and to
    hand them on 3.8 s.
    """
    for name in _MAKING_UP:
        setattr(inotify, name, _nothing_below)


def _nothing_below(*_: object) -> tuple[FileSystemEvent, ...]:
    return ()


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Leave out what watchdog 7.1 tells as an error at each stop: that its thread is about to end."""
    return "queue_events() called when the thread is inactive" not in record.getMessage()


def _is_watchdogs(thread: threading.Thread) -> bool:
    return type(thread).__module__.startswith("watchdog.")
