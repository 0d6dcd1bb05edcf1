"""Lets go of kept answers that nobody needs any more, by age and size.

The worker lists and removes the files; which of them are needed is the journal's to say. An answer that the
journal does not know may have been paid for: it stays.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.errors import FileTroubleError
from retouchd.core.history import HistoryPolicy, LetGo
from retouchd.core.pruning import KeepPolicy, KeptFile, choose_to_prune
from retouchd.core.values import AttemptId
from retouchd.engine.crew import File, Prune, UnderWay
from retouchd.engine.desk import Desk
from retouchd.engine.history import WANTED, Archivist, find_wanted
from retouchd.engine.journal import Journal
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
        is_due = is_due or find_wanted(self._office) is not None
        if not is_due and monotonic < self._looked_at + _EVERY.total_seconds():
            return
        task = Prune()
        if self._under_way.take(task):
            # What is being filed just now is still needed by this look.
            self._filings, self._looked_at = self._under_way.count(File), monotonic
            yield task


class Pruner:
    """Prunes the spool and the history, in a worker."""

    def __init__(self, desk: Desk, office: Office, spool: Spool, archivist: Archivist) -> None:
        self._desk = desk
        self._office = office
        self._spool = spool
        self._archivist = archivist
        self._unknown: set[AttemptId] = set()

    def prune(self) -> LetGo:
        """Remove what nobody needs any more, so much at a time, the oldest first; give what history went.

        The answers first: as long as one is kept, so is the history of its job.
        """
        try:
            kept, is_more = self._prune_spool()
        except FileTroubleError as exc:
            self._desk.ask(self._tell_trouble, str(exc))
            return LetGo()
        return LetGo() if is_more else self._archivist.let_go(kept)

    def _prune_spool(self) -> tuple[frozenset[AttemptId], bool]:
        """Remove answers; give the calls whose answers stay, and whether there are more to remove."""
        files = self._spool.kept()
        doomed = self._desk.ask(self._choose, files)
        for attempt in doomed:
            # A crash in between leaves the rest, which the next look removes.
            self._spool.discard(attempt)
        kept = frozenset(one.attempt for one in files) - frozenset(doomed)
        return kept, len(doomed) >= _AT_ONCE

    def _tell_trouble(self, detail: str) -> None:
        """Tell it; what a person wants to be let go waits for the next look by the clock."""
        self._office.herald.say("warning", "spool.troubled", detail=detail)
        self._office.journal.set_note(WANTED, "")

    def _choose(self, files: Sequence[KeptFile]) -> list[AttemptId]:
        """Choose in the engine thread, and tell what is chosen."""
        journal, herald, policy = self._office.journal, self._office.herald, self._office.policy
        attempts = [one.attempt for one in files]
        unknown = set(attempts) - journal.known_attempts(attempts)
        rests = [one.attempt for one in files if one.is_rest and one.attempt in unknown]
        self._tell_unknown(unknown - set(rests))
        doomed = choose_doomed(
            journal, files, policy.keep, find_wanted(self._office), self._office.clock.now()
        )
        if doomed:
            herald.say("info", "spool.pruned", answers=len(doomed))
        return [*doomed, *rests]

    def _tell_unknown(self, unknown: set[AttemptId]) -> None:
        """Tell once of answers that nobody knows."""
        for attempt in sorted(unknown - self._unknown):
            self._office.herald.say("warning", "spool.unknown", attempt=attempt)
        self._unknown = unknown


def choose_doomed(
    journal: Journal,
    files: Sequence[KeptFile],
    policy: KeepPolicy,
    wanted: HistoryPolicy | None,
    now: datetime,
) -> list[AttemptId]:
    """Choose the answers that are let go now, which may be fewer than all that could be.

    Args:
        wanted: What a person wants to be let go, answers too.
    """
    spare = journal.spare_attempts([one.attempt for one in files])
    past: list[AttemptId] = []
    if wanted:
        past = journal.past_attempts(wanted.bounds(now, journal.newest_job()), list(spare))
    others = {attempt: since for attempt, since in spare.items() if attempt not in set(past)}
    return [*past, *choose_to_prune(files, others, policy, now)][:_AT_ONCE]
