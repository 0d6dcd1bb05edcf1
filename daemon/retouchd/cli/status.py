"""`retouchd status`: what is going on, what waits for whom, what it costs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from retouchd.cli.entries import as_iso, entry_as_json
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.core.jobs import JobState
from retouchd.core.money import Money
from retouchd.core.pauses import Pause
from retouchd.core.status import (
    ARRIVING_MEANWHILE,
    MOST_NAMED,
    Entry,
    Status,
    hint_rows,
    notice_rows,
    pause_sentences,
    running_sentence,
    work_rows,
)
from retouchd.core.story import clock_time
from retouchd.core.values import printable
from retouchd.reporting import open_entries, report_status

_TITLE_WIDTH: Final = 11


def show_status(config: Path | None, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Print the status.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        status = report_status(house, open_entries(house))
        if as_json:
            print_json(to_json(status))
        else:
            write_status(house, status, Screen())


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
        "jobs": [entry_as_json(entry) for entry in status.entries],
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
        self._write_rows(work_rows(self._status))
        self._write_rows(notice_rows(self._status), Tone.WARN)
        self._write_list("Failed", JobState.FAILED, Tone.WARN)
        self._write_rows(hint_rows(self._status))

    def _write_daemon(self) -> None:
        holder = self._status.holder
        if holder is None:
            self._screen.say("Not running: nothing is edited until you start it:", Tone.BAD)
            self._screen.line(f"  {self._house.command('run')}")
            return
        since = f" since {clock_time(holder.since, self._status.now)}" if holder.since else ""
        process = f" (process {holder.pid})" if holder.pid else ""
        tone = Tone.PLAIN if self._status.pauses else Tone.GOOD
        self._screen.say(running_sentence(self._status, f"{since}{process}"), tone)

    def _write_pauses(self) -> None:
        for told in pause_sentences(self._status):
            self._screen.say(told, Tone.BAD, hang=2)
        if self._status.pauses and self._status.holder:
            self._screen.say(ARRIVING_MEANWHILE)

    def _write_list(self, title: str, state: JobState, tone: Tone) -> None:
        entries = [entry for entry in self._status.entries if entry.state is state]
        if not entries:
            return
        self._screen.line(f"{title:<10} {len(entries)}", tone)
        # The newest failure is the one that somebody looks for.
        for entry in entries[-MOST_NAMED:]:
            self._screen.say(f"{entry.source}: {printable(entry.detail)}.", indent=2, hang=4)
            self._screen.line(f"    {self._more_about(entry)}", Tone.ASIDE)
        if len(entries) > MOST_NAMED:
            more = self._house.command("jobs", "--state", state.value)
            self._screen.line(f"  and {len(entries) - MOST_NAMED} more: {more}")

    def _more_about(self, entry: Entry) -> str:
        if entry.id is not None:
            return self._house.command("show", entry.id)
        return self._house.command("explain", entry.source)

    def _write_rows(self, rows: Iterable[tuple[str, str]], tone: Tone = Tone.PLAIN) -> None:
        for title, words in rows:
            self._screen.say(f"{title:<{_TITLE_WIDTH}}{words}", tone, hang=_TITLE_WIDTH)
