"""What people are told of, as settings and screens know it too; when it is told stands in telling.py."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

# Without a prompt for so long: somebody has forgotten it, or named it wrongly.
WAITED_LONG: Final = timedelta(hours=24)


class Topic(StrEnum):
    """What a message is about; as the configuration and programs read it."""

    DONE = "done"
    FAILED = "failed"
    NEEDS_YOU = "needs_you"
    PAUSED = "paused"
    RESUMED = "resumed"
    LIMIT = "limit"
    NO_PROMPT = "no_prompt"
    IDLE = "idle"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What ended after what was told: how much, and when the last of it did."""

    number: int = 0
    newest: datetime | None = None
