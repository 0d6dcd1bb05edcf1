"""The scanner: one thread that looks at the inbox when it should, and tells what is new.

The scan is the truth and events are hints. What is new is found out in survey.py; watchdog is hidden in
observer.py and looked after in listening.py; here is only when to look, and whether the inbox is there.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.cadence import POLL_TIMES, RESCAN_TIMES, Cadence, ScanPolicy
from retouchd.adapters.inbox.dirty import TOP, DirtyFolders, Marks
from retouchd.adapters.inbox.listening import Listening
from retouchd.adapters.inbox.mounts import Ground, read_ground
from retouchd.adapters.inbox.observer import Watch
from retouchd.adapters.inbox.signatures import Inodes
from retouchd.adapters.inbox.survey import Known, Survey
from retouchd.adapters.inbox.troubles import Troubles
from retouchd.core.errors import FileTroubleError, FolderMissingError
from retouchd.core.sightings import ScanFinished, Sighting
from retouchd.core.values import Relative

INBOX: Final = "inbox"

# How soon a folder that went away is noticed; a tick opens one folder and reads one mark.
_TICK_SECONDS: Final = 2.0
# A file that is being copied in gives an event for every write. Between two rounds there is this pause, and
# ten times what the round took, so that a storm of events costs a tenth of a core at most.
_SHORTEST_REST_SECONDS: Final = 0.1
_REST_TIMES: Final = 10
# A look at a dead share may take minutes; the thread then ends with the process.
_LONGEST_STOP_SECONDS: Final = 5.0


class Scanner:
    """Scans and watches one inbox in a thread of its own.

    Args:
        inbox: The inbox.
        report: Takes what is told, in the scanner's thread; it should only put it into a queue.
        known: The live bundles, asked in the scanner's thread.
        policy: When to look.
        checks: By folder ("inbox", "outbox"), what raises a FileTroubleError when it cannot be used. While
            the inbox cannot be used nothing is scanned and nothing is told to be gone.
        report_crash: Told, in watchdog's thread, when an event could not be handled.
    """

    def __init__(
        self,
        inbox: Path,
        *,
        report: Callable[[Sighting], None],
        known: Known,
        policy: ScanPolicy,
        checks: Mapping[str, Callable[[], None]],
        report_crash: Callable[[Exception], object],
    ) -> None:
        self._folder = Folder(inbox)
        self._report = report
        self._policy = policy
        self._inbox_check = checks.get(INBOX)
        self._other_checks = {which: check for which, check in checks.items() if which != INBOX}
        self._troubles = Troubles(report)
        # What is to count from the next turn on; the scanner's thread takes it over.
        self._wanted = policy
        self._survey = Survey(self._folder, policy.forming, known, report, self._confirm)
        self._dirty = DirtyFolders()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

        self._lock = threading.Lock()
        self._begun_scans = 0
        self._is_requested = False

        self._report_crash = report_crash
        self._listening = Listening(self._folder.root, policy.mode, self._make_watch, report)
        # As they were when the watch was placed: another folder or mount is watched anew.
        self._identity: tuple[int, int] | None = None
        self._ground: Ground | None = None

        self._turn_begun: float | None = None
        # Of that, what no storm of events repeats: trees that were moved in are looked at once.
        self._seconds_for_new = 0.0
        self._turns = 0
        self._full_scans = Cadence()
        self._polls = Cadence()
        self._next_check = 0.0

    def start(self) -> None:
        """Start the thread; its first scan begins at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for its end: as long as one look at a folder may take."""
        self._stopping.set()
        self._dirty.wake()
        if self._thread.is_alive():
            self._thread.join(_LONGEST_STOP_SECONDS)

    def adopt(self, policy: ScanPolicy) -> None:
        """Look by another policy from the next turn on, from any thread; all is looked at anew then."""
        self._wanted = policy
        self._dirty.wake()

    def is_alive(self) -> bool:
        """Say whether the thread runs."""
        return self._thread.is_alive()

    @property
    def steps(self) -> int:
        """Another number after each folder and each rest, however long a scan takes. From any thread."""
        return self._turns + self._survey.steps

    @property
    def native_id(self) -> int | None:
        """The system's number of the thread; None before it runs."""
        return self._thread.native_id

    def busy_seconds(self) -> float:
        """Give for how long it has been looking without a rest; on a dead share that has no end."""
        begun = self._turn_begun
        return 0.0 if begun is None else time.monotonic() - begun

    def request_scan(self) -> int:
        """Ask for a full scan soon, from any thread.

        Returns:
            A number: a ScanFinished with this or a greater one covers all that is there now.
        """
        with self._lock:
            self._is_requested = True
            number = self._begun_scans + 1
        self._dirty.wake()
        return number

    def forget(self, folder: Relative) -> None:
        """Tell the bundles of a folder again that differ from what is known, from any thread."""
        self._dirty.mark(folder)

    def taking_away(self, path: PurePosixPath) -> AbstractContextManager[None]:
        """Have a file's folder not looked at again because the body takes it away, from any thread."""
        return self._dirty.taking_away(path)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._stopping.wait(self._turn())
                self._dirty.wait(self._idle_seconds())
        finally:
            self._listening.drop()

    def _turn(self) -> float:
        """Do what there is to do, and give the seconds to rest before there may be more."""
        begun = self._turn_begun = time.monotonic()
        self._turns += 1
        try:
            return self._look(begun)
        finally:
            self._turn_begun = None

    def _look(self, begun: float) -> float:
        self._seconds_for_new = 0.0
        self._change_policy()
        marks = self._dirty.take()
        self._check_others(begun)
        try:
            is_idle = not self._look_after_inbox(marks)
        except FileTroubleError as exc:
            self._lose_inbox(exc)
            return 0.0
        if is_idle:
            return 0.0
        busy_seconds = time.monotonic() - begun - self._seconds_for_new
        return min(max(_SHORTEST_REST_SECONDS, _REST_TIMES * busy_seconds), _TICK_SECONDS)

    def _change_policy(self) -> None:
        """Take over what is wanted; the watch is placed anew where what it tells of has changed."""
        before, wanted = self._policy, self._wanted
        if wanted == before:
            return
        self._policy = wanted
        self._survey.adopt(wanted.forming)
        if (wanted.mode, wanted.forming.ignore) != (before.mode, before.forming.ignore):
            self._listening.adopt(wanted.mode)
            # As if another folder lay there: it is watched anew as soon as it can be used.
            self._identity = None
        self._full_scans.hasten()
        self._polls.hasten()

    def _make_watch(self) -> Watch:
        return Watch(self._folder.root, self._policy.forming.ignore, self._dirty, self._report_crash)

    def _look_after_inbox(self, marks: Marks) -> bool:
        """Look at what there is to look at, and say whether that was anything.

        Raises:
            FileTroubleError: The inbox cannot be used, or could not be while it was looked at.
        """
        self._check_inbox()
        # Before the watch is judged by them.
        self._listening.note_marks(marks)
        self._look_after_watch()
        self._troubles.note_fine(INBOX)
        if self._is_full_scan_due(marks):
            self._survey.forget(marks.folders | marks.trees)
            self._scan_everything()
            return True
        is_poll_due = self._seconds_until_poll() == 0.0
        if is_poll_due:
            self._poll()
        if marks.folders or marks.trees:
            self._seconds_for_new = self._survey.look_at(marks).seconds_for_new
            return True
        return is_poll_due

    def _is_full_scan_due(self, marks: Marks) -> bool:
        with self._lock:
            is_requested = self._is_requested
        return is_requested or marks.everything or not self._full_scans.seconds_left(time.monotonic())

    def _seconds_until_poll(self) -> float | None:
        """Give the seconds until those mounts below are looked at that events are not relied on for."""
        return self._polls.seconds_left(time.monotonic()) if self._listening.polled else None

    def _poll(self) -> None:
        begun = time.monotonic()
        self._survey.look_at(Marks(everything=False, folders=frozenset(), trees=self._listening.polled))
        self._polls.note_look(begun, time.monotonic(), self._policy.poll_seconds, POLL_TIMES)

    def _scan_everything(self) -> None:
        with self._lock:
            self._is_requested = False
            self._begun_scans += 1
            number = self._begun_scans
        begun = time.monotonic()
        tally = self._survey.look_at_everything()
        self._confirm()
        ended = time.monotonic()
        if self._listening.has_events:
            self._full_scans.note_look(begun, ended, self._policy.rescan_seconds, RESCAN_TIMES)
        else:
            self._full_scans.note_look(begun, ended, self._policy.poll_seconds, POLL_TIMES)
        self._listening.note_scan(tally, ended)
        self._report(
            ScanFinished(
                number=number,
                seconds=ended - begun,
                folders=len(tally.visited),
                leftovers=tally.leftovers(),
                troubles=tuple(tally.troubles),
            )
        )

    def _idle_seconds(self) -> float:
        if self._identity is None:
            # The inbox is not there, so that a scan which is due cannot be made; its return is polled for.
            return min(_TICK_SECONDS, self._policy.poll_seconds)
        waits = [_TICK_SECONDS, self._full_scans.seconds_left(time.monotonic()), self._seconds_until_poll()]
        return min(seconds for seconds in waits if seconds is not None)

    def _check_others(self, now: float) -> None:
        if now >= self._next_check:
            self._next_check = now + _TICK_SECONDS
            self._troubles.check(self._other_checks)

    def _check_inbox(self) -> None:
        if self._inbox_check is not None:
            self._inbox_check()

    def _confirm(self) -> None:
        """Make sure that what was just seen was seen in the inbox itself."""
        self._check_inbox()
        if self._look_at_root() != self._identity:
            reason = "another folder has taken its place"
            raise FolderMissingError(operation="find", path=self._folder.root, reason=reason)

    def _look_at_root(self) -> tuple[int, int]:
        """Give what tells this folder from another that takes its name, a mount over it for example."""
        with self._folder.open(TOP) as descriptor:
            status = os.fstat(descriptor)
        is_kept = self._ground is None or self._ground.inodes(self._folder.root) is Inodes.KEPT
        return status.st_dev, status.st_ino if is_kept else 0

    def _lose_inbox(self, error: FileTroubleError) -> None:
        self._troubles.note(INBOX, error)
        self._listening.drop()
        self._survey.forget_everything()
        # When the inbox is back, it is watched anew and scanned in full.
        self._identity = None

    def _look_after_watch(self) -> None:
        ground = read_ground(self._folder.root)
        before, self._ground = (self._identity, self._ground), ground
        # Before the watch is placed: should the root be exchanged just now, the next tick sees it.
        self._identity = self._look_at_root()
        if (self._identity, ground) != before:
            self._listening.begin(ground)
        elif not self._listening.check():
            return
        self._full_scans.hasten()
