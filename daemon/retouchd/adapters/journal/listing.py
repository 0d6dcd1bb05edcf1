"""The journal's jobs as `jobs` lists them: chosen, and page by page, however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.codec import to_bytes, to_seconds
from retouchd.adapters.journal.jobs import JobsTable
from retouchd.core.jobs import Job, JobState

_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChoice:
    """Which jobs are meant; None is any.

    Attributes:
        since: Made at this moment or later.
        folder: In this folder of the inbox or below it.
    """

    state: JobState | None = None
    since: datetime | None = None
    folder: PurePosixPath | None = None


class ListingTable(JobsTable):
    """For screens alone."""

    def pages_of_jobs(self, choice: JobChoice) -> Iterator[Job]:
        """Give the chosen jobs, oldest first, without ever holding all of them."""
        where, values = _where(choice)
        after = self._number_before(choice.since)
        while jobs := self._jobs(f"WHERE {where}number > ? ORDER BY number LIMIT ?", (*values, after, _PAGE)):
            yield from jobs
            last = self.connection.execute("SELECT number FROM jobs WHERE id = ?", (jobs[-1].id,))
            after = int(last.fetchone()["number"])

    def _number_before(self, since: datetime | None) -> int:
        """Give a number below those of all jobs that were made since a moment, read off the index."""
        if since is None:
            return 0
        # Else SQLite reads the numbers from the first on until a job is young enough.
        row = self.connection.execute(
            "SELECT min(number) AS first FROM jobs INDEXED BY jobs_by_created WHERE created >= ?",
            (to_seconds(since),),
        ).fetchone()
        return 0 if row["first"] is None else int(row["first"]) - 1


def _where(choice: JobChoice) -> tuple[str, tuple[object, ...]]:
    """Give the conditions of a choice, each ending in AND, with their values."""
    conditions: dict[str, tuple[object, ...]] = {}
    if choice.state is not None:
        conditions["state = ?"] = (str(choice.state),)
    if choice.since is not None:
        # Beside the first number, since a clock may have been set back.
        conditions["created >= ?"] = (to_seconds(choice.since),)
    if choice.folder is not None and choice.folder != PurePosixPath():
        folder = to_bytes(choice.folder)
        below = "(b.folder = ? OR substr(b.folder, 1, ?) = ?)"
        condition = f"EXISTS (SELECT 1 FROM bundles AS b WHERE b.id = jobs.bundle AND {below})"
        conditions[condition] = (folder, len(folder) + 1, folder + b"/")
    return "".join(f"{one} AND " for one in conditions), tuple(chain(*conditions.values()))
