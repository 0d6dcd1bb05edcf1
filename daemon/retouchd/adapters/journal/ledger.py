"""The journal's edits and attempts: who may pay for what, and what was set aside and charged.

The attempts are the record of money: every sum is added up from them, and from what attempts that were let go
have cost.
"""

import json
import sqlite3
from datetime import datetime
from functools import lru_cache
from typing import Final

from retouchd.adapters.journal.codec import (
    to_bytes,
    to_digest,
    to_json,
    to_moment,
    to_seconds,
    to_sure_moment,
    to_words,
)
from retouchd.adapters.journal.table import REMEMBERED_ROWS, Table
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job
from retouchd.core.money import Money, Spent
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.records import Attempt, Permission, PermissionReason, SpendReport
from retouchd.core.values import AttemptId, EditId, Fingerprint, JobId

# Of a day and of a month; nothing is set aside for calls that were let go.
_SUMS: Final = (
    "(SELECT coalesce(sum({0}), 0) FROM day_sums WHERE day = ?)"
    " + (SELECT coalesce(sum(charged), 0) FROM past_costs WHERE day = ?) AS day,"
    " (SELECT coalesce(sum({0}), 0) FROM day_sums WHERE month = ?)"
    " + (SELECT coalesce(sum(charged), 0) FROM past_costs WHERE month = ?) AS month"
)


