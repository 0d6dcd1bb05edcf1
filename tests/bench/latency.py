"""How soon a dropped photo is on its way, and how soon an answer is delivered and its photo filed.

Run it by `make bench`, or alone: `.venv/bin/python tests/bench/latency.py`. Photos of 1.5 MB are dropped at
random moments in four ways: by a rename into the inbox and by plain writing, the photo first and the prompt
first. The endpoint is another process that answers at once with 1.5 MB; both moments of a call are its own.
The disk's part is told beside it: the same bytes written and fsynced by a plain loop in the same run.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Final

from installations import Installation, install, running
from pictures import MEGABYTE, make_jpeg, make_png, unique
from stopwatch import Stopwatch, serving
from tables import Options, Verdict, at_most, main, percentile, print_table

_DROPS: Final = 48
_SEED: Final = 6
_PHOTO_BYTES: Final = 1_500_000
# The answer is booked, its cost settled and the name planned, the end noted, the filing planned and noted.
_COMMITS: Final = 5
_LOOK_SECONDS: Final = 0.001
_PATIENCE_SECONDS: Final = 60.0
_MILLISECONDS: Final = 1000.0
_PERCENT: Final = 95
_MOST_OVER_QUIET: Final = 20.0
_MOST_TO_DELIVER: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to measure.

    Attributes:
        quiet_seconds: The quiet period.
        gap_seconds: Between two drops on average; less than the quiet period has several photos under way.
        idle_seconds: Nothing happens for so long before the first drop.
    """

    name: str
    quiet_seconds: float
    gap_seconds: float
    idle_seconds: float = 1.0
    drops: int = _DROPS


CASES: Final = (
    Case(name="quiet 0.5 s, one at a time", quiet_seconds=0.5, gap_seconds=0.9),
    Case(name="quiet 0.5 s, several under way", quiet_seconds=0.5, gap_seconds=0.15),
    Case(name="quiet 2 s (default), several under way", quiet_seconds=2.0, gap_seconds=0.5),
    Case(
        name="quiet 1 s, first after 35 s idle", quiet_seconds=1.0, gap_seconds=1, idle_seconds=35.0, drops=1
    ),
)


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Notes when each photo is delivered and filed: its picture, the metadata, and both files in done/."""

    installation: Installation
    expected: set[str] = field(default_factory=set)
    seen: dict[str, float] = field(default_factory=dict)
    is_over: Event = field(default_factory=Event)

    def watch(self) -> None:
        """Look a thousand times a second."""
        while not self.is_over.wait(_LOOK_SECONDS):
            for name in tuple(self.expected):
                if self._is_finished(name):
                    self.seen[name] = time.monotonic()
                    self.expected.discard(name)

    def _is_finished(self, name: str) -> bool:
        made = self.installation
        paths = (
            made.done / f"{name}.txt",
            made.done / f"{name}.jpg",
            made.outbox / f"{name}.png",
            made.outbox / f"{name}.png.json",
        )
        return all(map(os.path.exists, paths))


@contextmanager
def watching(installation: Installation) -> Iterator[Watcher]:
    """Watch in a thread for as long as the context lasts."""
    watcher = Watcher(installation=installation)
    thread = Thread(target=watcher.watch)
    thread.start()
    try:
        yield watcher
    finally:
        watcher.is_over.set()
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What was measured of one photo, in milliseconds."""

    over_quiet: float
    to_delivered: float


def _rename(path: Path, content: bytes) -> None:
    outside = path.parents[2] / path.name
    outside.write_bytes(content)
    outside.rename(path)


def _drop(inbox: Path, name: str, photo: bytes, number: int) -> float:
    """Drop a pair in one of four ways, and give when it lay there whole."""
    put: Callable[[Path, bytes], object] = (Path.write_bytes, _rename)[number % 2]
    pair = [(inbox / f"{name}.jpg", photo), (inbox / f"{name}.txt", f"wish {number}".encode())]
    for path, content in pair if number // 2 % 2 else reversed(pair):
        put(path, content)
    return time.monotonic()


