"""A start with a damaged, lost or outdated journal: it starts, paused, and what is left of it is kept."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from damaged_journals import DAMAGES, Damage, log_of, put_a_stranger, write_text
from durable import CuttingDurable, FailingDurable, ForgettingDurable, cut_power, every_cut, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import IDENTITY_NAME, Identity, read_identity, write_identity
from retouchd.adapters.journal.journal import INBOX_NOTE, SqliteJournal
from retouchd.adapters.journal.schema import VERSION
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.errors import FileTroubleError, JournalDamagedError, JournalError
from retouchd.core.pauses import PauseReason
from retouchd.core.values import AttemptId, Fingerprint, JobId
from retouchd.damage import open_journal, open_sound_journal
from retouchd.settings import Places
from strategies import LABEL, NOW

DURABLE: Final = Durable()
IDENTITY: Final = Identity(journal_id="0123456789abcdef", inbox_id="fedcba9876543210")
_EDITS: Final = 400


def places_in(place: Path) -> Places:
    """Give folders of which only the one for the state is there."""
    (place / "state").mkdir(exist_ok=True)
    return Places(
        inbox=place / "in",
        outbox=place / "out",
        done=place / "done",
        failed=place / "failed",
        state=place / "state",
    )


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Make a state folder as a killed daemon leaves it: a journal with a log, and the identity."""
    places = places_in(tmp_path)
    original = tmp_path / "original.sqlite3"
    with closing(SqliteJournal.open(original, DURABLE)) as journal:
        add_edits(journal, 0)
        journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        add_edits(journal, _EDITS)
        for part in ("", "-wal", "-shm"):
            shutil.copy(tmp_path / f"original.sqlite3{part}", f"{places.journal}{part}")
        write_identity(places.state, replace(IDENTITY, journal_id=journal.id), DURABLE)
    return places


def add_edits(journal: SqliteJournal, first: int) -> None:
    """Put something into a journal that takes many pages."""
    with journal.transaction():
        for number in range(first, first + _EDITS):
            journal.add_edit(Fingerprint(f"{number:064x}"), 1, JobId("k7f3bcdg"))


def owner_of(places: Places) -> str:
    """Give the id that the folders are marked with."""
    identity = read_identity(places.state)
    assert identity is not None
    return identity.journal_id


def open_sound(places: Places, durable: Durable = DURABLE) -> SqliteJournal:
    """Open as the daemon does at its start."""
    return open_sound_journal(places, durable, NOW)


def begin_call(places: Places, number: int, *, is_sent: bool) -> None:
    """Put the file of a call into the spool."""
    spool = AnswerSpool(places.spool, DURABLE)
    spool.begin(AttemptId(number), LABEL)
    if is_sent:
        with spool.open_writer(AttemptId(number)):
            pass


def contents_of(places: Places) -> set[bytes]:
    """Give what lies in the state folder's files, but for what SQLite makes anew each time."""
    files = (one for one in places.state.iterdir() if one.is_file() and not one.name.endswith("-shm"))
    return {one.read_bytes() for one in files}


def pauses_of(journal: SqliteJournal) -> list[PauseReason]:
    """Give the reasons for which nothing is sent."""
    return [pause.reason for pause in journal.pauses()]


