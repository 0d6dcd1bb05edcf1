"""Where a thread of this process is just now, by /proc: no call that a dead server could hang."""

from pathlib import Path
from typing import Final

from retouchd.core.vigil import Place, find_place

_TASKS: Final = Path("/proc/self/task")


def look_at_thread(native_id: int | None) -> Place:
    """Say where a thread is; one that has ended, or is not told of, counts as working.

    The kernel tells the state and the place one after the other. A thread that went on in between, and so
    seems to sleep nowhere, works: each time that it goes to sleep, or is put aside, is counted.
    """
    folder = _TASKS / str(native_id)
    try:
        before = _read(folder / "status")
        channel = _read(folder / "wchan")
        after = _read(folder / "status")
    except OSError:
        return Place.INSIDE
    facts = dict(line.split(":", 1) for line in before.splitlines())
    return find_place(facts["State"].split()[0], channel) if before == after else Place.INSIDE


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace").strip()
