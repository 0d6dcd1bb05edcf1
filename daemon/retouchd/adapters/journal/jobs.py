"""The journal's jobs and the stems that are reserved for them."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from itertools import count
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.codec import (
    dump_sent,
    dump_wish,
    load_sent,
    load_wish,
    to_bytes,
    to_digest,
    to_moment,
    to_path,
    to_seconds,
    to_sure_moment,
    to_words,
)
from retouchd.adapters.journal.table import REMEMBERED_ROWS, Table
from retouchd.adapters.journal.turns import Waiting, choose_in_turn
from retouchd.core.errors import UnknownJobError
from retouchd.core.jobs import HoldReason, Job, JobState, Output
from retouchd.core.naming import numbered
from retouchd.core.turns import Turns, top_folder
from retouchd.core.values import AttemptId, BundleId, EditId, JobId, Sha256, fold_name

_MOVING: Final = (
    "state, hold, detail, stem, output_path, output_sha256, answer, reused_from, dismissed, skipped,"
    " attempts, active_seconds, next_try, submitted, received, delivered, ended, shrunk, sent"
)
_COLUMNS: Final = f"id, bundle, edit, wish, created, {_MOVING}"
# What a job was made of stays as it is.
_CHANGES: Final = ", ".join(f"{name} = :{name}" for name in _MOVING.split(", "))

# Under this name the journal keeps the highest number of a job that was let go: none is used again.
LAST_LET_GO: Final = "last_job_let_go"
_NEWEST: Final = (
    "max(coalesce((SELECT max(number) FROM jobs), 0),"
    " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = :name), 0))"
)
# Each line reads, off one index, no more jobs than are asked for, however many wait for a later time.
_DUE: Final = ("next_try IS NULL ORDER BY number", "next_try <= :now ORDER BY next_try, number")


class JobsTable(Table):
    """Fits the engine's Protocol Jobs."""

    def add_job(self, job: Job) -> None:
        """Add a new job."""
        values = _new_values(job)
        holes = ", ".join(f":{name}" for name in values)
        self.connection.execute(
            f"INSERT INTO jobs ({', '.join(values)}, number) VALUES ({holes}, {_NEWEST} + 1)",
            {**values, "name": LAST_LET_GO},
        )

    def newest_job(self) -> int:
        """Give the number of the job that was made last, 0 when there was none."""
        return int(self.connection.execute(f"SELECT {_NEWEST}", {"name": LAST_LET_GO}).fetchone()[0])

    def get_job(self, job: JobId) -> Job:
        """Give one job.

        Raises:
            UnknownJobError: There is none of this id.
        """
        row = self.connection.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
        if row is None:
            message = f"there is no job {job}"
            raise UnknownJobError(message)
        return _job(row)

    def find_jobs(self, beginning: str) -> list[Job]:
        """Give the jobs whose ids begin so: people type the first few characters."""
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM jobs WHERE substr(id, 1, ?) = ? ORDER BY number LIMIT 3",
            (len(beginning), beginning),
        )
        return [_job(row) for row in rows]

    def update_job(self, job: Job) -> None:
        """Store a job after it moved; one that ended without an output gives its stem back.

        Not one that was skipped: somebody's output has that name.
        """
        self.connection.execute(f"UPDATE jobs SET {_CHANGES} WHERE id = :id", _values(job))
        if job.state in {JobState.FAILED, JobState.CANCELLED} and not job.skipped:
            self.connection.execute("DELETE FROM stems WHERE job = ?", (job.id,))

    def was_delivered(self, sha256: Sha256) -> bool:
        """Say whether a picture of this content was delivered once."""
        query = (
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE output_sha256 = ?)"
            " OR EXISTS (SELECT 1 FROM past_outputs WHERE sha256 = ?)"
        )
        return bool(self.connection.execute(query, (sha256, to_digest(sha256))).fetchone()[0])

    def jobs_of_bundle(self, bundle: BundleId) -> list[Job]:
        """Give the jobs of a bundle."""
        return self._jobs("WHERE bundle = ? ORDER BY number", (bundle,))

    def jobs_in(self, states: Iterable[JobState], limit: int = 1000) -> list[Job]:
        """Give the oldest jobs in these states."""
        wanted = [str(state) for state in states]
        holes = ", ".join("?" for _ in wanted)
        return self._jobs(f"WHERE state IN ({holes}) ORDER BY number LIMIT ?", (*wanted, limit))

    def jobs_due(self, states: Iterable[JobState], now: datetime, limit: int) -> list[Job]:
        """Give jobs in these states whose next try, if any, has come; oldest first."""
        return self._due("", "number", states, now, limit)

    def jobs_due_in_turn(self, states: Iterable[JobState], now: datetime, turns: Turns) -> list[Job]:
        """Give the same in turn over the inbox's top folders, the oldest of each first."""
        wanted = tuple(states)
        waiting = Waiting(
            oldest=partial(self.jobs_due, wanted, now, turns.limit),
            oldest_in=partial(self._due_in, wanted, now, turns.limit),
            next_top=partial(self._next_top_of, wanted),
            folder_of=lambda job: top_folder(job.stem.parent),
        )
        return choose_in_turn(waiting, turns)

    def jobs_due_untried_first(self, states: Iterable[JobState], now: datetime, limit: int) -> list[Job]:
        """Give the same, but who was never tried first, then who waits for longest since its last try."""
        return self._due("", "next_try, number", states, now, limit)

    def _due_in(self, states: Iterable[JobState], now: datetime, limit: int, top: bytes) -> list[Job]:
        return self._due("top = :top AND", "number", states, now, limit, top=top)

    def _due(
        self,
        where: str,
        order: str,
        states: Iterable[JobState],
        now: datetime,
        limit: int,
        **more: object,
    ) -> list[Job]:
        ids = " UNION ALL ".join(
            f"SELECT id FROM (SELECT id FROM jobs WHERE {where} state = '{state}' AND {line} LIMIT :limit)"
            for state in states
            for line in _DUE
        )
        values = {"now": to_seconds(now), "limit": limit, **more}
        return self._jobs(f"WHERE id IN ({ids}) ORDER BY {order} LIMIT :limit", values)

    def _next_top_of(self, states: Iterable[JobState], last: bytes) -> bytes | None:
        rows = [
            self.connection.execute(
                "SELECT top FROM jobs WHERE state = ? AND top > ? ORDER BY top LIMIT 1", (state, last)
            ).fetchone()
            for state in states
        ]
        return min((bytes(row["top"]) for row in rows if row), default=None)

    def sharers_of(self, edit: EditId, owner: JobId) -> list[Job]:
        """Give the jobs that wait, or are held, for an edit that another job owns; oldest first.

        None where it is not this job that owns it.
        """
        return self._jobs(
            "WHERE edit = (SELECT id FROM edits WHERE id = ? AND owner = ?) AND id <> ?"
            " AND (state = 'waiting' OR (state = 'held' AND hold IN (?, ?))) ORDER BY number",
            (edit, owner, owner, HoldReason.SAME_EDIT_HELD, HoldReason.OUTPUT_GONE),
        )

    def count_jobs(self) -> Mapping[JobState, int]:
        """Count the jobs by state."""
        rows = self.connection.execute("SELECT state, number FROM job_counts WHERE number > 0")
        return {JobState(row["state"]): row["number"] for row in rows}

    def count_ended_since(self, since: datetime) -> Mapping[JobState, int]:
        """Count the jobs that ended since a moment, by state."""
        rows = self.connection.execute(
            # Else SQLite reads all there ever were, in the order of their states.
            "SELECT state, count(*) AS number FROM jobs INDEXED BY jobs_by_end WHERE ended >= ?"
            " GROUP BY state",
            (to_seconds(since),),
        )
        return {JobState(row["state"]): row["number"] for row in rows}

    def next_job_due(self, now: datetime) -> float | None:
        """Give the seconds until the next job's next try."""
        row = self.connection.execute(
            "SELECT min(next_try) - :now AS due FROM jobs"
            " WHERE state IN ('ready', 'deferred', 'submitting', 'received', 'delivered')"
            " AND next_try > :now",
            {"now": to_seconds(now)},
        ).fetchone()
        return None if row["due"] is None else float(row["due"])

    def reserve_stem(self, wished: PurePosixPath, job: JobId) -> PurePosixPath:
        """Reserve an output's stem for a job: the wished one, else the first free number of it."""
        return self._take_first(wished, job, "INSERT OR IGNORE INTO stems VALUES (:folder, :stem, :job)")

    def outputs_at(self, path: PurePosixPath, but: JobId) -> Collection[Sha256]:
        """Give the hashes of what jobs that are done have delivered under a name, but one job."""
        rows = self.connection.execute(
            "SELECT output_sha256 AS sha256 FROM jobs"
            " WHERE output_path = :path AND state = 'done' AND id <> :but"
            " UNION SELECT lower(hex(sha256)) FROM past_outputs WHERE path = :path",
            {"path": to_bytes(path), "but": but},
        )
        return {Sha256(row["sha256"]) for row in rows}

    def take_over_stem(self, wished: PurePosixPath, job: JobId, of: BundleId | None = None) -> PurePosixPath:
        """Reserve a stem in the same way, but also one that a job had which is over.

        Args:
            of: Only one of a photo that had the same place in the inbox as this one; None for any.
        """
        return self._take_first(
            wished,
            job,
            "INSERT INTO stems VALUES (:folder, :stem, :job) ON CONFLICT DO UPDATE SET job = :job"
            " WHERE EXISTS (SELECT 1 FROM jobs JOIN bundles ON bundles.id = jobs.bundle"
            " WHERE jobs.id = stems.job AND jobs.state IN ('done', 'cancelled') AND (:bundle IS NULL"
            " OR (bundles.folder, bundles.key) = (SELECT folder, key FROM bundles WHERE id = :bundle)))"
            " OR EXISTS (SELECT 1 FROM past_outputs AS past WHERE past.job = stems.job AND (:bundle IS NULL"
            " OR (past.folder, past.key) = (SELECT folder, key FROM bundles WHERE id = :bundle)))",
            of,
        )

    def _take_first(
        self, wished: PurePosixPath, job: JobId, question: str, bundle: BundleId | None = None
    ) -> PurePosixPath:
        values = {"folder": to_bytes(fold_name(str(wished.parent))), "job": job, "bundle": bundle}
        stems = (numbered(wished.name, number) for number in count(1))
        stem = next(stem for stem in stems if self._take(question, stem, values))
        return wished.parent / stem

    def _take(self, question: str, stem: str, values: Mapping[str, object]) -> bool:
        values = {**values, "stem": to_bytes(fold_name(stem))}
        return self.connection.execute(question, values).rowcount == 1

    def _jobs(self, where: str, values: tuple[object, ...] | Mapping[str, object]) -> list[Job]:
        return [_job(row) for row in self.connection.execute(f"SELECT {_COLUMNS} FROM jobs {where}", values)]


