"""Tables for programs: rows of CSV on standard output, in which no name from a stranger does anything."""

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Final

# What a spreadsheet would take for a formula; a name from a stranger may begin so, and a sentence with it.
_FORMULA: Final = ("=", "+", "-", "@")


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a header and rows; a text that a spreadsheet would take for a formula gets "./" before it."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(_harmless, cells) for cells in rows)


def _harmless(cell: object) -> object:
    return f"./{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
