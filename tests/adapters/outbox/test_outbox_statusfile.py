"""The status file is replaced in one step, only while it is our own, and only where the share is."""

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from filing_house import IDENTITY, House, shown

from durable import (
    ForgettingDurable,
    NoExclusiveRename,
    NoLinks,
    cut_power,
    every_cut,
    every_failure,
    run_until_cut,
)
from retouchd.adapters.durable import Durable
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.core.errors import FileTroubleError, FolderMissingError, NameTakenError, NoRoomError
from retouchd.core.statusfile import FIRST_LINE

NAME = "_STATUS.txt"
EARLIER, LATER = f"{FIRST_LINE}\nearlier\n", f"{FIRST_LINE}\nlater, and longer\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Give empty folders."""
    return House(tmp_path)


def open_file(house: House, durable: Durable | None = None, file_mode: int | None = None) -> StatusFile:
    """Give the status file as a new process would."""
    return StatusFile(house.outbox, durable or Durable(), IDENTITY, file_mode)


@pytest.mark.parametrize("durable", [Durable(), NoLinks(), NoExclusiveRename()])
def test_it_is_written_and_replaced(house: House, durable: Durable) -> None:
    """The later text takes the place of the earlier one, with hard links and without."""
    file = open_file(house, durable)

    file.write(EARLIER)
    first = (house.outbox / NAME).read_text()
    file.write(LATER)

    assert (first, file.read()) == (EARLIER, LATER)
    assert shown(house.outbox) == [NAME]


@pytest.mark.parametrize("before", ["", EARLIER], ids=["new", "replaced"])
@pytest.mark.parametrize("durable", [Durable, ForgettingDurable])
def test_a_crash_at_every_step_leaves_a_whole_text(
    tmp_path: Path, durable: Callable[[], Durable], before: str
) -> None:
    """I8: a crash or a power cut anywhere leaves one of the two texts, and the next writing cleans up."""
    for number, cutting in enumerate(every_cut(durable)):
        house = House(tmp_path / str(number))
        if before:
            open_file(house, durable()).write(before)

        run_until_cut(partial(open_file(house, cutting).write, LATER))
        if durable is ForgettingDurable:
            cut_power(cutting)

        read = open_file(house).read()
        assert read in {before, LATER}
        # Who finds the text that is wanted writes no more, and cleans nothing up.
        assert read == before or shown(house.outbox) == [NAME]
        open_file(house).write(LATER)
        assert open_file(house).read() == LATER
        assert shown(house.outbox) == [NAME]


@pytest.mark.parametrize(("code", "error"), [(errno.ENOSPC, NoRoomError), (errno.EIO, FolderMissingError)])
def test_a_failure_at_any_step_is_told_and_leaves_the_earlier_text_or_the_later(
    tmp_path: Path, code: int, error: type[FileTroubleError]
) -> None:
    """A full disk or a broken share is told as ours, and what people read stays whole."""
    for number, failing in enumerate(every_failure(code)):
        house = House(tmp_path / str(number))
        open_file(house).write(EARLIER)

        try:
            open_file(house, failing).write(LATER)
        except FileTroubleError as exc:
            assert type(exc) is error  # noqa: PT017 - the last failure comes where nothing is left to fail

        assert open_file(house).read() in {EARLIER, LATER}
        assert shown(house.outbox)[-1] == NAME


def _a_link(path: Path) -> None:
    target = path.with_name("target.txt")
    target.write_text(EARLIER)
    path.symlink_to(target)


@pytest.mark.parametrize(
    "put",
    [
        lambda path: path.write_text("my own notes\n"),
        lambda path: path.write_text(""),
        lambda path: path.write_bytes(b"\xff\xfe" + EARLIER.encode("utf-16-le")),
        lambda path: path.write_text(f"{FIRST_LINE} and more\n"),
        lambda path: path.with_name("_status.TXT").write_text("my own notes\n"),
        lambda path: path.mkdir(),
        os.mkfifo,
        _a_link,
    ],
    ids=["notes", "empty", "other encoding", "longer line", "other case", "folder", "pipe", "link"],
)
def test_i2_a_strangers_file_of_that_name_is_not_touched(house: House, put: Callable[[Path], object]) -> None:
    """I2: what does not begin with our first line is neither overwritten nor removed, and it is said why."""
    put(house.outbox / NAME)
    before = {path.name: path.lstat() for path in house.outbox.iterdir()}

    assert open_file(house).read() == ""
    with pytest.raises(NameTakenError, match="rename it"):
        open_file(house).write(LATER)
    open_file(house).remove()

    after = {path.name: path.lstat() for path in house.outbox.iterdir()}
    assert {name: (status.st_ino, status.st_mtime_ns) for name, status in after.items()} == {
        name: (status.st_ino, status.st_mtime_ns) for name, status in before.items()
    }


def test_nothing_is_made_where_the_share_is_not_mounted(house: House) -> None:
    """At the empty place of a share that is away no file appears, and none is removed."""
    (house.outbox / ".retouchd-root").unlink()

    with pytest.raises(FolderMissingError):
        open_file(house).write(LATER)
    with pytest.raises(FolderMissingError):
        open_file(house).remove()

    assert shown(house.outbox) == []


def test_editors_show_it_rightly_and_teams_may_read_it(house: House) -> None:
    """Plain text has no mark at its begin; other letters bring one, and it is not part of what is read."""
    file = open_file(house, file_mode=0o664)

    file.write(EARLIER)
    plain = (house.outbox / NAME).read_bytes()
    file.write(f"{EARLIER}für später\n")

    assert plain == EARLIER.encode("ascii")
    assert (house.outbox / NAME).read_bytes().startswith(b"\xef\xbb\xbfretouchd")
    assert file.read() == f"{EARLIER}für später\n"
    assert stat.S_IMODE((house.outbox / NAME).stat().st_mode) == 0o664


def test_ours_is_removed(house: House) -> None:
    """Where no status file is wanted any more one of ours goes, since nobody keeps it up."""
    open_file(house).write(EARLIER)

    open_file(house).remove()
    open_file(house).remove()

    assert shown(house.outbox) == []
