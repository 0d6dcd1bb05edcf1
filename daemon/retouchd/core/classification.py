"""Which row of the outcome table a call belongs to: codes and statuses as data, and the deciding function.

Decided in this order: whether the whole body went out, then the code, then the status, then whether the
service's envelope was there. What follows from a row stands in outcomes.py.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from retouchd.core.outcomes import Answered, CallEnd, Envelope, NoAnswer, NotSent, NotSentKind, OutcomeKind


class CodeClass(StrEnum):
    """What an owner may say that an error code means: the words of the configuration.

    There is none for an answer, since what was paid for is never decided by a code.
    """

    AUTH = "auth"
    PERMISSION = "permission"
    CREDITS = "credits"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVICE_ERROR = "service_error"
    TRY_AGAIN = "try_again"
    TOO_LARGE = "too_large"
    BLOCKED = "blocked"
    INVALID = "invalid"
    ENDPOINT = "endpoint"
    REFUSED = "refused"
    UNKNOWN_OUTCOME = "unknown_outcome"

    @property
    def kind(self) -> OutcomeKind:
        """The row of the table."""
        return _KINDS[self]


_KINDS: Final[Mapping[CodeClass, OutcomeKind]] = {
    CodeClass.AUTH: OutcomeKind.AUTH,
    CodeClass.PERMISSION: OutcomeKind.PERMISSION,
    CodeClass.CREDITS: OutcomeKind.CREDITS,
    CodeClass.RATE_LIMIT: OutcomeKind.RATE_LIMIT,
    CodeClass.OVERLOADED: OutcomeKind.OVERLOADED,
    CodeClass.SERVICE_ERROR: OutcomeKind.SERVICE_ERROR,
    CodeClass.TRY_AGAIN: OutcomeKind.TRY_AGAIN,
    CodeClass.TOO_LARGE: OutcomeKind.TOO_LARGE,
    CodeClass.BLOCKED: OutcomeKind.BLOCKED,
    CodeClass.INVALID: OutcomeKind.INVALID,
    CodeClass.ENDPOINT: OutcomeKind.WRONG_ENDPOINT,
    CodeClass.REFUSED: OutcomeKind.REFUSED,
    CodeClass.UNKNOWN_OUTCOME: OutcomeKind.UNKNOWN,
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

# Codes that decide whatever the status is, in lower case. The configuration can extend this table.
CODES: Final[Mapping[str, OutcomeKind]] = {
    **dict.fromkeys(_CREDIT_CODES, OutcomeKind.CREDITS),
    "slow_down": OutcomeKind.RATE_LIMIT,
    "moderation_blocked": OutcomeKind.BLOCKED,
    "content_policy_violation": OutcomeKind.BLOCKED,
}
_SPEND_LIMIT_SUFFIX: Final = "_spend_limit_exceeded"
_BLOCKED_TYPE: Final = "image_generation_user_error"

# A 403 whose code speaks of one of these is about the key; any other is about what its owner may do.
_KEY_WORDS: Final = frozenset(
    {
        "auth",
        "authentication",
        "credentials",
        "key",
        "scope",
        "scopes",
        "token",
        "unauthenticated",
        "unauthorized",
    }
)
_WORD: Final = re.compile(r"[a-z]+")

# Codes of the platform that the service runs on: they come in an envelope of the same form, but who sends
# them does not know what became of the request. Compared as they are: a service's own are in lower case.
_EDGE_CODES: Final = (
    "FUNCTION_",
    "INTERNAL_FUNCTION_",
    "INTERNAL_ROUTER_",
    "INTERNAL_EDGE_",
    "EDGE_FUNCTION_",
    "MIDDLEWARE_",
    "ROUTER_",
    "NO_RESPONSE_FROM_FUNCTION",
    "BODY_NOT_A_STRING_FROM_FUNCTION",
    "INFINITE_LOOP_DETECTED",
    "DNS_HOSTNAME_",
)

# Statuses that decide whether or not the service's own envelope is there.
_STATUSES: Final[Mapping[int, OutcomeKind]] = {
    400: OutcomeKind.INVALID,
    401: OutcomeKind.AUTH,
    402: OutcomeKind.CREDITS,
    404: OutcomeKind.WRONG_ENDPOINT,
    405: OutcomeKind.WRONG_ENDPOINT,
    408: OutcomeKind.TRY_AGAIN,
    410: OutcomeKind.WRONG_ENDPOINT,
    413: OutcomeKind.TOO_LARGE,
    422: OutcomeKind.INVALID,
    425: OutcomeKind.TRY_AGAIN,
    451: OutcomeKind.BLOCKED,
    501: OutcomeKind.WRONG_ENDPOINT,
    504: OutcomeKind.UNKNOWN,
}
# The others, when the service itself has answered with one.
_STATUSES_OF_THE_SERVICE: Final[Mapping[int, OutcomeKind]] = {
    429: OutcomeKind.RATE_LIMIT,
    503: OutcomeKind.OVERLOADED,
    529: OutcomeKind.OVERLOADED,
}
# The hundreds of these, where neither table has the status.
_HUNDREDS_OF_THE_SERVICE: Final[Mapping[int, OutcomeKind]] = {
    3: OutcomeKind.WRONG_ENDPOINT,
    4: OutcomeKind.REFUSED,
    5: OutcomeKind.SERVICE_ERROR,
}
_HUNDREDS_OF_OTHERS: Final[Mapping[int, OutcomeKind]] = {
    3: OutcomeKind.WRONG_ENDPOINT,
    4: OutcomeKind.REFUSED,
}
_TIMES_TO_COME_BACK: Final = ("retry-after", "retry-after-ms")
# A 503 of something in front that comes sooner than this came before anything was forwarded.
EDGE_BUSY_SECONDS: Final = 5.0

_NOT_SENT: Final[Mapping[NotSentKind, OutcomeKind]] = {
    NotSentKind.UNREACHABLE: OutcomeKind.UNREACHABLE,
    NotSentKind.CERTIFICATE: OutcomeKind.CERTIFICATE,
    NotSentKind.INTERRUPTED: OutcomeKind.INTERRUPTED,
    NotSentKind.OBSTRUCTED: OutcomeKind.OBSTRUCTED,
    NotSentKind.STOPPED: OutcomeKind.STOPPED,
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
        codes: Error codes, in lower case, that decide before the status does.
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
        # Also one that came before the whole body was out: a service that says so has perhaps charged.
        return OutcomeKind.ANSWERED if end.status == 200 and end.cut is None else OutcomeKind.UNREADABLE  # noqa: PLR2004
    by_code = _classify_code(envelope, codes) if envelope else None
    if by_code:
        return by_code
    if envelope is None or _is_of_the_platform(envelope):
        return _STATUSES.get(end.status) or _classify_without_envelope(end)
    return _classify_envelope(end.status, envelope)


def _is_of_the_platform(envelope: Envelope) -> bool:
    """Say whether something below the service speaks: by its code, or by a bare status in a code's place."""
    is_status = envelope.code.isdigit() and not envelope.type
    return is_status or envelope.code.startswith(_EDGE_CODES)


