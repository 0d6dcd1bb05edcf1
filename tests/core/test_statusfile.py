"""The text of the status file: whole, bounded, with what needs somebody first and what to do with files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.jobs import JobState
from retouchd.core.leftovers import Leftovers
from retouchd.core.money import NOTHING, Caps, Money
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import SpendReport
from retouchd.core.reloading import Reading
from retouchd.core.spending import Notice
from retouchd.core.status import Entry, Holder, Status, headline, notice_rows
from retouchd.core.statusfile import (
    FIRST_LINE,
    LAST_LINE,
    MOST_NEEDS,
    Need,
    Page,
    status_text,
    without_clock,
)
from strategies import NOW

COUNTS: Final = {state.value: 0 for state in JobState} | {
    "arriving": 0,
    "queued": 0,
    "waiting_for_prompt": 0,
    "ignored": 0,
}
RUNNING: Final = Status(
    now=NOW,
    holder=Holder(pid=7, since=NOW - timedelta(hours=3)),
    pauses=(),
    counts=COUNTS,
    spend=SpendReport(today=NOTHING, month=NOTHING, reserved=NOTHING, unknown=NOTHING),
    caps=Caps(per_job=Money(3_000_000), per_day=Money(10_000_000), per_month=None),
    allowance=None,
    notices=(),
    entries=(),
    leftovers=Leftovers(),
    delivered_today=0,
    failed_today=0,
)
NEED: Final = Need(source="wedding/a.jpg", told="the answer was lost.", way_out="Put new text into it.")
IDLE: Final = """\
retouchd: what is going on here
Running since 23 November 2026, 09:00:00 (UTC+00:00), and ready.

Working    on nothing
Waiting    nothing
Today      0 delivered; about $0.00 of $10.00
Month      about $0.00 of no limit

Written 23 November 2026, 12:00:00 (UTC+00:00): anew when something has changed, at most once a minute.
When a photo that you put into the inbox is not told here within two minutes,
retouchd does not run, or cannot write here.
Words in quotes that begin with "retouchd" are commands for whoever runs it.
Do not write into this file: it is replaced.
(End of this file.)
"""
FULL: Final = """\
retouchd: what is going on here
Running since 23 November 2026, 09:00:00 (UTC+00:00), but sends nothing.

NEEDS YOU: 213
- wedding/a.jpg: the answer was lost.
  What to do: Put new text into it.
- pair.jpg: pair.txt fits pair.jpg and pair.png: name it pair.jpg.txt or pair.png.txt.
and 211 more

WITHOUT A PROMPT: 4
- lonely.jpg waits for its prompt: add lonely.txt beside it.
and 3 more

PAUSED since 02:14: The key was refused (401). The service is asked again at 12:10 whether it takes the key.
Photos may keep arriving; they wait their turn.

FAILED, AND NOT PUT BACK: 1
- c.jpg: refused.
  What to do: Drag it back.

Working    on 1: b.jpg
Waiting    212 queued, 3 still arriving, 2 to be tried again when the pause is over, \
1 on the way to the outbox, 4 without a prompt, 9 that are not photos
Today      86 delivered, 1 failed; about $8.43 + $0.10 set aside + $0.55 perhaps paid of $25.00 \
(your word for today)
Month      about $61.20 of no limit
Notice     Four fifths of it are used.

NO PHOTOS: 1
- DSC_1.NEF is a camera RAW file, which cannot be sent: export it as JPEG.

