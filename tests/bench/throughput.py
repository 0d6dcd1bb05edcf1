"""Jobs a second, CPU for each and memory, beside what people would write instead and beside httpx alone.

Run it alone with `.venv/bin/python tests/bench/throughput.py [--rounds N]`, or as a part of `make bench`.
All that is compared is run by turns in each round; ratios are taken within a round, and the median of those
counts. The quiet period is cut to 0.02 s, since arrival is no part of this; every other setting that a job
meets is as it comes.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from statistics import median
from typing import Final

from canned_endpoint import missing
from contenders import CEILING, DAEMON, SCRIPT, SHELL, Contender
from pictures import MEGABYTE, make_jpeg, make_png
from races import Course, Race, race
from tables import Options, Verdict, at_least, at_most, main, percentile, print_table, skipped

_CONTENDERS: Final = (DAEMON, SCRIPT, SHELL, CEILING)
_COLUMNS: Final = (
    "", "jobs/s", "CPU ms/job", "idle MB", "peak MB", "p50 ms", "p95 ms", "calls", "lost", "doubled",
)  # fmt: skip
# Seconds of work for the daemon, enough for ticks of 10 ms.
_JOBS: Final = 120
_LARGE_JOBS: Final = 32

_Races = Mapping[Contender, Sequence[Race]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goal:
    """A ratio of the daemon's figure to a peer's that is promised.

    Attributes:
        figure: The name of a figure of a race.
        judge: Whether it must not be higher or not be lower.
    """

    words: str
    peer: Contender
    figure: str
    judge: Callable[[str, float, float, str], Verdict]
    bound: float


def run(options: Options) -> Iterator[Verdict]:
    """Run every course and judge what came of it."""
    for course, goals in _courses():
        if missing():
            yield from (skipped(_told(course, goal), missing()) for goal in goals)
            continue
        races = _run_by_turns(course, options)
        _print(course, races)
        yield from (_judge(course, goal, races) for goal in goals)
        yield _judge_exactness(course, races[DAEMON])


def _courses() -> Iterator[tuple[Course, Sequence[_Goal]]]:
    """Give what is run, with what is promised of it."""
    photo, picture = make_jpeg(3 * MEGABYTE // 2), make_png(3 * MEGABYTE // 2)
    yield (
        Course(name="1.5 MB in and out, no pause", photo=photo, picture=picture, jobs=_JOBS),
        (
            _speed(SCRIPT, 1.8),
            _speed(CEILING, 0.5),
            _Goal(words="CPU a job", peer=SCRIPT, figure="cpu_a_job", judge=at_most, bound=0.55),
        ),
    )
    yield (
        Course(
            name="1.5 MB in and out after 200 ms", photo=photo, picture=picture, jobs=_JOBS, pause_seconds=0.2
        ),
        (_speed(CEILING, 0.85),),
    )
    large = Course(
        name="10 MB in, 8 MB out, no pause",
        photo=make_jpeg(10 * MEGABYTE),
        picture=make_png(8 * MEGABYTE),
        jobs=_LARGE_JOBS,
    )
    yield (
        large,
        (
            _speed(SCRIPT, 2.5),
            _Goal(words="CPU a job", peer=SCRIPT, figure="cpu_a_job", judge=at_most, bound=0.45),
            _Goal(words="peak memory", peer=SCRIPT, figure="peak_bytes", judge=at_most, bound=0.2),
        ),
    )


def _speed(peer: Contender, bound: float) -> _Goal:
    return _Goal(words="jobs/s", peer=peer, figure="jobs_a_second", judge=at_least, bound=bound)


def _run_by_turns(course: Course, options: Options) -> _Races:
    races: dict[Contender, list[Race]] = {one: [] for one in _CONTENDERS if not one.missing()}
    for number in range(options.rounds):
        for contender, past in races.items():
            past.append(race(contender, course, options.out))
            told = f"{course.name}, round {number + 1}: {contender.name} {past[-1].jobs_a_second:.1f} jobs/s"
            print(told, file=sys.stderr)
    return races


def _print(course: Course, races: _Races) -> None:
    rows = [_row(contender, races[contender]) for contender in _CONTENDERS if contender in races]
    print_table(f"{course.name}: {course.jobs} photos, medians of rounds", _COLUMNS, rows)
    for contender in _CONTENDERS:
        if contender not in races:
            print(f"{contender.name} {contender.missing()}")
    figures = ("jobs_a_second", "cpu_a_job", "peak_bytes")
    rows = [
        (contender.name, *(_ratio(races, contender, figure) for figure in figures))
        for contender in races
        if contender is not DAEMON
    ]
    print_table("retouchd's figure divided by that of", ["", "jobs/s", "CPU/job", "peak memory"], rows)


def _row(contender: Contender, races: Sequence[Race]) -> tuple[object, ...]:
    latencies = [1000 * seconds for one in races for seconds in one.latencies]
    return (
        contender.name,
        median(one.jobs_a_second for one in races),
        1000 * median(one.cpu_a_job for one in races),
        median(one.idle_bytes for one in races) / MEGABYTE,
        median(one.peak_bytes for one in races) / MEGABYTE,
        percentile(latencies, 50),
        percentile(latencies, 95),
        sum(one.calls for one in races),
        sum(one.lost for one in races),
        sum(one.doubled for one in races),
    )


def _ratio(races: _Races, peer: Contender, figure: str) -> float:
    """Give the median of the rounds' ratios: rounds minutes apart are not compared with each other."""
    figures = map(attrgetter(figure), races[DAEMON]), map(attrgetter(figure), races[peer])
    return median(own / others for own, others in zip(*figures, strict=True))


def _judge(course: Course, goal: _Goal, races: _Races) -> Verdict:
    if goal.peer not in races:
        return skipped(_told(course, goal), goal.peer.missing())
    return goal.judge(_told(course, goal), _ratio(races, goal.peer, goal.figure), goal.bound, "")


def _judge_exactness(course: Course, races: Sequence[Race]) -> Verdict:
    wrong = sum(one.lost + one.doubled for one in races)
    return at_most(f"{course.name}: pictures lost and calls doubled", float(wrong), 0)


def _told(course: Course, goal: _Goal) -> str:
    return f"{course.name}: {goal.words} to the {goal.peer.name}'s"


if __name__ == "__main__":
    sys.exit(main(run))
