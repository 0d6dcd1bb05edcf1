"""Runs the benches one after the other, and tells at last which goals hold.

`make bench`, or `.venv/bin/python tests/bench/run.py [--only PART] [--rounds N] [--out FOLDER]`. Nothing
else should work on the machine meanwhile; ratios bear it, figures do not. A part is a module beside this
one with a function `run` (tables.py says how it looks); a new one is added to the names below.
"""

import argparse
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Final

from tables import Options, Verdict, add_options, exit_status, print_verdicts, read_options

# In the order of what people feel; docs/performance.md tells each.
PARTS: Final = ("throughput", "starting", "backlog", "memory", "idle", "latency", "soak")


def run_parts(parts: Iterable[str], options: Options) -> list[Verdict]:
    """Run these parts; each tells its own goals as soon as it has ended."""
    verdicts: list[Verdict] = []
    for part in parts:
        told = list(import_module(part).run(options))
        print_verdicts(told)
        verdicts += told
    return verdicts


def main() -> int:
    """Run what the command line asks for, and give the exit status: 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description="Measure retouchd beside what people would use instead.")
    parser.add_argument("--only", choices=PARTS, action="append", help="run this part alone; may be repeated")
    add_options(parser)
    given = parser.parse_args()
    parts = given.only or PARTS
    verdicts = run_parts(parts, read_options(given))
    if len(parts) > 1:
        print_verdicts(verdicts)
    return exit_status(verdicts)


if __name__ == "__main__":
    sys.exit(main())
