"""`retouchd jobs`: one line a job, the newest last."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retouchd.adapters.journal.listing import JobChoice
from retouchd.cli.entries import as_iso, entry_as_json
from retouchd.cli.finding import Where, find_spot
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, print_json_list
from retouchd.cli.tables import print_csv
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import Job, JobState
from retouchd.core.since import FORMS, parse_since
from retouchd.core.status import Entry
from retouchd.core.story import STATE_WORDS, clock_time
from retouchd.core.values import printable
from retouchd.reporting import entry_of

_STATE_WIDTH = max(map(len, STATE_WORDS.values()))
_COLUMNS = ("id", "state", "source", "output", "created", "ended", "attempts", "charged_usd", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs a person wants to see, as typed.

    Attributes:
        since: "2h", "2026-01-31" and the like; empty for all.
        folder: Of the inbox; None for all.
    """

    state: JobState | None = None
    since: str = ""
    folder: Path | None = None


def list_jobs(config: Path | None, environ: Mapping[str, str], wanted: Wanted) -> None:
    """Print the jobs for people.

    Raises:
        CommandRefusedError: What is wanted cannot be understood.
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with _chosen(config, environ, wanted) as (house, jobs):
        screen, is_empty = Screen(), True
        for job in jobs:
            screen.line(_line(house, job))
            is_empty = False
        if is_empty:
            screen.say(_nothing(wanted))


def print_jobs_json(config: Path | None, environ: Mapping[str, str], wanted: Wanted) -> None:
    """Print the jobs as JSON; raises as `list_jobs` does."""
    with _chosen(config, environ, wanted) as (house, jobs):
        print_json_list(_as_json(house, job) for job in jobs)


def print_jobs_csv(config: Path | None, environ: Mapping[str, str], wanted: Wanted) -> None:
    """Print the jobs as CSV with a header and exact dollars; raises as `list_jobs` does."""
    with _chosen(config, environ, wanted) as (house, jobs):
        print_csv(_COLUMNS, (_row(house, job) for job in jobs))


@contextmanager
def _chosen(
    config: Path | None, environ: Mapping[str, str], wanted: Wanted
) -> Iterator[tuple[House, Iterator[Job]]]:
    with open_house(config, environ) as house:
        yield house, house.view.pages_of_jobs(_choose(house, wanted))


def _choose(house: House, wanted: Wanted) -> JobChoice:
    """Understand what is wanted.

    Raises:
        CommandRefusedError: It cannot be understood.
    """
    try:
        since = parse_since(wanted.since, house.moments.now) if wanted.since else None
    except ValueError as exc:
        message = f'"{printable(wanted.since)}" is no moment; say for example {FORMS}'
        raise CommandRefusedError(message) from exc
    if wanted.folder is None:
        return JobChoice(state=wanted.state, since=since)
    spot = find_spot(wanted.folder, house.places)
    if spot.where is not Where.INBOX:
        message = f"{printable(wanted.folder)} is no folder of the inbox {printable(house.places.inbox)}"
        raise CommandRefusedError(message)
    return JobChoice(state=wanted.state, since=since, folder=spot.relative)


def _nothing(wanted: Wanted) -> str:
    state = f" that are {STATE_WORDS[wanted.state]}" if wanted.state else ""
    since = f" since {printable(wanted.since)}" if wanted.since else ""
    folder = f" in {printable(wanted.folder)}" if wanted.folder else ""
    return f"No jobs{state}{since}{folder}." if state or since or folder else "No jobs yet."


def _as_json(house: House, job: Job) -> dict[str, object]:
    times = {"created": as_iso(job.created), "ended": as_iso(job.ended)}
    return {**entry_as_json(entry_of(house, job)), **times, "charged_usd": house.view.charged_for(job).usd}


def _row(house: House, job: Job) -> list[object]:
    entry = entry_of(house, job)
    times = (as_iso(job.created), as_iso(job.ended))
    names = (entry.source, entry.output or "")
    paid = house.view.charged_for(job).exact
    return [entry.id, entry.state.value, *names, *times, entry.attempts, paid, entry.reason]


def _line(house: House, job: Job) -> str:
    entry, paid = entry_of(house, job), house.view.charged_for(job)
    when = clock_time(job.created, house.moments.now)
    cells = [job.id, f"{when:<14}", f"{STATE_WORDS[job.state]:<{_STATE_WIDTH}}", f"{paid!s:>6}"]
    return "  ".join([*cells, _what(entry)])


def _what(entry: Entry) -> str:
    if entry.output is not None:
        return f"{entry.source} -> {entry.output}"
    return f"{entry.source}: {printable(entry.detail)}" if entry.detail else entry.source
