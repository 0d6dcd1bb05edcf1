"""The names in a folder, read many at a time."""

import os
from pathlib import Path

import pytest

from retouchd.adapters.directory import read_names


def test_every_name_is_given_once(tmp_path: Path) -> None:
    """All names are there each time, bytes that are no UTF-8 included, also more than one read takes."""
    for number in range(3000):
        (tmp_path / f"{number:0200}").touch()
    (tmp_path / os.fsdecode(b"S\xfcd\n.png")).mkdir()
    folder = os.open(tmp_path, os.O_RDONLY)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert sorted(read_names(folder)) == names
    assert sorted(read_names(folder)) == names
    os.close(folder)


def test_a_folder_that_was_removed_cannot_be_read(tmp_path: Path) -> None:
    """What the system refuses is raised as it says it, never taken for an empty folder."""
    (tmp_path / "gone").mkdir()
    folder = os.open(tmp_path / "gone", os.O_RDONLY)
    (tmp_path / "gone").rmdir()

    with pytest.raises(FileNotFoundError):
        list(read_names(folder))
    os.close(folder)
