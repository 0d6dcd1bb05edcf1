"""Pauses: the reasons for which the whole daemon sends nothing, and what ends each.

Pauses are a set keyed by reason. They survive restarts; they never touch a job's own retry time. After one
has ended it is on trial: one call alone is made, and what comes of it proves whether it is really over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from retouchd.core.values import AttemptId


class PauseReason(StrEnum):
    """Why nothing is sent."""

    OFFLINE = "offline"
    RATE_LIMITED = "rate_limited"
    FOLDER_MISSING = "folder_missing"
    DISK_FULL = "disk_full"
    BUDGET = "budget"
    KEY_REFUSED = "key_refused"
    CREDITS = "credits"
    PERMISSION = "permission"
    ENDPOINT = "endpoint"
    CERTIFICATE = "certificate"
    UNKNOWN_OUTCOMES = "unknown_outcomes"
    OPERATOR = "operator"
    JOURNAL_DAMAGED = "journal_damaged"


class Ending(StrEnum):
    """What ends a pause, in one sentence for people.

    BY_TIME and BY_PROBE end at their `until`. BY_FOLDER ends when the scanner finds the folder in order
    again, BY_KEY when the service, which is asked at its `until`, takes the key.
    """

    BY_TIME = "by itself"
    BY_KEY = "by itself, soon after there is a key that the service takes"
    BY_FOLDER = "by itself, when the folder is in order again"
    BY_PROBE = "by itself when one photo, tried now and then, goes through; or now with: retouchd resume"
    BY_OPERATOR = "with: retouchd resume"
    BY_REBUILD = "with: retouchd doctor --rebuild-journal"


ENDINGS: Final = {
    PauseReason.OFFLINE: Ending.BY_TIME,
    PauseReason.RATE_LIMITED: Ending.BY_TIME,
    PauseReason.FOLDER_MISSING: Ending.BY_FOLDER,
    PauseReason.DISK_FULL: Ending.BY_FOLDER,
    PauseReason.BUDGET: Ending.BY_TIME,
    PauseReason.KEY_REFUSED: Ending.BY_KEY,
    PauseReason.CREDITS: Ending.BY_PROBE,
    PauseReason.PERMISSION: Ending.BY_PROBE,
    PauseReason.ENDPOINT: Ending.BY_PROBE,
    PauseReason.CERTIFICATE: Ending.BY_PROBE,
    PauseReason.UNKNOWN_OUTCOMES: Ending.BY_OPERATOR,
    PauseReason.OPERATOR: Ending.BY_OPERATOR,
    PauseReason.JOURNAL_DAMAGED: Ending.BY_REBUILD,
}

# A one-shot run waits for these: they end soon and without anybody.
PASSING: Final = frozenset({PauseReason.OFFLINE, PauseReason.RATE_LIMITED})

# A start finds these out anew, before anything is paid: folders may be back, a limit raised.
SEEN_ANEW_AT_START: Final = frozenset({PauseReason.FOLDER_MISSING, PauseReason.DISK_FULL, PauseReason.BUDGET})
# A changed configuration may be what they were waiting for; one photo then tells.
ENDED_BY_CONFIGURATION: Final = frozenset(
    {PauseReason.CREDITS, PauseReason.PERMISSION, PauseReason.ENDPOINT, PauseReason.CERTIFICATE}
)

# `resume` cannot lift these: it would break the owner's cap, or pay again for what was forgotten; the others
# would be back at once.
NOT_LIFTED_BY_RESUME: Final = frozenset(
    {
        PauseReason.BUDGET,
        PauseReason.JOURNAL_DAMAGED,
        PauseReason.FOLDER_MISSING,
        PauseReason.DISK_FULL,
    }
)

# How long until one photo is tried again: credit and settings take people a while.
PROBE_AFTER: Final = {
    PauseReason.CREDITS: timedelta(hours=1),
    PauseReason.PERMISSION: timedelta(hours=1),
    PauseReason.ENDPOINT: timedelta(hours=1),
    PauseReason.CERTIFICATE: timedelta(hours=1),
}
# Tried again soon, and less and less often: the longer it has lasted the longer it may still last.
GROWING: Final = frozenset({PauseReason.OFFLINE, PauseReason.KEY_REFUSED})
_FIRST_DELAY: Final = timedelta(seconds=30)
_LONGEST_DELAY: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One reason for which nothing is sent.

    Attributes:
        detail: One sentence for people: what happened and what to do.
        since: When it began.
        until: When it ends or is looked into again; None when neither happens by itself.
    """

    reason: PauseReason
    detail: str
    since: datetime
    until: datetime | None = None

    @property
    def ending(self) -> Ending:
        """What ends it."""
        return ENDINGS[self.reason]

    def is_over(self, now: datetime) -> bool:
        """Say whether its time has come."""
        return self.until is not None and self.until <= now


def begin_pause(reason: PauseReason, detail: str, now: datetime, until: datetime | None = None) -> Pause:
    """Give a pause that begins now; where nothing says until when, the reason's own probe time counts."""
    if until is None and reason in PROBE_AFTER:
        until = now + PROBE_AFTER[reason]
    return Pause(reason=reason, detail=detail, since=now, until=until)


