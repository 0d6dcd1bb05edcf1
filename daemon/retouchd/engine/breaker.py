"""The breaker: when answer after answer is lost nothing more is sent until a person has looked.

Runs in the engine thread, inside its transaction.
"""

from retouchd.core.losses import MOST_TOLD, describe_streak, find_streak
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import Attempt
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard


class Breaker:
    """Watches over lost answers; keeps nothing itself, all of it is in the journal."""

    def __init__(self, office: Office, board: PauseBoard) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._board = board

    def note_end(self, attempt: Attempt) -> None:
        """Pause if this call is the lost one that is too many."""
        if attempt.outcome != OutcomeKind.UNKNOWN or attempt.cut_by_us:
            return
        after, now = self._board.losses_count_after, self._clock.now()
        lost = self._journal.latest_losses(after, MOST_TOLD)
        is_paused = self._board.is_paused_for(PauseReason.UNKNOWN_OUTCOMES)
        if not is_paused and self._board.doubts(PauseReason.UNKNOWN_OUTCOMES):
            # The one photo that was to show whether answers come again: none did.
            streak = lost[:1]
        else:
            streak = find_streak(self._journal.latest_ends(after, MOST_TOLD), lost, now)
        # Of those that were under way with the ones that were too many the pause tells, too.
        if streak:
            self._board.begin(begin_pause(PauseReason.UNKNOWN_OUTCOMES, describe_streak(streak), now))
