"""One behaviour of the service and what must come of it, as data; and the usual kinds of them.

The rows are those of the endpoint's outcome table, by name, so that a test can say which of them lack a
behaviour.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from misbehaving import Act, edited, free, paid

from servers import Script

TABLE_ROWS: Final = (
    "auth",
    "permission",
    "credits",
    "rate limit",
    "overloaded",
    "service error",
    "edge error",
    "edge 503",
    "408, 425",
    "409",
    "too large",
    "blocked",
    "invalid",
    "endpoint",
    "unknown 4xx",
    "unknown outcome",
    "paid, unreadable",
    "anything else after the body was sent",
    "not sent",
)
"""The endpoint's outcome table, one entry for each class of error."""
ANSWER: Final = "answer"
"""Behaviours that end with a picture belong to no class of error."""


class Money(StrEnum):
    """What the history must say about a photo's money when all is over."""

    NOTHING = "nothing charged, nothing set aside"
    REPORTED = "charged what the answer said"
    IN_FULL = "charged all that was set aside"
    SET_ASIDE = "all that was set aside for the last call stays so"


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What the service does with the calls for one photo, and what must come of it.

    Attributes:
        row: Of the endpoint's outcome table, or ANSWER.
        outcomes: How each call ended, as the history has it, the oldest first.
        state: Of the job when all is over; a held one by its reason.
        pause: The pause that it begins; when that is over the photo is tried again.
        calls: How many reach the service, where that is not each of them.
        oddities: Words out of each of the oddities in the metadata, in their order.
        says: Words that a person reads about the photo, or about the pause.
        is_large: The photo is larger than every socket's buffers.
        link: What the service does with each download by the link in its answer.
        picture: What is delivered.
    """

    name: str
    row: str
    acts: tuple[Act, ...]
    outcomes: tuple[str, ...]
    state: str = "done"
    money: Money = Money.REPORTED
    pause: str | None = None
    calls: int | None = None
    oddities: tuple[str, ...] = ()
    says: str = ""
    is_large: bool = False
    link: tuple[Script, ...] = ()
    picture: bytes = field(default_factory=edited, repr=False)

    def expected_calls(self) -> int:
        """Give how many calls must reach the service."""
        return len(self.outcomes) if self.calls is None else self.calls


def delivered(name: str, script: Script, *oddities: str, **more: object) -> Behaviour:
    """Give a behaviour that ends with a picture at the first call."""
    more = {"row": ANSWER, "outcomes": ("answered",), **more}
    return _make(name, acts=(paid(script),), oddities=oddities, **more)


def unreadable(name: str, script: Script, outcome: str = "answered", **more: object) -> Behaviour:
    """Give a behaviour whose answer was paid for and is of no use: held, billed in full, kept."""
    more = {"row": "paid, unreadable", "outcomes": (outcome,), "money": Money.IN_FULL, **more}
    return _make(name, (paid(script),), state="unreadable_answer", **more)


def unknown(name: str, script: Script, row: str = "unknown outcome", **more: object) -> Behaviour:
    """Give a behaviour that leaves open whether it was paid: held, and the money stays set aside."""
    more = {"state": "unknown_outcome", "money": Money.SET_ASIDE, "says": "may have been paid", **more}
    return _make(name, (paid(script),), row=row, outcomes=("unknown",), **more)


def retried(name: str, script: Script, row: str, outcome: str, **more: object) -> Behaviour:
    """Give a behaviour that costs nothing and is tried again by itself, with a picture then."""
    return _make(name, (free(script),), row=row, outcomes=(outcome, "answered"), **more)


def pausing(name: str, script: Script, row: str, outcome: str, pause: str, **more: object) -> Behaviour:
    """Give a behaviour that no photo can help: it pauses everything until a person resumes."""
    return retried(name, script, row, outcome, pause=pause, **more)


def failed(name: str, script: Script, row: str, outcome: str, **more: object) -> Behaviour:
    """Give a behaviour after which the photo lies in failed/, for nothing."""
    more = {"row": row, "outcomes": (outcome,), "money": Money.NOTHING, **more}
    return _make(name, (free(script),), state="failed", **more)


def _make(name: str, acts: tuple[Act, ...], **more: object) -> Behaviour:
    return Behaviour(name=name, acts=acts, **more)  # type: ignore[arg-type]
