"""The journal: one SQLite database in WAL mode, its transactions, and how it is opened.

The engine thread is the only writer; the scanner and the commands read through connections of their own.
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.bundles import BundlesTable
from retouchd.adapters.journal.codec import to_seconds
from retouchd.adapters.journal.copies import keep_copy
from retouchd.adapters.journal.ends import EndsTable
from retouchd.adapters.journal.history import HistoryTable
from retouchd.adapters.journal.limits import LimitsTable
from retouchd.adapters.journal.orders import OrdersTable
from retouchd.adapters.journal.parts import PartedConnection
from retouchd.adapters.journal.returns import ReturnsTable
from retouchd.adapters.journal.schema import VERSION
from retouchd.adapters.journal.shelf import ShelfTable
from retouchd.adapters.journal.versions import check_version, damaged, migrate
from retouchd.core.errors import JournalError, JournalVersionError
from retouchd.core.pauses import Pause
from retouchd.core.records import Moments
from retouchd.core.values import AttemptId, printable

# A command writes one row; a daemon that groups commits holds the lock for milliseconds.
_BUSY_SECONDS: Final = 10.0
# Room for some hundred turns of the engine: less would be cut off and made again each time.
_LOG_BYTES: Final = 16 * 1024 * 1024
# Who reads looks through each page once, and has to read it again when anything was written since: with
# SQLite's 2 MB the status of a day with 20 000 photos took 1.5 MB more, and was not faster.
_READING_CACHE_KIBIBYTES: Final = 256
# Each read off an index: a long history is not looked through.
_PULL_BACK: Final = """
UPDATE jobs SET next_try = :latest
WHERE state IN ('ready', 'deferred', 'submitting', 'received', 'delivered') AND next_try > :latest;
UPDATE bundles SET first_look = :now
WHERE state = 'arriving' AND look_at IS NOT NULL AND first_look > :now;
UPDATE bundles SET look_at = :latest WHERE state IN ('arriving', 'ending') AND look_at > :latest;
UPDATE returns SET next_try = :latest WHERE next_try > :latest
"""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# Under this name the journal keeps the id of the inbox that it owns.
INBOX_NOTE: Final = "inbox_id"
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE: Final = 0xFF
# What a person can do something about; SQLite has no words for it.
_REASONS: Final = {
    sqlite3.SQLITE_FULL: "the disk of the state folder is full: make room there, then start it again",
    sqlite3.SQLITE_IOERR: "the disk of the state folder is full or failing: look at it, then start it again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What a journal begins with that takes the place of a lost one.

    Attributes:
        journal_id: The lost one's, which the folders are marked with.
        notes: Small facts.
        pause: Begins with it: nothing is sent before a person has seen to it.
        last_attempt: The next attempt gets a higher number: those up to it may have files in the spool.
    """

    pause: Pause
    last_attempt: AttemptId
    journal_id: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