DELIVERED LAST
- outbox/trip/beach.png
"""


def entry(state: JobState, source: str = "b.jpg", **fields: Any) -> Entry:
    """Give an entry."""
    return Entry(id=None, state=state, source=source, reason="", detail="", **fields)


def test_with_nothing_to_do_it_says_that_it_runs_and_when_it_was_written() -> None:
    """Whoever opens the file sees that retouchd runs, and can tell a stale file from a quiet time."""
    assert status_text(Page(status=RUNNING)) == IDLE


def test_an_inbox_that_does_not_answer_is_told() -> None:
    """Who wonders why new photos are not seen learns that a share hangs, and since when."""
    text = status_text(Page(status=replace(RUNNING, silent_since=NOW.replace(hour=2, minute=14))))

    assert "Notice     The inbox has been looked through since 02:14 without an end" in text


def test_what_needs_somebody_comes_first_then_pauses_then_the_rest() -> None:
    """Every section, in its order: needs with what to do, pauses, failures, work, money, hints, results."""
    pause = begin_pause(
        PauseReason.KEY_REFUSED,
        "the key was refused (401)",
        NOW.replace(hour=2, minute=14),
        until=NOW + timedelta(minutes=10),
    )
    counts = {"held": 213, "waiting_for_prompt": 4, "queued": 212, "arriving": 3, "deferred": 2}
    status = replace(
        RUNNING,
        pauses=(pause,),
        counts=COUNTS | counts | {"received": 1, "ignored": 9},
        spend=SpendReport(
            today=Money(8_430_000),
            month=Money(61_200_000),
            reserved=Money(100_000),
            unknown=Money(550_000),
        ),
        caps=replace(RUNNING.caps, per_day=Money(25_000_000)),
        allowance=Money(25_000_000),
        notices=(Notice(about="day", text="four fifths of it are used"),),
        entries=(entry(JobState.SUBMITTING),),
        leftovers=Leftovers(
            hints=("DSC_1.NEF is a camera RAW file, which cannot be sent: export it as JPEG.",)
        ),
        delivered_today=86,
        failed_today=1,
    )
    pair = "pair.txt fits pair.jpg and pair.png: name it pair.jpg.txt or pair.png.txt."
    page = Page(
        status=status,
        needs=(NEED, Need(source="pair.jpg", told=pair)),
        without_prompt=("lonely.jpg waits for its prompt: add lonely.txt beside it.",),
        failed=(Need(source="c.jpg", told="refused.", way_out="Drag it back."),),
        delivered=("trip/beach.png",),
    )

    assert status_text(page).partition("\nWritten ")[0] == FULL


def test_at_the_stop_it_says_that_nothing_runs_since_when() -> None:
    """What lies there after a clean stop says so, with the local time and its zone."""
    now = datetime(2026, 1, 3, 8, 5, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))

    text = status_text(Page(status=replace(RUNNING, holder=None, now=now)))

    assert text.splitlines()[1] == (
        "NOT RUNNING since 3 January 2026, 08:05:00 (UTC-03:30):"
        " nothing is edited until retouchd is started again."
    )


@pytest.mark.parametrize(
    ("next_try", "words"),
    [(NOW + timedelta(minutes=5), "tried again at 12:05"), (None, "tried again soon")],
)
def test_photos_that_are_tried_again_are_told_with_the_first_time(
    next_try: datetime | None, words: str
) -> None:
    """Of many that are tried again the first time is told."""
    later = entry(JobState.DEFERRED, next_try=NOW + timedelta(hours=2))
    first = entry(JobState.DEFERRED, next_try=next_try)
    entries = (first,) if next_try is None else (later, first)

    text = status_text(Page(status=replace(RUNNING, counts=COUNTS | {"deferred": 1}, entries=entries)))

    assert words in text


def test_the_clock_alone_changes_nothing() -> None:
    """A cloud does not sync the file for ever: minutes that pass are no change, a start and a stop are."""
    stopped = replace(RUNNING, holder=None)
    texts = {
        without_clock(status_text(Page(status=replace(status, now=NOW + timedelta(minutes=minutes)))))
        for status in (RUNNING, stopped)
        for minutes in (0, 1, 61)
    }

    assert len(texts) == 2


def test_names_cannot_forge_a_line() -> None:
    """I11: whatever a file is called, it makes no line of its own."""
    need = replace(NEED, source="a\nNOT RUNNING since ever", told="x\r\ny")

    text = status_text(Page(status=replace(RUNNING, counts=COUNTS | {"held": 1}), needs=(need,)))

    assert "\nNOT RUNNING" not in text
    assert "\r" not in text


@given(st.integers(0, 10**6), st.integers(0, MOST_NEEDS), st.text(max_size=5000))
def test_however_much_there_is_the_text_is_whole_and_bounded(held: int, shown: int, words: str) -> None:
    """Any number of needs with texts of any length gives a text of bounded size with its two ends."""
    needs = [replace(NEED, told=words, way_out=words)] * min(held, shown)
    status = replace(RUNNING, now=datetime(2026, 1, 1, tzinfo=UTC), counts=COUNTS | {"held": held})

    text = status_text(Page(status=replace(status, leftovers=Leftovers(hints=(words,) * 20)), needs=needs))

    assert text.startswith(f"{FIRST_LINE}\n")
    assert text.endswith(f"\n{LAST_LINE}\n")
    assert len(text) < 150_000
    assert (f"and {held - len(needs)} more" in text) == (held > len(needs))


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "Idle: waits for photos; about $0.00 of $10.00 today"),
        ({"submitting": 2, "ready": 10, "queued": 4}, "Working on 2, 14 queued; about $0.00 of $10.00 today"),
        ({"held": 3}, "Idle: waits for photos; 3 need you; about $0.00 of $10.00 today"),
    ],
)
def test_one_line_says_what_goes_on(counts: dict[str, int], line: str) -> None:
    """What the service manager shows is one line: what is done, what needs somebody, and what it cost."""
    assert headline(replace(RUNNING, counts=COUNTS | counts)) == line


def test_the_line_says_why_nothing_is_sent() -> None:
    """A pause, or a share that does not answer, is what somebody who looks has to know first."""
    pause = begin_pause(PauseReason.OPERATOR, "holidays", NOW)
    held = COUNTS | {"held": 1}

    paused = headline(replace(RUNNING, pauses=(pause,), counts=held))
    silent = headline(replace(RUNNING, silent_since=NOW - timedelta(hours=1)))

    assert paused == 'Paused: You paused it: holidays. To go on: "retouchd resume"; 1 need you'
    assert silent == "The inbox has not answered since 11:00"


def test_the_line_says_that_a_configuration_was_refused() -> None:
    """Who has it read again by the service manager sees there that it does not count."""
    line = headline(replace(RUNNING, reading=Reading(refused=NOW)))

    assert line.startswith(
        "Idle: waits for photos; the configuration is not right, the one before still counts"
    )


def test_what_was_not_read_is_a_notice() -> None:
    """Faults come first, and what was changed since; each as a sentence."""
    reading = Reading(refused=NOW, faults=("a.b (in /config.toml): unknown",))

    told = [text for _title, text in notice_rows(replace(RUNNING, reading=reading, unread=("a.b",)))]

    assert told[1:3] == [
        "a.b (in /config.toml): unknown.",
        "a.b was changed in the configuration and not read yet: retouchd reload.",
    ]
