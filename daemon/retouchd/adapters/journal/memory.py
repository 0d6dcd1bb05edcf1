"""What is remembered for ever of edits whose jobs were let go, and how they come back when they are wanted.

Nothing that is decided over an edit differs by whether it is in the tables or remembered: bringing back is
the exact reverse of remembering, but for the photo's files, the prompt and the reasons for permissions.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.codec import (
    dump_sent,
    to_bytes,
    to_digest,
    to_json,
    to_path,
    to_seconds,
    to_sure_moment,
    to_text,
)
from retouchd.adapters.journal.jobs import JobsTable
from retouchd.adapters.journal.ledger import LedgerTable
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job, JobState
from retouchd.core.records import BundleState
from retouchd.core.values import EditId, Fingerprint, JobId, fold_name

_CALL: Final = (
    "id, job, number, permission, day, month, CAST(top_folder AS BLOB) AS top_folder, save_path, started,"
    " first_reserved, charged, ended, outcome, status, elapsed_seconds, cut_by_us"
)
_CALL_COLUMNS: Final = _CALL.replace("CAST(top_folder AS BLOB) AS top_folder", "top_folder")
_ADD_COSTS: Final = """
INSERT INTO past_costs (day, month, top_folder, calls, charged, excess, last_attempt)
SELECT day, month, top_folder, count(*), sum(charged), sum(max(charged - first_reserved, 0)), max(id)
FROM attempts WHERE edit = ? GROUP BY day, month, top_folder
ON CONFLICT (day, month, top_folder) DO UPDATE SET calls = calls + excluded.calls,
charged = charged + excluded.charged, excess = excess + excluded.excess,
last_attempt = max(last_attempt, excluded.last_attempt)
"""
_TAKE_COSTS_BACK: Final = """
UPDATE past_costs SET calls = past_costs.calls - back.calls, charged = past_costs.charged - back.charged,
excess = past_costs.excess - back.excess
FROM (SELECT day, month, top_folder, count(*) AS calls, sum(charged) AS charged,
 sum(max(charged - first_reserved, 0)) AS excess FROM attempts WHERE edit = ? GROUP BY day, month, top_folder
) AS back
WHERE (past_costs.day, past_costs.month, past_costs.top_folder) = (back.day, back.month, back.top_folder)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A job that has delivered its edit."""

    job: JobId
    created: datetime


class MemoryTable(JobsTable, LedgerTable):
    """Fits a part of the engine's Protocol Ledger."""

    def recall_edit(self, fingerprint: Fingerprint, take: int) -> Edit | None:
        """Give the edit, or None; one that was let go comes back with its owner and its calls."""
        return self.find_edit(fingerprint, take) or self._bring_back(fingerprint, take)

    def find_paid(self, fingerprint: Fingerprint, take: int) -> Delivered | None:
        """Give the job that has delivered an edit and was let go since, or None."""
        row = self.connection.execute(
            "SELECT owner, created FROM paid WHERE fingerprint = ? AND take = ? AND state = ?",
            (to_digest(fingerprint), take, JobState.DONE),
        ).fetchone()
        if row is None:
            return None
        return Delivered(job=JobId(row["owner"]), created=to_sure_moment(row["created"]))

    def is_past_output(self, path: PurePosixPath) -> bool:
        """Say whether a job that was let go has delivered a file under a name."""
        found = self.connection.execute("SELECT 1 FROM past_outputs WHERE path = ?", (to_bytes(path),))
        return found.fetchone() is not None

    def remember_output(self, job: Job) -> None:
        """Remember what a job has delivered."""
        if job.output is None:
            return
        self.connection.execute(
            "INSERT INTO past_outputs (job, folder, key, path, sha256, delivered)"
            " SELECT ?, folder, key, ?, ?, ? FROM bundles WHERE id = ?",
            (
                job.id,
                to_bytes(job.output.path),
                to_digest(job.output.sha256),
                to_seconds(job.delivered),
                job.bundle,
            ),
        )

    def remember_edit(self, edit: Edit, owner: Job) -> None:
        """Remember an edit that is about to be removed, its owner and its calls."""
        self.connection.execute(
            "INSERT INTO paid (fingerprint, take, permission, owner, number, state, folder, photo, stem,"
            " answer, sent, created, ended, calls) SELECT :fingerprint, :take, :permission, :owner,"
            " (SELECT number FROM jobs WHERE id = :owner), :state, folder, photo, :stem, :answer, :sent,"
            " :created, :ended, :calls FROM bundles WHERE id = :bundle",
            {
                "fingerprint": to_digest(edit.fingerprint),
                "take": edit.take,
                "permission": edit.permission,
                "owner": owner.id,
                "state": owner.state,
                "stem": to_bytes(owner.stem),
                "answer": owner.answer,
                "sent": dump_sent(owner.sent),
                "created": to_seconds(owner.created),
                "ended": to_seconds(owner.ended),
                "calls": to_json(self._calls_of(edit.id)),
                "bundle": owner.bundle,
            },
        )

    def remember_costs(self, edit: EditId) -> None:
        """Add what an edit's calls have cost, which are about to be removed, to what is remembered."""
        self.connection.execute(_ADD_COSTS, (edit,))

    def _calls_of(self, edit: EditId) -> list[list[object]]:
        rows = self.connection.execute(f"SELECT {_CALL} FROM attempts WHERE edit = ? ORDER BY id", (edit,))
        return [[to_text(one) if isinstance(one, bytes) else one for one in row] for row in rows]

    def _bring_back(self, fingerprint: Fingerprint, take: int) -> Edit | None:
        """Bring back an edit that was let go, all in the transaction that is open."""
        key = (to_digest(fingerprint), take)
        row = self.connection.execute("SELECT * FROM paid WHERE fingerprint = ? AND take = ?", key).fetchone()
        if row is None:
            return None
        edit = self.add_edit(fingerprint, take, JobId(row["owner"]))
        self.connection.execute("UPDATE edits SET permission = ? WHERE id = ?", (row["permission"], edit.id))
        self._add_calls(edit.id, json.loads(row["calls"]))
        self.connection.execute(_TAKE_COSTS_BACK, (edit.id,))
        self.connection.execute("DELETE FROM past_costs WHERE calls = 0")
        self._add_owner(edit.id, to_path(row["folder"]), to_text(row["photo"]), dict(row))
        self.connection.execute("DELETE FROM past_outputs WHERE job = ?", (row["owner"],))
        self.connection.execute("DELETE FROM paid WHERE fingerprint = ? AND take = ?", key)
        return self.get_edit(edit.id)

    def _add_calls(self, edit: EditId, calls: Iterable[Sequence[object]]) -> None:
        names = [name.strip() for name in _CALL_COLUMNS.split(",")]
        top = names.index("top_folder")
        holes = ", ".join("?" for _ in names)
        self.connection.executemany(
            f"INSERT INTO attempts ({', '.join(names)}, edit, reserved, request_ids)"
            f" VALUES ({holes}, {edit}, 0, '{{}}')",
            [[to_bytes(str(one)) if at == top else one for at, one in enumerate(call)] for call in calls],
        )

    def _add_owner(self, edit: EditId, folder: PurePosixPath, photo: str, fields: dict[str, object]) -> None:
        """Add the job that owned an edit, and a bundle of which nothing but its photo's path is known."""
        bundle = self.connection.execute(
            "INSERT INTO bundles (folder, key, photo, digest, state, detail, seen, settled, boot, quiet_at,"
            " looks, claims, accepted) VALUES (?, ?, ?, '', ?, '', ?, ?, '', 0, 0, 0, '[]') RETURNING id",
            (
                to_bytes(folder),
                to_bytes(fold_name(photo)),
                to_bytes(photo),
                BundleState.FILED,
                fields["created"],
                fields["created"],
            ),
        ).fetchone()["id"]
        self.connection.execute(
            "INSERT INTO jobs (id, number, bundle, edit, state, detail, stem, output_path, output_sha256,"
            " answer, attempts, active_seconds, created, delivered, ended, sent)"
            " VALUES (:owner, :number, :bundle, :edit, :state, '', :stem,"
            " (SELECT path FROM past_outputs WHERE job = :owner),"
            " (SELECT lower(hex(sha256)) FROM past_outputs WHERE job = :owner),"
            " (SELECT id FROM attempts WHERE id = :answer), 0, 0, :created,"
            " (SELECT delivered FROM past_outputs WHERE job = :owner), :ended, :sent)",
            {**fields, "bundle": bundle, "edit": edit},
        )
