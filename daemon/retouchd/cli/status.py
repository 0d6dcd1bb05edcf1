"""`retouchd status`: what is going on, what waits for whom, what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from retouchd.adapters.statefolder import Holder
from retouchd.cli.entries import Entry, as_iso, open_entries
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.core.jobs import JobState
from retouchd.core.money import NOTHING, Caps, Money
from retouchd.core.pauses import Pause
from retouchd.core.periods import begin_of_day, counting_period, period_of
from retouchd.core.records import SpendReport
from retouchd.core.spending import Notice, Offer, notices, with_allowance
from retouchd.core.story import clock_time, pause_sentence, sentence
from retouchd.core.values import EditId, printable
from retouchd.policies import calendar

# More of them than fit a screen are counted, not listed.
_MOST_LISTED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the status tells.

    Attributes:
        holder: The running daemon.
        counts: By job state, and "arriving", "queued", "waiting_for_prompt" and "ignored".
        allowance: The limit that a person gave for today.
        entries: What is under way, needs a person or failed.
        delivered_today: Pictures put into the outbox since the day of the caps began.
        failed_today: The same of photos that failed.
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
    delivered_today: int
    failed_today: int

    @property
    def state(self) -> str:
        """One word for programs."""
        if self.holder is None:
            return "stopped"
        return "paused" if self.pauses else "running"


def show_status(config: Path | None, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Print the status.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        status = gather(house)
        if as_json:
            print_json(to_json(status))
        else:
            write_status(house, status, Screen())


def gather(house: House) -> Status:
    """Look at everything that the status tells."""
    view, now, budget = house.view, house.moments.now, house.settings.budget
    days = calendar(house.settings)
    today = period_of(now, days)
    period = counting_period(now, days, view.last_period())
    allowance = view.allowance_of(period.day)
    offer = Offer(
        period=period,
        today=today,
        caps=with_allowance(budget.caps(), allowance),
        spent=view.spent(EditId(0), period),
        reservation=NOTHING,
    )
    midnight = begin_of_day(today, days)
    jobs = view.count_jobs()
    bundles = dict(view.count_bundles(house.moments))
    needs_you = bundles.pop("needs_you")
    counts = {state.value: jobs.get(state, 0) for state in JobState} | bundles
    counts[JobState.HELD] += needs_you
    counts["ignored"] = int(view.note("ignored") or 0)
    return Status(
        now=now,
        holder=house.holder,
        pauses=view.pauses(),
        counts=counts,
        spend=view.report_spend(period),
        caps=offer.caps,
        allowance=allowance,
        notices=list(notices(offer, view.excess_on(period.day))),
        entries=list(open_entries(house)),
        delivered_today=view.count_delivered_since(midnight),
        failed_today=view.count_ended_since(midnight).get(JobState.FAILED, 0),
    )


def to_json(status: Status) -> dict[str, object]:
    """Give the status for programs; its keys are stable."""
    holder, spend = status.holder, status.spend
    return {
        "daemon": {
            "running": holder is not None,
            "pid": holder.pid if holder else None,
            "since": as_iso(holder.since) if holder else None,
            "state": status.state,
        },
        "pauses": [_pause_as_json(pause) for pause in status.pauses],
        "counts": dict(status.counts),
        "spend": {
            "today_usd": spend.today.usd,
            "month_usd": spend.month.usd,
            "reserved_usd": spend.reserved.usd,
            "unknown_usd": spend.unknown.usd,
            "caps": {
                "per_job_usd": _cap_as_json(status.caps.per_job),
                "per_day_usd": _cap_as_json(status.caps.per_day),
                "per_month_usd": _cap_as_json(status.caps.per_month),
            },
            "notice": [{"about": one.about, "text": one.text} for one in status.notices],
        },
        "jobs": [entry.as_json() for entry in status.entries],
    }


def _pause_as_json(pause: Pause) -> dict[str, object]:
    return {
        "reason": pause.reason.value,
        "detail": pause.detail,
        "since": as_iso(pause.since),
        "until": as_iso(pause.until),
        "ends": pause.ending.value,
    }


def _cap_as_json(cap: Money | None) -> float | str:
    return "unlimited" if cap is None else cap.usd


def write_status(house: House, status: Status, screen: Screen) -> None:
    """Write the status for people, from the most to the least urgent."""
    _Page(house, status, screen).write()


class _Page:
    """The status as a screen."""

    def __init__(self, house: House, status: Status, screen: Screen) -> None:
        self._house = house
        self._status = status
        self._screen = screen

    def write(self) -> None:
        """Write it."""
        self._write_daemon()
        self._write_pauses()
        self._screen.line()
        self._write_list("Needs you", JobState.HELD, Tone.BAD)
        self._write_working()
        self._write_waiting()
        self._write_money()
        self._write_list("Failed", JobState.FAILED, Tone.WARN)

    def _write_daemon(self) -> None:
        holder, now = self._status.holder, self._status.now
        if holder is None:
            self._screen.say("Not running: nothing is edited until you start it:", Tone.BAD)
            self._screen.line(f"  {self._house.command('run')}")
            return
        since = f" since {clock_time(holder.since, now)}" if holder.since else ""
        process = f" (process {holder.pid})" if holder.pid else ""
        state = "but sends nothing" if self._status.pauses else "and ready"
        self._screen.say(
            f"Running{since}{process}, {state}.", Tone.PLAIN if self._status.pauses else Tone.GOOD
        )

    def _write_pauses(self) -> None:
        for pause in self._status.pauses:
            told = pause_sentence(pause, self._status.now)
            since = clock_time(pause.since, self._status.now)
            self._screen.say(f"PAUSED since {since}: {told}", Tone.BAD, hang=2)
        if self._status.pauses and self._status.holder:
            self._screen.say("Photos may keep arriving; they wait their turn.")

    def _write_list(self, title: str, state: JobState, tone: Tone) -> None:
        entries = [entry for entry in self._status.entries if entry.state is state]
        if not entries:
            return
        self._screen.line(f"{title:<10} {len(entries)}", tone)
        # The newest failure is the one that somebody looks for.
        for entry in entries[-_MOST_LISTED:]:
            self._screen.say(f"{entry.source}: {printable(entry.detail)}.", indent=2, hang=4)
            self._screen.line(f"    {self._more_about(entry)}", Tone.ASIDE)
        if len(entries) > _MOST_LISTED:
            more = self._house.command("jobs", "--state", state.value)
            self._screen.line(f"  and {len(entries) - _MOST_LISTED} more: {more}")

    def _more_about(self, entry: Entry) -> str:
        if entry.id is not None:
            return self._house.command("show", entry.id)
        return self._house.command("explain", entry.source)

    def _write_working(self) -> None:
        busy = [entry.source for entry in self._status.entries if entry.state is JobState.SUBMITTING]
        named = f"on {len(busy)}: {', '.join(busy[:_MOST_LISTED])}" if busy else "on nothing"
        self._screen.say(f"Working    {named}", hang=11)

    def _write_waiting(self) -> None:
        waiting = ", ".join(self._list_waiting()) or "nothing"
        self._screen.say(f"Waiting    {waiting}", hang=11)

    def _list_waiting(self) -> list[str]:
        counts = self._status.counts
        delivering = counts["received"] + counts["delivered"]
        lines = {
            "queued": counts["queued"] + counts["ready"] + counts["waiting"],
            "still arriving": counts["arriving"],
            self._trying_again(): counts["deferred"],
            "on the way to the outbox": delivering,
            "without a prompt": counts["waiting_for_prompt"],
            "that are not photos": counts["ignored"],
        }
        return [f"{number} {words}" for words, number in lines.items() if number]

    def _trying_again(self) -> str:
        if self._status.pauses:
            return "to be tried again when the pause is over"
        deferred = [one for one in self._status.entries if one.state is JobState.DEFERRED]
        first = min((one.next_try for one in deferred if one.next_try), default=None)
        return (
            f"to be tried again at {clock_time(first, self._status.now)}"
            if first
            else "to be tried again soon"
        )

    def _write_money(self) -> None:
        status, spend, caps = self._status, self._status.spend, self._status.caps
        extra = "".join(
            f" + {amount} {words}"
            for words, amount in {"set aside": spend.reserved, "perhaps paid": spend.unknown}.items()
            if amount.micro
        )
        failed = f", {status.failed_today} failed" if status.failed_today else ""
        word = " (your word for today)" if status.allowance is not None else ""
        paid = f"about {spend.today}{extra} of {_limit(caps.per_day)}{word}"
        self._screen.say(f"Today      {status.delivered_today} delivered{failed}; {paid}", hang=11)
        self._screen.say(f"Month      about {spend.month} of {_limit(caps.per_month)}", hang=11)
        for notice in status.notices:
            self._screen.say(f"Notice     {sentence(notice.text)}", Tone.WARN, hang=11)


def _limit(cap: Money | None) -> str:
    return "no limit" if cap is None else str(cap)
