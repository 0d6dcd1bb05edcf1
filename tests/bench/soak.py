"""Twenty thousand small photos through a daemon that is stopped and killed at random: does anything grow?

Run it by `make bench`, or alone: `.venv/bin/python tests/bench/soak.py --jobs 5000`. The endpoint is another
process that answers at once and survives the restarts; its ledger says how often each photo was sent. After
each kill the bench does what an owner would: it allows that photos whose answers were lost are paid for once
more, and has the daemon go on. In the second half nothing is restarted, or no leak could be told from what
each process takes in its first minutes. Each second memory, descriptors, threads and the journal's size are
noted; a line is fitted to the last two fifths. The journal remembers every job of the last hour, so that it
grows by what that takes and no more. `soak.png` in the output folder shows the figures.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Final

from installations import Installation, environment, install, start, stop, wait_ready
from pictures import make_jpeg, make_png, unique
from processes import open_descriptors, rss_bytes, threads
from stopwatch import Stopwatch, serving
from tables import (
    Options,
    Verdict,
    add_options,
    at_most,
    exit_status,
    print_table,
    print_verdicts,
    read_options,
)

_JOBS: Final = 20_000
_SEED: Final = 20_000
_PICTURE_BYTES: Final = 3_000
_IN_A_FOLDER: Final = 500
# So many photos lie in the inbox at most: the next come when those are done.
_AHEAD: Final = 300
# A restart comes after so many jobs more, in this part of the run; growth is told in the last part.
_RESTART_JOBS: Final = (100, 1_200)
_RESTARTED: Final = 0.5
_FITTED_FROM: Final = 0.6
_LOOK_SECONDS: Final = 0.1
_SAMPLE_SECONDS: Final = 1.0
# What is imported late and first used is there by then: growth is what comes after.
_WARM_SECONDS: Final = 5.0
_STUCK_SECONDS: Final = 120.0
_PER: Final = 10_000
_MEBIBYTE: Final = 1024 * 1024
# Answers are kept for weeks, up to 2 GB: with tiny ones there would be no end to them here. Looking through
# them takes 0.4 kB for each that is kept.
_SETTINGS: Final = {"watch.settle_seconds": 0.3, "duplicates.keep_answers_mb": 4, "history.keep_jobs": 2000}
# A leak of half a kilobyte a job would show. What threads and SQLite may keep fills by 2 MB meanwhile.
_MOST_MEBIBYTES: Final = 5.0
# How many are open at a moment depends on what is under way: between 16 and 57 in twenty thousand jobs. That
# alone moves the line by 2.
_MOST_DESCRIPTORS: Final = 5.0
# Its details take 2.2 kB while they are told (100 000 jobs: 220 MB), and pages are not quite full.
_MOST_JOURNAL_BYTES_A_JOB: Final = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The daemon at one moment; sizes in MiB.

    Attributes:
        memory: With all that it shares. The proportional size falls and rises by up to 4 with how many other
            programs run Python at the moment.
    """

    jobs: int
    memory: float
    descriptors: float
    threads: float
    journal: float
    log: float


@dataclass(slots=True, kw_only=True)
class Person:
    """Decides what only a person may: that what may have been paid for is paid for once more.

    Attributes:
        allowed: How often, by the photo's name.
    """

    installation: Installation
    allowed: Counter[str] = field(default_factory=Counter)

    def decide(self) -> None:
        """Allow everything that is held to be sent once more, and have the daemon go on."""
        for job in json.loads(self._run("jobs", "--state", "held", "--json")):
            self.allowed[Path(job["source"]).stem] += 1
            self._run("retry", job["id"], "--yes")
        if '"unknown_outcomes"' in self._run("status", "--json"):
            self._run("resume", "unknown_outcomes")

    def _run(self, *arguments: str) -> str:
        command = self.installation.command(*arguments)
        done = subprocess.run(command, stdout=subprocess.PIPE, env=environment(), text=True, check=False)
        return done.stdout


