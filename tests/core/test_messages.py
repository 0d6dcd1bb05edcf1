"""What messages say."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from retouchd.core.messages import SCHEMA, Item, Material, Sender, compose
from retouchd.core.money import Money
from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.spending import Notice
from retouchd.core.topics import Topic
from retouchd.core.values import printable
from strategies import NOW, any_text

SENDER = Sender(host="nas", root="/srv/photos")
PAUSE = Pause(reason=PauseReason.OPERATOR, detail="for lunch", since=NOW)
HELD = Item(id="k7f3bcdg", source="a.jpg", state="held", reason="The answer was lost.")
FAILED = Item(id="x1", source="b.jpg", state="failed", reason="Refused.")
DONE = Item(id="y1", source="trip/c.jpg", state="done", reason="", output="trip/c.png")


def said(topic: Topic, **known: Any) -> tuple[str, list[str]]:
    """Give the subject and the lines of a message, without its last line."""
    message = compose(Material(topic=topic, **{"counts": {}, **known}), SENDER, "1", NOW)
    *lines, last = message.text.splitlines()
    assert last == "(nas: /srv/photos)"
    return message.subject, lines


@pytest.mark.parametrize(
    ("topic", "known", "subject", "lines"),
    [
        (Topic.DONE, {"number": 1, "items": [DONE]}, "1 photo is done", ["trip/c.jpg: outbox/trip/c.png"]),
        (Topic.DONE, {"number": 2}, "2 photos are done", ["And 2 more: retouchd jobs"]),
        (Topic.FAILED, {"number": 1, "items": [FAILED]}, "1 photo failed", ["b.jpg: Refused."]),
        (
            Topic.NEEDS_YOU,
            {"number": 4, "items": [HELD]},
            "4 photos need you",
            ["a.jpg: The answer was lost. (retouchd show k7f3bcdg)", "And 3 more: retouchd status"],
        ),
        (
            Topic.PAUSED,
            {"pauses": [PAUSE]},
            "paused, nothing is sent",
            ['You paused it: for lunch. To go on: "retouchd resume".'],
        ),
        (
            Topic.RESUMED,
            {"lasted": timedelta(hours=2, minutes=5)},
            "goes on again",
            ["It was paused for 2 h."],
        ),
        (
            Topic.RESUMED,
            {"pauses": [PAUSE]},
            "still paused",
            ['Still paused: You paused it: for lunch. To go on: "retouchd resume".'],
        ),
        (
            Topic.LIMIT,
            {"limits": [Notice(about="per_day", text="$8.00 of today's limit of $10.00 is used")]},
            "80 % of a limit is used",
            ["$8.00 of today's limit of $10.00 is used."],
        ),
        (
            Topic.NO_PROMPT,
            {
                "number": 1,
                "items": [Item(id=None, source="d.jpg", state="", reason="waits.")],
                "hints": ["e."],
            },
            "1 photo waiting for a day",
            ["d.jpg: waits.", "e."],
        ),
        (Topic.NO_PROMPT, {"hints": ["e.", "f."]}, "2 files waiting for a day", ["e.", "f."]),
        (
            Topic.IDLE,
            {
                "number": 3,
                "items": [FAILED, DONE],
                "counts": {"done": 1, "failed": 1, "cancelled": 1, "needs_you": 1},
                "cost": Money(100_000),
                "took": timedelta(seconds=121),
            },
            "finished: 1 delivered, 1 failed, 1 not sent, 1 needs you",
            [
                "It cost about $0.10, in 2 min.",
                "b.jpg: Refused.",
                "trip/c.jpg: outbox/trip/c.png",
                "And 1 more: retouchd jobs",
            ],
        ),
        (
            Topic.IDLE,
            {"counts": {"done": 2, "needs_you": 2}},
            "finished: 2 delivered, 2 need you",
            ["It cost about $0.00."],
        ),
        (
            Topic.TEST,
            {},
            "this is a test",
            ["If you can read this, messages of retouchd reach you this way."],
        ),
    ],
)
def test_a_message_says_what_is(topic: Topic, known: dict[str, Any], subject: str, lines: list[str]) -> None:
    """Each topic has its own words, short enough for a phone, and says what to do."""
    assert said(topic, **known) == (f"retouchd: {subject}", lines)


def test_a_moment_is_told_in_seconds() -> None:
    """What was short is told in seconds."""
    assert said(Topic.RESUMED, lasted=timedelta(seconds=90))[1] == ["It was paused for 90 s."]


def test_programs_are_told_the_same() -> None:
    """The JSON has every key at any time, its schema, and the photos."""
    material = Material(
        topic=Topic.PAUSED,
        number=1,
        items=[HELD],
        counts={"needs_you": 1},
        pauses=[Pause(reason=PauseReason.OFFLINE, detail="no line", since=NOW, until=NOW)],
        limits=[Notice(about="per_day", text="much")],
        took=timedelta(seconds=1.26),
    )

    message = compose(material, SENDER, "id1", NOW)

    assert json.loads(json.dumps(message.document)) == {
        "schema": SCHEMA,
        "event": "paused",
        "id": "id1",
        "time": "2026-11-23T12:00:00+00:00",
        "host": "nas",
        "root": "/srv/photos",
        "subject": message.subject,
        "text": message.text,
        "number": 1,
        "counts": {"needs_you": 1},
        "cost_usd": 0.0,
        "seconds": 1.3,
        "jobs": [
            {
                "id": "k7f3bcdg",
                "source": "a.jpg",
                "state": "held",
                "reason": "The answer was lost.",
                "output": None,
            }
        ],
        "pauses": [
            {
                "reason": "offline",
                "detail": "no line",
                "since": "2026-11-23T12:00:00+00:00",
                "until": "2026-11-23T12:00:00+00:00",
            }
        ],
        "limits": [{"about": "per_day", "text": "much"}],
    }


@given(any_text, any_text, any_text)
def test_no_message_is_long_or_unsafe(detail: str, host: str, hint: str) -> None:
    """I11: whatever names and reasons say, a message has lines of its own making, and fits a phone."""
    pauses = [Pause(reason=PauseReason.OFFLINE, detail=detail * 3, since=NOW)] * 20
    material = Material(topic=Topic.PAUSED, counts={}, pauses=pauses)

    message = compose(material, Sender(host=host, root=hint), "1", NOW)

    assert len(message.text) <= 1500
    assert all(len(line) <= 250 for line in message.text.split("\n"))
    assert len(message.text.split("\n")) <= len(pauses) + 1
    assert message.text.replace("\n", "") == printable(message.text.replace("\n", ""))
