"""Upgrades of the journal: a copy is kept before, and whatever ends the process leaves one version whole."""

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from journal_samples import DURABLE

from durable import CuttingDurable, When, run_until_cut
from retouchd.adapters.journal import copies
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.schema import APPLICATION_ID, STEPS, VERSION
from retouchd.core.errors import JournalVersionError, NoRoomError

RELEASED = 3


def make_version(path: Path, version: int) -> None:
    """Make a journal as an earlier version left it, with one note in it, still in its log."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for step in STEPS[:version]:
            connection.executescript(step)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO meta VALUES ('journal_id', 'kept')")
        connection.commit()


def copies_in(folder: Path) -> list[Path]:
    """Give the copies that are kept."""
    return sorted(folder.glob("journal-v*.sqlite3"))


def describe(path: Path) -> tuple[int, str]:
    """Give a journal's version and the note in it, when its structure is sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, connection.execute("SELECT value FROM meta WHERE name = 'journal_id'").fetchone()[0]


@pytest.mark.parametrize("version", [1, RELEASED])
def test_a_copy_is_kept_before_an_upgrade(path: Path, version: int) -> None:
    """What the earlier version knew lies beside the upgraded journal, whole, and for its owner alone."""
    make_version(path, version)

    SqliteJournal.open(path, DURABLE).close()

    (copy,) = copies_in(path.parent)
    assert copy.name.startswith(f"journal-v{version}-")
    assert describe(copy) == (version, "kept")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert describe(path) == (VERSION, "kept")


def test_nothing_is_copied_without_an_upgrade(path: Path) -> None:
    """A new journal, and one of this version, need no copy."""
    SqliteJournal.open(path, DURABLE).close()
    SqliteJournal.open(path, DURABLE).close()

    assert copies_in(path.parent) == []


def test_two_copies_are_kept(path: Path) -> None:
    """The copies before the last two upgrades stay; older ones, and nothing else, go."""
    make_version(path, RELEASED)
    names = ["journal-v1-20240101-000000.sqlite3", "journal-v2-20250101-000000.sqlite3", "journal-vx.sqlite3"]
    for name in names:
        (path.parent / name).touch()

    SqliteJournal.open(path, DURABLE).close()

    left = [one.name for one in copies_in(path.parent)]
    assert [name in left for name in names] == [False, True, True]
    assert len(left) == 3


@pytest.mark.parametrize("when", When)
def test_a_crash_leaves_one_whole_version(path: Path, when: When) -> None:
    """I8: cut at any durable step of an upgrade there is a whole journal, and a copy from before a change."""
    for at in count(1):
        for one in path.parent.iterdir():
            one.unlink()
        make_version(path, RELEASED)
        cut = CuttingDurable(at, when)
        run_until_cut(lambda durable=cut: SqliteJournal.open(path, durable).close())
        found, note = describe(path)
        assert note == "kept"
        assert RELEASED <= found <= VERSION
        assert found == RELEASED or describe(copies_in(path.parent)[0]) == (RELEASED, "kept")
        SqliteJournal.open(path, DURABLE).close()
        assert describe(path) == (VERSION, "kept")
        assert [one.name for one in path.parent.glob(".*")] == []
        if not cut.happened:
            assert at > 3
            return


def test_without_room_for_a_copy_nothing_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that could not be undone is not begun; the sentence says what to do."""
    make_version(path, RELEASED)
    monkeypatch.setattr(copies, "_ROOM_BESIDE", 1 << 60)

    with pytest.raises(NoRoomError, match="make room there"):
        SqliteJournal.open(path, DURABLE)

    assert describe(path) == (RELEASED, "kept")
    assert copies_in(path.parent) == []


def test_a_later_version_names_the_copy(path: Path) -> None:
    """Who went back to an earlier version reads which file is too new, and which one was kept for that."""
    make_version(path, VERSION)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    (path.parent / f"journal-v{VERSION}-20260101-000000.sqlite3").touch()
    (path.parent / f"journal-v{VERSION + 1}-20260102-000000.sqlite3").touch()

    with pytest.raises(JournalVersionError, match=f"journal-v{VERSION}-20260101-000000") as caught:
        SqliteJournal.open(path, DURABLE)

    assert str(path) in str(caught.value)
    assert caught.value.exit_status == 78


def test_a_command_never_upgrades_below_a_running_daemon(path: Path) -> None:
    """Who has installed a newer version and not yet restarted the daemon is told so; nothing is changed."""
    make_version(path, RELEASED)

    with pytest.raises(JournalVersionError, match="restart it first"):
        SqliteJournal.open_beside(path, DURABLE)

    assert describe(path) == (RELEASED, "kept")
