"""Pauses: the reasons for which the whole daemon sends nothing, and what ends each.

Pauses are a set keyed by reason. They survive restarts; they never touch a job's own retry time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class PauseReason(StrEnum):
    """Why nothing is sent."""

    OFFLINE = "offline"
    RATE_LIMITED = "rate_limited"
    FOLDER_MISSING = "folder_missing"
    DISK_FULL = "disk_full"
    BUDGET = "budget"
    KEY_REFUSED = "key_refused"
    CREDITS = "credits"
    PERMISSION = "permission"
    ENDPOINT = "endpoint"
    CERTIFICATE = "certificate"
    UNKNOWN_OUTCOMES = "unknown_outcomes"
    OPERATOR = "operator"
    JOURNAL_DAMAGED = "journal_damaged"


class Ending(StrEnum):
    """What ends a pause, in one sentence for people.

    BY_TIME ends at its `until`. BY_PROBE too, and the one job that is then sent tells whether it is
    really over. BY_FOLDER ends when the scanner finds the folder in order again.
    """

    BY_TIME = "by itself"
    BY_FOLDER = "by itself, when the folder is in order again"
    BY_PROBE = "by itself when one photo, tried now and then, goes through; or now with: retouchd resume"
    BY_OPERATOR = "with: retouchd resume"


ENDINGS: Final = {
    PauseReason.OFFLINE: Ending.BY_TIME,
    PauseReason.RATE_LIMITED: Ending.BY_TIME,
    PauseReason.FOLDER_MISSING: Ending.BY_FOLDER,
    PauseReason.DISK_FULL: Ending.BY_FOLDER,
    PauseReason.BUDGET: Ending.BY_TIME,
    PauseReason.KEY_REFUSED: Ending.BY_PROBE,
    PauseReason.CREDITS: Ending.BY_PROBE,
    PauseReason.PERMISSION: Ending.BY_PROBE,
    PauseReason.ENDPOINT: Ending.BY_PROBE,
    PauseReason.CERTIFICATE: Ending.BY_PROBE,
    PauseReason.UNKNOWN_OUTCOMES: Ending.BY_OPERATOR,
    PauseReason.OPERATOR: Ending.BY_OPERATOR,
    PauseReason.JOURNAL_DAMAGED: Ending.BY_OPERATOR,
}

# A one-shot run waits for these: they end soon and without anybody.
PASSING: Final = frozenset({PauseReason.OFFLINE, PauseReason.RATE_LIMITED})

# A start finds these out anew, before anything is paid: folders may be back, a limit raised, a key exchanged.
SEEN_ANEW_AT_START: Final = frozenset(
    {PauseReason.FOLDER_MISSING, PauseReason.DISK_FULL, PauseReason.BUDGET, PauseReason.KEY_REFUSED}
)
# A changed configuration may be what they were waiting for; one photo then tells.
ENDED_BY_CONFIGURATION: Final = frozenset(
    {PauseReason.CREDITS, PauseReason.PERMISSION, PauseReason.ENDPOINT, PauseReason.CERTIFICATE}
)

# A command cannot lift these: the first would break the owner's cap, the others would be back at once.
NOT_LIFTED_BY_RESUME: Final = frozenset(
    {PauseReason.BUDGET, PauseReason.FOLDER_MISSING, PauseReason.DISK_FULL}
)

# How long until one photo is tried again. A key is soon replaced; credit and settings take people longer.
PROBE_AFTER: Final = {
    PauseReason.KEY_REFUSED: timedelta(minutes=15),
    PauseReason.CREDITS: timedelta(hours=1),
    PauseReason.PERMISSION: timedelta(hours=1),
    PauseReason.ENDPOINT: timedelta(hours=1),
    PauseReason.CERTIFICATE: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One reason for which nothing is sent.

    Attributes:
        detail: One sentence for people: what happened and what to do.
        since: When it began.
        until: When it ends or one photo is tried; None when neither happens by itself.
    """

    reason: PauseReason
    detail: str
    since: datetime
    until: datetime | None = None

    @property
    def ending(self) -> Ending:
        """What ends it."""
        return ENDINGS[self.reason]

    def is_over(self, now: datetime) -> bool:
        """Say whether its time has come."""
        return self.until is not None and self.until <= now


def begin_pause(reason: PauseReason, detail: str, now: datetime, until: datetime | None = None) -> Pause:
    """Give a pause that begins now; where nothing says until when, the reason's own probe time counts."""
    if until is None and reason in PROBE_AFTER:
        until = now + PROBE_AFTER[reason]
    return Pause(reason=reason, detail=detail, since=now, until=until)