class Soak:
    """One run.

    Attributes:
        samples: What was measured, in order.
        restarts: How often the daemon was stopped by each signal.
    """

    def __init__(self, made: Installation, endpoint: Stopwatch, jobs: int) -> None:
        self._made = made
        self._endpoint = endpoint
        self._jobs = jobs
        self._chance = random.Random(_SEED)  # noqa: S311 - moments, no secrets
        self._photo = make_jpeg(_PICTURE_BYTES)
        self._dropped = 0
        self._finished: set[str] = set()
        self._process = self._start()
        self._next_restart = self._chance.randint(*_RESTART_JOBS)
        self.person = Person(installation=made)
        self.samples: list[Sample] = []
        self.restarts: Counter[str] = Counter()

    def run(self) -> None:
        """Have all photos edited.

        Raises:
            TimeoutError: Nothing has gone on for minutes.
        """
        progress = time.monotonic()
        while len(self._finished) < self._jobs:
            before = len(self._finished)
            self._finished |= self._find_finished()
            if len(self._finished) > before:
                progress = time.monotonic()
            elif time.monotonic() - progress > _STUCK_SECONDS:
                message = f"nothing went on after {before} of {self._jobs} jobs"
                raise TimeoutError(message)
            self._drop()
            self._sample()
            if self._next_restart <= len(self._finished) < self._jobs * _RESTARTED:
                self._restart()
            time.sleep(_LOOK_SECONDS)
        stop(self._process)

    def end(self) -> None:
        """Leave no daemon behind."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        # Each process tells its own start; the log of those before would be read again for it.
        self._made.log.unlink(missing_ok=True)
        process = start(self._made)
        wait_ready(self._made, process)
        self._warm_from = time.monotonic() + _WARM_SECONDS
        self._next_sample = self._warm_from
        return process

    def _restart(self) -> None:
        """Stop the daemon in the middle of its work, in one of two ways, and start another."""
        self._next_restart = len(self._finished) + self._chance.randint(*_RESTART_JOBS)
        how = self._chance.choice((signal.SIGTERM, signal.SIGKILL))
        time.sleep(self._chance.uniform(0, 0.2))
        self._process.send_signal(how)
        self._process.wait()
        self.restarts[how.name] += 1
        self._process = self._start()
        if how is signal.SIGKILL:
            self.person.decide()

    def _drop(self) -> None:
        while self._dropped < min(self._jobs, len(self._finished) + _AHEAD):
            folder = self._made.inbox / f"album-{_album(self._dropped)}"
            folder.mkdir(exist_ok=True)
            name = f"p{self._dropped:06}"
            (folder / f"{name}.txt").write_text(f"wish {name}")
            (folder / f"{name}.jpg").write_bytes(unique(self._photo, self._dropped))
            self._dropped += 1

    def _find_finished(self) -> set[str]:
        """Give the photos that lie in done/ with their results in the outbox, of albums not full."""
        counts = Counter(_album(int(name[1:])) for name in self._finished)
        albums = [album for album in range(_album(self._dropped) + 1) if counts[album] < _IN_A_FOLDER]
        return {name for album in albums for name in find_delivered(self._made, f"album-{album}")}

    def _sample(self) -> None:
        if time.monotonic() < self._next_sample:
            return
        self._next_sample = time.monotonic() + _SAMPLE_SECONDS
        state, pid = self._made.state, self._process.pid
        self.samples.append(
            Sample(
                jobs=len(self._finished),
                memory=rss_bytes(pid) / _MEBIBYTE,
                descriptors=open_descriptors(pid),
                threads=threads(pid),
                journal=_size(state / "journal.sqlite3"),
                log=_size(state / "journal.sqlite3-wal"),
            )
        )


def _album(number: int) -> int:
    return number // _IN_A_FOLDER


def find_delivered(made: Installation, album: str) -> Iterator[str]:
    """Give the photos of a folder that are filed with their prompts, and have picture and metadata."""
    done = _names(made.done / album)
    made_of = _names(made.outbox / album)
    for name in done:
        stem = name.removesuffix(".jpg")
        if stem != name and {f"{stem}.png", f"{stem}.png.json"} <= made_of and f"{stem}.txt" in done:
            yield stem


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _size(path: Path) -> float:
    return path.stat().st_size / _MEBIBYTE if path.exists() else 0.0


def fit_slope(points: Sequence[tuple[float, float]]) -> float:
    """Give by how much the second value grows with the first, by least squares."""
    middle, level = fmean(x for x, _ in points), fmean(y for _, y in points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - level) for x, y in points) / spread


def plot(samples: Sequence[Sample], path: Path) -> None:
    """Draw all figures over the jobs that were done."""
    # Not at the top: only `make bench` installs it, and the tests import every bench.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9, 10), layout="constrained")
    axes = figure.subplots(4, sharex=True)
    jobs = [one.jobs for one in samples]
    lines = (
        (0, "memory (RSS), MiB", [one.memory for one in samples]),
        (1, "descriptors", [one.descriptors for one in samples]),
        (2, "threads", [one.threads for one in samples]),
        (3, "journal, MiB", [one.journal for one in samples]),
        (3, "its log (WAL), MiB", [one.log for one in samples]),
    )
    for row, label, values in lines:
        axes[row].plot(jobs, values, ".", markersize=3, label=label)
        axes[row].set_ylim(0, None)
        axes[row].legend(loc="lower right")
    axes[-1].set_xlabel("jobs done")
    FigureCanvasAgg(figure).print_png(path)


def measure(jobs: int, out: Path) -> Iterator[Verdict]:
    """Run once and judge."""
    place = Path(tempfile.mkdtemp(dir=out))
    try:
        with serving(place, make_png(_PICTURE_BYTES)) as endpoint:
            made = install(place, endpoint.base_url, settings=_SETTINGS)
            soak = Soak(made, endpoint, jobs)
            begun = time.monotonic()
            try:
                soak.run()
            finally:
                soak.end()
            seconds = time.monotonic() - begun
            yield from _judge_calls(jobs, made, endpoint, soak)
        plot(soak.samples, out / "soak.png")
        yield from _judge_growth(jobs, seconds, soak)
    finally:
        shutil.rmtree(place)


def _judge_calls(jobs: int, made: Installation, endpoint: Stopwatch, soak: Soak) -> Iterator[Verdict]:
    albums = range(_album(jobs - 1) + 1)
    delivered = {name for album in albums for name in find_delivered(made, f"album-{album}")}
    calls = Counter(served.photo for served in endpoint.served())
    surplus = {name: many - 1 - soak.person.allowed[name] for name, many in calls.items()}
    yield at_most(f"Soak of {jobs} jobs: photos lost", jobs - len(delivered), 0)
    yield at_most(
        f"Soak of {jobs} jobs: calls that nobody allowed",
        sum(many for many in surplus.values() if many > 0),
        0,
    )


def _judge_growth(jobs: int, seconds: float, soak: Soak) -> Iterator[Verdict]:
    late = [one for one in soak.samples if one.jobs >= jobs * _FITTED_FROM]
    columns = ("memory", "descriptors", "threads", "journal", "log")
    slopes = {name: fit_slope([(one.jobs, getattr(one, name)) for one in late]) * _PER for name in columns}
    print_table(
        f"Soak: {jobs} jobs in {seconds:.0f} s, {dict(soak.restarts)},"
        f" {soak.person.allowed.total()} calls allowed once more",
        ["", "after 3/5", "at the end", f"growth in {_PER} jobs"],
        [(name, getattr(late[0], name), getattr(late[-1], name), slopes[name]) for name in columns],
    )
    yield at_most(f"Soak: growth of memory in {_PER} jobs", slopes["memory"], _MOST_MEBIBYTES, " MiB")
    yield at_most(f"Soak: growth of descriptors in {_PER} jobs", slopes["descriptors"], _MOST_DESCRIPTORS)
    yield at_most(f"Soak: growth of threads in {_PER} jobs", slopes["threads"], 1.0)
    bytes_a_job = slopes["journal"] / _PER * _MEBIBYTE
    yield at_most(
        "Soak: what the journal remembers of a job", bytes_a_job, _MOST_JOURNAL_BYTES_A_JOB, " bytes"
    )
    yield at_most(f"Soak: growth of the journal's log in {_PER} jobs", slopes["log"], 1.0, " MiB")


def run(options: Options) -> Iterable[Verdict]:
    """Run at full length, once whatever the rounds."""
    return list(measure(_JOBS, options.out))


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    parser.add_argument("--jobs", type=int, default=_JOBS, help=f"how many photos ({_JOBS})")
    given = parser.parse_args()
    verdicts = list(measure(given.jobs, read_options(given).out))
    print_verdicts(verdicts)
    return exit_status(verdicts)


if __name__ == "__main__":
    sys.exit(main())
