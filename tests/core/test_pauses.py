"""Pauses: what begins them for how long, and what ends each."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.pauses import (
    ENDINGS,
    NOT_LIFTED_BY_RESUME,
    PASSING,
    PROBE_AFTER,
    Ending,
    PauseReason,
    begin_pause,
)
from strategies import NOW, moments

reasons = st.sampled_from(PauseReason)


def test_every_reason_has_its_ending() -> None:
    """Nobody is left with a pause of which nothing says how it ends."""
    assert set(ENDINGS) == set(PauseReason)
    assert {begin_pause(one, "", NOW).ending for one in PauseReason} == set(Ending)


def test_a_cap_is_not_lifted_by_resume() -> None:
    """What would break the owner's cap or be back at once cannot be resumed away (I6)."""
    assert {PauseReason.BUDGET, PauseReason.FOLDER_MISSING, PauseReason.DISK_FULL} == NOT_LIFTED_BY_RESUME


def test_a_one_shot_run_waits_for_what_passes() -> None:
    """Only what ends soon and without anybody is waited for."""
    assert {PauseReason.OFFLINE, PauseReason.RATE_LIMITED} == PASSING
    assert {ENDINGS[one] for one in PASSING} == {Ending.BY_TIME}


def test_what_is_probed_says_when() -> None:
    """Each reason that ends by a probe has a time until it, and no other has."""
    assert set(PROBE_AFTER) == {one for one in PauseReason if ENDINGS[one] is Ending.BY_PROBE}
    assert max(PROBE_AFTER.values()) <= timedelta(hours=1)


@given(reason=reasons, now=moments, until=st.none() | moments)
def test_a_stated_end_counts_before_the_reasons_own(
    reason: PauseReason, now: datetime, until: datetime | None
) -> None:
    """What says until when is believed; else the reason's probe time counts, or nothing."""
    pause = begin_pause(reason, "why", now, until)
    expected = until or (now + PROBE_AFTER[reason] if reason in PROBE_AFTER else None)

    assert (pause.reason, pause.detail, pause.since, pause.until) == (reason, "why", now, expected)


@pytest.mark.parametrize(("after", "is_over"), [(59, False), (60, True), (61, True)])
def test_a_pause_is_over_at_its_end(after: int, is_over: bool) -> None:  # noqa: FBT001 - a column of the table
    """A pause ends at the moment that it names, not later."""
    pause = begin_pause(PauseReason.OFFLINE, "", NOW, NOW + timedelta(seconds=60))

    assert pause.is_over(NOW + timedelta(seconds=after)) is is_over


def test_a_pause_without_an_end_is_never_over() -> None:
    """What a person must end does not end by itself."""
    pause = begin_pause(PauseReason.OPERATOR, "", NOW)

    assert not pause.is_over(NOW + timedelta(days=3650))
