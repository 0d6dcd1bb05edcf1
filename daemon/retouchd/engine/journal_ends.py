"""What the engine asks of the journal about how the last calls ended, as a Protocol."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from retouchd.core.jobs import HoldReason, Job
from retouchd.core.records import Attempt
from retouchd.core.refusals import Judged, RefusedOptions
from retouchd.core.values import AttemptId, JobId


class Ends(Protocol):
    """Calls in the order of their end, and the options that were refused."""

    def latest_ends(self, after: AttemptId, limit: int) -> Sequence[Attempt]:
        """Give the calls that ended last in a reply or a loss, newest first, none that we cut ourselves.

        Args:
            after: Only calls that were begun after this one.
        """
        ...

    def latest_losses(self, after: AttemptId, limit: int) -> Sequence[Attempt]:
        """Give the same of calls whose answers were lost."""
        ...

    def latest_judged(self, limit: int) -> Sequence[Judged]:
        """Give the calls that the service judged last, newest first."""
        ...

    def refuse_options(self, refused: RefusedOptions, now: datetime) -> None:
        """Note that options are refused, or what is told about them by now."""
        ...

    def refused_options(self, options: str) -> RefusedOptions | None:
        """Give what is known of these options if they are refused."""
        ...

    def let_try_options(self, options: str, job: JobId) -> None:
        """Let one job try refused options."""
        ...

    def accept_options(self, options: str) -> None:
        """Forget that options were refused."""
        ...

    def accept_all_options(self) -> None:
        """Forget that any options were refused."""
        ...

    def jobs_held_for(self, reason: HoldReason) -> Sequence[Job]:
        """Give all jobs that are held for a reason, oldest first."""
        ...
