"""The text of `_STATUS.txt` in the outbox: the status for people who see the shared folders and nothing else.

What needs them comes first, each with what to do by putting, renaming or dragging files. The text is bounded
whatever lies in the inbox, and changes only when what it tells does: a cloud would sync it for ever else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retouchd.core.status import (
    ARRIVING_MEANWHILE,
    Status,
    notice_rows,
    pause_sentences,
    running_sentence,
    work_rows,
)
from retouchd.core.values import JobId, printable

STATUS_FILE_NAME: Final = "_STATUS.txt"
# By this a file is known for ours: one that begins otherwise is never touched.
FIRST_LINE: Final = "retouchd: what is going on here"
LAST_LINE: Final = "(End of this file.)"
# Nobody decides over more at a time, and a share's clients read the file in one piece.
MOST_NEEDS: Final = 50
MOST_DELIVERED: Final = 5
_LONGEST_LINE: Final = 1000
_STOPPED: Final = "NOT RUNNING since "
_WRITTEN: Final = "Written "
_BULLET: Final = "- "
_FURTHER: Final = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A photo that a person must see to.

    Attributes:
        source: Below the inbox, safe to print.
        told: Why, in a sentence or more.
        way_out: What to do with files; empty when `told` says it.
        job: None for a photo that cannot become a job yet.
    """

    source: str
    told: str
    way_out: str = ""
    job: JobId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the status file tells beside the status; each list is cut to what is shown.

    Attributes:
        needs: Photos that need somebody; the status counts all of them.
        without_prompt: A sentence for each photo that waits for its prompt; likewise.
        failed: Photos that failed of late and were not put back since, the newest first.
        delivered: Pictures below the outbox, safe to print, the newest first.
    """

    status: Status
    needs: Sequence[Need] = ()
    without_prompt: Sequence[str] = ()
    failed: Sequence[Need] = ()
    delivered: Sequence[str] = ()


def status_text(page: Page) -> str:
    """Give the whole text, with its first and its last line."""
    parts = [[FIRST_LINE, _state(page.status)], *_sections(page), [*_about(page.status.now), LAST_LINE]]
    return "\n\n".join("\n".join(map(_bounded, part)) for part in parts if part) + "\n"


def without_clock(text: str) -> str:
    """Give a text without what only says how late it is, to see whether anything else has changed."""
    return "\n".join(line for line in text.split("\n") if not line.startswith((_STOPPED, _WRITTEN)))


def _state(status: Status) -> str:
    if status.holder is None:
        return f"{_STOPPED}{_moment(status.now)}: nothing is edited until retouchd is started again."
    # The whole moment: one that is told shorter later on would be a change of the text.
    return running_sentence(status, f" since {_moment(status.holder.since or status.now)}")


def _sections(page: Page) -> Iterator[list[str]]:
    """Give the lines of each section, from what is most urgent to what is good to know."""
    status = page.status
    yield _listed("NEEDS YOU", status.counts["held"], [line for one in page.needs for line in _need(one)])
    waiting = [f"{_BULLET}{told}" for told in page.without_prompt]
    yield _listed("WITHOUT A PROMPT", status.counts["waiting_for_prompt"], waiting)
    yield _pauses(status)
    failed = [line for one in page.failed for line in _need(one)]
    yield _listed("FAILED, AND NOT PUT BACK", len(page.failed), failed)
    yield [f"{title:<11}{words}" for title, words in (*work_rows(status), *notice_rows(status))]
    hints = status.leftovers.hints
    yield _listed("NO PHOTOS", len(hints), [f"{_BULLET}{told}" for told in hints])
    delivered = [f"{_BULLET}outbox/{name}" for name in page.delivered]
    yield ["DELIVERED LAST", *delivered] if delivered else []


def _listed(title: str, number: int, lines: Sequence[str]) -> list[str]:
    """Give a list with its title; what is not listed of the whole number is counted."""
    if not number:
        return []
    more = number - sum(line.startswith(_BULLET) for line in lines)
    return [f"{title}: {number}", *lines, *([f"and {more} more"] if more > 0 else [])]


def _need(need: Need) -> list[str]:
    lines = [f"{_BULLET}{need.source}: {need.told}"]
    return [*lines, f"{_FURTHER}What to do: {need.way_out}"] if need.way_out else lines


def _pauses(status: Status) -> list[str]:
    told = pause_sentences(status)
    return [*told, ARRIVING_MEANWHILE] if told else []


def _about(now: datetime) -> list[str]:
    return [
        f"{_WRITTEN}{_moment(now)}: anew when something has changed, at most once a minute.",
        "When a photo that you put into the inbox is not told here within two minutes,",
        "retouchd does not run, or cannot write here.",
        'Words in quotes that begin with "retouchd" are commands for whoever runs it.',
        "Do not write into this file: it is replaced.",
    ]


def _moment(now: datetime) -> str:
    """Give a moment with its zone: who reads it may be elsewhere."""
    offset = f"{now:%z}"
    return f"{now.day} {now:%B %Y, %H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"


def _bounded(line: str) -> str:
    shown = printable(line)
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[: _LONGEST_LINE - 1]}…"
