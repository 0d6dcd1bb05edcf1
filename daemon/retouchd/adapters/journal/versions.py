"""Which version a journal is of, and how it comes to this program's."""

import sqlite3
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.copies import newest_copy
from retouchd.adapters.journal.schema import APPLICATION_ID, STEPS, VERSION
from retouchd.core.errors import JournalDamagedError, JournalVersionError
from retouchd.core.values import printable


def migrate(connection: sqlite3.Connection, durable: Durable) -> None:
    """Bring the tables, which check_version has passed, to this version; each step in one transaction.

    A crash in between leaves the version before, whole.
    """
    for number in range(read_version(connection), VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE;{STEPS[number]}"
            f"PRAGMA application_id = {APPLICATION_ID};PRAGMA user_version = {number + 1};"
        )
        durable.commit(connection)


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """Give the version of the tables, 0 for a database with nothing in it; nothing is written.

    Raises:
        JournalVersionError: The file is of a later version.
        JournalDamagedError: It is no journal of retouchd.
    """
    version = read_version(connection)
    application = _read_number(connection, "application_id")
    is_empty = not (version or application or _count_tables(connection))
    if application != APPLICATION_ID and not is_empty:
        found = "it is no journal of retouchd"
        raise damaged(found)
    if version > VERSION:
        raise JournalVersionError(_too_new(version, path))
    return version


def read_version(connection: sqlite3.Connection) -> int:
    """Give the version of the tables of a database that is ours."""
    return _read_number(connection, "user_version")


def _too_new(version: int, path: Path) -> str:
    copy = newest_copy(path, VERSION)
    way_back = (
        f"; or go back for good: stop retouchd, put {path.name} with its -wal and -shm aside, rename {copy},"
        f" which was kept before the upgrade, to {path.name}, and run"
        ' "retouchd doctor --rebuild-journal", which reads back what was paid for since'
    )
    return (
        f"the history {printable(path)} is of version {version}; this retouchd knows {VERSION}: install the"
        f" newer one again{way_back if copy else ''}"
    )


def damaged(found: str) -> JournalDamagedError:
    """Give the error that says what is wrong, and what to do."""
    return JournalDamagedError(
        f"the history is damaged ({printable(found)}): start retouchd, which keeps it aside and sends nothing"
        ' until "retouchd doctor --rebuild-journal" has read back what was paid for'
    )


def _count_tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _read_number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
