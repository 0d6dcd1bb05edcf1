"""How fast calls are made: the number at once, the number a minute, and the quota of failed ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.outcomes import RULES, Effect, OutcomeKind
from retouchd.core.pace import EMPTY_QUOTA, FULL_QUOTA, Pace, calls_left, seconds_until_call
from retouchd.core.values import AttemptId

START = Pace(width=2, limit=8)
SLOWING = [kind for kind, rule in RULES.items() if rule.slows_down]
kinds = st.sampled_from(OutcomeKind)
begins = st.lists(st.floats(0, 500), max_size=40)


def paced(pace: Pace, *calls: OutcomeKind) -> Pace:
    """Give the pace after these calls, each of which began after the one before had ended."""
    for number, kind in enumerate(calls, 1):
        pace = pace.after_call(AttemptId(number), kind, AttemptId(number))
    return pace


def test_ten_clean_calls_allow_one_more() -> None:
    """After ten clean calls running one more is made at once, and not after nine."""
    assert paced(START, *[OutcomeKind.ANSWERED] * 9).width == 2
    assert paced(START, *[OutcomeKind.ANSWERED] * 10).width == 3
    assert paced(START, *[OutcomeKind.ANSWERED] * 29).width == 4


def test_no_more_than_the_owners_limit() -> None:
    """However well it goes, no more calls are made at once than the owner allows."""
    assert paced(START, *[OutcomeKind.ANSWERED] * 200).width == 8


@pytest.mark.parametrize("kind", [OutcomeKind.TRY_AGAIN, OutcomeKind.UNKNOWN, OutcomeKind.UNREACHABLE])
def test_a_call_without_a_result_begins_the_count_anew(kind: OutcomeKind) -> None:
    """Ten running means ten without a failure in between."""
    calls = [OutcomeKind.ANSWERED] * 9 + [kind] + [OutcomeKind.ANSWERED] * 9

    assert paced(START, *calls).width == 2


def test_a_refused_photo_says_nothing_about_the_pace() -> None:
    """A photo that the service refuses neither counts nor begins the count anew."""
    calls = [OutcomeKind.ANSWERED] * 5 + [OutcomeKind.BLOCKED] + [OutcomeKind.ANSWERED] * 5

    assert paced(START, *calls).width == 3


@pytest.mark.parametrize("kind", SLOWING)
def test_too_much_halves_the_number(kind: OutcomeKind) -> None:
    """429, overload and a busy edge halve the number at once, never below one."""
    pace = Pace(width=7, limit=8)

    assert [paced(pace, *[kind] * times).width for times in (1, 2, 3)] == [3, 1, 1]


def test_a_burst_halves_once() -> None:
    """Calls that were under way when the number was halved do not halve it again; a later one does."""
    pace = Pace(width=8, limit=8)
    for call in (1, 2, 3, 4):
        pace = pace.after_call(AttemptId(call), OutcomeKind.RATE_LIMIT, AttemptId(4))
    assert pace.width == 4

    assert pace.after_call(AttemptId(5), OutcomeKind.RATE_LIMIT, AttemptId(5)).width == 2


def test_a_pause_is_left_behind_from_one_upwards() -> None:
    """After a pause one call is made at once, and ten clean ones allow the second."""
    pace = Pace(width=8, limit=8, clean=9).after_pause()

    assert pace.width == 1
    assert paced(pace, *[OutcomeKind.ANSWERED] * 10).width == 2


@given(calls=st.lists(st.tuples(kinds, st.integers(0, 5)), max_size=200), limit=st.integers(2, 64))
def test_the_number_at_once_has_bounds(calls: list[tuple[OutcomeKind, int]], limit: int) -> None:
    """Whatever comes, at least one and at most the owner's number are made, and it grows step by step."""
    paces = [Pace(width=2, limit=limit)]
    for number, (kind, under_way) in enumerate(calls, 1):
        paces.append(paces[-1].after_call(AttemptId(number), kind, AttemptId(number + under_way)))

    assert all(1 <= pace.width <= limit for pace in paces)
    assert all(later.width - pace.width <= 1 for pace, later in pairwise(paces))


def test_an_outage_uses_the_quota_up() -> None:
    """Ten failed calls are let pass; then the service is left alone until one call goes well."""
    quota = FULL_QUOTA
    for _ in range(10):
        assert not quota.is_empty
        quota = quota.after_call(OutcomeKind.OVERLOADED)

    assert quota.is_empty
    assert quota.after_call(OutcomeKind.OVERLOADED).is_empty
    assert not quota.after_call(OutcomeKind.ANSWERED).is_empty


@given(st.lists(kinds, max_size=300))
def test_failed_calls_are_bounded_by_those_that_go_well(calls: list[OutcomeKind]) -> None:
    """Until the quota is empty there were at most ten failed calls more than ones that went well."""
    quota, failed, well = FULL_QUOTA, 0, 0
    for kind in calls:
        if quota.is_empty:
            break
        quota = quota.after_call(kind)
        failed += RULES[kind].effect is Effect.RETRY
        well += RULES[kind].effect is Effect.RECEIVE

    assert failed <= 10 + well
    assert EMPTY_QUOTA.left <= quota.left <= FULL_QUOTA.left


@given(begins=begins, now=st.floats(0, 600), per_minute=st.integers(1, 20))
def test_no_minute_has_more_calls_than_allowed(begins: list[float], now: float, per_minute: int) -> None:
    """A call may begin exactly when fewer than the limit began in the minute before it."""
    recent = [begin for begin in begins if now - 60 < begin]
    wait = seconds_until_call(begins, now, per_minute)

    assert calls_left(begins, now, per_minute) == max(0, per_minute - len(recent))
    assert (wait > 0) == (len(recent) >= per_minute)
    assert calls_left(begins, now + wait + 1e-6, per_minute) > 0


@pytest.mark.parametrize(
    ("before", "after", "width"),
    [
        ((2, 8), (2, 8), 5),
        ((2, 8), (2, 4), 4),
        ((2, 8), (2, 16), 5),
        ((2, 8), (1, 8), 1),
        ((2, 8), (7, 8), 7),
    ],
)
def test_another_configuration_keeps_what_was_learned(
    before: tuple[int, int], after: tuple[int, int], width: int
) -> None:
    """What calls have taught stays within a new limit, unless another begin is configured."""
    learned = Pace(width=5, limit=before[1], clean=3)

    pace = learned.configured(Pace(width=before[0], limit=before[1]), Pace(width=after[0], limit=after[1]))

    assert pace == Pace(width=width, limit=after[1], clean=3)
