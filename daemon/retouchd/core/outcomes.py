"""How a call ended, and what each way of ending leads to: the rows of the outcome table, as data.

The dividing line is whether the whole body went out. Before it nothing can have been processed, since
Content-Length was promised; after it, what is not answered by the service itself may have been paid for.
Which row a call belongs to is decided in classification.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from retouchd.core.pauses import PauseReason


class NotSentKind(StrEnum):
    """Why a body never went out whole.

    INTERRUPTED: the other side did not take it to its end. OBSTRUCTED: something on this machine was in the
    way. STOPPED: the daemon ended the call itself, since it was to stop.
    """

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    INTERRUPTED = "interrupted"
    OBSTRUCTED = "obstructed"
    STOPPED = "stopped"
    SOURCE = "source"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The body never went out whole and no answer came: nothing can have been paid.

    Attributes:
        detail: What the network said, without addresses' secrets.
        elapsed_seconds: From the call's begin to its end.
    """

    kind: NotSentKind
    detail: str
    elapsed_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The whole body was sent, and not even a status came back: perhaps paid."""

    detail: str
    elapsed_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A status came back, and what came of the body lies durable in the spool.

    Attributes:
        headers: Names in lower case; of repeated ones the last.
        body_sent: The whole request had gone out; False for an early refusal.
        cut: Why the answer's body is not whole (over the cap, connection lost), or None when it is.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed_seconds: float
    body_sent: bool = True
    cut: str | None = None


CallEnd = NotSent | NoAnswer | Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The service's own error object: who sends it has answered for the service.

    Attributes:
        message: For people; from the network, so never printed as it is.
        details: Whatever else it says, as compact JSON text, or empty.
        top_up_url: Where credit can be bought, or empty.
    """

    message: str = ""
    type: str = ""
    code: str = ""
    details: str = ""
    top_up_url: str = ""


class OutcomeKind(StrEnum):
    """One row of the table."""

    ANSWERED = "answered"
    AUTH = "auth"
    PERMISSION = "permission"
    CREDITS = "credits"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVICE_ERROR = "service_error"
    EDGE_BUSY = "edge_busy"
    TRY_AGAIN = "try_again"
    KEY_IN_USE = "key_in_use"
    TOO_LARGE = "too_large"
    BLOCKED = "blocked"
    INVALID = "invalid"
    WRONG_ENDPOINT = "wrong_endpoint"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    INTERRUPTED = "interrupted"
    OBSTRUCTED = "obstructed"
    STOPPED = "stopped"
    SOURCE_CHANGED = "source_changed"


class Effect(StrEnum):
    """What the daemon does with the job."""

    RECEIVE = "receive"
    RETRY = "retry"
    RETRY_FREELY = "retry_freely"
    SHRINK = "shrink"
    FAIL = "fail"
    HOLD = "hold"
    REFORM = "reform"


class Charge(StrEnum):
    """What becomes of the reservation."""

    RELEASE = "release"
    KEEP = "keep"
    KEEP_IF_LATE = "keep_if_late"
    BILL = "bill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one kind of outcome leads to.

    Attributes:
        pause: The pause that it begins, or None.
        retries: How often at most after an outcome of this kind; None for the configured attempts.
        slows_down: The number of calls at once is halved.
    """

    effect: Effect
    charge: Charge
    pause: PauseReason | None = None
    retries: int | None = None
    slows_down: bool = False


# A refusal by the content rules that took longer than this came after work was done.
LATE_REFUSAL_SECONDS: Final = 15.0

RULES: Final[Mapping[OutcomeKind, Rule]] = {
    OutcomeKind.ANSWERED: Rule(effect=Effect.RECEIVE, charge=Charge.BILL),
    OutcomeKind.UNREADABLE: Rule(effect=Effect.RECEIVE, charge=Charge.BILL),
    OutcomeKind.AUTH: Rule(effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.KEY_REFUSED),
    OutcomeKind.PERMISSION: Rule(
        effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.PERMISSION
    ),
    OutcomeKind.CREDITS: Rule(effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.CREDITS),
    OutcomeKind.WRONG_ENDPOINT: Rule(
        effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.ENDPOINT
    ),
    OutcomeKind.CERTIFICATE: Rule(
        effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.CERTIFICATE
    ),
    OutcomeKind.UNREACHABLE: Rule(
        effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.OFFLINE
    ),
    OutcomeKind.RATE_LIMIT: Rule(
        effect=Effect.RETRY_FREELY, charge=Charge.RELEASE, pause=PauseReason.RATE_LIMITED, slows_down=True
    ),
    OutcomeKind.OVERLOADED: Rule(effect=Effect.RETRY, charge=Charge.RELEASE, slows_down=True),
    OutcomeKind.EDGE_BUSY: Rule(effect=Effect.RETRY, charge=Charge.RELEASE, slows_down=True),
    OutcomeKind.TRY_AGAIN: Rule(effect=Effect.RETRY, charge=Charge.RELEASE),
    # An earlier call with the same key is perhaps still worked on, and then it is paid.
    OutcomeKind.KEY_IN_USE: Rule(effect=Effect.RETRY, charge=Charge.KEEP),
    OutcomeKind.INTERRUPTED: Rule(effect=Effect.RETRY, charge=Charge.RELEASE),
    OutcomeKind.OBSTRUCTED: Rule(effect=Effect.RETRY, charge=Charge.RELEASE),
    OutcomeKind.STOPPED: Rule(effect=Effect.RETRY_FREELY, charge=Charge.RELEASE),
    OutcomeKind.SERVICE_ERROR: Rule(effect=Effect.RETRY, charge=Charge.KEEP, retries=2),
    OutcomeKind.TOO_LARGE: Rule(effect=Effect.SHRINK, charge=Charge.RELEASE),
    OutcomeKind.INVALID: Rule(effect=Effect.FAIL, charge=Charge.RELEASE),
    OutcomeKind.REFUSED: Rule(effect=Effect.FAIL, charge=Charge.RELEASE),
    OutcomeKind.BLOCKED: Rule(effect=Effect.FAIL, charge=Charge.KEEP_IF_LATE),
    OutcomeKind.UNKNOWN: Rule(effect=Effect.HOLD, charge=Charge.KEEP),
    OutcomeKind.SOURCE_CHANGED: Rule(effect=Effect.REFORM, charge=Charge.RELEASE),
}
# What is kept for calls that ended so is given back when their job ends: it was of no avail.
KEPT_UNTIL_THE_END: Final = frozenset({OutcomeKind.SERVICE_ERROR, OutcomeKind.KEY_IN_USE})


def keeps_reservation(kind: OutcomeKind, elapsed_seconds: float) -> bool:
    """Say whether the money stays set aside after a request that went out whole and ended so."""
    charge = RULES[kind].charge
    return charge is Charge.KEEP or (charge is Charge.KEEP_IF_LATE and elapsed_seconds > LATE_REFUSAL_SECONDS)
