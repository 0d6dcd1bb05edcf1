"""Which history is let go, and what of it is remembered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retouchd.core.edits import Edit
from retouchd.core.history import HistoryPolicy, LetGo, is_remembered
from retouchd.core.jobs import JobState
from retouchd.core.money import NOTHING, Money
from retouchd.core.periods import Period
from retouchd.core.records import Attempt
from retouchd.core.values import AttemptId, EditId, Fingerprint, JobId
from strategies import JOB, NOW

EDIT = Edit(id=EditId(1), fingerprint=Fingerprint("f" * 64), take=1, permission=1, owner=JobId("k7f3bcdg"))
CALL = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JobId("k7f3bcdg"),
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="",
    started=NOW,
    reserved=NOTHING,
)


def test_what_is_past_by_age() -> None:
    """What ended longer ago than the owner keeps it is past, however few there are."""
    bounds = HistoryPolicy(age=timedelta(days=3)).bounds(NOW, newest=10)

    assert bounds.before == NOW - timedelta(days=3)
    assert bounds.up_to == 0


def test_what_is_past_by_count() -> None:
    """All but the newest are past, however young they are; but nothing that ended within the last hour."""
    bounds = HistoryPolicy(jobs=4).bounds(NOW, newest=10)

    assert bounds.before == datetime.min.replace(tzinfo=UTC)
    assert bounds.up_to == 6
    assert bounds.latest == NOW - timedelta(hours=1)


def test_what_has_just_ended_is_never_past() -> None:
    """Even who keeps nothing keeps what ended within the last hour: a worker may have it in its hands."""
    bounds = HistoryPolicy(age=timedelta(), jobs=0).bounds(NOW, newest=10)

    assert bounds.before == bounds.latest == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "take", "permission", "charged", "remembered"),
    [
        (JobState.DONE, 1, 1, 0, True),
        (JobState.FAILED, 1, 1, 0, False),
        (JobState.FAILED, 1, 1, 5, True),
        (JobState.CANCELLED, 1, 2, 0, True),
        (JobState.CANCELLED, 2, 1, 0, True),
    ],
)
def test_what_is_remembered(
    state: JobState, take: int, permission: int, charged: int, *, remembered: bool
) -> None:
    """I7: what was paid for is remembered; what failed unpaid begins anew, as it did before."""
    call = replace(CALL, charged=Money(charged))
    edit = replace(EDIT, take=take, permission=permission)

    found = is_remembered(edit, replace(JOB, state=state), [call])

    assert found is remembered


def test_sums() -> None:
    """What several steps have let go of is added up."""
    assert LetGo(photos=1, jobs=2) + LetGo(photos=3, jobs=4) == LetGo(photos=4, jobs=6)


@pytest.mark.parametrize("policy", [HistoryPolicy(), HistoryPolicy(age=timedelta(days=3), jobs=7)])
def test_a_policy_survives_a_command(policy: HistoryPolicy) -> None:
    """What a person types arrives at the daemon as it was."""
    assert HistoryPolicy.from_text(policy.as_text()) == policy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"seconds": 1e300, "jobs": null}',
        '{"seconds": 1e13, "jobs": null}',
        '{"seconds": [], "jobs": 1}',
    ],
)
def test_what_is_no_policy(text: str) -> None:
    """What anybody may have written in its place is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's or ours
        HistoryPolicy.from_text(text)
