"""What is going on, as `status` and the status file tell it: the facts, and the sentences they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from retouchd.core.failnote import inbox_place
from retouchd.core.hints import Kind
from retouchd.core.jobs import JobState
from retouchd.core.leftovers import Leftovers
from retouchd.core.money import Caps, Money
from retouchd.core.pauses import Pause
from retouchd.core.records import BundleRecord, SpendReport
from retouchd.core.reloading import Reading, unread_line
from retouchd.core.spending import Notice
from retouchd.core.story import bundle_sentence, clock_time, pause_sentence, sentence
from retouchd.core.values import JobId

# More names than these are counted, not listed.
MOST_NAMED: Final = 10
ARRIVING_MEANWHILE: Final = "Photos may keep arriving; they wait their turn."


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds the state folder's lock: the running daemon.

    Attributes:
        pid: Its process number, or None in the instant before it has written it down.
        since: When it started, or None likewise.
        is_stopped: It does nothing until it is told to go on: SIGSTOP, or Ctrl-Z on a terminal.
    """

    pid: int | None
    since: datetime | None
    is_stopped: bool = False

    def __str__(self) -> str:
        if self.pid is None or self.since is None:
            return "just started"
        return f"process {self.pid}, since {self.since.isoformat(sep=' ', timespec='seconds')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One photo that is or wants to be a job, as it is listed.

    Attributes:
        id: None for a photo that needs a person before it can become a job.
        source: Below the inbox, safe to print.
        reason: Why it is where it is, in one sentence.
        detail: The same without what the state says already.
        output: What lies in the outbox, safe to print.
    """

    id: JobId | None
    state: JobState
    source: str
    reason: str
    detail: str
    attempts: int = 0
    next_try: datetime | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the status tells.

    Attributes:
        holder: The running daemon; None when none runs.
        counts: By job state, and "arriving", "queued", "waiting_for_prompt" and "ignored".
        allowance: The limit that a person gave for today.
        entries: What is under way, needs a person or failed.
        leftovers: What lies in the inbox and is never sent.
        delivered_today: Pictures put into the outbox since the day of the caps began.
        failed_today: The same of photos that failed.
        reading: What is left to tell of the last time that the configuration was read.
        unread: Settings that were changed since.
        silent_since: When a look at the inbox began that does not end; None when looks do.
        forgotten: The photo that has waited for its prompt the longest, if that is a day and more.
        troubled: The photo whose files could not be read for the longest.
    """

    now: datetime
    holder: Holder | None
    pauses: Sequence[Pause]
    counts: Mapping[str, int]
    spend: SpendReport
    caps: Caps
    allowance: Money | None
    notices: Sequence[Notice]
    entries: Sequence[Entry]
    leftovers: Leftovers
    delivered_today: int
    failed_today: int
    reading: Reading = field(default_factory=Reading)
    unread: Sequence[str] = ()
    silent_since: datetime | None = None
    forgotten: BundleRecord | None = None
    troubled: BundleRecord | None = None

    @property
    def state(self) -> str:
        """One word for programs."""
        if self.holder is None:
            return "stopped"
        return "paused" if self.pauses else "running"


def headline(status: Status) -> str:
    """Give what goes on as one short line; when nothing is sent, why, and what ends that."""
    counts, spend = status.counts, status.spend
    needs = f"; {counts[JobState.HELD]} need you" if counts[JobState.HELD] else ""
    if status.reading.refused is not None:
        needs += "; the configuration is not right, the one before still counts: retouchd status"
    if status.pauses:
        why = pause_sentence(status.pauses[0], status.now).rstrip(".")
        return f"Paused: {why}{needs}"
    if status.silent_since is not None:
        return f"The inbox has not answered since {clock_time(status.silent_since, status.now)}{needs}"
    working, waiting = counts[JobState.SUBMITTING], _queued(status)
    doing = f"Working on {working}, {waiting} queued" if working or waiting else "Idle: waits for photos"
    return f"{doing}{needs}; about {spend.today} of {_limit(status.caps.per_day)} today"


def running_sentence(status: Status, since: str) -> str:
    """Say since when it runs, and whether it sends anything.

    Args:
        since: Since when, and more about it; with a blank before it, or empty.
    """
    if status.holder is not None and status.holder.is_stopped:
        return f"Stopped{since}: it does nothing until you let it go on: kill -CONT {status.holder.pid}."
    return f"Running{since}, {'but sends nothing' if status.pauses else 'and ready'}."


