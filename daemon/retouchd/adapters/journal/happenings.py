"""What happened of late and what waits for a person, read off indexes: no long history is looked through."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zlib import crc32

from retouchd.adapters.journal.codec import to_moment, to_seconds
from retouchd.adapters.journal.jobs import JobsTable
from retouchd.core.jobs import Job, JobState
from retouchd.core.money import Money
from retouchd.core.topics import Ended
from retouchd.core.values import BundleId, JobId

# Under way, or soon to be without anybody. A photo that is not whole is looked at ever more seldom, and is no
# work meanwhile.
_IS_WORKING: Final = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN
    ('ready', 'waiting', 'submitting', 'received', 'delivered', 'deferred'))
OR EXISTS (SELECT 1 FROM bundles WHERE state IN ('arriving', 'looked_at', 'ending') AND looks = 0)
"""
_WINDOW: Final = "ended > :after AND ended <= :until"
# Else SQLite may read all there ever were, in the order of their states.
_BY_END_WHERE: Final = f"INDEXED BY jobs_by_end WHERE {_WINDOW}"
_BY_END: Final = f"jobs {_BY_END_WHERE}"


class HappeningsTable(JobsTable):
    """For messages alone."""

    def newest_end(self) -> datetime | None:
        """Say when the last job ended."""
        # The condition is the index's own.
        row = self.connection.execute("SELECT max(ended) FROM jobs WHERE ended IS NOT NULL").fetchone()
        return to_moment(row[0])

    def ends_between(self, after: datetime, until: datetime) -> Mapping[JobState, Ended]:
        """Count the jobs that ended after one moment and up to another, by how."""
        rows = self.connection.execute(
            f"SELECT state, count(*) AS number, max(ended) AS newest FROM {_BY_END} GROUP BY state",
            _window(after, until),
        )
        return {
            JobState(row["state"]): Ended(number=row["number"], newest=to_moment(row["newest"]))
            for row in rows
        }

    def jobs_ended_between(self, after: datetime, until: datetime, state: JobState, limit: int) -> list[Job]:
        """Give the first of them that ended so."""
        return self._jobs(
            f"{_BY_END_WHERE} AND state = :state ORDER BY ended LIMIT :limit",
            {**_window(after, until), "state": state, "limit": limit},
        )

    def begin_of_jobs_between(self, after: datetime, until: datetime) -> datetime | None:
        """Say when the first of them was sent, or made if it never was."""
        query = f"SELECT min(coalesce(submitted, created)) FROM {_BY_END}"
        return to_moment(self.connection.execute(query, _window(after, until)).fetchone()[0])

    def charged_between(self, after: datetime, until: datetime) -> Money:
        """Add up what was paid for calls that ended after one moment and up to another."""
        query = f"SELECT coalesce(sum(charged), 0) FROM attempts WHERE {_WINDOW}"
        return Money(self.connection.execute(query, _window(after, until)).fetchone()[0])

    def marks_of_held(self) -> dict[JobId, str]:
        """Give each job that needs a person, with a mark that changes when it does so again or otherwise."""
        rows = self.connection.execute("SELECT id, attempts, detail FROM jobs WHERE state = 'held'")
        return {JobId(row["id"]): f"{row['attempts']} {_digest(row['detail'])}" for row in rows}

    def marks_of_needing(self) -> dict[BundleId, str]:
        """Give each bundle that needs a person before it can become a job, with such a mark."""
        rows = self.connection.execute("SELECT id, detail FROM bundles WHERE state = 'needs_you'")
        return {BundleId(row["id"]): _digest(row["detail"]) for row in rows}

    def lacking_between(self, after: datetime, until: datetime) -> Ended:
        """Count the photos without a prompt that were first seen after one moment and up to another."""
        row = self.connection.execute(
            "SELECT count(*) AS number, max(seen) AS newest FROM bundles"
            " WHERE state = 'lacks_prompt' AND seen > :after AND seen <= :until",
            _window(after, until),
        ).fetchone()
        return Ended(number=row["number"], newest=to_moment(row["newest"]))

    def bundles_lacking_between(self, after: datetime, until: datetime, limit: int) -> list[BundleId]:
        """Give the first of them."""
        rows = self.connection.execute(
            "SELECT id FROM bundles WHERE state = 'lacks_prompt' AND seen > :after AND seen <= :until"
            " ORDER BY seen LIMIT :limit",
            {**_window(after, until), "limit": limit},
        )
        return [BundleId(row["id"]) for row in rows]

    def longest_lacking(self) -> BundleId | None:
        """Give the photo that has waited for its prompt the longest."""
        row = self.connection.execute(
            "SELECT id FROM bundles WHERE state = 'lacks_prompt' ORDER BY seen LIMIT 1"
        ).fetchone()
        return None if row is None else BundleId(row["id"])

    def longest_troubled(self) -> BundleId | None:
        """Give the photo whose files could not be read for the longest, though it has arrived."""
        row = self.connection.execute(
            "SELECT id FROM bundles WHERE state = 'arriving' AND look_at IS NOT NULL AND looks = 0"
            " AND detail <> '' ORDER BY seen LIMIT 1"
        ).fetchone()
        return None if row is None else BundleId(row["id"])

    def is_working(self) -> bool:
        """Say whether anything is under way or waits for its turn."""
        return bool(self.connection.execute(_IS_WORKING).fetchone()[0])

    def is_calling(self) -> bool:
        """Say whether a photo is being sent."""
        query = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'submitting')"
        return bool(self.connection.execute(query).fetchone()[0])


def _window(after: datetime, until: datetime) -> dict[str, object]:
    return {"after": to_seconds(after), "until": to_seconds(until)}


def _digest(text: str) -> str:
    return f"{crc32(text.encode()):08x}"
