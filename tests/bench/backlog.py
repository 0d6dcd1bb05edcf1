"""A hundred thousand pairs dropped at once: how soon they are queued, and what one of them costs then.

`.venv/bin/python tests/bench/backlog.py [--rounds 1]`. A hundred folders of a thousand pairs are moved into
the inbox of a daemon that runs; they are queued when its journal knows them all. In the same run a plain
loop, which lists the same folders, asks for each file's status and stores a row for each pair in a database
of its own, shows what the machine needs for that without any rules.

Cost per job is the daemon's CPU over those that it delivers in some seconds once all are queued, with a
thousand pairs waiting and with a hundred thousand.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from canned_endpoint import missing, serving
from installations import Installation, install, running
from pictures import make_jpeg, make_png
from processes import PeakMemory, cpu_seconds, pss_bytes
from tables import Options, Verdict, at_most, main, print_table, skipped

_FOLDERS: Final = 100
_IN_A_FOLDER: Final = 1000
_PHOTO_BYTES: Final = 20_000
_MEGABYTE: Final = 1_000_000
# Long enough that calls under way take next to nothing while the rest is queued.
_SLOW_SECONDS: Final = 3.0
_IDLE_AFTER_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 300.0
_FLAT_SECONDS: Final = 8.0

_SECONDS: Final = "100 000 pairs in 100 folders queued"
_MEMORY: Final = "peak minus idle memory while they are queued"
_FIRST: Final = "the first call goes out before all are queued, as a part of that time"
_FLAT: Final = "CPU per job with 100 000 queued, times that with 1 000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queueing:
    """What it took to queue everything, and what a plain loop takes."""

    seconds: float
    cpu_seconds: float
    first_call_seconds: float
    more_bytes: int
    plain_seconds: float


def run(options: Options) -> Iterable[Verdict]:
    """Measure, print the tables, and judge."""
    if why := missing():
        return [skipped(goal, why) for goal in (_SECONDS, _MEMORY, _FIRST, _FLAT)]
    rounds = [_queue(options.out) for _ in range(options.rounds)]
    flat = [(_cost_per_job(options.out, 1), _cost_per_job(options.out, _FOLDERS)) for _ in rounds]
    _print(rounds, flat)
    return [
        at_most(_SECONDS, median(one.seconds for one in rounds), 4.0, " s"),
        at_most(_MEMORY, median(one.more_bytes for one in rounds) / _MEGABYTE, 25.0, " MB"),
        at_most(_FIRST, median(one.first_call_seconds / one.seconds for one in rounds), 1.0),
        at_most(_FLAT, median(many / few for few, many in flat), 1.1),
    ]


def _print(rounds: Iterable[Queueing], flat: Iterable[tuple[float, float]]) -> None:
    print_table(
        "100 000 pairs, moved in as 100 folders",
        ["round", "queued s", "CPU s", "first call s", "more MB", "plain loop s", "ratio"],
        [
            (
                str(number),
                one.seconds,
                one.cpu_seconds,
                one.first_call_seconds,
                one.more_bytes / _MEGABYTE,
                one.plain_seconds,
                one.seconds / one.plain_seconds,
            )
            for number, one in enumerate(rounds, 1)
        ],
    )
    print_table(
        "CPU per job, ms",
        ["round", "1 000 queued", "100 000 queued", "ratio"],
        [(str(number), 1000 * few, 1000 * many, many / few) for number, (few, many) in enumerate(flat, 1)],
    )


def _queue(out: Path) -> Queueing:
    """Move everything in at once, and wait until the journal knows it."""
    with TemporaryDirectory(dir=out) as folder:
        place = Path(folder)
        stash = _fill(place / "stash", _FOLDERS)
        plain_seconds = _list_plainly(stash, place / "plain.sqlite3")
        with serving(place / "endpoint", make_png(_PHOTO_BYTES), _SLOW_SECONDS) as endpoint:
            made = _install(place / "installed", endpoint.base_url)
            with running(made) as process:
                time.sleep(_IDLE_AFTER_SECONDS)
                idle_bytes, idle_cpu = pss_bytes(process.pid), cpu_seconds(process.pid)
                with PeakMemory(process.pid) as memory:
                    begun = time.time()
                    _move_in(stash, made)
                    _wait_queued(made, _FOLDERS)
                    seconds = time.time() - begun
                return Queueing(
                    seconds=seconds,
                    cpu_seconds=cpu_seconds(process.pid) - idle_cpu,
                    first_call_seconds=_wait_number(made, "SELECT min(started) FROM attempts", 1) - begun,
                    more_bytes=memory.peak_bytes - idle_bytes,
                    plain_seconds=plain_seconds,
                )


def _cost_per_job(out: Path, folders: int) -> float:
    """Give the CPU seconds of one job while this many folders wait."""
    delivered = "SELECT count(*) FROM jobs WHERE delivered IS NOT NULL"
    with TemporaryDirectory(dir=out) as folder:
        place = Path(folder)
        stash = _fill(place / "stash", folders)
        with serving(place / "endpoint", make_png(_PHOTO_BYTES)) as endpoint:
            made = _install(place / "installed", endpoint.base_url)
            with running(made) as process:
                _move_in(stash, made)
                _wait_queued(made, folders)
                _wait_number(made, delivered, 100)
                before, begun = _number(made, delivered), cpu_seconds(process.pid)
                time.sleep(_FLAT_SECONDS)
                return (cpu_seconds(process.pid) - begun) / (_number(made, delivered) - before)


def _install(place: Path, base_url: str) -> Installation:
    place.mkdir()
    return install(place, base_url)


def _fill(stash: Path, folders: int) -> Path:
    """Make pairs: all photos of a folder are one file with many names, each prompt is its own."""
    photo = make_jpeg(_PHOTO_BYTES)
    for number in range(folders):
        folder = stash / f"{number:03}"
        folder.mkdir(parents=True)
        first = folder / "IMG_0000.jpg"
        first.write_bytes(photo)
        for one in range(_IN_A_FOLDER):
            if one:
                os.link(first, folder / f"IMG_{one:04}.jpg")
            (folder / f"IMG_{one:04}.txt").write_text(f"wish {number} {one}")
    return stash


def _move_in(stash: Path, made: Installation) -> None:
    for folder in sorted(stash.iterdir()):
        folder.rename(made.inbox / folder.name)


def _list_plainly(stash: Path, database: Path) -> float:
    """Give the seconds of a loop that knows no rules: a row for each pair, one transaction for all."""
    begun = time.perf_counter()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE pairs (folder, name, size, time, PRIMARY KEY (folder, name))")
        connection.executemany(
            "INSERT INTO pairs VALUES (?, ?, ?, ?)",
            (
                (folder.name, entry.name, status.st_size, status.st_mtime_ns)
                for folder in stash.iterdir()
                for entry in os.scandir(folder)
                if (status := entry.stat(follow_symlinks=False)) and entry.name.endswith(".jpg")
            ),
        )
        connection.commit()
    return time.perf_counter() - begun


def _wait_queued(made: Installation, folders: int) -> None:
    # Off one row, so that asking costs the daemon nothing; every new bundle makes it grow by one.
    seen = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'bundles'"
    _wait_number(made, seen, folders * _IN_A_FOLDER)


def _wait_number(made: Installation, question: str, wanted: float) -> float:
    """Wait until the journal answers with this number or a higher one, which is given."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := _number(made, question)) < wanted:
        if time.monotonic() > deadline:
            message = f"{question} gave {found} after {_PATIENCE_SECONDS:.0f} s"
            raise TimeoutError(message)
        time.sleep(0.02)
    return found


def _number(made: Installation, question: str) -> float:
    uri = f"{(made.state / 'journal.sqlite3').as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return float(connection.execute(question).fetchone()[0] or 0)


if __name__ == "__main__":
    sys.exit(main(run))
