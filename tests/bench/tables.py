"""Figures told: options that every bench takes, goals with their verdicts, percentiles and tables.

Not run by itself. A bench is a module beside this one with a docstring, a function

    def run(options: Options) -> Iterable[Verdict]:

which measures, prints its tables with `print_table` and gives a verdict for each of its goals, and

    if __name__ == "__main__":
        sys.exit(main(run))

so that it runs alone (`.venv/bin/python tests/bench/idle.py --rounds 1`) and as a part of all (`run.py`).
Where a program is missing it gives `skipped(...)`, which names what to install: no goal is left out silently.
"""

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

DEFAULT_OUT: Final = Path(__file__).parents[2] / "bench-output"
# Wide enough for every table here: what is piped into a file must not be wrapped at 80.
_WIDTH: Final = 132


class Outcome(Enum):
    """What came of a goal."""

    HOLDS = "holds"
    MISSED = "MISSED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a bench is run.

    Attributes:
        rounds: How often each figure is taken, all that is compared by turns.
        out: Where plots and raw figures go, and where working folders are made: this disk is measured.
    """

    rounds: int = 3
    out: Path = DEFAULT_OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a goal is reached.

    Attributes:
        goal: What is to hold, in words and with its figure.
        told: What was measured, or why nothing was.
    """

    goal: str
    told: str
    outcome: Outcome


def at_least(goal: str, figure: float, bound: float, unit: str = "") -> Verdict:
    """Give the verdict on a figure that must not be lower."""
    return _judge(f"{goal}: at least {bound:g}{unit}", figure, unit, is_reached=figure >= bound)


def at_most(goal: str, figure: float, bound: float, unit: str = "") -> Verdict:
    """Give the verdict on a figure that must not be higher."""
    return _judge(f"{goal}: at most {bound:g}{unit}", figure, unit, is_reached=figure <= bound)


def skipped(goal: str, why: str) -> Verdict:
    """Give the verdict on what cannot be measured here."""
    return Verdict(goal=goal, told=why, outcome=Outcome.SKIPPED)


def percentile(figures: Iterable[float], percent: float) -> float:
    """Give the smallest figure that so many percent do not exceed; not a number where there is none."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column to the left, figures to the right; floats with three digits."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(_shown, row))
    _console().print(table)


def print_verdicts(verdicts: Iterable[Verdict]) -> None:
    """Print what came of each goal."""
    rows = [(verdict.goal, verdict.told, verdict.outcome.value) for verdict in verdicts]
    print_table("Goals", ["goal", "measured", ""], rows)


def main(run: Callable[[Options], Iterable[Verdict]]) -> int:
    """Run one bench as the command line says, and give the exit status: 1 if a goal is missed."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    verdicts = list(run(read_options(parser.parse_args())))
    print_verdicts(verdicts)
    return exit_status(verdicts)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every bench takes."""
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken (3)")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where plots and working files go")


def read_options(given: argparse.Namespace) -> Options:
    """Give the options, with the output folder made."""
    given.out.mkdir(parents=True, exist_ok=True)
    return Options(rounds=given.rounds, out=given.out.resolve())


def exit_status(verdicts: Iterable[Verdict]) -> int:
    """Give 1 if a goal is missed, else 0."""
    return int(any(verdict.outcome is Outcome.MISSED for verdict in verdicts))


def _judge(goal: str, figure: float, unit: str, *, is_reached: bool) -> Verdict:
    outcome = Outcome.HOLDS if is_reached else Outcome.MISSED
    return Verdict(goal=goal, told=f"{_shown(figure)}{unit}", outcome=outcome)


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    digits = 2 - math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0
    return f"{value:.{min(max(digits, 0), 4)}f}"


def _console() -> Console:
    return Console(width=_WIDTH, highlight=False, markup=False)
