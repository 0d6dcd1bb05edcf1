"""A mark says whose folder it is, and nothing else is taken for one."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from durable import ForgettingDurable, cut_power, every_cut, every_failure, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.marks import MARK_NAME, Mark, read_mark, write_mark
from retouchd.core.errors import FolderMissingError, NoRoomError

MARK = Mark(inbox_id="inbox", owner="journal", host="nas", since=datetime(2026, 1, 31, 10, 15, tzinfo=UTC))
OTHER = Mark(inbox_id="inbox", owner="other", host="pc\u202e", since=datetime(2026, 2, 1, tzinfo=UTC))


def test_a_mark_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What was written is read again, and nothing else is left in the folder."""
    write_mark(tmp_path, MARK, Durable())

    assert read_mark(tmp_path) == MARK
    assert [path.name for path in tmp_path.iterdir()] == [MARK_NAME]


def test_an_unmarked_folder_has_no_mark(tmp_path: Path) -> None:
    """A folder without a mark gives None."""
    assert read_mark(tmp_path) is None


def test_a_missing_folder_is_not_an_unmarked_one(tmp_path: Path) -> None:
    """A folder that is not there is neither read nor created."""
    with pytest.raises(FolderMissingError, match="it is not there"):
        read_mark(tmp_path / "missing")
    with pytest.raises(FolderMissingError, match="it is not there"):
        write_mark(tmp_path / "missing", MARK, Durable())

    assert not (tmp_path / "missing").exists()


def test_a_later_mark_replaces_an_earlier_one(tmp_path: Path) -> None:
    """A new owner's mark takes the place of the old one."""
    write_mark(tmp_path, MARK, Durable())
    write_mark(tmp_path, OTHER, Durable())

    assert read_mark(tmp_path) == OTHER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"inbox_id": "a", "owner": "b", "host": "c"',
        b'{"inbox_id": "a", "owner": "b", "host": "c", "since": 1}',
        b'{"inbox_id": "a", "owner": "b", "host": "c", "since": "yesterday"}',
        b'{"inbox_id": "a", "owner": "b", "host": "c", "since": "2026-01-31T00:00:00"}',
        b'{"inbox_id": 1, "owner": "b", "host": "c", "since": "2026-01-31T00:00:00Z"}',
        b'{"inbox_id": "", "owner": "b", "host": "c", "since": "2026-01-31T00:00:00Z"}',
        b"[" * 4096,
        b" " * 4097,
    ],
)
def test_what_is_no_mark_is_said_so(tmp_path: Path, content: bytes) -> None:
    """A half synchronised or hostile file is no mark: in words, never a traceback of the parser."""
    (tmp_path / MARK_NAME).write_bytes(content)

    with pytest.raises(FolderMissingError, match="not a mark of retouchd"):
        read_mark(tmp_path)


@pytest.mark.parametrize(
    ("thing", "words"), [("link", "link"), ("fifo", "not a regular"), ("folder", "folder")]
)
def test_other_things_are_no_marks(tmp_path: Path, thing: str, words: str) -> None:
    """I10: a link, even to a real mark, a FIFO and a folder are no marks; nothing hangs."""
    elsewhere, place = tmp_path / "elsewhere", tmp_path / MARK_NAME
    elsewhere.mkdir()
    write_mark(elsewhere, MARK, Durable())
    makers = {
        "link": lambda: place.symlink_to(elsewhere / MARK_NAME),
        "fifo": lambda: os.mkfifo(place),
        "folder": place.mkdir,
    }
    makers[thing]()

    with pytest.raises(FolderMissingError, match=words):
        read_mark(tmp_path)


def test_a_mark_is_not_written_through_a_link(tmp_path: Path) -> None:
    """I10: a link in the mark's place is replaced; what it points to stays as it is."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / MARK_NAME).symlink_to(victim)

    write_mark(tmp_path, MARK, Durable())

    assert victim.read_text() == "mine"
    assert read_mark(tmp_path) == MARK


def test_a_cut_leaves_the_old_mark_or_the_new(tmp_path: Path) -> None:
    """I8: cut at any step, also with the power, one of the two marks is there, whole."""
    for number, cutting in enumerate(every_cut(ForgettingDurable)):
        root = tmp_path / str(number)
        root.mkdir()
        write_mark(root, MARK, Durable())

        run_until_cut(lambda: write_mark(root, OTHER, cutting))  # noqa: B023 - called at once
        cut_power(cutting)

        assert read_mark(root) in ({MARK, OTHER} if cutting.happened else {OTHER})
        write_mark(root, OTHER, Durable())
        assert read_mark(root) == OTHER


def test_a_full_disk_leaves_the_old_mark(tmp_path: Path) -> None:
    """Whatever step fails for want of room, our error says so and a whole mark is there."""
    for failing in every_failure(errno.ENOSPC):
        write_mark(tmp_path, MARK, Durable())

        try:
            write_mark(tmp_path, OTHER, failing)
        except NoRoomError:
            assert read_mark(tmp_path) in {MARK, OTHER}

    assert read_mark(tmp_path) == OTHER


@pytest.mark.parametrize(
    "fields",
    [{"owner": ""}, {"inbox_id": ""}, {"host": 1}, {"since": datetime(2026, 1, 31)}],  # noqa: DTZ001
)
def test_a_wrong_mark_cannot_be_made(fields: dict[str, object]) -> None:
    """A mark names its inbox and its owner, and its time has a zone."""
    right = {"inbox_id": "a", "owner": "b", "host": "c", "since": datetime(2026, 1, 31, tzinfo=UTC)}

    with pytest.raises(ValueError, match="mark"):
        Mark(**(right | fields))  # type: ignore[arg-type]
