"""What a scan of the inbox leaves out: how much of it, why, and what a person should know of it.

Sentences about single files stand in hints.py.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from retouchd.core.story import sentence

LEFTOVERS: Final = "leftovers"
"""Under which name the journal keeps what the newest scan left out."""
# So many hints fill a page; the rest comes up as these are dealt with.
MOST_HINTS: Final = 20
# Below this many names a folder of phone videos would be an alarm.
_FEWEST_NAMES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What lies in the inbox and is never sent.

    Attributes:
        seen: How many names there are, of photos and prompt files too.
        reasons: How many of them are left out, by the reason for people: "names like *.part".
        hints: Sentences for people about what was probably meant otherwise; the first few only.
        closed: Folders that could not be opened, each with the reason: "cannot open trip: permission denied".
    """

    seen: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many names are left out."""
        return sum(self.reasons.values())

    @property
    def alarm(self) -> str:
        """The commonest reason when nearly all is left out, which is hardly meant so; otherwise nothing."""
        is_alarming = self.seen >= _FEWEST_NAMES and 10 * self.total > 9 * self.seen
        return max(self.reasons, key=lambda reason: (self.reasons[reason], reason)) if is_alarming else ""

    @property
    def alarm_sentence(self) -> str:
        """The alarm for people, or nothing."""
        if not self.alarm:
            return ""
        return (
            f"{self.total} of {self.seen} files in the inbox are never looked at, most of them as"
            f" {self.alarm}: if photos are among them, rename them, or change watch.ignore."
        )

    @property
    def closed_sentence(self) -> str:
        """What is not seen since a folder cannot be opened, for people, or nothing."""
        if not self.closed:
            return ""
        first, *others = self.closed
        more = f" The same goes for {len(others)} more." if others else ""
        return f"{sentence(first)} Photos in it are not seen until retouchd's user may read it.{more}"

    def as_text(self) -> str:
        """Give it as a text for the journal."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> "Leftovers":
        """Give it back from such a text."""
        fields = json.loads(text)
        # A daemon before this one did not note what was closed.
        hints, closed = tuple(fields["hints"]), tuple(fields.get("closed", ()))
        return cls(seen=fields["seen"], reasons=fields["reasons"], hints=hints, closed=closed)
