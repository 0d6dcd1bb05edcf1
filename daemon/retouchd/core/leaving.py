"""How long a daemon that ends waits for its workers: one of them may hang for ever on a share that is gone.

Rules alone. Whatever is left is taken up by the next start, as it would be after a crash.
"""

from enum import Enum
from typing import Final

# What a signal while idle takes; a look that hangs is to add no more than this.
_LOOK_SECONDS: Final = 2.0
# A large picture on its way to a slow NAS; less than service managers wait before they kill (90 s).
_STEP_SECONDS: Final = 30.0
_HURRIED_SECONDS: Final = 5.0


class Stake(Enum):
    """What is at stake when a task is left before its end."""

    NOTHING = "it has only looked at something"
    WORK = "the next start has to do it again"
    MONEY = "a call is under way that may be paid"


def patience_seconds(stake: Stake, longest_call_seconds: float) -> float:
    """Give for how long a task is waited for."""
    # The call itself is ended before; its answer may have to be delivered then.
    seconds = {
        Stake.NOTHING: _LOOK_SECONDS,
        Stake.WORK: _STEP_SECONDS,
        Stake.MONEY: longest_call_seconds + _STEP_SECONDS,
    }
    return seconds[stake]


def hurried_seconds(stake: Stake, longest_call_seconds: float) -> float:
    """Give for how long a task is waited for by somebody who has cut all calls already."""
    return min(_HURRIED_SECONDS, patience_seconds(stake, longest_call_seconds))
