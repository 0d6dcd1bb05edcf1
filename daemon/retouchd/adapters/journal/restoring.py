"""The journal's side of reading back what it does not know: rows are added and found, nothing is decided."""

from datetime import datetime
from pathlib import PurePosixPath

from retouchd.adapters.journal.codec import to_bytes, to_seconds, to_words
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.errors import UnknownJobError
from retouchd.core.jobs import Job
from retouchd.core.records import Attempt, BundleState
from retouchd.core.values import AttemptId, BundleId, EditId, JobId, fold_name


class Restoration:
    """Works inside the transaction of a journal that is open."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self._connection = journal.connection

    def find_job(self, job: JobId) -> Job | None:
        """Give a job, or None when it is not known."""
        try:
            return self._journal.get_job(job)
        except UnknownJobError:
            return None

    def has_let_go(self, job: JobId) -> bool:
        """Say whether a job has delivered its picture and was let go since."""
        found = self._connection.execute("SELECT 1 FROM past_outputs WHERE job = ?", (job,))
        return found.fetchone() is not None

    def has_attempt(self, attempt: AttemptId) -> bool:
        """Say whether an attempt is known."""
        found = self._connection.execute("SELECT 1 FROM attempts WHERE id = ?", (attempt,))
        return found.fetchone() is not None

    def jobs_of_edit(self, edit: EditId) -> list[Job]:
        """Give all jobs that want an edit, oldest first."""
        ids = self._connection.execute("SELECT id FROM jobs WHERE edit = ? ORDER BY number", (edit,))
        return [self._journal.get_job(JobId(row["id"])) for row in ids.fetchall()]

    def add_bundle(
        self, photo: PurePosixPath, state: BundleState, seen: datetime, settled: datetime
    ) -> BundleId:
        """Add a bundle of which nothing but its photo's path is known; it keeps no place."""
        row = self._connection.execute(
            "INSERT INTO bundles (folder, key, photo, digest, state, detail, seen, settled, boot, quiet_at,"
            " looks, claims, accepted) VALUES (?, ?, ?, '', ?, '', ?, ?, '', 0, 0, 0, '[]') RETURNING id",
            (
                to_bytes(photo.parent),
                to_bytes(fold_name(photo.name)),
                to_bytes(photo.name),
                state,
                to_seconds(seen),
                to_seconds(settled),
            ),
        ).fetchone()
        return BundleId(row["id"])

    def add_attempt(self, attempt: Attempt, source: PurePosixPath, number: AttemptId | None) -> AttemptId:
        """Add an attempt as it ended and give its id.

        Args:
            source: The photo, below the inbox: its top folder has spent the money.
            number: The id that names its file in the spool; None for one without a file.
        """
        top_folder = source.parts[0] if len(source.parts) > 1 else ""
        row = self._connection.execute(
            "INSERT INTO attempts (id, edit, job, number, permission, day, month, top_folder, save_path,"
            " started, first_reserved, reserved, charged, request_ids)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '{}') RETURNING id",
            (
                number,
                attempt.edit,
                attempt.job,
                attempt.number,
                attempt.permission,
                attempt.period.day,
                attempt.period.month,
                to_bytes(top_folder),
                to_words(attempt.save_path),
                to_seconds(attempt.started),
                attempt.first_reserved.micro,
            ),
        ).fetchone()
        return AttemptId(row["id"])

    def raise_permission(self, edit: EditId, permission: int) -> None:
        """Have an edit know how often it was allowed to be paid for, if that is more than it knows."""
        self._connection.execute(
            "UPDATE edits SET permission = max(permission, ?) WHERE id = ?", (permission, edit)
        )

    def claim_stem(self, stem: PurePosixPath, job: JobId) -> None:
        """Reserve the stem of an output that is there, unless another job has it."""
        self._connection.execute(
            "INSERT OR IGNORE INTO stems (folder, stem, job) VALUES (?, ?, ?)",
            (to_bytes(fold_name(str(stem.parent))), to_bytes(fold_name(stem.name)), job),
        )
