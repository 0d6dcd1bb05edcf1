"""The journal's history: jobs that are over and past are let go, what was paid for is remembered.

A photo is let go with all of its jobs, or not at all; and the one that paid for an edit only together with
every other that got the same picture.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retouchd.adapters.journal.codec import to_seconds
from retouchd.adapters.journal.jobs import LAST_LET_GO
from retouchd.adapters.journal.memory import MemoryTable
from retouchd.core.edits import Edit
from retouchd.core.history import HistoryBounds, LetGo, is_remembered
from retouchd.core.jobs import Job, JobState
from retouchd.core.values import AttemptId, BundleId, EditId, JobId

# A picture that was given again and again: letting go of all of it at once would keep the engine waiting.
_MOST_AT_ONCE: Final = 100
# Under this name the journal keeps how many jobs that had failed were let go.
_FAILED: Final = "failed_let_go"
_OVER: Final = "('done', 'failed', 'cancelled')"
# Its files are away, nothing is asked for it, and all its jobs are past.
_IS_PAST: Final = f"""
SELECT EXISTS (SELECT 1 FROM bundles WHERE id = :bundle AND state IN ('filed', 'detached'))
AND NOT EXISTS (SELECT 1 FROM returns WHERE bundle = :bundle)
AND NOT EXISTS (SELECT 1 FROM jobs WHERE bundle = :bundle AND (state NOT IN {_OVER}
 OR ended IS NULL OR ended >= :latest OR (ended >= :before AND number > :up_to)))
"""
_PAST_CALLS: Final = """
SELECT attempts.id FROM attempts JOIN jobs ON jobs.id = attempts.job
WHERE attempts.id IN (SELECT value FROM json_each(:ids))
AND jobs.ended < :latest AND (jobs.ended < :before OR jobs.number <= :up_to) ORDER BY attempts.id
"""
_OWNED: Final = (
    "SELECT edits.id FROM jobs JOIN edits ON edits.id = jobs.edit AND edits.owner = jobs.id"
    " WHERE jobs.bundle = ?"
)
# Each is a line of a log: nobody asks for it after a week.
_COMMANDS: Final = (
    "DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE given < ? ORDER BY id LIMIT ?)"
)
_ALLOWANCES: Final = "DELETE FROM allowances WHERE given < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One step through the history, the oldest first.

    Attributes:
        reached: The number of the last job that was looked at; None when there is no more to look at.
    """

    reached: int | None
    let_go: LetGo


