"""What screens read of the journal: one consistent look at it, beside a daemon that may be running.

Nothing here writes; what is only counted or listed for people does not come into the engine's tables.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from statistics import median
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.bundles import IS_QUIET
from retouchd.adapters.journal.codec import to_bytes, to_path, to_seconds
from retouchd.adapters.journal.costs import CostsTable
from retouchd.adapters.journal.gauges import GaugesTable
from retouchd.adapters.journal.happenings import HappeningsTable
from retouchd.adapters.journal.journal import SqliteJournal, translating
from retouchd.adapters.journal.listing import ListingTable
from retouchd.adapters.journal.memory import Delivered
from retouchd.adapters.journal.parts import PartedConnection
from retouchd.core.errors import UnknownJobError
from retouchd.core.jobs import Job, JobState
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.values import BundleId, Fingerprint, printable

# So many tell how fast the service is these days.
_RECENT_CALLS: Final = 101
# Of SQLite's machine: about a millisecond's worth.
_STEPS_BETWEEN_LOOKS: Final = 20_000
_COMING: Final = f"state IN ('arriving', 'looked_at') AND looks = 0 AND {IS_QUIET}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A photo's place among those that wait for their turn.

    Attributes:
        place: From 1; since top folders take turns, the latest that it can be while nothing is added.
        is_sure: It cannot come earlier.
        length: How many wait.
    """

    place: int
    is_sure: bool
    length: int


