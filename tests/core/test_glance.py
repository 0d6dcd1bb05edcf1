"""The status as a screen tells it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from retouchd.core.glance import Call, Delivery, Glance, Section, Weight, duration, gist, sections
from retouchd.core.jobs import JobState
from retouchd.core.leftovers import Leftovers
from retouchd.core.money import NOTHING, Caps, Money
from retouchd.core.records import BundleState, SpendReport
from retouchd.core.spending import Notice
from retouchd.core.status import Entry, Status
from retouchd.core.statusfile import Need, Page
from retouchd.core.values import JobId
from strategies import ARRIVING, NOW

COUNTS = {state.value: 0 for state in JobState} | {
    "arriving": 0,
    "queued": 0,
    "waiting_for_prompt": 0,
    "ignored": 0,
}
LOST = Need(source="a.jpg", told="the answer was lost.", job=JobId("k7f3"))
PAIR = Need(source="pair.jpg", told="pair.txt fits pair.jpg and pair.png.")


def status(**counts: int) -> Status:
    """Give a status in which nothing else is told."""
    return Status(
        now=NOW,
        holder=None,
        pauses=(),
        counts=COUNTS | counts,
        spend=SpendReport(today=Money(8_430_000), month=NOTHING, reserved=NOTHING, unknown=NOTHING),
        caps=Caps(per_job=None, per_day=Money(10_000_000), per_month=None),
        allowance=None,
        notices=(),
        entries=(),
        leftovers=Leftovers(),
        delivered_today=86,
        failed_today=1,
    )


def titles(glance: Glance) -> list[str]:
    """Give the titles in their order."""
    return [section.title for section in sections(glance)]


def section(glance: Glance, title: str) -> Section:
    """Give one section."""
    (found,) = [one for one in sections(glance) if one.title == title]
    return found


def test_an_idle_screen_is_short() -> None:
    """Where nothing waits for anybody, four lines tell it."""
    glance = Glance(page=Page(status=status()))

    assert [(one.title, one.words) for one in sections(glance)] == [
        ("Working", "on nothing"),
        ("Waiting", "nothing"),
        ("Today", "86 delivered, 1 failed; about $8.43 of $10.00"),
        ("Month", "about $0.00 of no limit"),
    ]


def test_what_is_most_urgent_comes_first() -> None:
    """Who looks for a second sees what needs them."""
    told = status(held=2, failed=1, waiting_for_prompt=1)
    told = replace(
        told, notices=[Notice(about="per_day", text="nearly")], leftovers=Leftovers(hints=("a.NEF is RAW.",))
    )
    page = Page(
        status=told,
        needs=(LOST, PAIR),
        failed=(replace(LOST, told="refused."),),
        without_prompt=("inbox/: l.jpg waits.",),
    )
    glance = Glance(page=page, deliveries=[Delivery(output="b.png", at=NOW)])

    assert titles(glance) == [
        "Needs you",
        "Notice",
        "Failed",
        "Working",
        "Waiting",
        "Today",
        "Month",
        "Last",
        "No prompt",
        "Hint",
    ]
    assert next(iter(sections(glance))).weight is Weight.URGENT
    assert section(glance, "Last").words == "outbox/b.png (12:00:00)"
    assert section(glance, "No prompt").items[0].told == "l.jpg waits."
    assert section(glance, "Failed").words == "1, and not put back"


def test_each_need_has_its_command() -> None:
    """The very command stands below: a job is shown, a photo that is no job yet is explained."""
    needs = section(Glance(page=Page(status=status(held=2), needs=(LOST, PAIR))), "Needs you")

    assert needs.words == "2"
    assert [(item.told, tuple(item.command)) for item in needs.items] == [
        ("a.jpg: the answer was lost.", ("show", "k7f3")),
        ("pair.jpg: pair.txt fits pair.jpg and pair.png.", ("explain", "inbox/pair.jpg")),
    ]
    assert needs.more == 0


def test_what_is_the_same_is_told_once() -> None:
    """A whole folder with one trouble is one item; what is not listed is counted."""
    many = [replace(LOST, source=f"{number}.jpg") for number in range(48)]
    others = [replace(PAIR, told=f"{number}.") for number in range(7)]

    needs = section(Glance(page=Page(status=status(held=60), needs=(*many, *others))), "Needs you")

    assert needs.items[0].told == "0.jpg and 47 more: the answer was lost."
    assert len(needs.items) == 5
    assert needs.more == 60 - 48 - 4


def test_calls_tell_for_how_long_they_have_been_under_way() -> None:
    """Who wonders whether it hangs sees how long it usually takes."""
    calls = [Call(source=f"{number}.jpg", begun=NOW - timedelta(seconds=42)) for number in range(7)]
    glance = Glance(page=Page(status=status(submitting=7)), calls=calls, usual_seconds=60.2)

    working = section(glance, "Working")

    assert working.words == "on 7"
    assert working.items[0].told == "0.jpg  42 s, usually 60 s"
    assert working.more == 2
    assert section(replace(glance, usual_seconds=None), "Working").items[0].told == "0.jpg  42 s"


def test_many_failed_are_at_least_so_many() -> None:
    """Only the newest are looked at, so their number is no more than that."""
    failed = [replace(LOST, told=f"{number}.") for number in range(10)]

    told = section(Glance(page=Page(status=status(failed=99), failed=failed)), "Failed")

    assert told.words == "10 or more, and not put back"
    assert told.more == 7


@pytest.mark.parametrize(
    ("seconds", "told"), [(-3, "0 s"), (41.6, "42 s"), (119, "119 s"), (120, "2 min"), (125.2, "2 min 5 s")]
)
def test_durations_are_in_whole_units(seconds: float, told: str) -> None:
    """Nobody reads tenths of a call that is under way."""
    assert duration(seconds) == told


def test_time_alone_is_no_change() -> None:
    """What is printed again only when something happened is not printed because time passes."""
    glance = Glance(page=Page(status=status()), calls=[Call(source="a.jpg", begun=NOW)])
    later = replace(glance.page.status, now=NOW + timedelta(seconds=1), entries=(_entry(),))

    assert gist(replace(glance, page=Page(status=later))) == gist(glance)
    assert gist(replace(glance, calls=())) != gist(glance)


def _entry() -> Entry:
    return Entry(id=None, state=JobState.DEFERRED, source="a.jpg", reason="at 12:00", detail="")


def test_a_photo_that_waits_too_long_for_its_prompt_is_noticed() -> None:
    """The photo that has waited the longest for its prompt is named, with since when."""
    record = replace(ARRIVING, state=BundleState.LACKS_PROMPT, seen=NOW - timedelta(days=3))

    glance = Glance(page=Page(status=replace(status(), forgotten=record)))

    assert section(glance, "Notice").words == (
        "inbox/wedding/: beach.jpg waits for its prompt: add beach.txt beside it."
        " It has been there since 20 November, 12:00."
    )


def test_a_photo_that_cannot_be_read_is_noticed() -> None:
    """It has arrived and nothing happens: why that is stands where people look."""
    record = replace(ARRIVING, detail="cannot open beach.jpg: permission denied")

    glance = Glance(page=Page(status=replace(status(), troubled=record)))

    assert section(glance, "Notice").words == (
        "inbox/wedding/: beach.jpg is not completely there: cannot open beach.jpg: permission denied;"
        " it is looked at again."
    )