class LedgerTable(Table):
    """Fits the engine's Protocol Ledger."""

    def find_edit(self, fingerprint: Fingerprint, take: int) -> Edit | None:
        """Give the edit, or None."""
        row = self.connection.execute(
            "SELECT * FROM edits WHERE fingerprint = ? AND take = ?", (fingerprint, take)
        ).fetchone()
        return None if row is None else _edit(row)

    def last_take(self, fingerprint: Fingerprint) -> int:
        """Give the highest take of an edit, 0 when there is none."""
        row = self.connection.execute(
            "SELECT max(coalesce((SELECT max(take) FROM edits WHERE fingerprint = ?), 0),"
            " coalesce((SELECT max(take) FROM paid WHERE fingerprint = ?), 0)) AS take",
            (fingerprint, to_digest(fingerprint)),
        ).fetchone()
        return int(row["take"])

    def get_edit(self, edit: EditId) -> Edit:
        """Give one edit."""
        return _edit(self.connection.execute("SELECT * FROM edits WHERE id = ?", (edit,)).fetchone())

    def add_edit(self, fingerprint: Fingerprint, take: int, owner: JobId) -> Edit:
        """Add an edit with its first permission."""
        row = self.connection.execute(
            "INSERT INTO edits (fingerprint, take, permission, owner) VALUES (?, ?, 1, ?) RETURNING *",
            (fingerprint, take, owner),
        ).fetchone()
        return _edit(row)

    def set_owner(self, edit: EditId, owner: JobId) -> None:
        """Make another job the one that pays for an edit."""
        self.connection.execute("UPDATE edits SET owner = ? WHERE id = ?", (owner, edit))

    def grow_permission(self, edit: EditId, job: JobId, why: PermissionReason, now: datetime) -> None:
        """Allow that an edit is paid for once more, and note for which job and why."""
        row = self.connection.execute(
            "UPDATE edits SET permission = permission + 1 WHERE id = ? RETURNING permission", (edit,)
        ).fetchone()
        self.connection.execute(
            "INSERT INTO permissions (edit, permission, job, given, why) VALUES (?, ?, ?, ?, ?)",
            (edit, row["permission"], job, to_seconds(now), why),
        )

    def permissions_of(self, edit: EditId) -> list[Permission]:
        """Give why an edit may be paid for more than once, in order."""
        rows = self.connection.execute(
            "SELECT * FROM permissions WHERE edit = ? ORDER BY permission", (edit,)
        )
        return [
            Permission(
                number=row["permission"],
                job=JobId(row["job"]),
                given=to_sure_moment(row["given"]),
                why=PermissionReason(row["why"]),
            )
            for row in rows
        ]

    def begin_attempt(
        self, job: Job, edit: Edit, period: Period, reservation: Money, save_path: str, started: datetime
    ) -> Attempt:
        """Add an attempt with its reservation."""
        top_folder = job.stem.parts[0] if len(job.stem.parts) > 1 else ""
        row = self.connection.execute(
            "INSERT INTO attempts (edit, job, number, permission, day, month, top_folder, save_path, started,"
            " first_reserved, reserved, charged, request_ids) VALUES (:edit, :job,"
            " (SELECT count(*) + 1 FROM attempts WHERE edit = :edit), :permission, :day, :month, :top_folder,"
            " :save_path, :started, :reserved, :reserved, 0, '{}') RETURNING *",
            {
                "edit": edit.id,
                "job": job.id,
                "permission": edit.permission,
                "day": period.day,
                "month": period.month,
                "top_folder": to_bytes(top_folder),
                "save_path": to_words(save_path),
                "started": to_seconds(started),
                "reserved": reservation.micro,
            },
        ).fetchone()
        return _attempt(row)

    def last_attempt(self) -> AttemptId:
        """Give the highest number that an attempt ever had, 0 when there was none."""
        row = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'attempts'").fetchone()
        return AttemptId(row["seq"] if row else 0)

    def skip_attempts(self, last: AttemptId) -> None:
        """Have the next attempt get a number above this one."""
        if last > self.last_attempt():
            self.connection.execute("DELETE FROM sqlite_sequence WHERE name = 'attempts'")
            self.connection.execute("INSERT INTO sqlite_sequence VALUES ('attempts', ?)", (last,))

    def get_attempt(self, attempt: AttemptId) -> Attempt:
        """Give one attempt."""
        return _attempt(self.connection.execute("SELECT * FROM attempts WHERE id = ?", (attempt,)).fetchone())

    def update_attempt(self, attempt: Attempt) -> None:
        """Store how an attempt ended and what became of its reservation."""
        self.connection.execute(
            "UPDATE attempts SET reserved = ?, charged = ?, ended = ?, outcome = ?, status = ?,"
            " elapsed_seconds = ?, request_ids = ?, refusal = ?, cut_by_us = ? WHERE id = ?",
            (
                attempt.reserved.micro,
                attempt.charged.micro,
                to_seconds(attempt.ended),
                attempt.outcome,
                attempt.status,
                attempt.elapsed_seconds,
                to_json(dict(attempt.request_ids)),
                None if attempt.refusal is None else to_words(attempt.refusal),
                attempt.cut_by_us,
                attempt.id,
            ),
        )

    def newest_attempt(self) -> AttemptId:
        """Give a number that only attempts after this moment are above."""
        return self.last_attempt()

    def newest_attempts(self, limit: int) -> list[Attempt]:
        """Give the attempts that began last, the newest first."""
        return self._attempts("ORDER BY id DESC LIMIT ?", (limit,))

    def attempts_of(self, edit: EditId) -> list[Attempt]:
        """Give an edit's attempts in order."""
        return self._attempts("WHERE edit = ? ORDER BY number", (edit,))

    def _attempts(self, where: str, values: tuple[object, ...]) -> list[Attempt]:
        return [_attempt(row) for row in self.connection.execute(f"SELECT * FROM attempts {where}", values)]

    def spent(self, edit: EditId, period: Period) -> Spent:
        """Add up what is charged and set aside."""
        row = self.connection.execute(
            "SELECT (SELECT coalesce(sum(charged + reserved), 0) FROM attempts WHERE edit = ?) AS edit,"
            f" {_SUMS.format('charged + reserved')}",
            (edit, *_named(period)),
        ).fetchone()
        return Spent(edit=Money(row["edit"]), day=Money(row["day"]), month=Money(row["month"]))

    def report_spend(self, period: Period) -> SpendReport:
        """Add up for the status."""
        row = self.connection.execute(
            "SELECT coalesce(sum(reserved), 0) AS reserved,"
            " coalesce(sum(reserved) FILTER (WHERE outcome = ?), 0) AS unknown,"
            f" {_SUMS.format('charged')} FROM attempts WHERE reserved > 0",
            (OutcomeKind.UNKNOWN, *_named(period)),
        ).fetchone()
        return SpendReport(
            today=Money(row["day"]),
            month=Money(row["month"]),
            reserved=Money(row["reserved"] - row["unknown"]),
            unknown=Money(row["unknown"]),
        )


def _named(period: Period) -> tuple[str, str, str, str]:
    return (period.day, period.day, period.month, period.month)


@lru_cache(REMEMBERED_ROWS)
def _edit(row: sqlite3.Row) -> Edit:
    return Edit(
        id=EditId(row["id"]),
        fingerprint=Fingerprint(row["fingerprint"]),
        take=row["take"],
        permission=row["permission"],
        owner=JobId(row["owner"]),
    )


@lru_cache(REMEMBERED_ROWS)
def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        id=AttemptId(row["id"]),
        edit=EditId(row["edit"]),
        job=JobId(row["job"]),
        number=row["number"],
        permission=row["permission"],
        period=Period(day=row["day"], month=row["month"]),
        save_path=row["save_path"],
        started=to_sure_moment(row["started"]),
        first_reserved=Money(row["first_reserved"]),
        reserved=Money(row["reserved"]),
        charged=Money(row["charged"]),
        ended=to_moment(row["ended"]),
        outcome=row["outcome"],
        status=row["status"],
        elapsed_seconds=row["elapsed_seconds"],
        request_ids=json.loads(row["request_ids"]),
        refusal=row["refusal"],
        cut_by_us=bool(row["cut_by_us"]),
    )
