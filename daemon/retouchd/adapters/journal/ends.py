"""The journal's view of calls in the order of their end, and the options that the service refused."""

from collections.abc import Sequence
from datetime import datetime

from retouchd.adapters.journal.codec import load_wish, to_seconds, to_words
from retouchd.adapters.journal.jobs import JobsTable
from retouchd.adapters.journal.ledger import LedgerTable
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Attempt
from retouchd.core.refusals import JUDGED, Judged, RefusedOptions, options_of
from retouchd.core.values import AttemptId, JobId


class EndsTable(JobsTable, LedgerTable):
    """Fits the engine's Protocol Ends."""

    def latest_ends(self, after: AttemptId, limit: int) -> Sequence[Attempt]:
        """Give the calls that ended last in a reply or a loss, newest first, none that we cut ourselves."""
        return self._latest_of(f"(status IS NOT NULL OR outcome = '{OutcomeKind.UNKNOWN}')", after, limit)

    def latest_losses(self, after: AttemptId, limit: int) -> Sequence[Attempt]:
        """Give the same of calls whose answers were lost."""
        return self._latest_of(f"outcome = '{OutcomeKind.UNKNOWN}'", after, limit)

    def _latest_of(self, which: str, after: AttemptId, limit: int) -> Sequence[Attempt]:
        return self._attempts(
            f"WHERE ended IS NOT NULL AND NOT cut_by_us AND id > ? AND {which}"
            " ORDER BY ended DESC, id DESC LIMIT ?",
            (after, limit),
        )

    def latest_judged(self, limit: int) -> Sequence[Judged]:
        """Give the calls that the service judged last, newest first."""
        kinds = ", ".join(f"'{kind}'" for kind in sorted(JUDGED))
        rows = self.connection.execute(
            "SELECT attempts.job, refusal, wish FROM attempts JOIN jobs ON jobs.id = attempts.job"
            f" WHERE outcome IN ({kinds}) ORDER BY attempts.ended DESC, attempts.id DESC LIMIT ?",
            (limit,),
        )
        wishes = ((row, load_wish(row["wish"])) for row in rows)
        return [
            Judged(job=JobId(row["job"]), refusal=row["refusal"], options=options_of(wish.request))
            for row, wish in wishes
            if wish is not None
        ]

    def refuse_options(self, refused: RefusedOptions, now: datetime) -> None:
        """Note that options are refused, or what is told about them by now."""
        self.connection.execute(
            "INSERT INTO refused_options (options, detail, job, since) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (options) DO UPDATE SET detail = excluded.detail",
            (refused.options, to_words(refused.detail), refused.job, to_seconds(now)),
        )

    def refused_options(self, options: str) -> RefusedOptions | None:
        """Give what is known of these options if they are refused."""
        row = self.connection.execute(
            "SELECT * FROM refused_options WHERE options = ?", (options,)
        ).fetchone()
        if row is None:
            return None
        return RefusedOptions(options=options, detail=row["detail"], job=JobId(row["job"]))

    def let_try_options(self, options: str, job: JobId) -> None:
        """Let one job try refused options."""
        self.connection.execute("UPDATE refused_options SET job = ? WHERE options = ?", (job, options))

    def accept_options(self, options: str) -> None:
        """Forget that options were refused."""
        self.connection.execute("DELETE FROM refused_options WHERE options = ?", (options,))

    def accept_all_options(self) -> None:
        """Forget that any options were refused."""
        self.connection.execute("DELETE FROM refused_options")

    def jobs_held_for(self, reason: HoldReason) -> Sequence[Job]:
        """Give all jobs that are held for a reason, oldest first."""
        return self._jobs("WHERE state = ? AND hold = ? ORDER BY number", (JobState.HELD, reason))
