"""What a daemon takes that has nothing to do, with ten thousand files lying in its inbox.

Run it by `make bench`, or alone: `.venv/bin/python tests/bench/idle.py`. Half of the files are photos that
wait for prompts, the others are no photos; they lie in ten folders. Beside it an empty inbox is measured.
Both daemons run at the same time, for 150 seconds, with the default rescans: those of ten thousand
files are due every 50 seconds or so. The CPU time is the kernel's.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from installations import install, running
from processes import cpu_seconds, pss_bytes
from tables import Options, Verdict, at_most, main, print_table

FILES: Final = 10_000
_FOLDERS: Final = 10
_SECONDS: Final = 150.0
# The first scan and the status file are over by then.
_SETTLE_SECONDS: Final = 20.0
_NOBODY: Final = "http://127.0.0.1:9/api/v1"
_MEBIBYTE: Final = 1024 * 1024
_MOST_CPU_PERCENT: Final = 0.15
_MOST_MEBIBYTES: Final = 60.0


def fill(inbox: Path, files: int) -> None:
    """Make photos without prompts, and as many files that are no photos."""
    for number in range(files):
        folder = inbox / f"album-{number % _FOLDERS}"
        folder.mkdir(exist_ok=True)
        name = f"IMG_{number:05}.jpg" if number // _FOLDERS % 2 else f"clip-{number:05}.mov"
        (folder / name).write_bytes(b"\xff\xd8\xff\xe0")


def measure(out: Path) -> dict[int, tuple[float, float]]:
    """Give by the number of files the share of a core in percent, and the memory in MiB."""
    with ExitStack() as opened:
        daemons = {}
        for files in (0, FILES):
            place = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=out)))
            made = install(place, _NOBODY)
            fill(made.inbox, files)
            daemons[files] = opened.enter_context(running(made)).pid
        time.sleep(_SETTLE_SECONDS)
        begun, before = time.monotonic(), {files: cpu_seconds(pid) for files, pid in daemons.items()}
        time.sleep(_SECONDS)
        seconds = time.monotonic() - begun
        return {
            files: (100 * (cpu_seconds(pid) - before[files]) / seconds, pss_bytes(pid) / _MEBIBYTE)
            for files, pid in daemons.items()
        }


def run(options: Options) -> Iterable[Verdict]:
    """Measure, once whatever the rounds, and print one line for each inbox."""
    figures = measure(options.out)
    print_table(
        f"Idle for {_SECONDS:.0f} s, rescans included",
        ["files in the inbox", "% of a core", "memory (PSS), MiB"],
        [(str(files), *row) for files, row in figures.items()],
    )
    cpu, memory = figures[FILES]
    goal = f"Idle with {FILES} files in the inbox"
    return [
        at_most(f"{goal}: CPU", cpu, _MOST_CPU_PERCENT, " % of a core"),
        at_most(f"{goal}: memory", memory, _MOST_MEBIBYTES, " MiB"),
    ]


if __name__ == "__main__":
    sys.exit(main(run))
