"""Where a thread of this process is just now, by /proc: no call that a dead server could hang."""

from pathlib import Path
from typing import Final

from retouchd.core.vigil import Place, find_place

_TASKS: Final = Path("/proc/self/task")


def look_at_thread(native_id: int | None) -> Place:
    """Say where a thread is; one that has ended, or is not told of, counts as working."""
    folder = _TASKS / str(native_id)
    try:
        state = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        return find_place(state, (folder / "wchan").read_text("utf-8", "replace").strip())
    except OSError:
        return Place.INSIDE
