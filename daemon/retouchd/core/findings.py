"""What the doctor finds: one sentence on each thing that was looked at, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

# With fewer pictures nothing can be said about how many come in a day.
_FEWEST_PICTURES = 5
_LEAST_SPAN = timedelta(days=1)


class Level(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What it belongs to, in one word.
        text: How it is, one sentence for people, safe to print.
        remedy: What to do; empty where nothing needs to be done.
        facts: The same for programs: texts, numbers, truth and lists of them.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def fine(check: str, text: str, **facts: object) -> Finding:
    """Give a finding of something that is right."""
    return Finding(check=check, level=Level.OK, text=text, facts=facts)


def doubtful(check: str, text: str, remedy: str, **facts: object) -> Finding:
    """Give a finding of something that will or may not do."""
    return Finding(check=check, level=Level.WARN, text=text, remedy=remedy, facts=facts)


def wrong(check: str, text: str, remedy: str, **facts: object) -> Finding:
    """Give a finding of something that keeps photos from being edited."""
    return Finding(check=check, level=Level.FAIL, text=text, remedy=remedy, facts=facts)


def worst(findings: Iterable[Finding]) -> Level:
    """Give the worst level of all."""
    levels = list(Level)
    return max((one.level for one in findings), key=levels.index, default=Level.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How fast a folder fills.

    Attributes:
        pictures: Delivered within the span.
        span: How long that took.
        bytes_each: What one picture takes.
    """

    pictures: int
    span: timedelta
    bytes_each: float

    @property
    def bytes_a_day(self) -> float:
        """What comes in a day; 0 where there is too little to go by."""
        if self.pictures < _FEWEST_PICTURES:
            return 0.0
        days = max(self.span, _LEAST_SPAN) / timedelta(days=1)
        return self.pictures * self.bytes_each / days

    def days_until_full(self, free: int, needed: int) -> float | None:
        """Give the days until less than what is needed is free; None when nothing can be said.

        Args:
            free: Bytes.
            needed: Bytes that must be free before anything is paid for.
        """
        growth = self.bytes_a_day
        return max(0.0, (free - needed) / growth) if growth else None
