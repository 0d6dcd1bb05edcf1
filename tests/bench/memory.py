"""How much memory the daemon takes beyond its idle state while photos and answers pass through it (I12).

Run it alone with `.venv/bin/python tests/bench/memory.py [--rounds N]`, or as a part of `make bench`. Eight
photos at a time are under way, all answered after a pause with the same large picture; the highest of all
rounds counts.
"""

import sys
from collections.abc import Iterator
from typing import Final

from canned_endpoint import missing
from contenders import DAEMON
from pictures import MEGABYTE, make_jpeg, make_png
from races import Course, Race, race
from tables import Options, Verdict, at_most, main, print_table, skipped

_PHOTO_BYTES: Final = (MEGABYTE // 10, 3 * MEGABYTE // 2, 5 * MEGABYTE, 10 * MEGABYTE)
_PICTURE_BYTES: Final = 8 * MEGABYTE
_BOUND_MB: Final = 16
# Three for each of the eight calls, so that one ends while others begin.
_JOBS: Final = 24
# Long enough that all eight wait at once.
_PAUSE_SECONDS: Final = 0.2
# A peak lasts about as long as a picture takes to come in.
_SAMPLE_SECONDS: Final = 0.02


def run(options: Options) -> Iterator[Verdict]:
    """Measure each size of photo and judge what it took."""
    goals = {size: f"peak minus idle memory, 8 photos of {size / MEGABYTE:g} MB" for size in _PHOTO_BYTES}
    if missing():
        yield from (skipped(goal, missing()) for goal in goals.values())
        return
    picture = make_png(_PICTURE_BYTES)
    worst = {size: _worst(size, picture, options) for size in _PHOTO_BYTES}
    rows = [
        (
            f"{size / MEGABYTE:g} MB in",
            one.idle_bytes / MEGABYTE,
            one.peak_bytes / MEGABYTE,
            _more(one),
            one.lost,
        )
        for size, one in worst.items()
    ]
    columns = ("", "idle MB", "peak MB", "more MB", "lost")
    print_table(
        f"8 at once, {_PICTURE_BYTES / MEGABYTE:g} MB out: the worst of {options.rounds}", columns, rows
    )
    yield from (at_most(goal, _more(worst[size]), _BOUND_MB, " MB") for size, goal in goals.items())


def _worst(size: int, picture: bytes, options: Options) -> Race:
    """Give the round in which the most was taken."""
    course = Course(
        name=f"memory at {size / MEGABYTE:g} MB",
        photo=make_jpeg(size),
        picture=picture,
        jobs=_JOBS,
        pause_seconds=_PAUSE_SECONDS,
        sample_seconds=_SAMPLE_SECONDS,
    )
    return max((race(DAEMON, course, options.out) for _ in range(options.rounds)), key=_more)


def _more(one: Race) -> float:
    """Give what the peak is above idle, in MB."""
    return (one.peak_bytes - one.idle_bytes) / MEGABYTE


if __name__ == "__main__":
    sys.exit(main(run))
