"""Lost answers running: when they are too many, and what is said of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.losses import describe_streak, find_streak
from retouchd.core.money import NOTHING
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.records import Attempt
from retouchd.core.values import AttemptId, EditId, JobId
from strategies import NOW

LOST = OutcomeKind.UNKNOWN
ATTEMPT = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JobId("k7f3bcdg"),
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="/retouchd/x.png",
    started=NOW,
    reserved=NOTHING,
)


def calls(*ends: tuple[OutcomeKind, float]) -> list[Attempt]:
    """Give calls that ended so, so many minutes ago, newest first."""
    return [
        replace(ATTEMPT, id=AttemptId(number), outcome=kind, ended=NOW - timedelta(minutes=minutes))
        for number, (kind, minutes) in enumerate(ends)
    ]


def streak(ended: Sequence[Attempt]) -> Sequence[Attempt]:
    """Give what the rule finds in these calls, as the journal would hand them in."""
    lost = [one for one in ended if one.outcome == LOST]
    return find_streak(ended[:3], lost[:3], NOW)


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ([], 0),
        ([(LOST, 0), (LOST, 1)], 0),
        ([(LOST, 0), (LOST, 60), (LOST, 600)], 3),
        ([(LOST, 0), (LOST, 1), (OutcomeKind.ANSWERED, 2), (LOST, 40)], 0),
        ([(LOST, 0), (OutcomeKind.ANSWERED, 1), (LOST, 2), (OutcomeKind.ANSWERED, 3), (LOST, 29)], 3),
        ([(LOST, 0), (OutcomeKind.ANSWERED, 1), (LOST, 2), (OutcomeKind.ANSWERED, 3), (LOST, 30)], 0),
        ([(OutcomeKind.ANSWERED, 0), (LOST, 40), (LOST, 50), (LOST, 60)], 0),
    ],
)
def test_three_running_or_within_half_an_hour(ends: list[tuple[OutcomeKind, float]], found: int) -> None:
    """Three lost answers running are too many whenever they were, others only within half an hour."""
    assert len(streak(calls(*ends))) == found


@given(st.lists(st.tuples(st.sampled_from([LOST, OutcomeKind.ANSWERED]), st.floats(0, 200)), max_size=12))
def test_fewer_than_three_losses_are_never_too_many(ends: list[tuple[OutcomeKind, float]]) -> None:
    """The rule finds three losses or none, and never fewer than three were there."""
    found = streak(calls(*sorted(ends, key=lambda one: one[1])))

    assert len(found) in {0, 3}
    assert all(one.outcome == LOST for one in found)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        ([60.1, 59.8, 60.3], "3 calls were cut at about 60 s, so something between you and the service"),
        ([300, 310, 305], "3 calls were cut at about 305 s"),
        ([3.1, 60.2, 60.1], "3 calls were cut after 3.1, 60.1 and 60.2 s"),
        ([60.1], "1 call was cut after 60.1 s"),
        ([60.1, 60.1], "2 calls were cut at about 60 s"),
        ([3, 9, 20, 40, 60.2], "5 calls were cut after 3.0 to 60.2 s"),
    ],
)
def test_the_measured_times_are_told(seconds: list[float], told: str) -> None:
    """Whoever reads it sees after which times the calls were cut, which names the culprit."""
    assert describe_streak([replace(ATTEMPT, elapsed_seconds=one) for one in seconds]).startswith(told)


@pytest.mark.parametrize(("seconds", "told"), [(60.0, "ends long calls"), (0.4, "before the answer comes")])
def test_short_calls_are_not_called_long(seconds: float, told: str) -> None:
    """What ends at once is no limit on long calls; either way there is a way on."""
    text = describe_streak([replace(ATTEMPT, elapsed_seconds=seconds)])

    assert told in text
    assert '"retouchd resume" tries one photo' in text
