"""What a message says: its subject and text for people, and its JSON for programs.

Names of photos, reasons and sums are in it; prompts never are: they are nobody's business but the owner's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.jobs import JobState
from retouchd.core.money import NOTHING, Money
from retouchd.core.pauses import Pause
from retouchd.core.spending import Notice
from retouchd.core.story import pause_sentence, sentence
from retouchd.core.topics import Topic
from retouchd.core.values import printable

SCHEMA: Final = "retouchd.notice/1"
# A phone's screen shows no more.
MOST_NAMED: Final = 5
# ntfy takes 4096 bytes, and some ways less.
_LONGEST_LINE: Final = 250
_LONGEST_TEXT: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One photo that a message names.

    Attributes:
        id: The job's; None for a photo that is no job yet.
        source: Below the inbox, safe to print.
        reason: One sentence.
        output: What lies in the outbox, safe to print.
    """

    id: str | None
    source: str
    state: str
    reason: str
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a message is made of.

    Attributes:
        number: How many photos it tells of; the first few are named.
        counts: How many of them came to which end, by state; "needs_you" counts all that do so now.
        hints: More that has waited for a day, in sentences.
        pauses: The pauses that hold now.
        lasted: How long it was paused, of those that ended.
    """

    topic: Topic
    number: int = 0
    items: Sequence[Item] = ()
    counts: Mapping[str, int]
    cost: Money = NOTHING
    took: timedelta | None = None
    hints: Sequence[str] = ()
    pauses: Sequence[Pause] = ()
    lasted: timedelta | None = None
    limits: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends a message: several daemons may tell the same person."""

    host: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message, ready to be sent.

    Attributes:
        document: The whole of it for programs, as JSON takes it.
    """

    id: str
    topic: Topic
    subject: str
    text: str
    document: Mapping[str, object]


def compose(material: Material, sender: Sender, identity: str, now: datetime) -> Message:
    """Put a message into words.

    Args:
        identity: Another one for each message; the same when it is sent again.
    """
    subject = _SUBJECTS[material.topic](material)
    text = _text(material, sender, now)
    return Message(
        id=identity,
        topic=material.topic,
        subject=f"retouchd: {subject}",
        text=text,
        document={
            "schema": SCHEMA,
            "event": material.topic.value,
            "id": identity,
            "time": now.isoformat(timespec="seconds"),
            "host": printable(sender.host),
            "root": printable(sender.root),
            "subject": f"retouchd: {subject}",
            "text": text,
            "number": material.number,
            "counts": dict(material.counts),
            "cost_usd": material.cost.usd,
            "seconds": None if material.took is None else round(material.took.total_seconds(), 1),
            "jobs": [_item_as_json(item) for item in material.items],
            "pauses": [_pause_as_json(pause) for pause in material.pauses],
            "limits": [{"about": one.about, "text": one.text} for one in material.limits],
        },
    )


def _item_as_json(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "source": item.source,
        "state": item.state,
        "reason": item.reason,
        "output": item.output,
    }


def _pause_as_json(pause: Pause) -> dict[str, object]:
    return {
        "reason": pause.reason.value,
        "detail": printable(pause.detail),
        "since": pause.since.isoformat(timespec="seconds"),
        "until": pause.until.isoformat(timespec="seconds") if pause.until else None,
    }


def _text(material: Material, sender: Sender, now: datetime) -> str:
    last = _shortened(f"({printable(sender.host)}: {printable(sender.root)})")
    lines, room = [], _LONGEST_TEXT - len(last)
    for line in map(_shortened, _lines(material, now)):
        room -= len(line) + 1
        lines += [line] if room > 0 else []
    return "\n".join([*lines, last])


def _shortened(line: str, longest: int = _LONGEST_LINE) -> str:
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _lines(material: Material, now: datetime) -> Iterator[str]:
    match material.topic:
        case Topic.PAUSED:
            yield from (pause_sentence(pause, now) for pause in material.pauses)
        case Topic.RESUMED:
            yield from _resumed_lines(material, now)
        case Topic.LIMIT:
            yield from (sentence(notice.text) for notice in material.limits)
        case Topic.TEST:
            yield "If you can read this, messages of retouchd reach you this way."
        case _:
            yield from _photo_lines(material)


def _resumed_lines(material: Material, now: datetime) -> Iterator[str]:
    if material.lasted is not None:
        yield f"It was paused for {_duration(material.lasted)}."
    yield from (f"Still paused: {pause_sentence(pause, now)}" for pause in material.pauses)


def _photo_lines(material: Material) -> Iterator[str]:
    if material.topic is Topic.IDLE:
        took = "" if material.took is None else f", in {_duration(material.took)}"
        yield f"It cost about {material.cost}{took}."
    yield from (_item_line(item) for item in material.items)
    yield from material.hints
    more = material.number - len(material.items)
    if more > 0:
        yield f"And {more} more: {_LISTS.get(material.topic, 'retouchd jobs')}"


# What lists those that are not named.
_LISTS: Final = {
    Topic.FAILED: "retouchd jobs --state failed",
    Topic.NEEDS_YOU: "retouchd status",
    Topic.NO_PROMPT: "retouchd status",
}


def _item_line(item: Item) -> str:
    if item.output is not None:
        return f"{item.source}: outbox/{item.output}"
    way_on = f" (retouchd show {item.id})" if item.id and item.state == JobState.HELD.value else ""
    # A long reason must not hide how to learn all of it.
    return _shortened(f"{item.source}: {item.reason}", _LONGEST_LINE - len(way_on)) + way_on


def _report(material: Material) -> str:
    counts = material.counts
    parts = [
        f"{counts[name]} {words}"
        for name, words in {
            "done": "delivered",
            "failed": "failed",
            "cancelled": "not sent",
            "needs_you": "need you" if counts.get("needs_you") != 1 else "needs you",
        }.items()
        if counts.get(name)
    ]
    return f"finished: {', '.join(parts)}"


def _photos(number: int, verb_for_one: str, verb_for_many: str) -> str:
    return f"1 photo {verb_for_one}" if number == 1 else f"{number} photos {verb_for_many}"


def _waiting(material: Material) -> str:
    waiting = material.number or len(material.hints)
    what = "file" if not material.number else "photo"
    return f"{waiting} {what}{'' if waiting == 1 else 's'} waiting for a day"


_SUBJECTS: Final[Mapping[Topic, Callable[[Material], str]]] = {
    Topic.DONE: lambda material: _photos(material.number, "is done", "are done"),
    Topic.FAILED: lambda material: _photos(material.number, "failed", "failed"),
    Topic.NEEDS_YOU: lambda material: _photos(material.number, "needs you", "need you"),
    Topic.PAUSED: lambda _material: "paused, nothing is sent",
    Topic.RESUMED: lambda material: "still paused" if material.pauses else "goes on again",
    Topic.LIMIT: lambda _material: "80 % of a limit is used",
    Topic.NO_PROMPT: _waiting,
    Topic.IDLE: _report,
    Topic.TEST: lambda _material: "this is a test",
}


def _duration(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