def _new_values(job: Job) -> dict[str, object]:
    return {
        **_values(job),
        "bundle": job.bundle,
        "edit": job.edit,
        "wish": dump_wish(job.wish),
        "created": to_seconds(job.created),
    }


def _values(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "state": job.state,
        "hold": job.hold,
        "detail": to_words(job.detail),
        "stem": to_bytes(job.stem),
        "output_path": to_bytes(job.output.path) if job.output else None,
        "output_sha256": job.output.sha256 if job.output else None,
        "answer": job.answer,
        "reused_from": job.reused_from,
        "dismissed": job.dismissed,
        "skipped": job.skipped,
        "attempts": job.attempts,
        "active_seconds": job.active_seconds,
        "next_try": to_seconds(job.next_try),
        "submitted": to_seconds(job.submitted),
        "received": to_seconds(job.received),
        "delivered": to_seconds(job.delivered),
        "ended": to_seconds(job.ended),
        "shrunk": job.shrunk,
        "sent": dump_sent(job.sent),
    }


@lru_cache(REMEMBERED_ROWS)
def _job(row: sqlite3.Row) -> Job:
    has_output = row["output_path"] is not None
    return Job(
        id=JobId(row["id"]),
        bundle=BundleId(row["bundle"]),
        edit=None if row["edit"] is None else EditId(row["edit"]),
        wish=load_wish(row["wish"]),
        state=JobState(row["state"]),
        hold=None if row["hold"] is None else HoldReason(row["hold"]),
        detail=row["detail"],
        stem=to_path(row["stem"]),
        output=Output(path=to_path(row["output_path"]), sha256=Sha256(row["output_sha256"]))
        if has_output
        else None,
        answer=None if row["answer"] is None else AttemptId(row["answer"]),
        reused_from=None if row["reused_from"] is None else JobId(row["reused_from"]),
        dismissed=bool(row["dismissed"]),
        skipped=bool(row["skipped"]),
        attempts=row["attempts"],
        active_seconds=row["active_seconds"],
        next_try=to_moment(row["next_try"]),
        created=to_sure_moment(row["created"]),
        submitted=to_moment(row["submitted"]),
        received=to_moment(row["received"]),
        delivered=to_moment(row["delivered"]),
        ended=to_moment(row["ended"]),
        shrunk=row["shrunk"],
        sent=load_sent(row["sent"]),
    )
