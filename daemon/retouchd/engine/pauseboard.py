"""The pauses as the engine works with them: the rules stand in core/pauses.py, here they become durable.

Runs in the engine thread, inside its transaction.
"""

from datetime import datetime, timedelta
from typing import Final

from retouchd.core import probes
from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.outcomes import CallEnd
from retouchd.core.pauses import (
    Pause,
    PauseReason,
    PauseSet,
    Proof,
    begin_pause,
    dump_trials,
    load_trials,
    next_look,
)
from retouchd.core.values import AttemptId
from retouchd.engine.office import Office

# How soon a folder is tried again that a worker, not the scanner, found in trouble.
_RECHECK: Final = timedelta(seconds=30)
_TRIALS: Final = "trials"
_LOSSES_COUNT_AFTER: Final = "losses_count_after"


class PauseBoard:
    """The pauses that hold, and those that are on trial."""

    def __init__(self, office: Office) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._set = PauseSet(
            pauses={pause.reason: pause for pause in office.journal.pauses()},
            trials=load_trials(office.journal.note(_TRIALS) or ""),
        )
        # While the daemon stops nothing new is sent, also by a worker that was about to.
        self.is_stopping = False

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """The pauses that hold now."""
        return tuple(self._set.pauses.values())

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be sent now."""
        return bool(self._set.pauses) or self.is_stopping

    @property
    def is_probing(self) -> bool:
        """Whether one call alone may be made: it will tell whether a pause is really over."""
        return bool(self._set.trials)

    def is_paused_for(self, reason: PauseReason) -> bool:
        """Say whether this reason holds now."""
        return reason in self._set.pauses

    def doubts(self, reason: PauseReason) -> bool:
        """Say whether this reason holds, or nothing has proved yet that it is over."""
        return reason in self._set.pauses or reason in self._set.trials

    def begin(self, pause: Pause) -> None:
        """Begin a pause, or renew it."""
        known = self._set.pauses.get(pause.reason)
        self._become(self._set.begin(pause))
        begun = self._set.pauses[pause.reason]
        if known is None or known.detail != begun.detail:
            self._herald.pause_began(begun)

    def begin_for_folder(self, error: FileTroubleError) -> None:
        """Pause because a worker found a folder full or missing; tried again after a while."""
        now = self._clock.now()
        self.begin(begin_pause(reason_for(error), str(error), now, until=now + _RECHECK))

    def end(self, *reasons: PauseReason) -> None:
        """End pauses."""
        for reason in reasons:
            if reason in self._set.pauses:
                self._herald.say("info", "pause.ended", reason=reason)
        newest = self._journal.newest_attempt()
        if PauseReason.UNKNOWN_OUTCOMES in reasons and self.is_paused_for(PauseReason.UNKNOWN_OUTCOMES):
            self._journal.set_note(_LOSSES_COUNT_AFTER, str(newest))
        self._become(self._set.end(reasons, newest))

    @property
    def losses_count_after(self) -> AttemptId:
        """The newest call when lost answers were last looked into: only later ones count anew."""
        return AttemptId(int(self._journal.note(_LOSSES_COUNT_AFTER) or 0))

    def prove(self, call: AttemptId, proof: Proof) -> None:
        """Close the trials of which a call has proved that they are over."""
        self._become(self._set.prove(call, proof))

    def pull_back(self, latest: datetime) -> None:
        """Have no pause but that for money end later than this."""
        self._become(self._set.pull_back(latest))

    def end_those_over(self) -> None:
        """End the pauses whose time has come."""
        over = self._set.find_over(self._clock.now())
        if over:
            self.end(*over)

    def begin_look_at_key(self) -> bool:
        """Say whether it is time to ask the service about the key, and note when it is the next time."""
        now = self._clock.now()
        if not self._set.is_key_due(now):
            return False
        since = self._set.pauses[PauseReason.KEY_REFUSED].since
        self._become(self._set.look_at_key(next_look(since, now)))
        return True

    def hurry_look_at_key(self) -> None:
        """Have the service asked at once whether it takes the key: a start may have brought another."""
        if self.is_paused_for(PauseReason.KEY_REFUSED):
            self._become(self._set.look_at_key(self._clock.now()))

    def take_probe(self, end: CallEnd) -> None:
        """Take in what the service said about the key; a photo that is then sent alone proves it."""
        is_worth_a_try = probes.is_worth_a_try(end)
        self._herald.say("info", "key.probed", is_worth_a_try=is_worth_a_try)
        if is_worth_a_try:
            self.end(PauseReason.KEY_REFUSED)

    def resume(self, wanted: str) -> str:
        """End the pauses that a person may end, all of them or the one named; say what happened."""
        chosen = [pause.reason for pause in self.pauses if wanted in ("", pause.reason.value)]
        self.end(*self._set.find_resumable(wanted))
        staying = [pause for pause in self.pauses if pause.reason in chosen]
        if staying:
            return "\n".join(f"still paused ({pause.reason}): {pause.detail}" for pause in staying)
        return "resumed" if chosen else "nothing was paused" + (f" for {wanted}" if wanted else "")

    def seconds_until_next_end(self) -> float | None:
        """Give the seconds until the next pause ends by its time."""
        ends = [
            self._seconds_until(pause.until)
            for pause in self.pauses
            if pause.until and pause.reason is not PauseReason.KEY_REFUSED
        ]
        return min(ends, default=None)

    def seconds_until_key_is_due(self) -> float | None:
        """Give the seconds until the service is asked about the key, or None while it takes it."""
        refused = self._set.pauses.get(PauseReason.KEY_REFUSED)
        return self._seconds_until(refused.until) if refused and refused.until else None

    def _seconds_until(self, moment: datetime) -> float:
        return max(0.0, (moment - self._clock.now()).total_seconds())

    def _become(self, after: PauseSet) -> None:
        """Make another set durable with what led to it, and let it count."""
        before, self._set = self._set, after
        for reason in before.pauses.keys() - after.pauses.keys():
            self._journal.end_pause(reason)
        for reason, pause in after.pauses.items():
            if before.pauses.get(reason) != pause:
                self._journal.begin_pause(pause)
        if before.trials != after.trials:
            self._journal.set_note(_TRIALS, dump_trials(after.trials))


def reason_for(error: FileTroubleError) -> PauseReason:
    """Give the pause for a folder's trouble."""
    return PauseReason.DISK_FULL if isinstance(error, NoRoomError) else PauseReason.FOLDER_MISSING
