"""What metrics read of the journal: numbers alone, none of which takes longer for a longer history."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retouchd.adapters.journal.bundles import IS_QUIET, BundlesTable
from retouchd.adapters.journal.codec import to_moment
from retouchd.core.records import Moments
from retouchd.core.values import AttemptId

MOST_CALLS: Final = 10_000
"""So many new calls are given at once: who has not asked for months asks several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Photos that are no jobs yet, each counted once.

    Attributes:
        queued: Completely arrived, not yet looked at.
        oldest_queued: When the first of those was seen; None without any.
    """

    arriving: int
    queued: int
    without_prompt: int
    needs_you: int
    oldest_queued: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call as far as it has come.

    Attributes:
        outcome: None while it is under way.
        cut_by_us: We ended it ourselves: how long it took says nothing about the service.
    """

    id: AttemptId
    outcome: str | None
    seconds: float | None
    cut_by_us: bool


class GaugesTable(BundlesTable):
    """For metrics alone."""

    def count_arrivals(self, moments: Moments) -> Arrivals:
        """Count the photos that are no jobs yet."""
        # Off an index alone: there may be a hundred thousand without a prompt, and for years.
        still = self.connection.execute(
            "SELECT state, count(*) FROM bundles WHERE state IN ('lacks_prompt', 'needs_you') GROUP BY state"
        )
        counts = dict(tuple(row) for row in still)
        coming = self.connection.execute(
            "SELECT count(*) AS number, count(*) FILTER (WHERE is_queued) AS queued,"
            " min(seen) FILTER (WHERE is_queued) AS oldest FROM (SELECT seen,"
            f" looks = 0 AND {IS_QUIET} AS is_queued FROM bundles WHERE state IN ('arriving', 'looked_at'))",
            self._moments(moments),
        ).fetchone()
        return Arrivals(
            arriving=coming["number"] - coming["queued"],
            queued=coming["queued"],
            without_prompt=counts.get("lacks_prompt", 0),
            needs_you=counts.get("needs_you", 0),
            oldest_queued=to_moment(coming["oldest"]),
        )

    def oldest_ready(self) -> datetime | None:
        """Give when the photo was seen of the oldest job that is ready to be sent, or None."""
        row = self.connection.execute(
            "SELECT seen FROM bundles WHERE id ="
            " (SELECT bundle FROM jobs WHERE state = 'ready' ORDER BY number LIMIT 1)"
        ).fetchone()
        return to_moment(row["seen"]) if row else None

    def last_delivery(self) -> datetime | None:
        """Give when a picture was put into the outbox last, or None."""
        row = self.connection.execute(
            "SELECT max(delivered) AS at FROM jobs WHERE delivered IS NOT NULL"
        ).fetchone()
        return to_moment(row["at"])

    def open_calls(self) -> set[AttemptId]:
        """Give the calls that are under way."""
        rows = self.connection.execute("SELECT id FROM attempts WHERE ended IS NULL")
        return {AttemptId(row["id"]) for row in rows}

    def calls_since(self, last: AttemptId, others: Collection[AttemptId]) -> list[CallSeen]:
        """Give the first calls that began after one, and some others, as far as each has come."""
        rows = self.connection.execute(
            "SELECT id, outcome, elapsed_seconds, cut_by_us FROM attempts"
            " WHERE id IN (SELECT id FROM (SELECT id FROM attempts WHERE id > ? ORDER BY id LIMIT ?)"
            "  UNION SELECT value FROM json_each(?)) ORDER BY id",
            (last, MOST_CALLS, json.dumps(list(others))),
        )
        return [
            CallSeen(
                id=AttemptId(row["id"]),
                outcome=row["outcome"],
                seconds=row["elapsed_seconds"],
                cut_by_us=bool(row["cut_by_us"]),
            )
            for row in rows
        ]
