"""What is known of how large a request may be, in the journal.

Runs in the engine thread, inside its transaction.
"""

import json
from datetime import datetime
from typing import Final

from retouchd.core.jobs import Job
from retouchd.core.outcomes import RULES, Effect, OutcomeKind
from retouchd.core.requestsize import RefusedSize, Room, learn_refusal
from retouchd.core.retries import Outcome
from retouchd.engine.office import Office

_NOTE: Final = "smallest_refused_bytes"


class RequestLimits:
    """Remembers the smallest request that was not taken for its size, until a larger one is."""

    def __init__(self, office: Office) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._office = office

    def room_for(self, job: Job) -> Room:
        """Give how large a job's request may be."""
        known = self._find()
        return Room(
            own_limit=self._office.policy.max_request_bytes,
            refused=job.shrunk or None,
            refused_before=known.size_bytes if known else None,
        )

    def note_outcome(self, job: Job, outcome: Outcome) -> None:
        """Learn from how a call ended; `job` is as it was while submitting.

        A refusal is the service's word. A connection that broke twice is a guess, which counts for other
        photos only when the smaller request was taken.
        """
        is_taken = RULES[outcome.kind].effect is Effect.RECEIVE
        if is_taken:
            self._forget_up_to(outcome.request_bytes)
        if outcome.kind is OutcomeKind.TOO_LARGE and outcome.status is not None:
            self._learn(outcome.request_bytes)
        if is_taken and job.shrunk:
            self._learn(job.shrunk)

    def _learn(self, size_bytes: int) -> None:
        refused = RefusedSize(
            size_bytes=size_bytes, since=self._clock.now(), configuration=self._office.policy.configuration
        )
        self._store(learn_refusal(self._find(), refused))

    def _forget_up_to(self, size_bytes: int) -> None:
        known = self._find()
        if known is not None and known.size_bytes <= size_bytes:
            self._journal.set_note(_NOTE, "")

    def _find(self) -> RefusedSize | None:
        note = self._journal.note(_NOTE)
        if not note:
            return None
        size_bytes, since, configuration = json.loads(note)
        known = RefusedSize(
            size_bytes=size_bytes, since=datetime.fromisoformat(since), configuration=configuration
        )
        return known if known.counts(self._clock.now(), self._office.policy.configuration) else None

    def _store(self, known: RefusedSize) -> None:
        note = [known.size_bytes, known.since.isoformat(), known.configuration]
        self._journal.set_note(_NOTE, json.dumps(note))