def measure(case: Case, seed: int, out: Path, photo: bytes, picture: bytes) -> list[Times]:
    """Run one case."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    with tempfile.TemporaryDirectory(dir=out) as folder, serving(Path(folder), picture) as endpoint:
        settings = {"watch.settle_seconds": case.quiet_seconds}
        made = install(Path(folder), endpoint.base_url, settings=settings)
        with running(made), watching(made) as watcher:
            time.sleep(case.idle_seconds)
            dropped: dict[str, float] = {}
            for number in range(case.drops):
                name = f"p{number:03}"
                content = unique(photo, number)
                watcher.expected.add(name)
                dropped[name] = _drop(made.inbox, name, content, number)
                time.sleep(chance.uniform(0.2, 1.8) * case.gap_seconds)
            _await(watcher)
        return list(_compare(case, dropped, watcher, endpoint))


def _await(watcher: Watcher) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while watcher.expected:
        if time.monotonic() > deadline:
            message = f"not delivered and filed: {', '.join(sorted(watcher.expected))}"
            raise TimeoutError(message)
        time.sleep(_LOOK_SECONDS)


def _compare(case: Case, dropped: dict[str, float], watcher: Watcher, endpoint: Stopwatch) -> Iterator[Times]:
    for served in endpoint.served():
        until_sent = served.first - dropped[served.photo] - case.quiet_seconds
        until_filed = watcher.seen[served.photo] - served.last
        yield Times(over_quiet=until_sent * _MILLISECONDS, to_delivered=until_filed * _MILLISECONDS)


def measure_disk(out: Path) -> list[float]:
    """Give what a plain loop takes, in milliseconds, to write and fsync what a delivery must.

    That is the answer as it came, the picture, its metadata, and small appends for the commits; nothing is
    read, hashed, decoded or moved.
    """
    with tempfile.TemporaryDirectory(dir=out) as folder:
        return [_write_durably(Path(folder), number) for number in range(_DROPS)]


def _write_durably(folder: Path, number: int) -> float:
    begun = time.monotonic()
    for name, size in (("answer", _PHOTO_BYTES * 4 // 3), ("picture", _PHOTO_BYTES), ("metadata", 2000)):
        _fsynced(folder / f"{number}.{name}", bytes(size))
    for _ in range(_COMMITS):
        _fsynced(folder / "journal", bytes(8192))
    return (time.monotonic() - begun) * _MILLISECONDS


def _fsynced(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def run(options: Options) -> Iterable[Verdict]:
    """Measure all cases."""
    photo, picture = make_jpeg(_PHOTO_BYTES), make_png(_PHOTO_BYTES)
    found: dict[Case, list[Times]] = {case: [] for case in CASES}
    for number in range(options.rounds):
        for case in CASES:
            found[case] += measure(case, _SEED + number, options.out, photo, picture)
    disk = [one for _ in range(options.rounds) for one in measure_disk(options.out)]
    print_table(
        f"Latency of photos of {_PHOTO_BYTES / MEGABYTE:g} MB in ms, median / 95th percentile / highest",
        ["case", "photos", "drop to first byte, beyond quiet", "answer to delivered and filed"],
        [
            *((case.name, len(times), *_told(times)) for case, times in found.items()),
            ("the same bytes and commits by a plain loop", len(disk), "", _spread(disk)),
        ],
    )
    return [*_judge(found)]


def _told(times: Sequence[Times]) -> tuple[str, str]:
    return _spread([one.over_quiet for one in times]), _spread([one.to_delivered for one in times])


def _spread(figures: Sequence[float]) -> str:
    return f"{median(figures):.1f} / {percentile(figures, _PERCENT):.1f} / {max(figures):.1f}"


def _judge(found: dict[Case, list[Times]]) -> Iterator[Verdict]:
    every = [one for times in found.values() for one in times]
    yield at_most(
        "Latency: drop to first byte beyond the quiet period, 95th percentile",
        percentile([one.over_quiet for one in every], _PERCENT),
        _MOST_OVER_QUIET,
        " ms",
    )
    yield at_most(
        "Latency: answer to delivered and filed, 95th percentile",
        percentile([one.to_delivered for one in every], _PERCENT),
        _MOST_TO_DELIVER,
        " ms",
    )


if __name__ == "__main__":
    sys.exit(main(run))
