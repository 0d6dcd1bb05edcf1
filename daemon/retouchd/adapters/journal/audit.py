"""What whoever checks everything reads of the journal: row by row, and what cannot be as it stands there."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.codec import to_bytes, to_path
from retouchd.adapters.journal.journal import translating
from retouchd.adapters.journal.views import JournalView
from retouchd.core.errors import UnknownJobError
from retouchd.core.invariants import KnownJob
from retouchd.core.jobs import Job, JobState, Output
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import BundleRecord
from retouchd.core.values import AttemptId, BundleId, JobId, Sha256

_PAGE: Final = 500
_STATES: Final = ", ".join(f"'{state}'" for state in JobState)
# Each gives a line for everything that cannot be so.
_ODD: Final = {
    "call {} was never ended, and nobody makes it": (
        "SELECT attempts.id FROM attempts WHERE ended IS NULL AND NOT EXISTS (SELECT 1 FROM jobs"
        " WHERE jobs.answer = attempts.id AND jobs.state = 'submitting')"
    ),
    "call {} has cost less than nothing": "SELECT id FROM attempts WHERE charged < 0 OR reserved < 0",
    "call {} is booked and set aside at once": "SELECT id FROM attempts WHERE charged > 0 AND reserved > 0",
    "job {} was called over without an end": (
        "SELECT id FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND ended IS NULL"
    ),
    "job {} was called delivered without a picture": (
        "SELECT id FROM jobs WHERE state IN ('done', 'delivered') AND output_path IS NULL"
        " AND wish IS NOT NULL"
    ),
    "job {} is in a state that there is not": (f"SELECT id FROM jobs WHERE state NOT IN ({_STATES})"),
    "the one that pays for edit {} is not known": (
        "SELECT id FROM edits WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = edits.owner)"
    ),
    "edit {} was answered more often than was allowed": (
        "SELECT edit FROM attempts WHERE outcome IN"
        f" ('{OutcomeKind.ANSWERED}', '{OutcomeKind.UNREADABLE}', '{OutcomeKind.UNKNOWN}')"
        " GROUP BY edit, permission HAVING count(*) > 1"
    ),
    "what was paid on {} adds up to less than nothing": (
        "SELECT day FROM past_costs WHERE calls <= 0 OR charged < 0"
    ),
    "jobs that are {} are counted wrongly": (
        "SELECT state FROM job_counts AS one WHERE number <> (SELECT count(*) FROM jobs"
        " WHERE jobs.state = one.state)"
    ),
    "what was paid on {} is added up wrongly": (
        "SELECT day FROM (SELECT day, month, charged, reserved FROM day_sums"
        " UNION ALL SELECT day, month, -charged, -reserved FROM attempts)"
        " GROUP BY month, day HAVING sum(charged) <> 0 OR sum(reserved) <> 0"
    ),
    "a row of {} refers to one that is not there": 'SELECT "table" FROM pragma_foreign_key_check LIMIT 20',
    "{}": "SELECT quick_check FROM pragma_quick_check(20) WHERE quick_check <> 'ok'",
}
# Each line is read off an index, from where the last page ended.
_NAMES: Final = """
SELECT path FROM (SELECT output_path AS path FROM jobs WHERE output_path IS NOT NULL AND output_path > :after
 ORDER BY output_path LIMIT :page)
UNION SELECT path FROM (SELECT path FROM past_outputs WHERE path > :after ORDER BY path LIMIT :page)
ORDER BY path LIMIT :page
"""
_NEWEST: Final = """
SELECT sha256 FROM (SELECT output_sha256 AS sha256, delivered FROM jobs
 WHERE output_path = :path AND state IN ('done', 'delivered')
 UNION ALL SELECT lower(hex(sha256)), delivered FROM past_outputs WHERE path = :path)
ORDER BY delivered DESC LIMIT 1
"""


class AuditView(JournalView):
    """The journal for a check. Nothing is locked for longer than one question takes."""

    def oddities(self) -> Iterator[str]:
        """Say what cannot be as it stands in the tables, a clause each.

        Raises:
            JournalError: The journal cannot be read.
        """
        for told, question in _ODD.items():
            with translating():
                rows = self.connection.execute(question).fetchmany(_PAGE)
            yield from (told.format(row[0]) for row in rows)

    def known(self, job_id: JobId) -> KnownJob | None:
        """Give what is known of a job, or None when nothing is."""
        with self.snapshot():
            try:
                job = self.get_job(job_id)
            except UnknownJobError:
                return self._known_past(job_id)
            attempts = self.attempts_of(job.edit) if job.edit is not None else []
            return KnownJob(job=job, output=job.output, attempts=attempts)

    def _known_past(self, job: JobId) -> KnownJob | None:
        row = self.connection.execute(
            "SELECT path, lower(hex(sha256)) AS sha256 FROM past_outputs WHERE job = ?", (job,)
        ).fetchone()
        if row is None:
            return None
        return KnownJob(job=None, output=Output(path=to_path(row["path"]), sha256=Sha256(row["sha256"])))

    def output_names(self) -> Iterator[PurePosixPath]:
        """Give every name under which anything was delivered, page by page."""
        after = b""
        while rows := self.connection.execute(_NAMES, {"after": after, "page": _PAGE}).fetchall():
            yield from (to_path(row["path"]) for row in rows)
            after = rows[-1]["path"]

    def newest_output(self, path: PurePosixPath) -> Sha256 | None:
        """Give the hash of what was delivered last under a name, or None when nothing was yet."""
        row = self.connection.execute(_NEWEST, {"path": to_bytes(path)}).fetchone()
        return None if row is None else Sha256(row["sha256"])

    def bundles_at_work(self) -> Iterator[BundleRecord]:
        """Give the bundles whose files were taken up and are not filed yet, page by page."""
        after = 0
        while rows := self.connection.execute(
            "SELECT id FROM bundles WHERE state IN ('at_work', 'ending') AND id > ? ORDER BY id LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            yield from (self.get_bundle(BundleId(row["id"])) for row in rows)
            after = rows[-1]["id"]

    def find_bundle(self, bundle: BundleId) -> BundleRecord | None:
        """Give a bundle, or None when there is none any more."""
        row = self.connection.execute("SELECT 1 FROM bundles WHERE id = ?", (bundle,)).fetchone()
        return None if row is None else self.get_bundle(bundle)

    def jobs_with_answers(self) -> Iterator[Job]:
        """Give the jobs whose own answer must be in the spool, or is on its way there."""
        yield from self.all_jobs_in((JobState.SUBMITTING, JobState.RECEIVED))

    def knows_call(self, attempt: AttemptId) -> bool:
        """Say whether a call is known."""
        return attempt in self.known_attempts([attempt])
