"""How calls end: the endpoint's outcome table, row by row, written down from the manual, not from the code.

A cell that the manual leaves open is the safe choice of the two, and its row says so.
"""

from typing import NamedTuple

import pytest
from hypothesis import given

from retouchd.core.classification import CODES, CodeClass, classify
from retouchd.core.outcomes import (
    KEPT_UNTIL_THE_END,
    RULES,
    Answered,
    CallEnd,
    Charge,
    Effect,
    Envelope,
    NoAnswer,
    NotSent,
    NotSentKind,
    OutcomeKind,
    keeps_reservation,
)
from retouchd.core.pauses import PauseReason
from strategies import answers, call_ends, elapsed_seconds, envelopes, statuses

K = OutcomeKind


class Row(NamedTuple):
    """One row of the table: what it is called in the code, and its columns."""

    kind: OutcomeKind
    effect: Effect
    charge: Charge
    pause: PauseReason | None = None


TABLE = {
    "auth": Row(K.AUTH, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.KEY_REFUSED),
    "permission": Row(K.PERMISSION, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.PERMISSION),
    "credits": Row(K.CREDITS, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.CREDITS),
    "rate limit": Row(K.RATE_LIMIT, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.RATE_LIMITED),
    "overloaded": Row(K.OVERLOADED, Effect.RETRY, Charge.RELEASE),
    "service error": Row(K.SERVICE_ERROR, Effect.RETRY, Charge.KEEP),
    "edge error": Row(K.UNKNOWN, Effect.HOLD, Charge.KEEP),
    "edge 503": Row(K.EDGE_BUSY, Effect.RETRY, Charge.RELEASE),
    "edge 503, later": Row(K.UNKNOWN, Effect.HOLD, Charge.KEEP),
    "408, 425": Row(K.TRY_AGAIN, Effect.RETRY, Charge.RELEASE),
    "409, key in use": Row(K.KEY_IN_USE, Effect.RETRY, Charge.KEEP),
    "409, anything else": Row(K.UNKNOWN, Effect.HOLD, Charge.KEEP),
    "too large": Row(K.TOO_LARGE, Effect.SHRINK, Charge.RELEASE),
    "blocked": Row(K.BLOCKED, Effect.FAIL, Charge.KEEP_IF_LATE),
    "invalid": Row(K.INVALID, Effect.FAIL, Charge.RELEASE),
    "endpoint": Row(K.WRONG_ENDPOINT, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.ENDPOINT),
    "unknown 4xx": Row(K.REFUSED, Effect.FAIL, Charge.RELEASE),
    "unknown outcome": Row(K.UNKNOWN, Effect.HOLD, Charge.KEEP),
    "answered": Row(K.ANSWERED, Effect.RECEIVE, Charge.BILL),
    "paid, unreadable": Row(K.UNREADABLE, Effect.RECEIVE, Charge.BILL),
    "anything else": Row(K.UNKNOWN, Effect.HOLD, Charge.KEEP),
    "not sent, unreachable": Row(K.UNREACHABLE, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.OFFLINE),
    "not sent, certificate": Row(K.CERTIFICATE, Effect.RETRY_FREELY, Charge.RELEASE, PauseReason.CERTIFICATE),
    "not sent, interrupted": Row(K.INTERRUPTED, Effect.RETRY, Charge.RELEASE),
    "not sent, obstructed": Row(K.OBSTRUCTED, Effect.RETRY, Charge.RELEASE),
    "not sent, stopped": Row(K.STOPPED, Effect.RETRY_FREELY, Charge.RELEASE),
    "not sent, another photo": Row(K.SOURCE_CHANGED, Effect.REFORM, Charge.RELEASE),
}

BARE = None
PLAIN = Envelope(message="it failed")
CREDIT_CODES = [
    "ai_credits_required",
    "insufficient_quota",
    "insufficient_credits",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "organization_usage_limit_exceeded",
    "account_deactivated",
    "team_spend_limit_exceeded",
    "key_spend_limit_exceeded",
]
BLOCKED = [
    Envelope(code="moderation_blocked"),
    Envelope(code="content_policy_violation"),
    Envelope(type="image_generation_user_error"),
    Envelope(type="image_generation_user_error", code="another"),
]


def coded(code: str, type: str = "") -> Envelope:  # noqa: A002 - the envelope's own word
    """Give an envelope with this code."""
    return Envelope(message="it failed", code=code, type=type)


