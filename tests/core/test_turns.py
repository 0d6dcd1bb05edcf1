"""Whose turn it is."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.turns import in_turn, top_folder


@pytest.mark.parametrize(
    ("folder", "top"),
    [
        ("", ""),
        ("wedding", "wedding"),
        ("wedding/party", "wedding"),
        ("album.job", ""),
        ("ALBUM.Job", ""),
        ("wedding/album.job", "wedding"),
        ("all.job/album.job", "all.job"),
    ],
)
def test_top_folders(folder: str, top: str) -> None:
    """What lies directly in the inbox is one group, a folder there that is one job too."""
    assert top_folder(PurePosixPath(folder)) == PurePosixPath(top)


@given(rows=st.lists(st.lists(st.integers(), max_size=5), max_size=5), limit=st.integers(0, 30))
def test_everybody_has_one_turn_before_anybody_has_two(rows: list[list[int]], limit: int) -> None:
    """Each round takes one of each that has any left, in order, and all come if there is room."""
    tagged = [[(number, at) for at in range(len(row))] for number, row in enumerate(rows)]

    chosen = in_turn(tagged, limit)

    in_order = sorted((one for row in tagged for one in row), key=lambda one: (one[1], one[0]))
    # With no room for one of each, the first of them have it.
    assert chosen == in_order[:limit]


def test_no_more_is_asked_for_than_there_is_room() -> None:
    """A hundred thousand folders are not read for two photos."""
    asked = []

    def rows() -> Iterator[list[int]]:
        for number in range(1000):
            asked.append(number)
            yield [number]

    assert in_turn(rows(), 2) == [0, 1]
    assert len(asked) == 2