def test_a_sound_journal_is_opened_as_it_is(places: Places) -> None:
    """What a killed daemon left is whole, its log included; nothing is paused or put aside."""
    with closing(open_sound(places)) as journal:
        assert pauses_of(journal) == []
        assert journal.last_take(Fingerprint(f"{2 * _EDITS - 1:064x}")) == 1
    assert not list(places.state.glob("journal-damaged-*"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_never_prevents_the_start(places: Places, damage: Damage) -> None:
    """The daemon starts, as the owner of the same folders, paused; attempts get numbers that are free."""
    begin_call(places, 12, is_sent=True)
    damage(places.journal)

    with closing(open_sound(places)) as journal:
        (pause,) = journal.pauses()
        assert pause.reason is PauseReason.JOURNAL_DAMAGED
        assert "retouchd doctor --rebuild-journal" in pause.detail
        assert (journal.id, journal.note(INBOX_NOTE)) == (owner_of(places), IDENTITY.inbox_id)
        assert journal.last_attempt() == 12
    with closing(open_sound(places)) as journal:
        assert pauses_of(journal) == [PauseReason.JOURNAL_DAMAGED]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_is_kept(places: Places, damage: Damage) -> None:
    """Not a byte of what is left is thrown away, and the pause names where it lies."""
    damage(places.journal)
    left = {one for one in contents_of(places) if one}

    with closing(open_sound(places)) as journal:
        (pause,) = journal.pauses()
    assert left <= contents_of(places)
    kept = sorted(one.name for one in places.state.glob("journal-damaged-*.sqlite3"))
    assert all(name in pause.detail for name in kept)


@pytest.mark.parametrize("damage", [put_a_stranger, write_text, *DAMAGES[-2:]])
def test_i8_a_crash_while_it_is_put_aside_leaves_it_paused(
    tmp_path: Path, places: Places, damage: Damage
) -> None:
    """I8: whatever step was the last, also when the power is cut, the next start is paused and keeps all."""
    damage(places.journal)
    left = contents_of(places)
    for number, cutting in enumerate(every_cut(ForgettingDurable)):
        trial = replace(places, state=tmp_path / f"state-{number}")
        shutil.copytree(places.state, trial.state)
        run_until_cut(lambda trial=trial, cutting=cutting: open_sound(trial, cutting))
        cut_power(cutting)

        with closing(open_sound(trial)) as journal:
            assert pauses_of(journal) == [PauseReason.JOURNAL_DAMAGED], number
            assert journal.id == owner_of(places)
        assert left <= contents_of(trial), number


def test_two_that_are_damaged_within_a_second_are_both_kept(places: Places) -> None:
    """A name that is taken gets a number."""
    for _ in range(2):
        write_text(places.journal)
        open_sound(places).close()

    assert len(list(places.state.glob("journal-damaged-*.sqlite3"))) == 2


def test_a_later_version_is_no_damage(places: Places) -> None:
    """A journal of a newer program is refused and stays where it is."""
    with closing(sqlite3.connect(places.journal)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(JournalError, match="install the newer one") as caught:
        open_sound(places)
    assert not isinstance(caught.value, JournalDamagedError)
    assert not list(places.state.glob("journal-damaged-*"))


@pytest.mark.parametrize("damage", DAMAGES[:-1])
def test_commands_leave_a_damaged_journal_alone(places: Places, damage: Damage) -> None:
    """A command says that the history is damaged and what to do, and moves nothing."""
    damage(places.journal)
    before = contents_of(places)

    with pytest.raises(JournalDamagedError, match="start retouchd, which keeps it aside"):
        open_journal(places, DURABLE, NOW)
    assert contents_of(places) == before


def test_a_first_start_is_not_paused(tmp_path: Path) -> None:
    """Where nothing was ever, nothing is lost."""
    with closing(open_sound(places_in(tmp_path))) as journal:
        assert pauses_of(journal) == []


def test_without_an_identity_nobody_elses_folders_are_claimed(places: Places) -> None:
    """Who does not know who he was becomes somebody new, who owns no folder, and is paused."""
    earlier = owner_of(places)
    (places.state / IDENTITY_NAME).write_text("{}")
    write_text(places.journal)

    with closing(open_sound(places)) as journal:
        assert journal.id != earlier
        assert journal.note(INBOX_NOTE) is None
        assert pauses_of(journal) == [PauseReason.JOURNAL_DAMAGED]


def test_a_journal_older_than_its_answers_is_paused(places: Places) -> None:
    """I5: a journal that was restored from a copy has forgotten calls: nothing is sent."""
    begin_call(places, 3, is_sent=True)
    begin_call(places, 4, is_sent=False)

    for _ in range(2):
        with closing(open_sound(places)) as journal:
            (pause,) = journal.pauses()
            assert pause.reason is PauseReason.JOURNAL_DAMAGED
            assert "older than the answers" in pause.detail
            assert journal.last_attempt() == 3


def test_a_call_that_was_only_begun_is_no_damage(places: Places) -> None:
    """What a crash between the spool and the journal leaves is used again, as it always was."""
    begin_call(places, 1, is_sent=False)

    with closing(open_sound(places)) as journal:
        assert pauses_of(journal) == []
        assert journal.last_attempt() == 0


def test_a_log_with_nothing_in_it_is_no_damage(places: Places) -> None:
    """A log that ends within its head, or is empty, has nothing that could be lost."""
    with closing(sqlite3.connect(places.journal)):
        pass
    for content in (b"", b"\xa5" * 32):
        log_of(places.journal).write_bytes(content)

        with closing(open_sound(places)) as journal:
            assert pauses_of(journal) == []


def test_a_folder_that_cannot_be_written_is_said(places: Places) -> None:
    """When nothing can be put aside the start says so in a sentence, and nothing has changed."""
    AnswerSpool(places.spool, DURABLE)
    write_text(places.journal)

    with pytest.raises(FileTroubleError, match="cannot put aside"):
        open_sound(places, FailingDurable(1, 5))
    assert places.journal.read_text().startswith("notes to self")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 5000])
def test_an_identity_that_cannot_be_read_is_none(places: Places, content: bytes) -> None:
    """Whatever stands in its file, it is no identity and no crash."""
    (places.state / IDENTITY_NAME).write_bytes(content)

    assert read_identity(places.state) is None


def test_i8_a_crash_while_the_identity_is_written_leaves_one(tmp_path: Path) -> None:
    """I8: the earlier identity or the new one is there, whole."""
    earlier = replace(IDENTITY, journal_id="earlier")
    for cutting in every_cut(ForgettingDurable):
        assert isinstance(cutting, CuttingDurable)
        write_identity(tmp_path, earlier, DURABLE)
        run_until_cut(lambda cutting=cutting: write_identity(tmp_path, IDENTITY, cutting))
        cut_power(cutting)

        assert read_identity(tmp_path) in (earlier, IDENTITY)


def test_times_of_putting_aside_are_in_the_names(places: Places) -> None:
    """People find by its name which damaged journal was the last."""
    write_text(places.journal)
    open_sound(places).close()
    write_text(places.journal)
    with closing(open_sound_journal(places, DURABLE, NOW + timedelta(days=1))) as journal:
        (pause,) = journal.pauses()

    assert "journal-damaged-20261124-120000.sqlite3" in pause.detail
