"""`retouchd costs`: by day, month and folder, what was paid, is set aside or unclear."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.journal.costs import CostLine, Costs
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, display_width, print_json, shorten
from retouchd.cli.tables import print_csv
from retouchd.core.values import shown_path

# Two weeks, a year and the dearest folders fit a screen; all of it is in the CSV.
_MOST_DAYS: Final = 14
_MOST_MONTHS: Final = 12
_MOST_FOLDERS: Final = 10
_FOLDER_WIDTH: Final = 32
_HEADS: Final = ("paid", "set aside", "unclear", "calls")
_COLUMNS: Final = ("day", "folder", "charged_usd", "set_aside_usd", "unclear_usd", "calls")


def show_costs(config: Path | None, environ: Mapping[str, str]) -> None:
    """Print the costs for people, the newest first.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        lines = list(house.view.cost_lines())
        _write(house, lines, Screen())


def print_costs_csv(config: Path | None, environ: Mapping[str, str]) -> None:
    """Print all costs as CSV, one row for each day and folder, in exact dollars.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        lines = house.view.cost_lines()
        rows = ([one.day, _folder(one.folder), *_exact(one.costs), one.costs.calls] for one in lines)
        print_csv(_COLUMNS, rows)


def print_costs_json(config: Path | None, environ: Mapping[str, str]) -> None:
    """Print all costs as JSON.

    Raises:
        RetouchdError: The configuration is wrong, or the history cannot be read.
    """
    with open_house(config, environ) as house:
        lines = list(house.view.cost_lines())
        print_json(
            {
                "lines": [
                    {"day": one.day, "folder": _folder(one.folder), **_as_json(one.costs)} for one in lines
                ],
                "months": [
                    {"month": month, **_as_json(costs)} for month, costs in _add_up(lines, _month).items()
                ],
                "folders": [
                    {"folder": folder, **_as_json(costs)}
                    for folder, costs in _add_up(lines, lambda line: _folder(line.folder)).items()
                ],
                "total": _as_json(_total(lines)),
            }
        )


def _write(house: House, lines: Sequence[CostLine], screen: Screen) -> None:
    if not lines:
        screen.say("Nothing was sent yet, so nothing was paid.")
        return
    folders = _add_up(lines, lambda line: shorten(_folder(line.folder), _FOLDER_WIDTH) or "the inbox itself")
    dearest = dict(sorted(folders.items(), key=lambda entry: -_sum(entry[1])))
    tables = {
        "Months": (_add_up(lines, _month), _MOST_MONTHS),
        "Days": (_add_up(lines, lambda line: line.day), _MOST_DAYS),
        "Folders": (dearest, _MOST_FOLDERS),
    }
    width = max(display_width(name) for costs, most in tables.values() for name in islice(costs, most))
    _write_row(screen, "", _HEADS, width + 2)
    for title, (costs, most) in tables.items():
        screen.line(title, Tone.HEAD)
        for name, one in islice(costs.items(), most):
            _write_row(screen, f"  {name}", _cells(one), width + 2)
        if len(costs) > most:
            screen.line(f"  and {len(costs) - most} more: {house.command('costs', '--csv')}")
    _write_row(screen, "All", _cells(_total(lines)), width + 2)
    screen.say(
        "What the service says that a picture cost is its estimate; unclear is perhaps paid.", Tone.ASIDE
    )


def _write_row(screen: Screen, name: str, cells: Sequence[str], width: int) -> None:
    padding = " " * (width - display_width(name))
    screen.line(name + padding + "".join(f"{cell:>11}" for cell in cells))


def _add_up(lines: Sequence[CostLine], name_of: Callable[[CostLine], str]) -> dict[str, Costs]:
    """Add up the lines of each name; the names in the order in which they come first."""
    sums: dict[str, Costs] = {}
    for line in lines:
        name = name_of(line)
        sums[name] = sums.get(name, Costs()) + line.costs
    return sums


def _month(line: CostLine) -> str:
    return line.month


def _folder(folder: PurePosixPath) -> str:
    """Give a folder's name safe to print, nothing for the inbox itself."""
    return "" if folder == PurePosixPath() else shown_path(folder)


def _total(lines: Sequence[CostLine]) -> Costs:
    return sum((line.costs for line in lines), Costs())


def _sum(costs: Costs) -> int:
    return (costs.charged + costs.set_aside + costs.unclear).micro


def _cells(costs: Costs) -> list[str]:
    return [*map(str, (costs.charged, costs.set_aside, costs.unclear)), str(costs.calls)]


def _exact(costs: Costs) -> list[str]:
    return [one.exact for one in (costs.charged, costs.set_aside, costs.unclear)]


def _as_json(costs: Costs) -> dict[str, object]:
    return {
        "charged_usd": costs.charged.usd,
        "set_aside_usd": costs.set_aside.usd,
        "unclear_usd": costs.unclear.usd,
        "calls": costs.calls,
    }
