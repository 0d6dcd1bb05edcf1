"""The throttle: how many calls may begin now, learned from how the last ones ended.

Runs in the engine thread, inside its transaction.
"""

from collections import deque

from retouchd.core.outcomes import RULES, Effect
from retouchd.core.pace import (
    EMPTY_QUOTA,
    FULL_QUOTA,
    Pace,
    calls_left,
    seconds_until_call,
)
from retouchd.core.pauses import PauseReason, Proof, begin_pause
from retouchd.core.records import Attempt
from retouchd.core.retries import Outcome
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.policy import Policy


class Throttle:
    """Says how many calls may begin."""

    def __init__(self, office: Office, board: PauseBoard) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._board = board
        policy = office.policy
        self._per_minute = policy.requests_per_minute
        self._pace = _first_pace(policy)
        # A restart in the middle of an outage must not spend the whole quota anew.
        self._quota = EMPTY_QUOTA if board.doubts(PauseReason.OFFLINE) else FULL_QUOTA
        # Seconds of the monotonic clock, at most as many as may begin in a minute.
        self._begins: deque[float] = deque(self._begins_so_far(), maxlen=self._per_minute)
        # Calls running that ended without a result, of whatever job: they lengthen the back-off.
        self.setbacks = 0

    def follow(self, before: Policy, after: Policy) -> None:
        """Go by another policy from now on."""
        self._pace = self._pace.configured(_first_pace(before), _first_pace(after))
        if after.requests_per_minute != before.requests_per_minute:
            self._per_minute = after.requests_per_minute
            self._begins = deque(self._begins_so_far(), maxlen=self._per_minute)

    def _begins_so_far(self) -> list[float]:
        moments = self._clock.moments()
        ages = [
            max(0.0, (moments.now - attempt.started).total_seconds())
            for attempt in self._journal.newest_attempts(self._per_minute)
        ]
        return [moments.monotonic - age for age in reversed(ages)]

    @property
    def width(self) -> int:
        """How many calls may be made at once."""
        return 1 if self._board.is_probing else self._pace.width

    def room(self, sending: int) -> int:
        """Give how many jobs may be sent beside those that are being sent."""
        return max(0, min(self.width - sending, self._left()))

    def may_begin(self) -> bool:
        """Say whether a call may begin right now."""
        return self._left() > 0

    def _left(self) -> int:
        if not self._per_minute:
            return self._pace.limit
        return calls_left(self._begins, self._clock.moments().monotonic, self._per_minute)

    def seconds_until_next_call(self) -> float | None:
        """Give the seconds until one more call may begin in this minute, or None when one may now."""
        if not self._per_minute:
            return None
        wait = seconds_until_call(self._begins, self._clock.moments().monotonic, self._per_minute)
        return wait or None

    def note_begin(self) -> None:
        """Note that a call begins."""
        self._begins.append(self._clock.moments().monotonic)

    def note_end(self, attempt: Attempt, outcome: Outcome) -> None:
        """Learn from how a call ended."""
        if self._board.is_probing:
            self._pace = self._pace.after_pause()
        self._pace = self._pace.after_call(attempt.id, outcome.kind, self._journal.newest_attempt())
        self._quota = self._quota.after_call(outcome.kind)
        self._note_success_or_setback(attempt, outcome)
        if RULES[outcome.kind].effect is Effect.RETRY and self._quota.is_empty:
            detail = f"the service fails again and again: {outcome.message}"
            self._board.begin(begin_pause(PauseReason.OFFLINE, detail, self._clock.now()))

    def _note_success_or_setback(self, attempt: Attempt, outcome: Outcome) -> None:
        match RULES[outcome.kind].effect:
            case Effect.RECEIVE:
                self._board.prove(attempt.id, Proof.PICTURE)
            case Effect.FAIL | Effect.SHRINK if outcome.status is not None:
                self._board.prove(attempt.id, Proof.REPLY)
            case Effect.FAIL | Effect.SHRINK:
                pass  # It never left this machine.
            case _:
                self.setbacks += 1
                return
        self.setbacks = 0


def _first_pace(policy: Policy) -> Pace:
    return Pace(width=policy.concurrency, limit=policy.max_concurrency)