class HistoryTable(MemoryTable):
    """Fits the engine's Protocol History."""

    def let_go_past(
        self, bounds: HistoryBounds, kept: Collection[AttemptId], after: int, limit: int
    ) -> Passage:
        """Let go of what is past among the next jobs, so many at most, in the transaction that is open.

        Args:
            kept: Calls whose answers are kept: their jobs stay.
            after: The number of the job that was looked at last.
        """
        rows = self._next_jobs(bounds, after, limit)
        found = LetGo()
        for _number, bundle in rows:
            found += self._let_go_if_past(bundle, bounds, kept)
        return Passage(reached=rows[-1][0] if len(rows) == limit else None, let_go=found)

    def count_past(self, bounds: HistoryBounds, kept: Collection[AttemptId]) -> LetGo:
        """Count what would be let go; nothing is changed."""
        gone: set[BundleId] = set()
        after: int | None = 0
        while after is not None:
            rows = self._next_jobs(bounds, after, _MOST_AT_ONCE)
            for _number, bundle in rows:
                gone |= set() if bundle in gone else self._find_past(bundle, bounds, kept)
            after = rows[-1][0] if len(rows) == _MOST_AT_ONCE else None
        return LetGo(photos=len(gone), jobs=sum(len(self.jobs_of_bundle(one)) for one in gone))

    def past_attempts(self, bounds: HistoryBounds, attempts: Sequence[AttemptId]) -> list[AttemptId]:
        """Give those of these calls whose jobs are past, the oldest first."""
        rows = self.connection.execute(_PAST_CALLS, {**_values(bounds), "ids": json.dumps(list(attempts))})
        return [AttemptId(row["id"]) for row in rows]

    def tidy_orders(self, before: datetime, limit: int) -> None:
        """Remove commands, and a person's words for single days, that were given earlier than this."""
        self.connection.execute(_COMMANDS, (to_seconds(before), limit))
        self.connection.execute(_ALLOWANCES, (to_seconds(before),))

    def count_failed_ever(self) -> int:
        """Count the jobs that failed, those that were let go too."""
        row = self.connection.execute(
            "SELECT coalesce((SELECT number FROM job_counts WHERE state = 'failed'), 0) +"
            " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0)",
            (_FAILED,),
        ).fetchone()
        return int(row[0])

    def find_let_go(self, beginning: str) -> JobId | None:
        """Give a job whose id begins so and that was let go, or None when none is remembered."""
        for table, column in (("past_outputs", "job"), ("paid", "owner")):
            row = self.connection.execute(
                f"SELECT {column} AS job FROM {table} WHERE {column} >= ? AND {column} < ? LIMIT 1",
                (beginning, f"{beginning}\x7f"),
            ).fetchone()
            if row is not None:
                return JobId(row["job"])
        return None

    def _next_jobs(self, bounds: HistoryBounds, after: int, limit: int) -> list[tuple[int, BundleId]]:
        """Give number and bundle of the next jobs, up to the first that is too young to be past."""
        rows = self.connection.execute(
            "SELECT number, bundle, created FROM jobs WHERE number > ? ORDER BY number LIMIT ?",
            (after, limit),
        )
        before = to_seconds(bounds.before) or 0.0
        found: list[tuple[int, BundleId]] = []
        for row in rows:
            if row["number"] > bounds.up_to and row["created"] >= before:
                return found
            found.append((row["number"], BundleId(row["bundle"])))
        return found

    def _let_go_if_past(self, bundle: BundleId, bounds: HistoryBounds, kept: Collection[AttemptId]) -> LetGo:
        bundles = sorted(self._find_past(bundle, bounds, kept))
        jobs = [job for one in bundles for job in self.jobs_of_bundle(one)]
        edits = [self.get_edit(EditId(row["id"])) for one in bundles for row in self._owned(one)]
        self._remember(jobs, edits)
        self._remove(bundles, jobs, edits)
        return LetGo(photos=len(bundles), jobs=len(jobs))

    def _find_past(
        self, bundle: BundleId, bounds: HistoryBounds, kept: Collection[AttemptId]
    ) -> set[BundleId]:
        """Give a bundle with those that must go with it, or nothing when one of them must stay."""
        found, waiting = {bundle}, [bundle]
        while waiting:
            one = waiting.pop()
            if len(found) > _MOST_AT_ONCE or not self._is_past(one, bounds, kept):
                return set()
            more = set(self._sharers(one)) - found
            found |= more
            waiting += sorted(more)
        return found

    def _is_past(self, bundle: BundleId, bounds: HistoryBounds, kept: Collection[AttemptId]) -> bool:
        if not self.connection.execute(_IS_PAST, {**_values(bounds), "bundle": bundle}).fetchone()[0]:
            return False
        calls = self.connection.execute(
            f"SELECT id, reserved FROM attempts WHERE edit IN ({_OWNED})", (bundle,)
        )
        return not any(row["reserved"] or row["id"] in kept for row in calls)

    def _sharers(self, bundle: BundleId) -> Iterator[BundleId]:
        rows = self.connection.execute(
            f"SELECT DISTINCT bundle FROM jobs WHERE edit IN ({_OWNED})", (bundle,)
        )
        return (BundleId(row["bundle"]) for row in rows)

    def _owned(self, bundle: BundleId) -> list[dict[str, int]]:
        return [dict(row) for row in self.connection.execute(_OWNED, (bundle,))]

    def _remember(self, jobs: list[Job], edits: list[Edit]) -> None:
        for job in jobs:
            if job.state is JobState.DONE:
                self.remember_output(job)
        owners = {job.id: job for job in jobs}
        for edit in edits:
            self.remember_costs(edit.id)
            if is_remembered(edit, owners[edit.owner], self.attempts_of(edit.id)):
                self.remember_edit(edit, owners[edit.owner])

    def _remove(self, bundles: list[BundleId], jobs: list[Job], edits: list[Edit]) -> None:
        """Remove the rows, each before what it refers to."""
        self.connection.execute(
            "INSERT INTO meta (name, value) SELECT :name, max(number) FROM jobs WHERE bundle IN"
            " (SELECT value FROM json_each(:bundles)) HAVING count(*) > 0 ON CONFLICT (name) DO UPDATE"
            " SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
            {"name": LAST_LET_GO, "bundles": str(bundles)},
        )
        self.connection.execute(
            "INSERT INTO meta (name, value) VALUES (:name, :number) ON CONFLICT (name)"
            " DO UPDATE SET value = CAST(value AS INTEGER) + :number",
            {"name": _FAILED, "number": sum(job.state is JobState.FAILED for job in jobs)},
        )
        for job in jobs:
            self.connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
            if job.state is not JobState.DONE or job.output is None:
                self.connection.execute("DELETE FROM stems WHERE job = ?", (job.id,))
        for edit in edits:
            for table, column in (("permissions", "edit"), ("attempts", "edit"), ("edits", "id")):
                self.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (edit.id,))
        self.connection.executemany("DELETE FROM bundles WHERE id = ?", [(one,) for one in bundles])


def _values(bounds: HistoryBounds) -> dict[str, object]:
    return {
        "latest": to_seconds(bounds.latest),
        "before": to_seconds(bounds.before),
        "up_to": bounds.up_to,
    }
