"""How long a daemon that ends waits for its workers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.leaving import Stake, hurried_seconds, patience_seconds

_calls = st.floats(0, 10_000)


@given(_calls)
def test_the_more_is_at_stake_the_longer_is_waited(longest_call: float) -> None:
    """A call is waited for until it is cut and delivered, a step for less, a look for hardly anything."""
    nothing, work, money = (patience_seconds(stake, longest_call) for stake in Stake)

    assert 0 < nothing < work <= money
    assert money >= longest_call + work


@pytest.mark.parametrize("stake", Stake)
@given(_calls)
def test_who_hurries_waits_for_seconds(stake: Stake, longest_call: float) -> None:
    """After a second signal nothing is waited for longer than some seconds."""
    assert 0 < hurried_seconds(stake, longest_call) <= min(5, patience_seconds(stake, longest_call))