def pause_sentences(status: Status) -> list[str]:
    """Say of each pause since when it holds, why, and what ends it."""
    return [
        f"PAUSED since {clock_time(pause.since, status.now)}: {pause_sentence(pause, status.now)}"
        for pause in status.pauses
    ]


def work_rows(status: Status) -> list[tuple[str, str]]:
    """Give what is under way, what waits and what it cost, each with its title."""
    return [("Working", _working(status)), waiting_row(status), *money_rows(status)]


def waiting_row(status: Status) -> tuple[str, str]:
    """Give what waits, with its title."""
    return "Waiting", ", ".join(_waiting(status)) or "nothing"


def money_rows(status: Status) -> list[tuple[str, str]]:
    """Give what was done and what it cost, each with its title."""
    return [
        ("Today", _today(status)),
        ("Month", f"about {status.spend.month} of {_limit(status.caps.per_month)}"),
    ]


def notice_rows(status: Status) -> list[tuple[str, str]]:
    """Give what an owner should know about configuration, money and inbox, each with its title."""
    about_configuration = [*status.reading.lines(status.now)]
    if status.unread:
        about_configuration.append(unread_line(status.unread))
    told = [sentence(one) for one in [*about_configuration, *(notice.text for notice in status.notices)]]
    leftovers = status.leftovers
    about_inbox = [_silence(status), leftovers.closed_sentence, trouble_sentence(status)]
    about_inbox += [leftovers.alarm_sentence, _forgotten(status)]
    return [("Notice", one) for one in [*told, *filter(None, about_inbox)]]


def trouble_sentence(status: Status) -> str:
    """Say which photo cannot be read, and why, or give nothing."""
    if status.troubled is None:
        return ""
    return f"{inbox_place(status.troubled)}: {bundle_sentence(status.troubled, is_quiet=True)}"


def _forgotten(status: Status) -> str:
    if status.forgotten is None:
        return ""
    since = clock_time(status.forgotten.seen, status.now)
    told = bundle_sentence(status.forgotten, is_quiet=True)
    return f"{inbox_place(status.forgotten)}: {told} It has been there since {since}."


def hint_rows(status: Status) -> list[tuple[str, str]]:
    """Give what was probably meant otherwise, each with its title; the first few only."""
    return [("Hint", one) for one in status.leftovers.hints[:MOST_NAMED]]


def _silence(status: Status) -> str:
    if status.silent_since is None:
        return ""
    since = clock_time(status.silent_since, status.now)
    return (
        f"The inbox has been looked through since {since} without an end: a share in it may not answer, and"
        " new photos are not seen until it does."
    )


def _working(status: Status) -> str:
    busy = [entry.source for entry in status.entries if entry.state is JobState.SUBMITTING]
    return f"on {len(busy)}: {', '.join(busy[:MOST_NAMED])}" if busy else "on nothing"


def _waiting(status: Status) -> list[str]:
    counts = status.counts
    lines = {
        "queued": _queued(status),
        "still arriving": counts["arriving"],
        _trying_again(status): counts["deferred"],
        "on the way to the outbox": counts["received"] + counts["delivered"],
        "without a prompt": counts["waiting_for_prompt"],
        f"that are not photos{_raw(status)}": counts["ignored"],
    }
    return [f"{number} {words}" for words, number in lines.items() if number]


def _queued(status: Status) -> int:
    counts = status.counts
    return counts["queued"] + counts[JobState.READY] + counts[JobState.WAITING]


def _raw(status: Status) -> str:
    raw = status.leftovers.reasons.get(Kind.RAW, 0)
    return f" ({raw} RAW)" if raw else ""


def _trying_again(status: Status) -> str:
    if status.pauses:
        return "to be tried again when the pause is over"
    deferred = [one for one in status.entries if one.state is JobState.DEFERRED]
    first = min((one.next_try for one in deferred if one.next_try), default=None)
    return f"to be tried again at {clock_time(first, status.now)}" if first else "to be tried again soon"


def _today(status: Status) -> str:
    spend = status.spend
    extra = "".join(
        f" + {amount} {words}"
        for words, amount in {"set aside": spend.reserved, "perhaps paid": spend.unknown}.items()
        if amount.micro
    )
    failed = f", {status.failed_today} failed" if status.failed_today else ""
    word = " (your word for today)" if status.allowance is not None else ""
    limit = _limit(status.caps.per_day)
    return f"{status.delivered_today} delivered{failed}; about {spend.today}{extra} of {limit}{word}"


def _limit(cap: Money | None) -> str:
    return "no limit" if cap is None else str(cap)
