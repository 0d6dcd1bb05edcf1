"""Behaviours of a service, and of what stands in front of it, that answers but gives no picture."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Final

from answers import refusal, refusal_reply
from behaviour import Behaviour, Money, failed, pausing, retried, unknown
from misbehaving import free, paid

from servers import Exchange, Script, answering, reply_bytes

PAGE: Final = b"<html><body>Something in front of the service</body></html>"
"""What proxies say: a reply without the service's own error object."""

_CREDIT_CODES: Final = (
    (400, "ai_credits_required"),
    (429, "insufficient_quota"),
    (403, "insufficient_credits"),
    (500, "credit_balance_exhausted"),
    (400, "billing_hard_limit_reached"),
    (503, "billing_not_active"),
    (429, "team_spend_limit_exceeded"),
    (422, "organization_usage_limit_exceeded"),
    (401, "account_deactivated"),
)


def page(status: int, **headers: str) -> Script:
    """Give a script that answers as a proxy does, without the service's error object."""
    return answering(status, PAGE, {"Content-Type": "text/html", **headers})


def after(seconds: float, reply: bytes) -> Script:
    """Give a script that thinks for a while before it answers."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.pause(seconds)
        exchange.send(reply)

    return script


def _auth() -> Iterator[Behaviour]:
    refused = partial(pausing, row="auth", outcome="auth", pause="key_refused")
    yield refused("401 of the service", refusal(401, "invalid_api_key"), says="the key was refused (401)")
    yield refused("401 of something in front", page(401))
    yield refused("401 without a body", answering(401))
    yield refused("403 for a wrong key", refusal(403, "invalid_api_key"))
    yield refused("403 for a missing scope", refusal(403, "insufficient_scope"))


def _permission() -> Iterator[Behaviour]:
    forbidden = partial(pausing, row="permission", outcome="permission", pause="permission")
    yield forbidden("403 for the region", refusal(403, "region_not_supported"), says="region_not_supported")
    yield forbidden("403 of something in front", page(403))


def _credits() -> Iterator[Behaviour]:
    lacking = partial(pausing, row="credits", outcome="credits", pause="credits")
    topped = refusal(402, "ai_credits_required", topUpUrl="https://top.up/now")
    yield lacking("402 with a way to pay", topped, says="https://top.up/now")
    yield lacking("402 without a body", answering(402))
    for status, code in _CREDIT_CODES:
        yield lacking(f"{status} {code}", refusal(status, code))
    flat = json.dumps({"code": "insufficient_quota", "message": "no money"}).encode()
    yield lacking("a credit code at the top level", answering(400, flat))


def _endpoint() -> Iterator[Behaviour]:
    wrong = partial(pausing, row="endpoint", outcome="wrong_endpoint", pause="endpoint")
    for status in (404, 405, 410, 501):
        yield wrong(f"{status} of the service", refusal(status, "not_here"), says="endpoint.base_url")
        yield wrong(f"{status} of something in front", page(status))
    yield wrong("300 multiple choices", page(300))
    yield wrong("304 not modified", answering(304))
    yield wrong("302 to nowhere", answering(302))
    yield wrong("308 to an absurd place", answering(308, b"", {"Location": "http://[::1:nonsense\x7f"}))


def _rate_limit() -> Iterator[Behaviour]:
    limited = partial(retried, row="rate limit", outcome="rate_limit", pause="rate_limited")
    http_date = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    waits = {
        "in milliseconds": {"retry-after-ms": "1100", "Retry-After": "3000"},
        "in seconds": {"Retry-After": "1"},
        "in fractions": {"Retry-After": "1.2"},
        "as a date in the past": {"Retry-After": http_date},
        "negative": {"Retry-After": "-500"},
        "in words": {"Retry-After": "soon"},
        "as NaN": {"Retry-After": "nan"},
        "empty": {"Retry-After": ""},
    }
    for form, headers in waits.items():
        yield limited(f"429 with Retry-After {form}", refusal(429, "rate_limit_exceeded", headers))
    yield limited("429 without Retry-After", refusal(429, "rate_limit_exceeded"))
    yield limited("429 of something in front with a time", page(429, **{"Retry-After": "1"}))
    yield limited("503 slow_down", refusal(503, "slow_down"))


def _busy() -> Iterator[Behaviour]:
    overloaded = partial(retried, row="overloaded", outcome="overloaded")
    yield overloaded("503 of the service", refusal(503, "overloaded"))
    yield overloaded("529 of the service", refusal(529, "overloaded_error"))
    yield retried("503 of something in front at once", page(503), "edge 503", "edge_busy")
    for status in (408, 425):
        yield retried(f"{status} of the service", refusal(status, "later"), "408, 425", "try_again")
        yield retried(f"{status} of something in front", page(status), "408, 425", "try_again")
    yield retried("409 key in use", refusal(409, "idempotency_key_in_use"), "409", "key_in_use")


def _service_errors() -> Iterator[Behaviour]:
    for status in (500, 502, 505, 599):
        error = refusal(status, "internal_error")
        yield retried(f"{status} of the service", error, "service error", "service_error")
    broken = free(refusal(500, "internal_error"))
    yield Behaviour(
        name="500 of the service twice",
        row="service error",
        acts=(broken, broken),
        outcomes=("service_error", "service_error", "answered"),
    )
    yield Behaviour(
        name="500 of the service again and again",
        row="service error",
        acts=(broken, broken, broken),
        outcomes=("service_error",) * 3,
        state="failed",
        money=Money.NOTHING,
        says="the service failed (500)",
    )


def _refused() -> Iterator[Behaviour]:
    invalid = partial(failed, row="invalid", outcome="invalid")
    detailed = refusal(400, "invalid_prompt", details={"field": "prompt", "limit": 12})
    yield invalid("400 with details", detailed, says='"limit": 12')
    yield invalid("400 of something in front", page(400))
    yield invalid("422 of the service", refusal(422, "invalid_size"), says="invalid_size")
    yield invalid(
        "400 with a broken error object", answering(400, b'{"error": {"message": [1], "code": {}}}')
    )
    blocked = partial(failed, row="blocked", outcome="blocked", says="content rules")
    yield blocked("400 moderation_blocked", refusal(400, "moderation_blocked"))
    yield blocked("403 content_policy_violation", refusal(403, "content_policy_violation"))
    yield blocked("400 user error", refusal(400, "odd", type="image_generation_user_error"))
    yield blocked("451 of something in front", page(451))
    other = partial(failed, row="unknown 4xx", outcome="refused")
    yield other("418 of the service", refusal(418, "teapot"), says="teapot")
    yield other("418 of something in front", page(418))
    yield other("406 of the service", refusal(406, "not_acceptable"))
    yield other("431 of something in front", page(431))
    yield other("499 of the service", refusal(499, "client_closed"))


def _edge() -> Iterator[Behaviour]:
    edge = partial(unknown, row="edge error")
    yield edge("504 of the service", refusal(504, "timeout"))
    yield edge("504 of something in front", page(504))
    yield edge("500 of something in front", page(500))
    yield edge("500 without a body", answering(500))
    yield edge("500 with JSON that is no error", answering(500, b'{"message": "Internal Server Error"}'))
    yield edge("502 of something in front", page(502))
    yield edge("520 of something in front", page(520))
    yield edge("529 of something in front", page(529))
    yield edge("499 of something in front", page(499))
    yield edge("429 of something in front", page(429))
    yield edge("500 of the platform below", refusal(500, "FUNCTION_INVOCATION_TIMEOUT"))
    yield unknown("409 of the service", refusal(409, "conflict"), row="409")
    yield unknown("409 of something in front", page(409), row="409")


def _late() -> Iterator[Behaviour]:
    yield unknown("503 of something in front, late", after(5.3, reply_bytes(503, PAGE)), row="edge 503")
    yield Behaviour(
        name="refused by the content rules, late",
        row="blocked",
        acts=(paid(after(15.3, refusal_reply(400, "moderation_blocked"))),),
        outcomes=("blocked",),
        state="failed",
        money=Money.SET_ASIDE,
        says="content rules",
    )


PAUSING: Final = (*_auth(), *_permission(), *_credits(), *_endpoint())
PASSING: Final = tuple(_rate_limit())
BUSY: Final = (*_busy(), *_service_errors())
REFUSED: Final = tuple(_refused())
EDGE: Final = tuple(_edge())
LATE: Final = tuple(_late())
