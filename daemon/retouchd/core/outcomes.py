"""How a call ended, and what that means: the endpoint's whole outcome table, as data.

The dividing line is whether the whole body went out. Before it nothing can have been processed, since
Content-Length was promised; after it, what is not answered by the service itself may have been paid for.
Decided in this order: phase, then code, then status, then whether the service's envelope was there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from retouchd.core.pauses import PauseReason


class NotSentKind(StrEnum):
    """Why a body never went out whole."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    INTERRUPTED = "interrupted"
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
    SOURCE_CHANGED = "source_changed"


class Effect(StrEnum):
    """What the daemon does with the job."""

    RECEIVE = "receive"
    RETRY = "retry"
    RETRY_FREELY = "retry_freely"
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
        retries: How often at most, where fewer than the configured attempts; None for those.
        slows_down: The number of calls at once is halved.
    """

    effect: Effect
    charge: Charge
    pause: PauseReason | None = None
    retries: int | None = None
    slows_down: bool = False


# A refusal by the content rules that took longer than this came after work was done.
LATE_REFUSAL_SECONDS: Final = 15.0
# A 503 of something in front that comes sooner than this came before anything was forwarded.
EDGE_BUSY_SECONDS: Final = 5.0

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
    OutcomeKind.KEY_IN_USE: Rule(effect=Effect.RETRY, charge=Charge.RELEASE),
    OutcomeKind.INTERRUPTED: Rule(effect=Effect.RETRY, charge=Charge.RELEASE),
    OutcomeKind.SERVICE_ERROR: Rule(effect=Effect.RETRY, charge=Charge.KEEP, retries=2),
    OutcomeKind.TOO_LARGE: Rule(effect=Effect.FAIL, charge=Charge.RELEASE),
    OutcomeKind.INVALID: Rule(effect=Effect.FAIL, charge=Charge.RELEASE),
    OutcomeKind.REFUSED: Rule(effect=Effect.FAIL, charge=Charge.RELEASE),
    OutcomeKind.BLOCKED: Rule(effect=Effect.FAIL, charge=Charge.KEEP_IF_LATE),
    OutcomeKind.UNKNOWN: Rule(effect=Effect.HOLD, charge=Charge.KEEP),
    OutcomeKind.SOURCE_CHANGED: Rule(effect=Effect.REFORM, charge=Charge.RELEASE),
}

_CREDIT_CODES: Final = (
    "ai_credits_required",
    "insufficient_quota",
    "insufficient_credits",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "organization_usage_limit_exceeded",
    "account_deactivated",
)
_AUTH_CODES: Final = (
    "invalid_api_key",
    "invalid_token",
    "unauthorized",
    "insufficient_scope",
    "missing_scope",
)

# Codes that decide whatever the status is. The configuration can extend this table.
CODES: Final[Mapping[str, OutcomeKind]] = {
    **dict.fromkeys(_CREDIT_CODES, OutcomeKind.CREDITS),
    "slow_down": OutcomeKind.RATE_LIMIT,
    "moderation_blocked": OutcomeKind.BLOCKED,
    "content_policy_violation": OutcomeKind.BLOCKED,
}
_SPEND_LIMIT_SUFFIX: Final = "_spend_limit_exceeded"
_BLOCKED_TYPE: Final = "image_generation_user_error"

# Codes of the platform that the service runs on: they come in an envelope of the same form, but who sends
# them does not know what became of the request.
_EDGE_CODES: Final = ("FUNCTION_", "INTERNAL_FUNCTION_", "EDGE_FUNCTION_", "MIDDLEWARE_", "ROUTER_")

# Statuses that decide whether or not the service's own envelope is there.
_STATUSES: Final[Mapping[int, OutcomeKind]] = {
    401: OutcomeKind.AUTH,
    402: OutcomeKind.CREDITS,
    404: OutcomeKind.WRONG_ENDPOINT,
    405: OutcomeKind.WRONG_ENDPOINT,
    408: OutcomeKind.TRY_AGAIN,
    410: OutcomeKind.WRONG_ENDPOINT,
    413: OutcomeKind.TOO_LARGE,
    425: OutcomeKind.TRY_AGAIN,
    451: OutcomeKind.BLOCKED,
    501: OutcomeKind.WRONG_ENDPOINT,
    504: OutcomeKind.UNKNOWN,
}
_STATUSES_OF_THE_SERVICE: Final[Mapping[int, OutcomeKind]] = {
    503: OutcomeKind.OVERLOADED,
    529: OutcomeKind.OVERLOADED,
}
_NOT_SENT: Final[Mapping[NotSentKind, OutcomeKind]] = {
    NotSentKind.UNREACHABLE: OutcomeKind.UNREACHABLE,
    NotSentKind.CERTIFICATE: OutcomeKind.CERTIFICATE,
    NotSentKind.INTERRUPTED: OutcomeKind.INTERRUPTED,
    NotSentKind.SOURCE: OutcomeKind.SOURCE_CHANGED,
    NotSentKind.TOO_LARGE: OutcomeKind.TOO_LARGE,
}


def classify(
    end: CallEnd, envelope: Envelope | None, codes: Mapping[str, OutcomeKind] = CODES
) -> OutcomeKind:
    """Give the row of the table for the way a call ended.

    Args:
        end: What the endpoint adapter saw.
        envelope: The service's error object, or None when the reply carried none.
        codes: Error codes that decide before the status does.
    """
    match end:
        case NotSent():
            return _NOT_SENT[end.kind]
        case NoAnswer():
            return OutcomeKind.UNKNOWN
        case Answered():  # pragma: no branch - mypy proves that there is no fourth
            kind = _classify_reply(end, envelope, codes)
            early = not end.body_sent and kind is OutcomeKind.UNKNOWN
            return OutcomeKind.INTERRUPTED if early else kind


def _classify_reply(
    end: Answered, envelope: Envelope | None, codes: Mapping[str, OutcomeKind]
) -> OutcomeKind:
    if 200 <= end.status < 300:  # noqa: PLR2004 - HTTP's own hundreds
        return OutcomeKind.ANSWERED if end.status == 200 and end.cut is None else OutcomeKind.UNREADABLE  # noqa: PLR2004
    if envelope and envelope.code.startswith(_EDGE_CODES):
        envelope = None
    by_code = _classify_code(envelope, codes) if envelope else None
    return by_code or _classify_status(end, envelope)


def _classify_code(envelope: Envelope, codes: Mapping[str, OutcomeKind]) -> OutcomeKind | None:
    if envelope.code in codes:
        return codes[envelope.code]
    if envelope.code.endswith(_SPEND_LIMIT_SUFFIX):
        return OutcomeKind.CREDITS
    return OutcomeKind.BLOCKED if envelope.type == _BLOCKED_TYPE else None


def _classify_status(end: Answered, envelope: Envelope | None) -> OutcomeKind:
    if end.status in _STATUSES:
        return _STATUSES[end.status]
    if end.status == 403:  # noqa: PLR2004
        return _classify_forbidden(envelope)
    if end.status == 409:  # noqa: PLR2004
        in_use = envelope is not None and "in_use" in envelope.code
        return OutcomeKind.KEY_IN_USE if in_use else OutcomeKind.UNKNOWN
    if 300 <= end.status < 400:  # noqa: PLR2004
        return OutcomeKind.WRONG_ENDPOINT
    if 400 <= end.status < 500:  # noqa: PLR2004
        return _classify_client_error(end, envelope)
    return _classify_server_error(end, envelope)


def _classify_forbidden(envelope: Envelope | None) -> OutcomeKind:
    return OutcomeKind.AUTH if envelope and envelope.code in _AUTH_CODES else OutcomeKind.PERMISSION


def _classify_client_error(end: Answered, envelope: Envelope | None) -> OutcomeKind:
    if end.status in {400, 422}:
        return OutcomeKind.INVALID
    if end.status == 429:  # noqa: PLR2004
        # Whoever says when to come back has not let the request through, whether service or proxy.
        return OutcomeKind.RATE_LIMIT if envelope or "retry-after" in end.headers else OutcomeKind.UNKNOWN
    if end.status == 499 and not envelope:  # noqa: PLR2004
        return OutcomeKind.UNKNOWN
    return OutcomeKind.REFUSED


def _classify_server_error(end: Answered, envelope: Envelope | None) -> OutcomeKind:
    if end.status < 500 or end.status >= 600:  # noqa: PLR2004
        return OutcomeKind.UNKNOWN
    if envelope:
        return _STATUSES_OF_THE_SERVICE.get(end.status, OutcomeKind.SERVICE_ERROR)
    if end.status == 503 and end.elapsed_seconds <= EDGE_BUSY_SECONDS:  # noqa: PLR2004
        return OutcomeKind.EDGE_BUSY
    return OutcomeKind.UNKNOWN


def keeps_reservation(kind: OutcomeKind, elapsed_seconds: float) -> bool:
    """Say whether the money stays set aside after this outcome."""
    charge = RULES[kind].charge
    return charge is Charge.KEEP or (charge is Charge.KEEP_IF_LATE and elapsed_seconds > LATE_REFUSAL_SECONDS)
