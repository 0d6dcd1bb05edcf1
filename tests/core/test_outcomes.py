"""How calls end: the endpoint's outcome table, row by row, written down from the manual, not from the code.

A cell that the manual leaves open is the safe choice of the two, and its row says so.
"""

import pytest
from hypothesis import given

from retouchd.core.outcomes import (
    CODES,
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
    classify,
    keeps_reservation,
)
from retouchd.core.pauses import PauseReason
from strategies import answers, call_ends, elapsed_seconds, envelopes, statuses

K = OutcomeKind
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


def coded(code: str) -> Envelope:
    """Give an envelope with this code."""
    return Envelope(message="it failed", code=code)


# Status, the service's envelope or none, seconds, and the row of the table; the whole body was sent.
ROWS: list[tuple[int, Envelope | None, float, OutcomeKind]] = [
    # auth; permission
    (401, PLAIN, 1, K.AUTH),
    (401, BARE, 1, K.AUTH),
    (403, coded("invalid_api_key"), 1, K.AUTH),
    (403, coded("insufficient_scope"), 1, K.AUTH),
    (403, coded("missing_scope"), 1, K.AUTH),
    (403, PLAIN, 1, K.PERMISSION),
    (403, coded("region_blocked"), 1, K.PERMISSION),
    (403, BARE, 1, K.PERMISSION),
    # credits, at any status
    (402, BARE, 1, K.CREDITS),
    (402, PLAIN, 1, K.CREDITS),
    *((status, coded(code), 1, K.CREDITS) for code in CREDIT_CODES for status in (400, 403, 429, 500, 503)),
    # rate limit
    (429, PLAIN, 1, K.RATE_LIMIT),
    (429, coded("rate_limit_exceeded"), 600, K.RATE_LIMIT),
    (503, coded("slow_down"), 1, K.RATE_LIMIT),
    (400, coded("slow_down"), 1, K.RATE_LIMIT),
    # overloaded: from the service
    (503, PLAIN, 1, K.OVERLOADED),
    (503, coded("overloaded"), 600, K.OVERLOADED),
    (529, PLAIN, 1, K.OVERLOADED),
    # service error: its own word that it failed
    (500, PLAIN, 1, K.SERVICE_ERROR),
    (502, coded("upstream"), 600, K.SERVICE_ERROR),
    (520, PLAIN, 1, K.SERVICE_ERROR),
    (599, PLAIN, 1, K.SERVICE_ERROR),
    # edge error: perhaps processed
    (504, PLAIN, 1, K.UNKNOWN),
    (504, coded("timeout"), 60, K.UNKNOWN),
    (504, BARE, 1, K.UNKNOWN),
    (500, BARE, 1, K.UNKNOWN),
    (502, BARE, 1, K.UNKNOWN),
    (520, BARE, 60, K.UNKNOWN),
    (529, BARE, 1, K.UNKNOWN),
    (499, BARE, 1, K.UNKNOWN),
    (429, BARE, 1, K.UNKNOWN),
    # edge 503
    (503, BARE, 0, K.EDGE_BUSY),
    (503, BARE, 5, K.EDGE_BUSY),
    (503, BARE, 5.1, K.UNKNOWN),
    # 408, 425
    (408, BARE, 1, K.TRY_AGAIN),
    (408, PLAIN, 60, K.TRY_AGAIN),
    (425, BARE, 1, K.TRY_AGAIN),
    # 409
    (409, coded("idempotency_key_in_use"), 1, K.KEY_IN_USE),
    (409, PLAIN, 1, K.UNKNOWN),
    (409, coded("conflict"), 1, K.UNKNOWN),
    (409, BARE, 1, K.UNKNOWN),
    # too large
    (413, PLAIN, 1, K.TOO_LARGE),
    (413, BARE, 1, K.TOO_LARGE),
    # blocked
    (400, coded("moderation_blocked"), 1, K.BLOCKED),
    (422, coded("content_policy_violation"), 1, K.BLOCKED),
    (400, Envelope(type="image_generation_user_error"), 1, K.BLOCKED),
    (451, PLAIN, 1, K.BLOCKED),
    (451, BARE, 1, K.BLOCKED),
    # invalid
    (400, PLAIN, 1, K.INVALID),
    (400, coded("invalid_size"), 1, K.INVALID),
    (400, BARE, 1, K.INVALID),
    (422, PLAIN, 1, K.INVALID),
    # endpoint
    *(
        (status, one, 1, K.WRONG_ENDPOINT)
        for status in (404, 405, 410, 501, 301, 302, 307, 399)
        for one in (PLAIN, BARE)
    ),
    # unknown 4xx
    (418, PLAIN, 1, K.REFUSED),
    (418, BARE, 1, K.REFUSED),
    (431, BARE, 1, K.REFUSED),
    (499, PLAIN, 1, K.REFUSED),
    # paid, unreadable: any other 2xx; what a 200 holds is found out when it is read
    (200, BARE, 1, K.ANSWERED),
    (200, coded("insufficient_quota"), 1, K.ANSWERED),
    (201, BARE, 1, K.UNREADABLE),
    (204, BARE, 1, K.UNREADABLE),
    (206, PLAIN, 1, K.UNREADABLE),
    # anything else after the body was sent
    (100, BARE, 1, K.UNKNOWN),
    (101, PLAIN, 1, K.UNKNOWN),
    (600, PLAIN, 1, K.UNKNOWN),
    (999, BARE, 1, K.UNKNOWN),
]


