"""Writes the unit files of systemd/ anew from their source, daemon/retouchd/units/; `make units` runs it."""

from pathlib import Path
from typing import Final

from retouchd.cli.schemas import Unit
from retouchd.cli.unitfiles import Installation, unit_text

_SYSTEMD: Final = Path(__file__).parents[2] / "systemd"


def unit_files() -> dict[Path, str]:
    """Give each file with its text."""
    return {
        _SYSTEMD / ("user" if unit is Unit.USER else "system") / unit.file_name: unit_text(
            unit, Installation()
        )
        for unit in Unit
    }


if __name__ == "__main__":
    for path, text in unit_files().items():
        path.write_text(text)
