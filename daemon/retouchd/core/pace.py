"""How fast calls are made: how many at once, how many a minute, and how many failed ones in all.

The service names no limits, so the number at once is felt for: it grows while calls go well and is halved
when the service says that it is too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from retouchd.core.outcomes import RULES, Effect, OutcomeKind
from retouchd.core.values import AttemptId

# So many calls running must go well before one more is made at once.
_CLEAN_RUN: Final = 10
_MINUTE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many calls are made at once.

    Attributes:
        width: Calls at once now.
        limit: At most so many, ever.
        clean: Calls running that went well since the width last changed.
        halved_after: The newest call when the width was last halved: that one and earlier ones belong to
            the burst that was answered for already.
    """

    width: int
    limit: int
    clean: int = 0
    halved_after: AttemptId = AttemptId(0)  # noqa: RUF009 - a number, not a call

    def after_call(self, call: AttemptId, kind: OutcomeKind, newest: AttemptId) -> "Pace":
        """Give the pace after a call.

        Args:
            newest: The newest call that was begun.
        """
        rule = RULES[kind]
        if rule.slows_down:
            return self._halve(call, newest)
        if rule.effect in {Effect.FAIL, Effect.SHRINK, Effect.REFORM}:
            return self  # About one photo: it says nothing about the pace.
        if rule.effect is not Effect.RECEIVE:
            return replace(self, clean=0)
        if self.clean + 1 < _CLEAN_RUN:
            return replace(self, clean=self.clean + 1)
        return replace(self, width=min(self.limit, self.width + 1), clean=0)

    def _halve(self, call: AttemptId, newest: AttemptId) -> "Pace":
        if call <= self.halved_after:
            return replace(self, clean=0)
        return replace(self, width=max(1, self.width // 2), clean=0, halved_after=newest)

    def configured(self, before: Self, after: Self) -> Self:
        """Give the pace under another configuration: another begin counts anew, else what was learned stays.

        Args:
            before: The pace at a start under the configuration until now.
            after: The same under the one from now on.
        """
        width = self.width if before.width == after.width else after.width
        return replace(self, width=min(width, after.limit), limit=after.limit)

    def after_pause(self) -> "Pace":
        """Give the pace at which a pause is left behind: from one upwards."""
        return replace(self, width=1, clean=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryQuota:
    """How many calls may fail with a service that fails, whoever's they are: an outage costs few calls.

    Each failed call that would be tried again takes one, each that goes well gives one back. Who takes the
    last one has shown that the service fails, not a photo.
    """

    left: int

    @property
    def is_empty(self) -> bool:
        """Whether the service is to be left alone for a while."""
        return self.left == 0

    def after_call(self, kind: OutcomeKind) -> "RetryQuota":
        """Give what is left after a call."""
        match RULES[kind].effect:
            case Effect.RETRY:
                return RetryQuota(left=max(0, self.left - 1))
            case Effect.RECEIVE:
                return RetryQuota(left=min(FULL_QUOTA.left, self.left + 1))
            case _:
                return self


# Enough that one photo with bad luck uses it not up, and few enough that nobody minds them.
FULL_QUOTA: Final = RetryQuota(left=10)
EMPTY_QUOTA: Final = RetryQuota(left=0)


def calls_left(begins: Sequence[float], now: float, per_minute: int) -> int:
    """Give how many calls may begin now.

    Args:
        begins: When the latest calls began, in seconds of a clock that is never set.
        now: The same clock.
        per_minute: The owner's limit.
    """
    return max(0, per_minute - sum(begin > now - _MINUTE_SECONDS for begin in begins))


def seconds_until_call(begins: Sequence[float], now: float, per_minute: int) -> float:
    """Give how long until one call may begin; the arguments are those of `calls_left`."""
    recent = sorted(begin for begin in begins if begin > now - _MINUTE_SECONDS)
    if len(recent) < per_minute:
        return 0.0
    return recent[-per_minute] + _MINUTE_SECONDS - now