def next_look(since: datetime, now: datetime) -> datetime:
    """Give when to look again into what has lasted since then: after 30, 60, 120 … seconds, at most 900.

    The delay is as long as it has lasted, so that nothing but its begin need be remembered.
    """
    return now + min(_LONGEST_DELAY, _FIRST_DELAY + max(timedelta(), now - since))


class Proof(StrEnum):
    """What a call that ended well says about the pauses that are on trial."""

    REPLY = "the service replied"
    PICTURE = "a picture came"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A pause that has ended, until one call proves that it is over.

    Attributes:
        since: When it began; counts again when that call ends as the earlier ones did.
        after: The newest call at its end: only a later one proves anything.
    """

    since: datetime
    after: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSet:
    """All pauses and trials at one moment; each method gives the set as it is after something happened."""

    pauses: Mapping[PauseReason, Pause] = field(default_factory=dict)
    trials: Mapping[PauseReason, Trial] = field(default_factory=dict)

    def begin(self, pause: Pause) -> "PauseSet":
        """Begin a pause, or renew it: it began when it first did and lasts as long as anything said.

        Money is counted anew each time, so of a pause for it the last word counts.
        """
        known = self.pauses.get(pause.reason)
        earlier = known or self.trials.get(pause.reason)
        since = min(earlier.since, pause.since) if earlier else pause.since
        until = pause.until
        if until is None and pause.reason in GROWING:
            until = next_look(since, pause.since)
        begun = replace(pause, since=since, until=until)
        may_stay = pause.reason is not PauseReason.BUDGET
        kept = known if known and may_stay and _lasts_longer(known, begun) else begun
        return PauseSet(
            pauses={**self.pauses, pause.reason: kept}, trials=_without(self.trials, {pause.reason})
        )

    def end(self, reasons: Iterable[PauseReason], newest: AttemptId) -> "PauseSet":
        """End pauses. All but a person's own say that something was wrong: they are on trial now.

        Args:
            newest: The newest call that was begun.
        """
        ended = [self.pauses[reason] for reason in reasons if reason in self.pauses]
        trials: dict[PauseReason, Trial] = {
            pause.reason: Trial(since=pause.since, after=newest)
            for pause in ended
            if pause.reason is not PauseReason.OPERATOR
        }
        return PauseSet(
            pauses=_without(self.pauses, {pause.reason for pause in ended}), trials={**self.trials, **trials}
        )

    def prove(self, call: AttemptId, proof: Proof) -> "PauseSet":
        """Close the trials of which a call has proved that they are over.

        A short refusal proves nothing to whoever loses long calls.
        """
        proven = {
            reason
            for reason, trial in self.trials.items()
            if call > trial.after and (proof is Proof.PICTURE or reason is not PauseReason.UNKNOWN_OUTCOMES)
        }
        return replace(self, trials=_without(self.trials, proven))

    def pull_back(self, latest: datetime) -> "PauseSet":
        """Have no pause but that for money end later than this."""
        pulled: dict[PauseReason, Pause] = {
            reason: replace(pause, until=latest)
            for reason, pause in self.pauses.items()
            if reason is not PauseReason.BUDGET and pause.until and pause.until > latest
        }
        return replace(self, pauses={**self.pauses, **pulled})

    def find_over(self, now: datetime) -> frozenset[PauseReason]:
        """Give the pauses whose time has come; a refused key is looked into first."""
        return frozenset(
            reason
            for reason, pause in self.pauses.items()
            if reason is not PauseReason.KEY_REFUSED and pause.is_over(now)
        )

    def find_resumable(self, wanted: str) -> frozenset[PauseReason]:
        """Give the pauses that a person can end who names this reason, or none for all."""
        named = {reason for reason in self.pauses if wanted in ("", reason.value)}
        return frozenset(named - NOT_LIFTED_BY_RESUME)

    def is_key_due(self, now: datetime) -> bool:
        """Say whether the service is to be asked whether it takes the key now."""
        pause = self.pauses.get(PauseReason.KEY_REFUSED)
        return pause is not None and pause.is_over(now)

    def look_at_key(self, at: datetime) -> "PauseSet":
        """Have the service asked at this time whether it takes the key."""
        refused = replace(self.pauses[PauseReason.KEY_REFUSED], until=at)
        return replace(self, pauses={**self.pauses, PauseReason.KEY_REFUSED: refused})


def _lasts_longer(one: Pause, other: Pause) -> bool:
    if one.until is None or other.until is None:
        return one.until is None and other.until is not None
    return one.until > other.until


_Value = TypeVar("_Value")


def _without(
    values: Mapping[PauseReason, _Value], reasons: Iterable[PauseReason]
) -> dict[PauseReason, _Value]:
    gone = set(reasons)
    return {reason: value for reason, value in values.items() if reason not in gone}


def dump_trials(trials: Mapping[PauseReason, Trial]) -> str:
    """Give trials as text for the journal, a line for each."""
    return "\n".join(f"{reason} {trial.since.isoformat()} {trial.after}" for reason, trial in trials.items())


def load_trials(text: str) -> dict[PauseReason, Trial]:
    """Give the trials from such a text."""
    lines = [line.split() for line in text.splitlines()]
    return {
        PauseReason(reason): Trial(since=datetime.fromisoformat(since), after=AttemptId(int(after)))
        for reason, since, after in lines
    }
