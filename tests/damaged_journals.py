"""Ways in which a journal is damaged: what disks, power cuts and people do to files."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

Damage = Callable[[Path], None]
"""Damages the journal of this path."""

_PAGE: Final = 4096


def log_of(path: Path) -> Path:
    """Give the log of a database."""
    return path.with_name(f"{path.name}-wal")


def zero_the_middle(path: Path) -> None:
    """Lose a stretch in the middle, as a disk does that gives zeros for bad sectors."""
    content = path.read_bytes()
    begin, end = (len(content) * share // 4 // _PAGE * _PAGE for share in (1, 3))
    path.write_bytes(content[:begin] + bytes(end - begin) + content[end:])


def truncate(path: Path) -> None:
    """Lose the second half."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def spoil_the_head(path: Path) -> None:
    """Overwrite the begin; a log would heal it, since it has that page too."""
    log_of(path).unlink(missing_ok=True)
    path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])


def empty(path: Path) -> None:
    """Leave nothing in it."""
    path.write_bytes(b"")


def write_text(path: Path) -> None:
    """Put a text in its place."""
    path.write_text("notes to self: the sky is blue\n" * 300)


def put_a_stranger(path: Path) -> None:
    """Put another program's database in its place."""
    path.unlink()
    log_of(path).unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")


def spoil_the_log(path: Path) -> None:
    """Overwrite the log that a killed process left."""
    size = log_of(path).stat().st_size
    log_of(path).write_bytes(b"\xa5" * size)


def remove(path: Path) -> None:
    """Remove the database, and leave its log if there is one."""
    path.unlink()


DAMAGES: Final = (
    zero_the_middle,
    truncate,
    spoil_the_head,
    empty,
    write_text,
    put_a_stranger,
    spoil_the_log,
    remove,
)
