"""`retouchd status`: what is going on, what waits for whom, what it costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from retouchd.cli.entries import as_iso, entry_as_json
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, print_json
from retouchd.core.glance import Glance, Section, Weight, sections
from retouchd.core.money import Money
from retouchd.core.pauses import Pause
from retouchd.core.status import ARRIVING_MEANWHILE, Holder, Status, pause_sentences, running_sentence
from retouchd.core.story import clock_time
from retouchd.reporting import open_entries, report_glance, report_status

_TITLE_WIDTH: Final = 11
_TONES: Final = {Weight.URGENT: Tone.BAD, Weight.NOTABLE: Tone.WARN, Weight.PLAIN: Tone.PLAIN}


def show_status(config: Path | None, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Print the status.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        if as_json:
            print_json(to_json(report_status(house, open_entries(house))))
        else:
            write_status(house, report_glance(house), Screen())


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
        "configuration": {
            "refused": as_iso(status.reading.refused),
            "faults": list(status.reading.faults),
            "needs_restart": [change.key for change in status.reading.pending],
            "unread": list(status.unread),
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


def write_status(house: House, glance: Glance, screen: Screen) -> None:
    """Write the status for people, from the most to the least urgent."""
    status = glance.page.status
    if status.holder is None:
        screen.say("Not running: nothing is edited until you start it:", Tone.BAD)
        screen.line(f"  {house.command('run')}")
    for told in pause_sentences(status):
        screen.say(told, Tone.BAD, hang=2)
    if status.holder is not None:
        _write_daemon(status, status.holder, screen)
    screen.line()
    for section in sections(glance):
        _write_section(house, section, screen)


def _write_daemon(status: Status, holder: Holder, screen: Screen) -> None:
    since = f" since {clock_time(holder.since, status.now)}" if holder.since else ""
    process = f" (process {holder.pid})" if holder.pid else ""
    meanwhile = f" {ARRIVING_MEANWHILE}" if status.pauses else ""
    tone = Tone.BAD if holder.is_stopped else Tone.PLAIN if status.pauses else Tone.GOOD
    screen.say(f"{running_sentence(status, f'{since}{process}')}{meanwhile}", tone)


def _write_section(house: House, section: Section, screen: Screen) -> None:
    tone = _TONES[section.weight]
    screen.say(f"{section.title:<{_TITLE_WIDTH}}{section.words}", tone, hang=_TITLE_WIDTH)
    for item in section.items:
        screen.say(item.told, indent=2, hang=4)
        if item.command:
            screen.line(f"    {house.command(*item.command)}", Tone.ASIDE)
    if section.more > 0:
        screen.line(f"  and {section.more} more: {house.command(*section.more_command)}")
