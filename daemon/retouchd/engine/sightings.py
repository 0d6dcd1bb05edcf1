"""What the scanner tells, taken in: news of bundles, troubles with folders, how it watches.

Runs in the engine thread, inside its transaction.
"""

from collections.abc import Callable
from datetime import timedelta

from retouchd.core.leftovers import LEFTOVERS, Leftovers
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.sightings import (
    FolderBack,
    FolderTrouble,
    News,
    ScanFinished,
    Sighting,
    WatchChanged,
)
from retouchd.core.watching import FAILURE_NOTE, LONGEST_LOOK_SECONDS, SILENT_NOTE
from retouchd.engine.intake import Intake
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard, reason_for
from retouchd.engine.recovery import see_folders_anew


class Sightings:
    """Takes in what the scanner tells."""

    def __init__(
        self, office: Office, board: PauseBoard, intake: Intake, busy_seconds: Callable[[], float]
    ) -> None:
        self._office = office
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._board = board
        self._intake = intake
        self._busy_seconds = busy_seconds
        self._silent_since: str | None = None
        self._troubled: dict[str, PauseReason] = {}
        self._leftovers: Leftovers | None = None
        self.last_scan = 0

    @property
    def has_scanned(self) -> bool:
        """Whether the inbox was seen whole, or cannot be seen."""
        return self.last_scan > 0 or bool(self._troubled)

    def notice_silence(self) -> None:
        """Tell when the scanner's look does not end, which it cannot tell itself, and when it has ended."""
        busy_seconds = self._busy_seconds()
        is_silent = busy_seconds > LONGEST_LOOK_SECONDS
        if self._silent_since is not None and is_silent == bool(self._silent_since):
            return
        if is_silent:
            self._herald.say("warning", "inbox.silent", seconds=round(busy_seconds))
        elif self._silent_since:
            self._herald.say("info", "inbox.returned", folder="inbox")
        since = self._clock.now() - timedelta(seconds=busy_seconds)
        self._silent_since = since.isoformat() if is_silent else ""
        self._journal.set_note(SILENT_NOTE, self._silent_since)

    def take(self, sighting: Sighting) -> None:
        """Take in one sighting."""
        match sighting:
            case News():
                self._intake.take_news(sighting)
            case ScanFinished():
                self._take_scan(sighting)
            case FolderTrouble():
                self._take_trouble(sighting)
            case FolderBack():
                self._take_return(sighting)
            case WatchChanged():
                self._take_watch(sighting)

    def _take_scan(self, scan: ScanFinished) -> None:
        self.last_scan = scan.number
        self._take_leftovers(scan.leftovers)
        for trouble in scan.troubles:
            self._herald.say("warning", "inbox.troubled", detail=trouble)
        self._herald.say("debug", "inbox.scanned", seconds=round(scan.seconds, 4), folders=scan.folders)

    def _take_leftovers(self, leftovers: Leftovers) -> None:
        before = self._leftovers
        if leftovers == before:
            return
        self._leftovers = leftovers
        self._journal.set_note(LEFTOVERS, leftovers.as_text())
        if leftovers.alarm and (before is None or leftovers.alarm != before.alarm):
            self._herald.say("warning", "inbox.left_out", detail=leftovers.alarm_sentence)

    def _take_watch(self, change: WatchChanged) -> None:
        self._journal.set_note(FAILURE_NOTE, change.failure)
        own, *others = change.manners
        told: dict[str, object] = {"inbox": str(own.folder), "mode": own.mode, "why": own.why}
        if others:
            told["polled"] = {str(manner.folder): manner.why for manner in others}
        self._herald.say("info", "watch.started", **told)

    def _take_trouble(self, trouble: FolderTrouble) -> None:
        reason = reason_for(trouble.error)
        self._troubled[trouble.which] = reason
        self._herald.say("error", "inbox.missing", folder=trouble.which, detail=trouble.detail)
        self._board.begin(begin_pause(reason, trouble.detail, self._clock.now()))

    def _take_return(self, back: FolderBack) -> None:
        reason = self._troubled.pop(back.which, None)
        self._herald.say("info", "inbox.returned", folder=back.which)
        if reason is not None and reason not in self._troubled.values():
            self._board.end(reason)
            see_folders_anew(self._office)
