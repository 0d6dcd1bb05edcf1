"""A mount that cannot publish without clobbering is found out at the start."""

import errno
import os
from pathlib import Path

import pytest
from filing_house import STRANGER, shown

from durable import CuttingDurable, FailingDurable, NoExclusiveRename, NoLinks, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.outbox.probe import ensure_publishing_works
from retouchd.core.errors import FolderMissingError, NoRoomError, StartRefusedError


class Neither(NoLinks, NoExclusiveRename):
    """A file system that has neither way."""


class Clobbering(NoLinks):
    """A file system that overlooks RENAME_NOREPLACE."""

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Overwrite."""
        self.rename(source, target, source_folder=source_folder, target_folder=target_folder)


@pytest.mark.parametrize("durable", [Durable, NoLinks, NoExclusiveRename])
def test_one_way_is_enough(tmp_path: Path, durable: type[Durable]) -> None:
    """With hard links or with RENAME_NOREPLACE the probe passes, and it leaves nothing."""
    (tmp_path / "a.png").write_bytes(STRANGER)

    ensure_publishing_works(tmp_path, durable())

    assert shown(tmp_path) == ["a.png"]


def test_without_either_way_the_start_is_refused(tmp_path: Path) -> None:
    """With neither, the error names the path, and nothing is left."""
    with pytest.raises(StartRefusedError, match=str(tmp_path)):
        ensure_publishing_works(tmp_path, Neither())

    assert shown(tmp_path) == []


def test_a_file_system_that_overwrites_is_refused(tmp_path: Path) -> None:
    """A file system that accepts RENAME_NOREPLACE and overwrites is no place for an outbox."""
    with pytest.raises(StartRefusedError, match="overwrites"):
        ensure_publishing_works(tmp_path, Clobbering())

    assert shown(tmp_path) == []


def test_what_a_killed_start_left_does_no_harm(tmp_path: Path) -> None:
    """A probe passes over the leftovers of one that was cut."""
    for name in (".~retouchd-probe.first.tmp", ".~retouchd-probe.second.tmp"):
        (tmp_path / name).touch()

    run_until_cut(lambda: ensure_publishing_works(tmp_path, CuttingDurable(2)))
    ensure_publishing_works(tmp_path, Durable())

    assert shown(tmp_path) == []


def test_other_failures_are_said_as_such(tmp_path: Path) -> None:
    """A full disk and a missing folder are not taken for a poor file system."""
    with pytest.raises(NoRoomError):
        ensure_publishing_works(tmp_path, FailingDurable(1, errno.ENOSPC))
    with pytest.raises(FolderMissingError):
        ensure_publishing_works(tmp_path / "missing", Durable())

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are compared
