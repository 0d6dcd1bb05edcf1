"""The journal's returns: which filed photos are to lie in the inbox again, and which take is wanted."""

import sqlite3
from datetime import datetime
from pathlib import PurePosixPath

from retouchd.adapters.journal.codec import to_bytes, to_seconds
from retouchd.adapters.journal.table import Table
from retouchd.core.records import ReturnAsked
from retouchd.core.values import BundleId, Sha256


class ReturnsTable(Table):
    """Fits the engine's Protocol Returns."""

    def ask_for_return(self, bundle: BundleId, take: int | None, now: datetime) -> None:
        """Note that a filed bundle's sources are to be brought back, and the take that is then wanted."""
        self.connection.execute(
            "INSERT INTO returns (bundle, take, asked) VALUES (?, ?, ?)", (bundle, take, to_seconds(now))
        )

    def find_return(self, bundle: BundleId) -> ReturnAsked | None:
        """Give what was asked for a bundle, or None."""
        row = self.connection.execute("SELECT * FROM returns WHERE bundle = ?", (bundle,)).fetchone()
        return None if row is None else _asked(row)

    def returns_due(self, now: datetime, limit: int) -> list[ReturnAsked]:
        """Give what was asked and is due, oldest first."""
        rows = self.connection.execute(
            "SELECT * FROM returns WHERE next_try IS NULL OR next_try <= ? ORDER BY asked, bundle LIMIT ?",
            (to_seconds(now), limit),
        )
        return [_asked(row) for row in rows]

    def next_return_due(self, now: datetime) -> float | None:
        """Give the seconds until the next return is tried again."""
        row = self.connection.execute(
            "SELECT min(next_try) - :now AS due FROM returns WHERE next_try > :now", {"now": to_seconds(now)}
        ).fetchone()
        return None if row["due"] is None else float(row["due"])

    def postpone_return(self, bundle: BundleId, until: datetime) -> None:
        """Try a return again at a later time."""
        self.connection.execute(
            "UPDATE returns SET next_try = ? WHERE bundle = ?", (to_seconds(until), bundle)
        )

    def hurry_returns(self) -> None:
        """Have all returns tried at once."""
        self.connection.execute("UPDATE returns SET next_try = NULL")

    def end_return(self, bundle: BundleId) -> None:
        """Forget what was asked for a bundle."""
        self.connection.execute("DELETE FROM returns WHERE bundle = ?", (bundle,))

    def want_take(self, folder: PurePosixPath, key: str, sha256: Sha256, take: int) -> None:
        """Note which take is wanted of this very photo at a place."""
        self.connection.execute(
            "INSERT OR REPLACE INTO wanted_takes (folder, key, sha256, take) VALUES (?, ?, ?, ?)",
            (to_bytes(folder), to_bytes(key), sha256, take),
        )

    def wanted_take(self, folder: PurePosixPath, key: str, sha256: Sha256) -> int | None:
        """Give the take that is wanted of this very photo at a place, or None."""
        row = self.connection.execute(
            "SELECT take FROM wanted_takes WHERE folder = ? AND key = ? AND sha256 = ?",
            (to_bytes(folder), to_bytes(key), sha256),
        ).fetchone()
        return None if row is None else int(row["take"])

    def forget_wanted_take(self, folder: PurePosixPath, key: str) -> None:
        """Forget which take is wanted of what lies at a place."""
        self.connection.execute(
            "DELETE FROM wanted_takes WHERE folder = ? AND key = ?", (to_bytes(folder), to_bytes(key))
        )


def _asked(row: sqlite3.Row) -> ReturnAsked:
    return ReturnAsked(bundle=BundleId(row["bundle"]), take=row["take"])
