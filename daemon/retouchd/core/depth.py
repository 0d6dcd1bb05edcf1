"""How deep in the inbox photos are looked for: a bound, since a scan's cost grows with the depth's square.

By paths alone; who comes upon a folder that lies too deep tells of it and does not enter it.
"""

from pathlib import PurePosixPath
from typing import Final

from retouchd.core.values import printable

# Nobody files photos so deep; a thousand folders in each other come of a loop, or of someone who means harm.
MOST_LEVELS: Final = 100
# A path has at most 4096 bytes: the inbox's own, the photo's name and what the outbox adds need room too.
_MOST_BYTES: Final = 3000
_MOST_SHOWN: Final = 60

TOO_DEEP: Final = f"folders more than {MOST_LEVELS} levels deep"
"""Why such folders are left out, for people."""


def is_too_deep(levels: int, path_bytes: int) -> bool:
    """Say whether a folder is not entered, so many levels below the inbox with a path of so many bytes."""
    return levels > MOST_LEVELS or path_bytes > _MOST_BYTES


def lies_too_deep(folder: PurePosixPath) -> bool:
    """Say whether a folder, by its path below the inbox, is not entered."""
    return is_too_deep(len(folder.parts), len(str(folder).encode(errors="surrogateescape")))


def too_deep_sentence(path: PurePosixPath) -> str:
    """Say that nothing is looked for at a path."""
    shown = printable(path)
    short = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
    return (
        f"{short} lies too deep in the inbox to be looked at: more than {MOST_LEVELS} folders in each other,"
        " or a very long path; move it further up."
    )