def _classify_code(envelope: Envelope, codes: Mapping[str, OutcomeKind]) -> OutcomeKind | None:
    """Give the row that the code, or else the type in its place, decides whatever the status is."""
    for code in (envelope.code.casefold(), envelope.type.casefold()):
        if code in codes:
            return codes[code]
        if code.endswith(_SPEND_LIMIT_SUFFIX):
            return OutcomeKind.CREDITS
        if code == _BLOCKED_TYPE:
            return OutcomeKind.BLOCKED
    return None


def _classify_envelope(status: int, envelope: Envelope) -> OutcomeKind:
    """Give the row for the service's own word, its code telling no more."""
    code = envelope.code.casefold()
    if status == 403:  # noqa: PLR2004
        words = {*_WORD.findall(code), *_WORD.findall(envelope.type.casefold())}
        return OutcomeKind.AUTH if words & _KEY_WORDS else OutcomeKind.PERMISSION
    if status == 409:  # noqa: PLR2004
        is_in_use = "in_use" in code or "in_progress" in code
        return OutcomeKind.KEY_IN_USE if is_in_use else OutcomeKind.UNKNOWN
    known = _STATUSES.get(status) or _STATUSES_OF_THE_SERVICE.get(status)
    return known or _HUNDREDS_OF_THE_SERVICE.get(status // 100, OutcomeKind.UNKNOWN)


def _classify_without_envelope(end: Answered) -> OutcomeKind:
    """Give the row for what perhaps something in front of the service has said."""
    match end.status:
        case 403:
            return OutcomeKind.PERMISSION
        case 409 | 499:
            return OutcomeKind.UNKNOWN
        case 429:
            # Whoever says when to come back has not let the request through, nor has who did not take it.
            refused = not end.body_sent or any(
                end.headers.get(name, "").strip() for name in _TIMES_TO_COME_BACK
            )
            return OutcomeKind.RATE_LIMIT if refused else OutcomeKind.UNKNOWN
        case 503 if not end.body_sent or end.elapsed_seconds <= EDGE_BUSY_SECONDS:
            return OutcomeKind.EDGE_BUSY
        case _:
            return _HUNDREDS_OF_OTHERS.get(end.status // 100, OutcomeKind.UNKNOWN)