# The row's name, the status, the service's envelope or none, and the seconds; the whole body was sent.
ANSWERS: list[tuple[str, int, Envelope | None, float]] = [
    *(("auth", 401, one, 1) for one in (PLAIN, BARE, coded("made_up"))),
    *(
        ("auth", 403, coded(code), 1)
        for code in (
            "invalid_api_key",
            "insufficient_scope",
            "missing_scope",
            "token_expired",
            "Unauthorized",
        )
    ),
    ("auth", 403, coded("made_up", "authentication_error"), 1),
    *(("permission", 403, one, 1) for one in (PLAIN, BARE, coded("region_blocked"), coded("not_allowed"))),
    ("permission", 403, coded("keyhole"), 1),
    *(("credits", 402, one, 1) for one in (PLAIN, BARE, coded("made_up"))),
    *(
        ("credits", status, coded(code), 1)
        for code in CREDIT_CODES
        for status in (302, 400, 401, 403, 404, 409, 413, 418, 429, 500, 503, 504, 529)
    ),
    ("credits", 429, coded("", "insufficient_quota"), 1),
    ("credits", 400, coded("Insufficient_Credits"), 1),
    ("rate limit", 429, PLAIN, 1),
    ("rate limit", 429, coded("rate_limit_exceeded"), 600),
    *(("rate limit", status, coded("slow_down"), 1) for status in (400, 429, 500, 503)),
    *(("overloaded", status, one, 600) for status in (503, 529) for one in (PLAIN, coded("overloaded"))),
    *(
        ("service error", status, one, 600)
        for status in (500, 502, 505, 507, 520, 522, 524, 599)
        for one in (PLAIN, coded("upstream"), coded("500", "server_error"))
    ),
    *(("edge error", 504, one, 1) for one in (PLAIN, BARE, coded("timeout"))),
    *(("edge error", status, BARE, 1) for status in (429, 499, 500, 502, 505, 520, 522, 524, 529, 599)),
    # Of the platform below the service, in an envelope of the same form.
    ("edge error", 500, coded("FUNCTION_INVOCATION_FAILED"), 1),
    ("edge error", 502, coded("NO_RESPONSE_FROM_FUNCTION"), 1),
    ("edge error", 508, coded("INFINITE_LOOP_DETECTED"), 1),
    ("edge error", 500, coded("500"), 1),
    ("edge 503", 503, BARE, 0),
    ("edge 503", 503, BARE, 5),
    ("edge 503", 503, coded("FUNCTION_THROTTLED"), 1),
    ("edge 503, later", 503, BARE, 5.1),
    ("edge 503, later", 503, coded("FUNCTION_THROTTLED"), 6),
    *(("408, 425", status, one, 60) for status in (408, 425) for one in (PLAIN, BARE, coded("timeout"))),
    ("409, key in use", 409, coded("idempotency_key_in_use"), 1),
    ("409, key in use", 409, coded("idempotent_request_in_progress"), 1),
    *(("409, anything else", 409, one, 1) for one in (PLAIN, BARE, coded("conflict"))),
    *(("too large", 413, one, 1) for one in (PLAIN, BARE, coded("FUNCTION_PAYLOAD_TOO_LARGE"))),
    *(("blocked", status, one, 1) for status in (400, 403, 422, 429, 500) for one in BLOCKED),
    *(("blocked", 451, one, 1) for one in (PLAIN, BARE)),
    *(("invalid", status, one, 1) for status in (400, 422) for one in (PLAIN, BARE, coded("invalid_size"))),
    *(
        ("endpoint", status, one, 1)
        for status in (404, 405, 410, 501, 300, 301, 302, 303, 304, 307, 308, 399)
        for one in (PLAIN, BARE, coded("not_found"))
    ),
    *(
        ("unknown 4xx", status, one, 1)
        for status in (406, 407, 411, 412, 414, 415, 416, 417, 418, 421, 423, 424, 426, 428, 431, 498)
        for one in (PLAIN, BARE)
    ),
    ("unknown 4xx", 499, PLAIN, 1),
    # What a 200 holds is found out when it is read, whatever else it says.
    ("answered", 200, BARE, 1),
    ("answered", 200, coded("insufficient_quota"), 1),
    *(
        ("paid, unreadable", status, one, 1)
        for status in (201, 202, 203, 204, 205, 206, 226, 299)
        for one in (PLAIN, BARE, coded("insufficient_quota"))
    ),
    *(("anything else", status, one, 1) for status in (0, 100, 101, 199, 600, 999) for one in (PLAIN, BARE)),
]
# The same for calls of which the whole body had not gone out when the answer came.
EARLY: list[tuple[str, int, Envelope | None, float]] = [
    ("auth", 401, BARE, 1),
    ("permission", 403, BARE, 1),
    ("credits", 402, BARE, 1),
    ("too large", 413, BARE, 1),
    ("rate limit", 429, PLAIN, 1),
    # Nobody can have worked on it, so it is no more than the wish to go slower.
    ("rate limit", 429, BARE, 60),
    ("overloaded", 503, PLAIN, 1),
    ("edge 503", 503, BARE, 60),
    ("408, 425", 408, BARE, 60),
    ("invalid", 400, PLAIN, 1),
    ("endpoint", 301, BARE, 1),
    ("service error", 500, PLAIN, 1),
    ("409, key in use", 409, coded("key_in_use"), 1),
    *(("not sent, interrupted", status, BARE, 60) for status in (409, 499, 500, 502, 504, 529, 101, 600)),
    ("not sent, interrupted", 504, PLAIN, 60),
    # Who says that it is done has perhaps charged: paid, as any other 2xx.
    ("answered", 200, BARE, 1),
    ("paid, unreadable", 206, BARE, 1),
]


