"""The names that a share takes for the same, listed once for all that is asked in two seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from retouchd.adapters.outbox.names import Names


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Give the seconds."""
        return self.seconds


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """Give a descriptor of the folder of all tests here."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def test_a_name_like_it_is_seen_two_seconds_later(tmp_path: Path, folder: int) -> None:
    """A stranger's name that comes after the listing is seen by the next one."""
    clock = Clock()
    names = Names(clock)
    assert not names.shows_as_another(tmp_path / "beach.png", folder)
    (tmp_path / "BEACH.png").touch()

    clock.seconds += 2

    assert names.shows_as_another(tmp_path / "beach.png", folder)


def test_our_own_names_are_known_at_once(tmp_path: Path, folder: int) -> None:
    """What was given just now counts for the next that shows as the same, and not against itself."""
    names = Names(Clock())
    assert not names.is_taken(tmp_path / "Beach.png", folder)
    (tmp_path / "Beach.png").touch()
    names.add(tmp_path / "Beach.png")

    assert names.is_taken(tmp_path / "beach.png", folder)
    assert names.is_taken(tmp_path / "Beach.png", folder)
    assert not names.shows_as_another(tmp_path / "Beach.png", folder)


def test_a_name_that_was_taken_away_is_free(tmp_path: Path, folder: int) -> None:
    """A yes is never from an earlier listing: nothing gets a number because of what is gone."""
    names = Names(Clock())
    (tmp_path / "BEACH.png").touch()
    assert names.shows_as_another(tmp_path / "beach.png", folder)

    (tmp_path / "BEACH.png").unlink()

    assert not names.shows_as_another(tmp_path / "beach.png", folder)


def test_a_folder_is_listed_once_for_all_questions(tmp_path: Path, folder: int) -> None:
    """What one result costs does not grow with the results that are asked about at the same time."""
    names = Names(Clock())
    assert not names.is_taken(tmp_path / "a.png", folder)

    # Were the folder read, this would be seen.
    (tmp_path / "B.png").touch()

    assert not names.is_taken(tmp_path / "b.png", folder)
