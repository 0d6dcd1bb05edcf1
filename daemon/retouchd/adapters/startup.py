"""What must be true of the folders before the daemon starts: each is there, and none lies inside another.

Marks, mounts and whether files can be published have adapters of their own.
"""

import stat
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Final

from retouchd.core.errors import StartRefusedError
from retouchd.core.values import fold_name, printable

# "/", "home" and "anna".
_HOME_PARTS: Final = 3


def check_folders(folders: Mapping[str, Path]) -> None:
    """Look at every folder, the state folder included.

    One inside another would make results into new photos, or move what is being watched.

    Args:
        folders: By their names in the configuration: "inbox", "state".

    Raises:
        StartRefusedError: Something is wrong; every fault is a line of its own.
    """
    faults = [fault for name, path in folders.items() if (fault := _find_fault(name, path))]
    if not faults:
        faults = list(_find_nested({name: path.resolve() for name, path in folders.items()}))
    if faults:
        raise StartRefusedError("\n".join(faults))


def _find_fault(name: str, path: Path) -> str | None:
    shown = f"folders.{name}: {printable(path)}"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return f"{shown} does not exist; {_way_on(path)}"
    except OSError as exc:
        return f"{shown} cannot be looked at: {exc.strerror}"
    return None if stat.S_ISDIR(mode) else f"{shown} is no folder; remove it or name another one"


def _way_on(path: Path) -> str:
    home = Path(*path.parts[:_HOME_PARTS])
    if path.parts[1:2] == ("home",) and not home.exists():
        return (
            f"nor does {printable(home)}, which systemd hides from a service: if the folder is there, name it"
            " in a line BindPaths= of the unit; if not, retouchd init makes it"
        )
    return "if it is right, retouchd init makes it"


def _find_nested(folders: Mapping[str, Path]) -> Iterator[str]:
    for (outer, outer_path), (inner, inner_path) in permutations(folders.items(), 2):
        outer_parts, inner_parts = _folded(outer_path), _folded(inner_path)
        inner_is = f"folders.{inner} ({printable(inner_path)})"
        outer_is = f"folders.{outer} ({printable(outer_path)})"
        if outer_parts == inner_parts:
            # Each such pair comes twice; the names' order picks one.
            yield from [f"{outer_is} and {inner_is} are the same folder"] * (outer < inner)
        elif inner_parts[: len(outer_parts)] == outer_parts:
            yield f"{inner_is} lies inside {outer_is}; name a folder that does not"


def _folded(path: Path) -> tuple[str, ...]:
    """Give the parts as shares compare them, which mostly ignore case."""
    return tuple(fold_name(part) for part in path.parts)