@pytest.mark.parametrize(("row", "status", "envelope", "elapsed"), ANSWERS)
def test_the_table(row: str, status: int, envelope: Envelope | None, elapsed: float) -> None:
    """Every row of the endpoint's table is decided as the manual has it."""
    kind = classify(Answered(status=status, elapsed_seconds=elapsed), envelope)

    assert (kind, RULES[kind].effect, RULES[kind].charge, RULES[kind].pause) == TABLE[row]


@pytest.mark.parametrize(("row", "status", "envelope", "elapsed"), EARLY)
def test_an_early_answer(row: str, status: int, envelope: Envelope | None, elapsed: float) -> None:
    """An answer before the body was out is read, but what it leaves open was not processed."""
    kind = classify(Answered(status=status, elapsed_seconds=elapsed, body_sent=False), envelope)

    assert kind is TABLE[row].kind


def test_every_row_has_its_case() -> None:
    """No row of the table is without an example, and every kind stands in a row."""
    named = {row for row, *_ in (*ANSWERS, *EARLY)} | {f"not sent, {name}" for name, _ in NOT_SENT}

    assert set(TABLE) - {"unknown outcome"} <= named
    assert {row.kind for row in TABLE.values()} == set(OutcomeKind)


NOT_SENT = [
    ("unreachable", NotSentKind.UNREACHABLE),
    ("certificate", NotSentKind.CERTIFICATE),
    ("interrupted", NotSentKind.INTERRUPTED),
    ("obstructed", NotSentKind.OBSTRUCTED),
    ("stopped", NotSentKind.STOPPED),
    ("another photo", NotSentKind.SOURCE),
]


@pytest.mark.parametrize(("row", "kind"), NOT_SENT)
def test_a_body_that_never_went_out(row: str, kind: NotSentKind) -> None:
    """What was never sent whole costs nothing, and is known for what it was."""
    found = classify(NotSent(kind=kind, detail="", elapsed_seconds=1), None)

    assert (found, RULES[found].effect, RULES[found].charge, RULES[found].pause) == TABLE[f"not sent, {row}"]


def test_a_request_that_is_too_large_for_us() -> None:
    """What our own limit refuses is as little sent as what the service's refuses."""
    assert classify(NotSent(kind=NotSentKind.TOO_LARGE, detail="", elapsed_seconds=0), None) is K.TOO_LARGE


def test_silence_after_the_body() -> None:
    """The whole body was sent and no answer came: perhaps paid, and never guessed at."""
    kind = classify(NoAnswer(detail="", elapsed_seconds=600), None)

    assert (kind, RULES[kind].effect, RULES[kind].charge, RULES[kind].pause) == TABLE["unknown outcome"]


@pytest.mark.parametrize("cut", ["over the cap", "the connection was lost"])
def test_a_cut_answer_was_paid_for(cut: str) -> None:
    """A 200 that broke off was paid for all the same (I7)."""
    assert classify(Answered(status=200, elapsed_seconds=1, cut=cut), None) is K.UNREADABLE
    assert RULES[K.UNREADABLE] == RULES[K.ANSWERED]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"retry-after": "7"}, K.RATE_LIMIT),
        ({"retry-after-ms": "700"}, K.RATE_LIMIT),
        ({"retry-after": " "}, K.UNKNOWN),
        ({"x-ratelimit-reset": "7"}, K.UNKNOWN),
    ],
)
def test_who_says_when_to_come_back_has_not_let_it_through(
    headers: dict[str, str], kind: OutcomeKind
) -> None:
    """A 429 that says when to come back is a rate limit, whether of the service or of something in front."""
    assert classify(Answered(status=429, headers=headers, elapsed_seconds=1), None) is kind


