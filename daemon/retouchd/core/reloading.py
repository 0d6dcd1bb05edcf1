"""Reading the configuration again: from when on each setting counts, and what people are told of it.

Rules alone. Each key of the settings stands in the table, which a test makes sure of.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from retouchd.core.story import clock_time

RUNNING_NOTE: Final = "configuration_running"
READING_NOTE: Final = "configuration_reading"
# More of them than these are counted, not listed.
_MOST_FAULTS: Final = 10
_HOW_TO_RESTART: Final = "restart retouchd (with systemd: systemctl restart retouchd)"


class Counts(StrEnum):
    """From when on a setting counts that was changed, to end a sentence with."""

    AT_ONCE = "at once"
    NEXT_CALL = "from the next call on"
    NEXT_PHOTO = "for photos that are looked at from now on"
    NEXT_RESULT = "for results that are delivered from now on"
    RESTART = "after a restart"


COUNTS: Final[Mapping[str, Counts]] = {
    # The journal, the marks and what waits to be filed belong to these very folders.
    "folders.root": Counts.RESTART,
    "folders.inbox": Counts.RESTART,
    "folders.outbox": Counts.RESTART,
    "folders.done": Counts.RESTART,
    "folders.failed": Counts.RESTART,
    "folders.state": Counts.RESTART,
    # A call keeps the terms under which it was begun.
    "endpoint.base_url": Counts.NEXT_CALL,
    "endpoint.api_key_file": Counts.NEXT_CALL,
    "endpoint.connect_timeout_seconds": Counts.NEXT_CALL,
    "endpoint.write_timeout_seconds": Counts.NEXT_CALL,
    "endpoint.answer_timeout_seconds": Counts.NEXT_CALL,
    "endpoint.total_timeout_seconds": Counts.NEXT_CALL,
    "endpoint.max_request_bytes": Counts.NEXT_CALL,
    "endpoint.max_answer_bytes": Counts.NEXT_CALL,
    "endpoint.codes": Counts.AT_ONCE,
    # What a photo asks for is settled when it is looked at, as its fingerprint says.
    "defaults.size": Counts.NEXT_PHOTO,
    "defaults.megapixels": Counts.NEXT_PHOTO,
    "defaults.quality": Counts.NEXT_PHOTO,
    "defaults.format": Counts.NEXT_PHOTO,
    "defaults.background": Counts.NEXT_PHOTO,
    "defaults.output_compression": Counts.NEXT_PHOTO,
    "defaults.save_folder": Counts.NEXT_CALL,
    "watch.mode": Counts.AT_ONCE,
    "watch.settle_seconds": Counts.NEXT_PHOTO,
    "watch.rescan_seconds": Counts.AT_ONCE,
    "watch.poll_seconds": Counts.AT_ONCE,
    "watch.ignore": Counts.AT_ONCE,
    "watch.process_conflict_copies": Counts.AT_ONCE,
    "watch.incomplete_after_minutes": Counts.NEXT_PHOTO,
    "sidecars.ambiguous": Counts.AT_ONCE,
    "sidecars.folder_prompt_wait_seconds": Counts.NEXT_PHOTO,
    "duplicates.policy": Counts.NEXT_PHOTO,
    "duplicates.keep_answers_days": Counts.AT_ONCE,
    "duplicates.keep_answers_mb": Counts.AT_ONCE,
    "history.keep_days": Counts.AT_ONCE,
    "history.keep_jobs": Counts.AT_ONCE,
    # The name of a result is kept for it from when its photo was looked at.
    "output.name": Counts.NEXT_PHOTO,
    "output.on_conflict": Counts.NEXT_RESULT,
    "output.file_mode": Counts.NEXT_RESULT,
    "output.folder_mode": Counts.NEXT_RESULT,
    "output.status_file": Counts.AT_ONCE,
    "output.keep_signed_url": Counts.NEXT_RESULT,
    "retry.max_attempts": Counts.AT_ONCE,
    "retry.base_seconds": Counts.AT_ONCE,
    "retry.ceiling_seconds": Counts.AT_ONCE,
    "retry.max_active_hours": Counts.AT_ONCE,
    "retry.unknown_outcome": Counts.AT_ONCE,
    "limits.concurrency": Counts.AT_ONCE,
    "limits.max_concurrency": Counts.AT_ONCE,
    "limits.requests_per_minute": Counts.AT_ONCE,
    "limits.max_input_bytes": Counts.NEXT_PHOTO,
    "limits.max_pixels": Counts.NEXT_PHOTO,
    "limits.max_variants": Counts.NEXT_PHOTO,
    "limits.max_quality": Counts.NEXT_PHOTO,
    "limits.max_megapixels": Counts.NEXT_PHOTO,
    "budget.per_job_usd": Counts.AT_ONCE,
    "budget.per_day_usd": Counts.AT_ONCE,
    "budget.per_month_usd": Counts.AT_ONCE,
    "budget.day_starts": Counts.AT_ONCE,
    "log.format": Counts.AT_ONCE,
    "log.level": Counts.AT_ONCE,
    "log.heartbeat_minutes": Counts.AT_ONCE,
    "metrics.port": Counts.AT_ONCE,
    "metrics.address": Counts.AT_ONCE,
    "metrics.textfile": Counts.AT_ONCE,
    "metrics.interval_seconds": Counts.AT_ONCE,
    "notify.hook": Counts.AT_ONCE,
    "notify.hook_timeout_seconds": Counts.AT_ONCE,
    "notify.urls_file": Counts.AT_ONCE,
    "notify.events": Counts.AT_ONCE,
    "notify.batch_seconds": Counts.AT_ONCE,
}

RESTARTING: Final = tuple(key for key, counts in COUNTS.items() if counts is Counts.RESTART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that has another value than before.

    Attributes:
        before: The value as people read it.
        after: The same of the value that is wanted now.
    """

    key: str
    before: str
    after: str

    @property
    def needs_restart(self) -> bool:
        """Whether it counts only after a restart."""
        return COUNTS[self.key] is Counts.RESTART

    @property
    def told(self) -> str:
        """Both values; a secret looks the same before and after."""
        return "changed" if self.before == self.after else f"{self.before} -> {self.after}"

    @property
    def line(self) -> str:
        """What changes and from when on, in one sentence for people."""
        if self.needs_restart:
            return (
                f"{self.key} was changed to {self.after}, which counts after a restart; until then it is"
                f" {self.before}: {_HOW_TO_RESTART}"
            )
        return f"{self.key}: {self.told}, {COUNTS[self.key]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is left to tell of the last time that the configuration was read.

    Attributes:
        refused: When it was found wrong, so that the one before still counts; None when it was right.
        faults: What is wrong, a sentence for each.
        pending: What waits for a restart.
    """

    refused: datetime | None = None
    faults: Sequence[str] = ()
    pending: Sequence[Change] = ()

    @classmethod
    def from_text(cls, text: str) -> "Reading":
        """Take what `as_text` gave."""
        refused, faults, pending = json.loads(text)
        return cls(
            refused=datetime.fromisoformat(refused) if refused else None,
            faults=tuple(faults),
            pending=tuple(Change(key=key, before=before, after=after) for key, before, after in pending),
        )

    def as_text(self) -> str:
        """Give it as text for the journal."""
        pending = [(one.key, one.before, one.after) for one in self.pending]
        return json.dumps([self.refused and self.refused.isoformat(), list(self.faults), pending])

    def lines(self, now: datetime) -> Iterator[str]:
        """Give what an owner should know, in whole sentences."""
        if self.refused is not None:
            yield (
                f"The configuration that was read at {clock_time(self.refused, now)} is not right, so the one"
                " before still counts. Put it right, then: retouchd reload"
            )
            yield from self.faults[:_MOST_FAULTS]
        if len(self.faults) > _MOST_FAULTS:
            yield f"And {len(self.faults) - _MOST_FAULTS} more; all of them: retouchd config --check"
        yield from (change.line for change in self.pending)


def reloaded_answer(file: str, changes: Sequence[Change], *, has_new_key: bool) -> str:
    """Say what came of reading the configuration again, a line for each change.

    Args:
        file: What was read, for people.
        changes: Those that count now, and those that need a restart.
        has_new_key: The key is another one.
    """
    lines = [change.line for change in changes]
    if has_new_key:
        lines.append("the key is another one than before; it is sent from the next call on")
    first = f"the configuration was read again from {file}"
    return "\n".join([f"{first}{'' if lines else ': nothing in it has changed'}", *lines])


def unread_line(keys: Sequence[str]) -> str:
    """Say which settings were changed since the running daemon has read them."""
    were = "was" if len(keys) == 1 else "were"
    return f"{', '.join(keys)} {were} changed in the configuration and not read yet: retouchd reload"
