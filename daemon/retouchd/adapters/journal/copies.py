"""Copies of the journal that are kept before an upgrade changes its tables.

They are for going back to an earlier version by hand; nothing reads them by itself.
"""

import os
import re
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import free_bytes, sync_folder, translated
from retouchd.core.errors import NoRoomError
from retouchd.core.values import printable

# The one before this upgrade, and the one before: more would only take room.
_KEPT: Final = 2
_NAME: Final = re.compile(r"journal-v([0-9]{1,9})-([0-9]{8}-[0-9]{6})\.sqlite3")
_TEMPORARY: Final = ".journal-copy.tmp"
# The upgrade itself writes new tables and indexes beside the copy.
_ROOM_BESIDE: Final = 16 * 1024 * 1024
_FULL: Final = "the disk of the state folder is full; before an upgrade a copy of the history is kept"


def keep_copy(connection: sqlite3.Connection, path: Path, version: int, durable: Durable) -> None:
    """Copy the whole journal, durably, as `journal-v<version>-<time>.sqlite3` beside it; older copies go.

    A crash in between leaves a temporary, which the next try replaces.

    Raises:
        NoRoomError: There is not enough room; nothing was changed.
        FileTroubleError: The state folder cannot be written.
    """
    _check_room(connection, path)
    copy = path.with_name(f"journal-v{version}-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite3")
    temporary = path.with_name(_TEMPORARY)
    with translated("copy", copy):
        temporary.unlink(missing_ok=True)
        try:
            connection.execute("VACUUM INTO ?", (str(temporary),))
        except sqlite3.OperationalError as exc:
            with suppress(FileNotFoundError):
                temporary.unlink()
            if exc.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise NoRoomError(operation="copy", path=path, reason=_FULL) from exc
        _give_name(temporary, copy, durable)
        _remove_older(path)


def newest_copy(path: Path, version: int) -> str | None:
    """Give the name of the newest copy that a program of this version can use, or None when there is none."""
    usable = [name for number, name in _copies(path) if number <= version]
    return usable[-1] if usable else None


def _check_room(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that copy and upgrade have room; who asks knows that the journal can be read."""
    pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
    wanted = 2 * pages * int(connection.execute("PRAGMA page_size").fetchone()[0]) + _ROOM_BESIDE
    with translated("look at", path.parent):
        free = free_bytes(path.parent)
    if free < wanted:
        reason = (
            f"before an upgrade a copy of the history is kept, which needs {wanted / 1e9:.2f} GB beside"
            f" {printable(path)}; {free / 1e9:.2f} GB are free: make room there, then start it again"
        )
        raise NoRoomError(operation="upgrade", path=path, reason=reason)


def _give_name(temporary: Path, copy: Path, durable: Durable) -> None:
    file = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    folder = os.open(copy.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fchmod(file, 0o600)
        durable.fsync(file)
        # A crash before this leaves the temporary alone; after it the whole copy, and the journal as it was.
        durable.rename(temporary.name, copy.name, source_folder=folder, target_folder=folder)
        sync_folder(folder, durable)
    finally:
        os.close(folder)
        os.close(file)


def _remove_older(path: Path) -> None:
    """Remove all copies but the newest; that one is left over by a crash does no harm."""
    for _number, name in _copies(path)[:-_KEPT]:
        path.with_name(name).unlink(missing_ok=True)


def _copies(path: Path) -> list[tuple[int, str]]:
    """Give version and name of each copy, the oldest first."""
    found = [_NAME.fullmatch(one.name) for one in path.parent.iterdir()]
    return [(int(one[1]), one[0]) for one in sorted(filter(None, found), key=lambda one: one[2])]