def test_codes_can_be_added() -> None:
    """The owner's own codes decide before the status does, and the built-in ones stay."""
    codes = {**CODES, "out_of_pixels": CodeClass.CREDITS.kind}

    assert classify(Answered(status=500, elapsed_seconds=1), coded("out_of_pixels"), codes) is K.CREDITS
    assert classify(Answered(status=500, elapsed_seconds=1), coded("", "Out_Of_Pixels"), codes) is K.CREDITS
    assert classify(Answered(status=500, elapsed_seconds=1), coded("slow_down"), codes) is K.RATE_LIMIT
    assert classify(Answered(status=500, elapsed_seconds=1), coded("out_of_pixels")) is K.SERVICE_ERROR


def test_the_owners_word_counts_for_the_platforms_codes() -> None:
    """Who has found out what a code of the platform means can say so."""
    codes = {**CODES, "function_throttled": CodeClass.OVERLOADED.kind}
    end = Answered(status=503, elapsed_seconds=60)

    assert classify(end, coded("FUNCTION_THROTTLED"), codes) is K.OVERLOADED


def test_no_code_makes_an_answer_look_free() -> None:
    """I7: a code can be given no meaning that is about answers, and none counts at a 2xx."""
    kinds = {one.kind for one in CodeClass}

    assert not kinds & {kind for kind, rule in RULES.items() if rule.effect is Effect.RECEIVE}
    for kind in kinds:
        assert classify(Answered(status=200, elapsed_seconds=1), coded("x"), {"x": kind}) is K.ANSWERED


@given(end=call_ends, envelope=envelopes)
def test_every_end_has_its_row(end: CallEnd, envelope: Envelope) -> None:
    """No status and no envelope is without a row, and every row has a rule."""
    assert classify(end, envelope) in RULES
    assert classify(end, None) in RULES


@given(end=answers, envelope=envelopes)
def test_what_was_not_sent_is_never_unknown(end: Answered, envelope: Envelope) -> None:
    """A body that did not go out whole is never an unknown outcome, whatever came back."""
    kinds = {classify(end, envelope), classify(end, None)}

    assert end.body_sent or K.UNKNOWN not in kinds


@given(status=statuses, elapsed=elapsed_seconds, envelope=envelopes)
def test_any_2xx_was_paid_for(status: int, elapsed: float, envelope: Envelope) -> None:
    """I7: exactly a 2xx is received, whatever it says, and it is billed."""
    kind = classify(Answered(status=status, elapsed_seconds=elapsed), envelope)

    assert (RULES[kind].effect is Effect.RECEIVE) == (200 <= status <= 299)
    assert (RULES[kind].charge is Charge.BILL) == (200 <= status <= 299)


def test_every_kind_has_a_rule() -> None:
    """No way of ending is without a decision."""
    assert set(RULES) == set(OutcomeKind)


def test_unclear_money_is_never_retried_by_itself() -> None:
    """I5: only the service's own word that it led to nothing allows another call while money is unclear."""
    retried = {kind for kind, rule in RULES.items() if rule.effect in {Effect.RETRY, Effect.RETRY_FREELY}}
    unclear = {kind for kind, rule in RULES.items() if rule.charge is not Charge.RELEASE}

    assert retried & unclear == {K.SERVICE_ERROR, K.KEY_IN_USE} == KEPT_UNTIL_THE_END
    assert RULES[K.SERVICE_ERROR].retries == 2


def test_nothing_else_pauses() -> None:
    """One photo's own trouble never stops the others (I11)."""
    assert sum(rule.pause is not None for rule in RULES.values()) == 7


def test_what_slows_down() -> None:
    """The number of calls at once is halved where the service or its edge has too much to do."""
    assert {kind for kind, rule in RULES.items() if rule.slows_down} == {
        K.RATE_LIMIT,
        K.OVERLOADED,
        K.EDGE_BUSY,
    }


@pytest.mark.parametrize(
    ("kind", "elapsed", "keeps"),
    [
        (K.UNKNOWN, 0, True),
        (K.SERVICE_ERROR, 0, True),
        (K.BLOCKED, 15.0, False),
        (K.BLOCKED, 15.1, True),
        (K.INVALID, 600, False),
        (K.RATE_LIMIT, 600, False),
        (K.ANSWERED, 600, False),
    ],
)
def test_what_stays_set_aside(kind: OutcomeKind, elapsed: float, keeps: bool) -> None:  # noqa: FBT001 - a column
    """Money stays set aside where it may have been spent, and nowhere else."""
    assert keeps_reservation(kind, elapsed) is keeps
