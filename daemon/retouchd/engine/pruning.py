"""Lets go of kept answers that nobody needs any more, by age and size.

The worker lists and removes the files; which of them are needed is the journal's to say. An answer that the
journal does not know may have been paid for: it stays.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from retouchd.core.errors import FileTroubleError
from retouchd.core.pruning import KeptFile, choose_to_prune
from retouchd.core.values import AttemptId
from retouchd.engine.crew import File, Prune, UnderWay
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Spool
from retouchd.engine.office import Office

_EVERY: Final = timedelta(hours=1)
# Else an answer of every photo of a busy day would lie there until the hour is over.
_FILINGS: Final = 100
# Removing takes a disk that is busy with photos about a millisecond each.
_AT_ONCE: Final = 500


class PruneWatch:
    """Says when to look for answers to let go. Runs in the engine thread, inside its transaction."""

    def __init__(self, office: Office, under_way: UnderWay) -> None:
        self._office = office
        self._clock = office.clock
        self._under_way = under_way
        self._filings = 0
        self._looked_at = -_EVERY.total_seconds()

    def note_filing(self) -> None:
        """Note that a photo is being filed: nobody needs its answer then."""
        self._filings += 1

    def choose(self) -> Iterator[Prune]:
        """Give the look that is to be made now, if any, and note it as under way."""
        monotonic = self._clock.moments().monotonic
        most_filings = 1 if self._office.policy.keep.is_nothing else _FILINGS
        is_due = self._filings >= most_filings and not self._under_way.count(File)
        if not is_due and monotonic < self._looked_at + _EVERY.total_seconds():
            return
        task = Prune()
        if self._under_way.take(task):
            self._filings, self._looked_at = 0, monotonic
            yield task


class Pruner:
    """Prunes the spool, in a worker."""

    def __init__(self, desk: Desk, office: Office, spool: Spool) -> None:
        self._desk = desk
        self._office = office
        self._spool = spool
        self._unknown: set[AttemptId] = set()

    def prune(self) -> None:
        """Remove what nobody needs any more, a bounded number of files at a time; the oldest first."""
        try:
            doomed = self._desk.ask(self._choose, self._spool.kept())
            for attempt in doomed:
                # A crash in between leaves the rest, which the next look removes.
                self._spool.discard(attempt)
        except FileTroubleError as exc:
            self._desk.ask(self._tell_trouble, str(exc))

    def _tell_trouble(self, detail: str) -> None:
        self._office.herald.say("warning", "spool.troubled", detail=detail)

    def _choose(self, files: Sequence[KeptFile]) -> list[AttemptId]:
        """Choose in the engine thread, and tell what is chosen."""
        journal, herald, policy = self._office.journal, self._office.herald, self._office.policy
        attempts = [one.attempt for one in files]
        self._tell_unknown(set(attempts) - journal.known_attempts(attempts))
        spare = journal.spare_attempts(attempts)
        doomed = list(islice(choose_to_prune(files, spare, policy.keep, self._office.clock.now()), _AT_ONCE))
        if doomed:
            herald.say("info", "spool.pruned", answers=len(doomed))
        return doomed

    def _tell_unknown(self, unknown: set[AttemptId]) -> None:
        """Tell once of answers that nobody knows."""
        for attempt in sorted(unknown - self._unknown):
            self._office.herald.say("warning", "spool.unknown", attempt=attempt)
        self._unknown |= unknown