class JournalView(SqliteJournal, CostsTable, ListingTable, GaugesTable, HappeningsTable):
    """The journal for screens. Opened with `open_for_reading`, which never makes a missing one."""

    def __init__(self, connection: PartedConnection, durable: Durable) -> None:
        super().__init__(connection, durable)
        # A screen is opened long after the start: what an earlier boot saw has been quiet since.
        self.strangers_quiet_at = 0.0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have everything that is read inside be of one moment.

        Raises:
            JournalError: It cannot be read, or is damaged.
        """
        try:
            with translating():
                self.connection.execute("BEGIN")
                yield
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Break off what is read inside when it takes longer than this.

        Raises:
            JournalError: It took longer.
        """
        deadline = time.monotonic() + seconds
        self.connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            with translating():
                yield
        finally:
            self.connection.set_progress_handler(None, 0)

    def find_job(self, beginning: str) -> Job:
        """Give the one job whose id begins so.

        Raises:
            UnknownJobError: None does, or several do.
        """
        found = self.find_jobs(beginning.lower()) if beginning else []
        if not found:
            message = self._why_unknown(beginning)
            raise UnknownJobError(message)
        if len(found) > 1:
            ids = ", ".join(job.id for job in found)
            message = f'several jobs begin with "{printable(beginning)}" ({ids}): type more of it'
            raise UnknownJobError(message)
        return found[0]

    def _why_unknown(self, beginning: str) -> str:
        past = self.find_let_go(beginning.lower()) if beginning else None
        if past is None:
            return f'there is no job "{printable(beginning)}"; "retouchd jobs" lists them'
        return (
            f"the details of job {past} are not kept any more (history.keep_days); that it was paid for is"
            " known: to have it again, drop photo and prompt into the inbox, for another version with another"
            " take"
        )

    def find_delivered(self, fingerprint: Fingerprint, take: int) -> Delivered | None:
        """Give the job that has delivered an edit, or None; also one that was let go."""
        edit = self.find_edit(fingerprint, take)
        if edit is None:
            return self.find_paid(fingerprint, take)
        owner = self.get_job(edit.owner)
        is_delivered = owner.state in {JobState.DELIVERED, JobState.DONE}
        return Delivered(job=owner.id, created=owner.created) if is_delivered else None

    def all_jobs_in(self, states: Iterable[JobState]) -> list[Job]:
        """Give every job in these states, oldest first; not for "done"."""
        wanted = [str(state) for state in states]
        holes = ", ".join("?" for _ in wanted)
        return self._jobs(f"WHERE state IN ({holes}) ORDER BY number", tuple(wanted))

    def version(self) -> int:
        """Give a number that is another one once anybody has changed anything; almost for nothing."""
        with translating():
            return self._value("PRAGMA data_version")

    def newest_jobs_in(self, state: JobState, limit: int) -> list[Job]:
        """Give the jobs of a state that were made last, the newest first."""
        return self._jobs("WHERE state = ? ORDER BY number DESC LIMIT ?", (state, limit))

    def first_bundles_in(self, state: BundleState, limit: int) -> list[BundleRecord]:
        """Give some bundles of a state, the oldest first."""
        rows = self.connection.execute(
            "SELECT id FROM bundles WHERE state = ? ORDER BY id LIMIT ?", (state, limit)
        )
        return [self.get_bundle(BundleId(row["id"])) for row in rows.fetchall()]

    def is_followed(self, record: BundleRecord) -> bool:
        """Say whether a later bundle was seen at a bundle's place."""
        later = "SELECT EXISTS (SELECT 1 FROM bundles WHERE id > ? AND folder = ? AND key = ?)"
        return bool(self._value(later, record.id, to_bytes(record.folder), to_bytes(record.key)))

    def source_of(self, bundle: BundleId) -> PurePosixPath:
        """Give a bundle's photo, below the inbox."""
        row = self.connection.execute("SELECT folder, photo FROM bundles WHERE id = ?", (bundle,)).fetchone()
        return to_path(row["folder"]) / to_path(row["photo"])

    def newest_at(self, folder: PurePosixPath, key: str) -> BundleRecord | None:
        """Give the newest bundle that ever was at a place, filed ones too."""
        row = self.connection.execute(
            "SELECT max(id) AS id FROM bundles WHERE folder = ? AND key = ?",
            (to_bytes(folder), to_bytes(key)),
        ).fetchone()
        return None if row["id"] is None else self.get_bundle(BundleId(row["id"]))

    def job_of_output(self, path: PurePosixPath) -> Job | None:
        """Give the newest job that delivered a file of the outbox."""
        found = self._jobs("WHERE output_path = ? ORDER BY number DESC LIMIT 1", (to_bytes(path),))
        return found[0] if found else None

    def charged_for(self, job: Job) -> Money:
        """Add up what was paid for a job."""
        row = self.connection.execute(
            "SELECT sum(charged) AS micro FROM attempts WHERE edit = ? AND job = ?", (job.edit, job.id)
        ).fetchone()
        return Money(row["micro"]) if row["micro"] else NOTHING

    def excess_on(self, day: str) -> Money:
        """Give by how much pictures of a day cost more than was set aside for them."""
        return Money(
            self._value(
                "SELECT coalesce(sum(charged - first_reserved), 0) FROM attempts"
                " WHERE day = ? AND charged > first_reserved",
                day,
            )
            + self._value("SELECT coalesce(sum(excess), 0) FROM past_costs WHERE day = ?", day)
        )

    def usual_seconds(self) -> float | None:
        """Give the median of what the last answered calls took, or None when none was answered."""
        rows = self.connection.execute(
            "SELECT elapsed_seconds FROM attempts WHERE outcome = ? AND elapsed_seconds > 0"
            " ORDER BY id DESC LIMIT ?",
            (OutcomeKind.ANSWERED, _RECENT_CALLS),
        )
        seconds = [float(row["elapsed_seconds"]) for row in rows]
        return median(seconds) if seconds else None

    def count_delivered_since(self, since: datetime) -> int:
        """Count the pictures that were put into the outbox since a moment."""
        return self._value(
            "SELECT count(*) FROM jobs INDEXED BY jobs_by_delivery"
            " WHERE state IN ('delivered', 'done') AND delivered >= ?",
            to_seconds(since),
        )

    def last_delivered(self, limit: int) -> list[Job]:
        """Give the jobs whose pictures were put into the outbox last, the newest first."""
        return self._jobs("WHERE delivered IS NOT NULL ORDER BY delivered DESC LIMIT ?", (limit,))

    def is_quiet(self, bundle: BundleId, moments: Moments) -> bool:
        """Say whether a bundle has not changed for long enough."""
        values = {**self._moments(moments), "id": bundle}
        return bool(
            self.connection.execute(f"SELECT {IS_QUIET} FROM bundles WHERE id = :id", values).fetchone()[0]
        )

    def queue_of(self, bundle: BundleId, moments: Moments) -> Queue:
        """Give the place of a bundle that has arrived: those that are ready to be sent go first."""
        ready = self._value("SELECT count(*) FROM jobs WHERE state = 'ready'")
        rows = self.connection.execute(
            "SELECT count(*) FILTER (WHERE id <= :id) AS rank, count(*) AS length,"
            " top = (SELECT top FROM bundles WHERE id = :id) AS is_own"
            f" FROM bundles WHERE {_COMING} GROUP BY top",
            {**self._moments(moments), "id": bundle},
        ).fetchall()
        return _queue(rows, before=ready)

    def queue_of_job(self, job: Job, moments: Moments) -> Queue:
        """Give the place of a job that is ready to be sent."""
        rows = self.connection.execute(
            "SELECT count(*) FILTER (WHERE jobs.number <= one.number) AS rank, count(*) AS length,"
            " jobs.top = one.top AS is_own FROM jobs, (SELECT number, top FROM jobs WHERE id = ?) AS one"
            " WHERE jobs.state = 'ready' GROUP BY jobs.top",
            (job.id,),
        ).fetchall()
        coming = self.connection.execute(
            f"SELECT count(*) FROM bundles WHERE {_COMING}", self._moments(moments)
        ).fetchone()[0]
        return _queue(rows, after=coming)

    def count_below(self, folder: PurePosixPath) -> tuple[Mapping[BundleState, int], Mapping[JobState, int]]:
        """Count the live bundles of a folder and all below it, and its jobs of all time."""
        is_top = folder == PurePosixPath()
        values = {"top": to_bytes(folder), "prefix": b"" if is_top else to_bytes(folder) + b"/"}
        below = "(folder = :top OR substr(folder, 1, length(:prefix)) = :prefix)"
        bundles = self.connection.execute(
            f"SELECT state, count(*) FROM bundles WHERE {below} GROUP BY state", values
        )
        found = {BundleState(state): number for state, number in bundles}
        jobs = self.connection.execute(
            "SELECT jobs.state, count(*) FROM jobs JOIN bundles ON bundles.id = jobs.bundle"
            f" WHERE {below} GROUP BY jobs.state",
            values,
        )
        return found, {JobState(state): number for state, number in jobs}

    def _value(self, question: str, *values: object) -> int:
        return int(self.connection.execute(question, values).fetchone()[0])


def _queue(rows: Sequence[sqlite3.Row], *, before: int = 0, after: int = 0) -> Queue:
    """Give a place.

    Args:
        rows: Of each top folder how many wait in it, and in its own how many up to it.
        before: How many others go before all of these.
        after: How many others go after them.
    """
    rank = next(row["rank"] for row in rows if row["is_own"])
    others = [row["length"] for row in rows if not row["is_own"]]
    return Queue(
        place=before + rank + sum(min(rank, length) for length in others),
        is_sure=all(length < rank for length in others),
        length=before + sum(row["length"] for row in rows) + after,
    )
