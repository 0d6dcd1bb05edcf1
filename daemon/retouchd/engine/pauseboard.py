"""The pauses as the engine works with them: begun, renewed, ended by their time, a folder or a person."""

from datetime import timedelta
from typing import Final

from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.pauses import (
    NOT_LIFTED_BY_RESUME,
    Pause,
    PauseReason,
    begin_pause,
)
from retouchd.engine.office import Office

# How soon a folder is tried again that a worker, not the scanner, found in trouble.
_RECHECK: Final = timedelta(seconds=30)


class PauseBoard:
    """Runs in the engine thread, inside its transaction."""

    def __init__(self, office: Office) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._pauses = {pause.reason: pause for pause in office.journal.pauses()}
        # After a pause one job probes; only when its call went well others follow.
        self.is_probing = False
        # While the daemon stops nothing new is sent, also by a worker that was about to.
        self.is_stopping = False

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The pauses that hold now."""
        return tuple(self._pauses.values())

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be sent now."""
        return bool(self._pauses) or self.is_stopping

    def begin(self, pause: Pause) -> None:
        """Begin a pause, or renew it."""
        known = self._pauses.get(pause.reason)
        if known is None or known.detail != pause.detail:
            self._herald.pause_began(pause)
        self._journal.begin_pause(pause)
        self._pauses[pause.reason] = pause

    def begin_for_folder(self, error: FileTroubleError) -> None:
        """Pause because a worker found a folder full or missing; tried again after a while."""
        now = self._clock.now()
        self.begin(begin_pause(reason_for(error), str(error), now, until=now + _RECHECK))

    def end(self, reason: PauseReason) -> None:
        """End a pause."""
        if self._pauses.pop(reason, None) is None:
            return
        self._journal.end_pause(reason)
        self.is_probing = self.is_probing or reason is not PauseReason.OPERATOR
        self._herald.say("info", "pause.ended", reason=reason)

    def end_those_over(self) -> None:
        """End the pauses whose time has come."""
        now = self._clock.now()
        for pause in self.pauses:
            if pause.is_over(now):
                self.end(pause.reason)

    def resume(self, wanted: str) -> str:
        """End the pauses that a person may end, all of them or the one named; say what happened."""
        chosen = [pause for pause in self.pauses if wanted in ("", pause.reason.value)]
        for pause in chosen:
            if pause.reason not in NOT_LIFTED_BY_RESUME:
                self.end(pause.reason)
        staying = [pause for pause in self.pauses if pause in chosen]
        if staying:
            return "\n".join(f"still paused ({pause.reason}): {pause.detail}" for pause in staying)
        return "resumed" if chosen else "nothing was paused" + (f" for {wanted}" if wanted else "")

    def seconds_until_next_end(self) -> float | None:
        """Give the seconds until the next pause ends by its time."""
        now = self._clock.now()
        ends = [(pause.until - now).total_seconds() for pause in self.pauses if pause.until]
        return max(0.0, min(ends)) if ends else None


def reason_for(error: FileTroubleError) -> PauseReason:
    """Give the pause for a folder's trouble."""
    return PauseReason.DISK_FULL if isinstance(error, NoRoomError) else PauseReason.FOLDER_MISSING
