"""What a picture is, is found out once, as long as its file stays as it is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from structure_samples import WHOLE

from retouchd.adapters.images.recent import RecentPictures
from retouchd.adapters.images.structure import examine
from retouchd.core.pictures import Examination, Incomplete

PICTURE = next(iter(WHOLE.values()))


class Walks:
    """Walks, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, descriptor: int) -> Examination:
        """Walk once more."""
        self.count += 1
        return examine(descriptor)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """Give an empty file, open for reading and writing."""
    descriptor = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


def test_a_file_that_stays_as_it_is_is_walked_through_once(file: int) -> None:
    """What was found is given again, until anything is written to the file."""
    os.write(file, PICTURE)
    walks = Walks()
    pictures = RecentPictures(walks)

    first, second = pictures.examine(file), pictures.examine(file)
    os.write(file, b"more")
    pictures.examine(file)

    assert first == second == examine(file)
    assert walks.count == 2


def test_what_is_not_whole_is_looked_at_each_time(file: int) -> None:
    """A file that is still being written is never taken for what it was."""
    walks = Walks()
    pictures = RecentPictures(walks)

    found = [pictures.examine(file) for _ in range(3)]

    assert [type(one) for one in found] == [Incomplete] * 3
    assert walks.count == 3


def test_no_more_is_remembered_than_is_under_way(tmp_path: Path) -> None:
    """The first is walked through again when many others came after it."""
    walks = Walks()
    pictures = RecentPictures(walks)
    for name in [*map(str, range(65)), "0"]:
        if not (tmp_path / name).exists():
            (tmp_path / name).write_bytes(PICTURE)
        with (tmp_path / name).open("rb") as opened:
            pictures.examine(opened.fileno())

    assert walks.count == 66