class SqliteJournal(
    BundlesTable, ReturnsTable, EndsTable, HistoryTable, LimitsTable, OrdersTable, ShelfTable
):
    """Fits the engine's Protocol Journal."""

    connection: PartedConnection

    def __init__(self, connection: PartedConnection, durable: Durable) -> None:
        super().__init__(connection, _BOOT_ID.read_text().strip(), time.monotonic())
        self._durable = durable

    @classmethod
    def open(cls, path: Path, durable: Durable, inheritance: Inheritance | None = None) -> Self:
        """Open the journal for writing; a missing one is made.

        A crash while it is made leaves a database without an id, which the next start makes anew.

        Args:
            inheritance: What it begins with if it must be made.

        Raises:
            JournalError: It cannot be used.
            JournalVersionError: It is of a later version; it was not touched.
            JournalDamagedError: It is damaged, or of another program.
            NoRoomError: It is of an earlier version, and there is no room for a copy.
        """
        with _opened(path, "rwc") as connection:
            # Before anything is written: even the change to WAL would alter a stranger's database.
            version = check_version(connection, path)
            _set_up(connection)
            if 0 < version < VERSION:
                keep_copy(connection, path, version, durable)
            migrate(connection, durable)
            journal = cls(connection, durable)
            journal._ensure_id(inheritance)
        return journal

    @classmethod
    def open_beside(cls, path: Path, durable: Durable) -> Self:
        """Open the journal of a daemon that is running, to leave a command in it; its tables are not touched.

        Raises:
            JournalError: It cannot be used.
            JournalVersionError: The daemon is of another version than this program.
        """
        with _opened(path, "rw") as connection:
            if check_version(connection, path) < VERSION:
                message = (
                    "the retouchd that runs is of an earlier version than this command: restart it first"
                )
                raise JournalVersionError(message)
            _set_up(connection)
            return cls(connection, durable)

    @classmethod
    def open_for_reading(cls, path: Path, patience_seconds: float = _BUSY_SECONDS) -> Self:
        """Open the journal of a daemon that may be running.

        Args:
            patience_seconds: How long to wait for whoever has locked it whole, which no daemon does.

        Raises:
            JournalError: There is none, or it is of another version.
            JournalDamagedError: It is damaged, or of another program.
        """
        nothing_yet = f"there is no journal at {path}: nothing was done here yet"
        if not path.exists():
            raise JournalError(nothing_yet)
        with _opened(path, "ro", patience_seconds) as connection:
            version = check_version(connection, path)
            if version == 0:
                raise JournalError(nothing_yet)
            if version < VERSION:
                earlier = (
                    f"the history {printable(path)} was written by an earlier retouchd: start this one once,"
                    " which brings it up to date"
                )
                raise JournalError(earlier)
            connection.execute(f"PRAGMA cache_size = -{_READING_CACHE_KIBIBYTES}")
            return cls(connection, Durable())

    def _ensure_id(self, inheritance: Inheritance | None) -> None:
        """Give the journal its id, and in the same transaction what it inherits."""
        with self.transaction():
            fresh = inheritance.journal_id if inheritance else None
            made = self.connection.execute(
                "INSERT OR IGNORE INTO meta VALUES ('journal_id', ?)", (fresh or secrets.token_hex(8),)
            )
            if inheritance is not None and made.rowcount:
                self._inherit(inheritance)

    def _inherit(self, inheritance: Inheritance) -> None:
        for name, value in inheritance.notes.items():
            self.set_note(name, value)
        self.skip_attempts(inheritance.last_attempt)
        self.begin_pause(inheritance.pause)

    @property
    def id(self) -> str:
        """The journal's own id: the owner in the folders' marks."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = 'journal_id'").fetchone()
        return str(row["value"])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction; its end is the moment from which on everything in it survives a power cut.

        A crash before that end leaves nothing of it, one after it all of it.

        Raises:
            JournalError: The database cannot be written; nothing of the transaction happened.
        """
        try:
            with translating():
                self.connection.begin()
                yield
                self._durable.commit(self.connection)
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    @contextmanager
    def passing_transaction(self) -> Iterator[None]:
        """Open a transaction of which a power cut may leave nothing, until the next other one has ended.

        A crash of the process after its end leaves all of it: the system has it, and is not waited for until
        it is on the disk. What is synced next takes it along.

        Raises:
            JournalError: The database cannot be written; nothing of the transaction happened.
        """
        with translating(), ExitStack() as opened:
            self.connection.execute("PRAGMA synchronous = NORMAL")
            opened.callback(self.connection.execute, "PRAGMA synchronous = FULL")
            opened.enter_context(self.transaction())
            yield

    def part(self) -> AbstractContextManager[None]:
        """Open a part of the transaction that is undone alone when it raises."""
        return self.connection.part()

    def next_due(self, moments: Moments) -> float | None:
        """Give the seconds until something stored becomes due by itself, or None."""
        due = (
            self.next_bundle_due(moments),
            self.next_job_due(moments.now),
            self.next_return_due(moments.now),
        )
        return min((value for value in due if value is not None), default=None)

    def pull_back(self, now: datetime, latest: datetime) -> None:
        """Have nothing stored become due later than `latest`, or count from later than now."""
        bounds = {"now": to_seconds(now), "latest": to_seconds(latest)}
        for change in _PULL_BACK.split(";"):
            self.connection.execute(change, bounds)

    def shrink(self) -> None:
        """Have the file take no more room than what is in it; nobody else has it open, and there is room.

        A crash in between leaves it as it was.
        """
        with translating():
            self.connection.execute("VACUUM")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # The log is cut back to this after each time that it was written into the database.
    connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")


def check_journal(path: Path) -> None:
    """Read a whole journal that nobody has open, and make sure that its structure is sound.

    Nothing is written: a connection that could write would bring a sound log into a damaged database at its
    end, and remove it. Measured with 100 000 jobs (165 MB): 0.2 s, and 3 s when the disk has to be read.

    Raises:
        JournalDamagedError: It is not sound, or of another program.
        JournalError: It cannot be read, or is of a later version.
    """
    with _opened(path, "ro") as connection, closing(connection):
        check_version(connection, path)
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(found)


@contextmanager
def _opened(path: Path, mode: str, patience_seconds: float = _BUSY_SECONDS) -> Iterator[PartedConnection]:
    """Open the database, and close it again when it turns out to be of no use."""
    with ExitStack() as opened:
        with translating(path):
            connection = _connect(f"{path.absolute().as_uri()}?mode={mode}", patience_seconds)
            opened.callback(connection.close)
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection
        opened.pop_all()


@contextmanager
def translating(path: Path | None = None) -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Args:
        path: The journal, where nobody knows yet which one it is.
    """
    try:
        yield
    except sqlite3.DatabaseError as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & _PRIMARY_CODE
        if code in _DAMAGE:
            raise damaged(str(exc)) from exc
        reason = _REASONS.get(code, str(exc))
        message = f"the journal{f' {path}' if path else ''} cannot be used: {reason}"
        raise JournalError(message) from exc


def _connect(uri: str, patience_seconds: float) -> PartedConnection:
    # Not bound to the thread that opens it: the service opens, the engine thread works.
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=patience_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=PartedConnection,
    )
    connection.row_factory = sqlite3.Row
    return connection
