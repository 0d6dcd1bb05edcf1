"""`retouchd jobs`: one line a job, the newest last."""

from collections.abc import Mapping
from pathlib import Path

from retouchd.cli.entries import Entry, as_iso, entry_of
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, print_json
from retouchd.core.jobs import Job, JobState
from retouchd.core.story import STATE_WORDS, clock_time
from retouchd.core.values import printable

_STATE_WIDTH = max(map(len, STATE_WORDS.values()))


def list_jobs(
    config: Path | None, environ: Mapping[str, str], state: JobState | None, *, as_json: bool
) -> None:
    """Print all jobs, or those in one state.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        jobs = house.view.pages_of_jobs(state)
        if as_json:
            print_json([_as_json(house, job) for job in jobs])
            return
        screen, is_empty = Screen(), True
        for job in jobs:
            screen.line(_line(house, job))
            is_empty = False
        if is_empty:
            screen.say(f"No jobs that are {STATE_WORDS[state]}." if state else "No jobs yet.")


def _as_json(house: House, job: Job) -> dict[str, object]:
    times = {"created": as_iso(job.created), "ended": as_iso(job.ended)}
    return {**entry_of(house, job).as_json(), **times, "charged_usd": house.view.charged_for(job).usd}


def _line(house: House, job: Job) -> str:
    entry, paid = entry_of(house, job), house.view.charged_for(job)
    when = clock_time(job.created, house.moments.now)
    cells = [job.id, f"{when:<14}", f"{STATE_WORDS[job.state]:<{_STATE_WIDTH}}", f"{paid!s:>6}"]
    return "  ".join([*cells, _what(entry)])


def _what(entry: Entry) -> str:
    if entry.output is not None:
        return f"{entry.source} -> {entry.output}"
    return f"{entry.source}: {printable(entry.detail)}" if entry.detail else entry.source