@pytest.mark.parametrize(("status", "envelope", "elapsed", "kind"), ROWS)
def test_the_table(status: int, envelope: Envelope | None, elapsed: float, kind: OutcomeKind) -> None:
    """Every row of the endpoint's table is decided as the manual has it."""
    assert classify(Answered(status=status, elapsed_seconds=elapsed), envelope) is kind


@pytest.mark.parametrize(
    ("status", "envelope", "kind"),
    [
        (401, BARE, K.AUTH),
        (413, BARE, K.TOO_LARGE),
        (429, PLAIN, K.RATE_LIMIT),
        (429, BARE, K.INTERRUPTED),
        (400, PLAIN, K.INVALID),
        (500, BARE, K.INTERRUPTED),
        (504, PLAIN, K.INTERRUPTED),
        (409, BARE, K.INTERRUPTED),
        (503, BARE, K.INTERRUPTED),
    ],
)
def test_an_early_refusal(status: int, envelope: Envelope | None, kind: OutcomeKind) -> None:
    """A refusal before the body was out is read, but what it leaves open was not processed: no money."""
    end = Answered(status=status, elapsed_seconds=60, body_sent=False)

    assert classify(end, envelope) is kind
    assert not keeps_reservation(kind, 1)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (NotSentKind.UNREACHABLE, K.UNREACHABLE),
        (NotSentKind.CERTIFICATE, K.CERTIFICATE),
        (NotSentKind.INTERRUPTED, K.INTERRUPTED),
        (NotSentKind.SOURCE, K.SOURCE_CHANGED),
    ],
)
def test_a_body_that_never_went_out(kind: NotSentKind, expected: OutcomeKind) -> None:
    """What was never sent whole costs nothing, and is known for what it was."""
    assert classify(NotSent(kind=kind, detail="", elapsed_seconds=1), None) is expected
    assert RULES[expected].charge is Charge.RELEASE


def test_silence_after_the_body() -> None:
    """The whole body was sent and no answer came: perhaps paid, and never guessed at."""
    assert classify(NoAnswer(detail="", elapsed_seconds=600), None) is K.UNKNOWN


@pytest.mark.parametrize("cut", ["over the cap", "the connection was lost"])
def test_a_cut_answer_was_paid_for(cut: str) -> None:
    """A 200 that broke off was paid for all the same (I7)."""
    assert classify(Answered(status=200, elapsed_seconds=1, cut=cut), None) is K.UNREADABLE
    assert RULES[K.UNREADABLE] == RULES[K.ANSWERED]


def test_who_says_when_to_come_back_has_not_let_it_through() -> None:
    """A 429 with Retry-After is a rate limit, whether the service sent it or something in front."""
    end = Answered(status=429, headers={"retry-after": "7"}, elapsed_seconds=1)

    assert classify(end, None) is K.RATE_LIMIT


def test_codes_can_be_added() -> None:
    """The owner's own codes decide before the status does, and the built-in ones stay."""
    codes = {**CODES, "out_of_pixels": K.CREDITS}

    assert classify(Answered(status=500, elapsed_seconds=1), coded("out_of_pixels"), codes) is K.CREDITS
    assert classify(Answered(status=500, elapsed_seconds=1), coded("out_of_pixels")) is K.SERVICE_ERROR


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
    """I5: only the service's own word that it failed allows another call while money is unclear."""
    retried = {kind for kind, rule in RULES.items() if rule.effect in {Effect.RETRY, Effect.RETRY_FREELY}}
    unclear = {kind for kind, rule in RULES.items() if rule.charge is not Charge.RELEASE}

    assert retried & unclear == {K.SERVICE_ERROR}
    assert RULES[K.SERVICE_ERROR].retries == 2


@pytest.mark.parametrize(
    ("kind", "pause"),
    [
        (K.AUTH, PauseReason.KEY_REFUSED),
        (K.PERMISSION, PauseReason.PERMISSION),
        (K.CREDITS, PauseReason.CREDITS),
        (K.WRONG_ENDPOINT, PauseReason.ENDPOINT),
        (K.CERTIFICATE, PauseReason.CERTIFICATE),
        (K.UNREACHABLE, PauseReason.OFFLINE),
        (K.RATE_LIMIT, PauseReason.RATE_LIMITED),
    ],
)
def test_what_pauses_everything_costs_no_try(kind: OutcomeKind, pause: PauseReason) -> None:
    """What no single photo is to blame for pauses all of them and is retried for free."""
    assert RULES[kind].pause is pause
    assert RULES[kind].effect is Effect.RETRY_FREELY


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


@pytest.mark.parametrize("code", ["FUNCTION_INVOCATION_TIMEOUT", "INTERNAL_FUNCTION_INVOCATION_FAILED"])
def test_the_platforms_own_errors_leave_it_open(code: str) -> None:
    """An envelope of the platform below the service does not say what became of a request (I5)."""
    assert classify(Answered(status=500, elapsed_seconds=60), coded(code)) is OutcomeKind.UNKNOWN
