"""The status as a screen tells it: what is most urgent first, and each section short: all fit one screen.

What is told in the status file as well stands in core/status.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from retouchd.core.status import MOST_NAMED, Status, hint_rows, money_rows, notice_rows, waiting_row
from retouchd.core.statusfile import Need, Page
from retouchd.core.story import clock_time

# So many of each list are shown; the others are counted, with the command that lists them.
MOST_LISTED: Final = 5
MOST_NAMED_FEW: Final = 3
_MINUTE: Final = 60


class Weight(Enum):
    """How urgent a section is."""

    URGENT = "urgent"
    NOTABLE = "notable"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in a list.

    Attributes:
        told: A sentence.
        command: Words of the command that tells more, or does something about it; empty for none.
    """

    told: str
    command: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the screen.

    Attributes:
        title: In its first columns.
        words: Behind the title: a figure, or all that there is to tell.
        items: Below it.
        more: How many more items there are.
        more_command: Words of the command that lists all of them.
    """

    title: str
    words: str
    weight: Weight = Weight.PLAIN
    items: Sequence[Item] = ()
    more: int = 0
    more_command: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call under way: its photo below the inbox, safe to print, and when it began."""

    source: str
    begun: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A picture that was delivered: below the outbox, safe to print."""

    output: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """All that the screen tells.

    Attributes:
        calls: Those under way, the oldest first.
        usual_seconds: What a call takes these days; None when nobody knows yet.
        deliveries: The last ones, the newest first.
    """

    page: Page
    calls: Sequence[Call] = ()
    usual_seconds: float | None = None
    deliveries: Sequence[Delivery] = ()


def sections(glance: Glance) -> Iterator[Section]:
    """Give the parts of the screen below what runs and what is paused."""
    page, status = glance.page, glance.page.status
    if status.counts["held"]:
        yield _needs(page.needs, status.counts["held"])
    for title, words in notice_rows(status):
        yield Section(title=title, words=words, weight=Weight.NOTABLE)
    if page.failed:
        yield _failed(page.failed)
    yield _working(glance, status.now)
    for title, words in (waiting_row(status), *money_rows(status)):
        yield Section(title=title, words=words)
    if glance.deliveries:
        yield _delivered(glance.deliveries, status.now)
    if page.without_prompt:
        yield _without_prompt(page.without_prompt, status)
    for title, words in hint_rows(status)[:MOST_NAMED_FEW]:
        yield Section(title=title, words=words)


def gist(glance: Glance) -> Glance:
    """Give the same without what only time changes: whether anything has happened between two of them."""
    status = replace(glance.page.status, now=datetime.min.replace(tzinfo=UTC), entries=())
    return replace(glance, page=replace(glance.page, status=status))


def duration(seconds: float) -> str:
    """Say how long something takes, in whole seconds and minutes."""
    whole = max(0, round(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, _MINUTE)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _needs(needs: Sequence[Need], total: int) -> Section:
    groups = _grouped(needs)[:MOST_LISTED]
    return Section(
        title="Needs you",
        words=str(total),
        weight=Weight.URGENT,
        items=[_need_item(group) for group in groups],
        more=total - sum(map(len, groups)),
        more_command=("jobs", "--state", "held"),
    )


def _grouped(needs: Sequence[Need]) -> list[list[Need]]:
    """Put those together of which the very same is told, in the order of the first of each."""
    groups: dict[str, list[Need]] = {}
    for need in needs:
        groups.setdefault(need.told, []).append(need)
    return list(groups.values())


def _need_item(group: Sequence[Need]) -> Item:
    first = group[0]
    others = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return Item(told=f"{first.source}{others}: {first.told}", command=_more_about(first))


def _more_about(need: Need) -> Sequence[str]:
    return ("show", need.job) if need.job is not None else ("explain", f"inbox/{need.source}")


def _working(glance: Glance, now: datetime) -> Section:
    if not glance.calls:
        return Section(title="Working", words="on nothing")
    usual = f", usually {duration(glance.usual_seconds)}" if glance.usual_seconds else ""
    items = [
        Item(told=f"{call.source}  {duration((now - call.begun).total_seconds())}{usual}")
        for call in glance.calls[:MOST_LISTED]
    ]
    return Section(
        title="Working",
        words=f"on {len(glance.calls)}",
        items=items,
        more=len(glance.calls) - len(items),
        more_command=("jobs", "--state", "submitting"),
    )


def _delivered(deliveries: Sequence[Delivery], now: datetime) -> Section:
    told = [f"outbox/{one.output} ({clock_time(one.at, now)})" for one in deliveries[:MOST_NAMED_FEW]]
    return Section(title="Last", words=", ".join(told))


def _failed(failed: Sequence[Need]) -> Section:
    groups = _grouped(failed)[:MOST_NAMED_FEW]
    at_least = " or more" if len(failed) >= MOST_NAMED else ""
    return Section(
        title="Failed",
        words=f"{len(failed)}{at_least}, and not put back",
        weight=Weight.NOTABLE,
        items=[_need_item(group) for group in groups],
        more=len(failed) - sum(map(len, groups)),
        more_command=("jobs", "--state", "failed"),
    )


def _without_prompt(told: Sequence[str], status: Status) -> Section:
    total, shown = status.counts["waiting_for_prompt"], told[:MOST_NAMED_FEW]
    return Section(
        title="No prompt",
        words=str(total),
        items=[Item(told=one.removeprefix("inbox/: ")) for one in shown],
        more=total - len(shown),
        more_command=("explain", "inbox"),
    )
