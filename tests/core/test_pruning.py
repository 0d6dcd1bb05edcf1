"""Which kept answers are let go."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.pruning import KeepPolicy, KeptFile, choose_to_prune
from retouchd.core.values import AttemptId
from strategies import NOW

POLICY = KeepPolicy(age=timedelta(days=30), room=100)


def files_of(*sizes: int) -> list[KeptFile]:
    """Give files with these sizes; the first is the oldest."""
    return [KeptFile(attempt=AttemptId(number), size=size) for number, size in enumerate(sizes)]


def ages(*days: float) -> dict[AttemptId, datetime]:
    """Give since when each is spare."""
    return {AttemptId(number): NOW - timedelta(days=age) for number, age in enumerate(days)}


def test_old_ones_go_and_young_ones_stay() -> None:
    """An answer is kept for as long as the owner says, to the day."""
    assert list(choose_to_prune(files_of(1, 1, 1), ages(31, 30, 29), POLICY, NOW)) == [0, 1]


def test_the_oldest_go_until_the_rest_has_room() -> None:
    """However young they are, they take no more room than allowed; the oldest go first."""
    assert list(choose_to_prune(files_of(60, 60, 40), ages(1, 3, 2), POLICY, NOW)) == [1]
    assert list(choose_to_prune(files_of(60, 40), ages(1, 3), POLICY, NOW)) == []


def test_nothing_is_kept_where_nothing_may_be() -> None:
    """No days or no room: each goes as soon as nobody needs it."""
    for policy in (KeepPolicy(age=timedelta(), room=100), KeepPolicy(age=timedelta(days=30), room=0)):
        assert policy.is_nothing
        assert list(choose_to_prune(files_of(1, 1), ages(0, 0), policy, NOW)) == [0, 1]
    assert not POLICY.is_nothing


@given(
    sizes=st.lists(st.integers(0, 200), max_size=8),
    spare=st.dictionaries(st.integers(0, 8).map(AttemptId), st.floats(0, 60)),
)
def test_what_is_needed_never_goes(sizes: list[int], spare: dict[AttemptId, float]) -> None:
    """I7: only what is spare goes, and what stays of it is young and has room."""
    files, since = files_of(*sizes), {one: NOW - timedelta(days=age) for one, age in spare.items()}

    gone = set(choose_to_prune(files, since, POLICY, NOW))

    assert gone <= spare.keys()
    staying = [one for one in files if one.attempt in spare and one.attempt not in gone]
    assert sum(one.size for one in staying) <= POLICY.room
    assert all(since[one.attempt] > NOW - POLICY.age for one in staying)
