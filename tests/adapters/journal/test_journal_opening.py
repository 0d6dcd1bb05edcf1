"""Opening the journal: its versions, strangers' files, its transactions, and others who read and write it."""

import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest
from journal_samples import DURABLE, bundle_of, record_bundle

from durable import CuttingDurable, When, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal, translating
from retouchd.adapters.journal.parts import PartedConnection
from retouchd.adapters.journal.schema import APPLICATION_ID, STEPS, VERSION
from retouchd.core.bundles import Bundle
from retouchd.core.errors import JournalDamagedError, JournalError
from retouchd.core.money import Money, Spent
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.periods import Period
from retouchd.core.records import BundleState, Moments, Verb
from retouchd.core.values import BundleId, EditId
from retouchd.engine.journal import Journal
from strategies import NOW

GIVE_COMMAND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal, translating
from retouchd.core.records import Verb

print("about to open", flush=True)
journal = SqliteJournal.open(Path(sys.argv[1]), Durable())
with journal.transaction():
    print(journal.give_command(Verb.RETRY, "k7f3", datetime.now(UTC)), flush=True)
journal.close()
"""


class Broken(Durable):
    """A disk on which nothing can be made durable."""

    def commit(self, connection: sqlite3.Connection) -> None:
        """Fail as a full disk does."""
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)


def record(journal: SqliteJournal, bundle: Bundle, moments: Moments) -> None:
    """Note a bundle inside the transaction that is open."""
    journal.record_seen(bundle, "digest", BundleState.ARRIVING, moments.now, moments.monotonic + 2)


def names_in(journal: SqliteJournal) -> list[str]:
    """Give the photos of the bundles that arrive."""
    return [one.photo for one in journal.bundles_in(BundleState.ARRIVING)]


def numbers_of(path: Path) -> tuple[int, int]:
    """Give the version and application of a database."""
    with closing(sqlite3.connect(path)) as connection:
        return tuple(
            connection.execute(f"PRAGMA {one}").fetchone()[0] for one in ("user_version", "application_id")
        )


def test_it_fits_what_the_engine_needs(journal: SqliteJournal) -> None:
    """The adapter fits the engine's Protocol, every method of it."""
    fitted: Journal = journal

    missing = [name for name in dir(Journal) if not name.startswith("_") and not hasattr(fitted, name)]

    assert missing == []


def test_a_new_journal(path: Path) -> None:
    """A missing journal is made, in this version and marked as ours."""
    SqliteJournal.open(path, DURABLE).close()

    assert numbers_of(path) == (VERSION, APPLICATION_ID)


def test_a_journal_has_one_id(path: Path) -> None:
    """The id that owns the folders is made once, and two journals never share it (AlreadyOwnedError)."""
    found = set()
    for place in (path, path, path.with_name("other.db")):
        with closing(SqliteJournal.open(place, DURABLE)) as opened:
            found.add((place, opened.id))

    assert len(found) == 2
    assert len({one for _, one in found}) == 2


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("at", range(1, VERSION + 2))
def test_a_crash_while_it_is_made_leaves_nothing_half(path: Path, at: int, when: When) -> None:
    """I8: whatever step of the making was the last, the next start has a whole journal."""
    run_until_cut(lambda: SqliteJournal.open(path, CuttingDurable(at, when)))

    with closing(SqliteJournal.open(path, DURABLE)) as opened:
        assert opened.id
    assert numbers_of(path) == (VERSION, APPLICATION_ID)


def test_every_commit_is_synced(journal: SqliteJournal) -> None:
    """What a transaction promised survives a power cut: WAL, and synchronous = FULL."""
    pragmas = [
        journal.connection.execute(f"PRAGMA {one}").fetchone()[0] for one in ("journal_mode", "synchronous")
    ]

    assert pragmas == ["wal", 2]
    assert journal.connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_only_what_is_found_out_again_is_not_synced(journal: SqliteJournal) -> None:
    """One transaction that no disk is waited for leaves the next ones as safe as ever, however it ends."""
    with pytest.raises(JournalError), journal.passing_transaction():
        journal.connection.execute("no SQL")
    with journal.passing_transaction():
        journal.set_note("kept", "1")
        inside = journal.connection.execute("PRAGMA synchronous").fetchone()[0]

    assert inside == 1
    assert journal.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert journal.note("kept") == "1"


def make_version_1(path: Path) -> None:
    """Make a journal as the first version left it, with one note in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(STEPS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO meta VALUES ('journal_id', 'kept')")
        connection.commit()


def test_an_earlier_version_is_brought_up_to_date(path: Path) -> None:
    """What an earlier version noted stays; only who writes changes the tables."""
    make_version_1(path)

    with pytest.raises(JournalError, match="earlier retouchd: start this one once"):
        SqliteJournal.open_for_reading(path)
    with closing(SqliteJournal.open(path, DURABLE)) as opened:
        assert opened.id == "kept"
    assert numbers_of(path) == (VERSION, APPLICATION_ID)


def test_what_an_earlier_version_has_paid_counts(path: Path) -> None:
    """I6: what calls have cost, and what is set aside for them, is spent after an upgrade as before."""
    with closing(sqlite3.connect(path)) as connection:
        for step in STEPS[:4]:
            connection.executescript(step)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 4")
        connection.execute("INSERT INTO edits VALUES (1, 'f', 1, 1, 'j')")
        connection.executemany(
            "INSERT INTO attempts (edit, job, permission, top_folder, save_path, started, first_reserved,"
            " request_ids, number, day, month, reserved, charged)"
            " VALUES (1, 'j', 1, x'', '', 0, 9, '{}', ?, ?, ?, ?, ?)",
            [
                (1, "2026-11-23", "2026-11", 0, 5),
                (2, "2026-11-24", "2026-11", 70, 0),
                (3, "2026-11-24", "2026-11", 0, 600),
            ],
        )
        connection.commit()

    with closing(SqliteJournal.open(path, DURABLE)) as opened:
        spent = opened.spent(EditId(1), Period(day="2026-11-24", month="2026-11"))

    assert spent == Spent(edit=Money(675), day=Money(670), month=Money(675))


def test_a_later_version_is_refused(path: Path) -> None:
    """A journal of a newer program is not touched by an older one."""
    SqliteJournal.open(path, DURABLE).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    for opening in (lambda: SqliteJournal.open(path, DURABLE), lambda: SqliteJournal.open_for_reading(path)):
        with pytest.raises(JournalError, match=f"version {VERSION + 1}; this retouchd knows {VERSION}"):
            opening()
    assert numbers_of(path) == (VERSION + 1, APPLICATION_ID)


@pytest.mark.parametrize(("version", "application"), [(0, 0), (1, 0), (0, 7), (7, 7)])
def test_a_strangers_database_is_refused_untouched(path: Path, version: int, application: int) -> None:
    """I2: another program's database is refused, and not a byte of it changes."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"CREATE TABLE theirs (x);PRAGMA user_version = {version}; PRAGMA application_id = {application};"
        )
    content = path.read_bytes()

    for opening in (lambda: SqliteJournal.open(path, DURABLE), lambda: SqliteJournal.open_for_reading(path)):
        with pytest.raises(JournalDamagedError, match="is no journal of retouchd"):
            opening()
    assert path.read_bytes() == content
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"make the sky blue" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_database_is_refused_untouched(path: Path, content: bytes) -> None:
    """A text file or a damaged database is refused, and stays as it was."""
    path.write_bytes(content)

    for opening in (lambda: SqliteJournal.open(path, DURABLE), lambda: SqliteJournal.open_for_reading(path)):
        with pytest.raises(JournalDamagedError, match="the history is damaged"):
            opening()
    assert path.read_bytes() == content


def test_a_folder_that_is_missing(path: Path) -> None:
    """A journal is made in a folder that exists, and nowhere else."""
    with pytest.raises(JournalError, match="unable to open database file"):
        SqliteJournal.open(path / "missing" / "journal.db", DURABLE)


@pytest.mark.parametrize("exists", ["no file", "an empty file"])
def test_reading_where_nothing_was_done(path: Path, exists: str) -> None:
    """A command that only reads makes no journal; it says that there is none."""
    if exists == "an empty file":
        path.touch()

    with pytest.raises(JournalError, match="nothing was done here yet"):
        SqliteJournal.open_for_reading(path)
    assert path.exists() == (exists == "an empty file")


def test_a_transaction_is_all_or_nothing(journal: SqliteJournal, moments: Moments) -> None:
    """What raises leaves nothing of its transaction behind, and the next one works."""
    with suppress(KeyError), journal.transaction():
        record(journal, bundle_of("a.png"), moments)
        raise KeyError
    record_bundle(journal, moments, bundle_of("b.png"))

    assert names_in(journal) == ["b.png"]


@pytest.mark.parametrize(("when", "kept"), [(When.BEFORE, []), (When.AFTER, ["a.png"])])
def test_a_crash_at_the_commit(path: Path, moments: Moments, when: When, kept: list[str]) -> None:
    """I8: a transaction that was cut before its commit never was; after it, it is whole."""
    SqliteJournal.open(path, DURABLE).close()

    def write() -> None:
        with closing(SqliteJournal.open(path, CuttingDurable(2, when))) as journal, journal.transaction():
            record(journal, bundle_of("a.png"), moments)

    run_until_cut(write)

    with closing(SqliteJournal.open(path, DURABLE)) as opened:
        assert names_in(opened) == kept


def test_a_commit_that_fails_undoes_everything(path: Path, moments: Moments) -> None:
    """When the disk is full nothing of the transaction happened, and the error is one of ours."""
    SqliteJournal.open(path, DURABLE).close()

    with (
        pytest.raises(JournalError, match="disk is full"),
        closing(SqliteJournal.open(path, Broken())) as journal,
        journal.transaction(),
    ):
        record(journal, bundle_of("a.png"), moments)
    with closing(SqliteJournal.open_for_reading(path)) as opened:
        assert names_in(opened) == []


def test_a_full_database_is_one_of_our_errors(journal: SqliteJournal, moments: Moments) -> None:
    """What SQLite itself cannot write ends as a JournalError, with everything before it kept."""
    record_bundle(journal, moments, bundle_of("a.png"))
    pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
    journal.connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(JournalError, match="full"), journal.transaction():
        journal.set_note("large", "x" * 1_000_000)
    assert names_in(journal) == ["a.png"]
    assert not journal.connection.in_transaction


def test_a_part_is_undone_alone(journal: SqliteJournal, moments: Moments) -> None:
    """One bad file's part is undone, what stands before and after it in the transaction is kept (I11)."""
    with journal.transaction():
        record(journal, bundle_of("a.png"), moments)
        with suppress(KeyError), journal.part():
            record(journal, bundle_of("b.png"), moments)
            with journal.part():
                record(journal, bundle_of("c.png"), moments)
            raise KeyError
        with journal.part():
            record(journal, bundle_of("d.png"), moments)
            with suppress(KeyError), journal.part():
                record(journal, bundle_of("e.png"), moments)
                raise KeyError

    assert names_in(journal) == ["a.png", "d.png"]


def test_the_first_part_that_changes_something_is_undone_alone(
    journal: SqliteJournal, moments: Moments
) -> None:
    """What was only read before it, and what comes after it, goes on in the same transaction."""
    with journal.transaction():
        with journal.part():
            assert names_in(journal) == []
        with suppress(KeyError), journal.part(), journal.part():
            record(journal, bundle_of("a.png"), moments)
            raise KeyError
        with journal.part():
            record(journal, bundle_of("b.png"), moments)
        with suppress(KeyError), journal.part():
            record(journal, bundle_of("c.png"), moments)
            raise KeyError
        during = names_in(journal)

    assert during == names_in(journal) == ["b.png"]


def test_a_part_that_fails_before_it_changed_anything_undoes_nothing(
    journal: SqliteJournal, moments: Moments
) -> None:
    """What the parts before it have changed is kept."""
    with journal.transaction():
        with journal.part():
            record(journal, bundle_of("a.png"), moments)
        with suppress(KeyError), journal.part():
            assert names_in(journal) == ["a.png"]
            raise KeyError

    assert names_in(journal) == ["a.png"]


def test_a_part_takes_no_statement_while_it_is_the_only_one_to_change_anything(
    journal: SqliteJournal, moments: Moments
) -> None:
    """Most turns of the engine carry out one request, whose undoing is prepared for nothing."""
    statements: list[str] = []
    journal.connection.set_trace_callback(statements.append)
    with journal.transaction():
        with journal.part():
            names_in(journal)
        with journal.part():
            record(journal, bundle_of("a.png"), moments)
    with journal.transaction():
        for name in ("b.png", "c.png"):
            with journal.part():
                record(journal, bundle_of(name), moments)

    assert [one for one in statements if " part" in one] == ["SAVEPOINT part", "RELEASE part"]


def test_many_rows_are_undone_with_their_part(journal: SqliteJournal, moments: Moments) -> None:
    """It makes no difference how a change is made."""
    record_bundle(journal, moments, bundle_of("a.png"))
    with journal.transaction(), suppress(KeyError), journal.part():
        journal.connection.executemany("INSERT INTO shared_files VALUES (?, ?)", [(b"prompt.txt", 1)])
        raise KeyError

    assert not journal.is_left_to_others(PurePosixPath("prompt.txt"), BundleId(2))


def test_a_part_goes_with_its_transaction(journal: SqliteJournal, moments: Moments) -> None:
    """A part that was kept is undone all the same when the whole is."""
    with suppress(KeyError), journal.transaction():
        with journal.part():
            record(journal, bundle_of("a.png"), moments)
        raise KeyError

    assert names_in(journal) == []


def test_reading_while_the_daemon_writes(path: Path, journal: SqliteJournal, moments: Moments) -> None:
    """`status` neither waits for an open transaction nor sees half of one."""
    record_bundle(journal, moments, bundle_of("a.png"))
    with closing(SqliteJournal.open_for_reading(path)) as reader:
        with journal.transaction():
            record(journal, bundle_of("b.png"), moments)
            during = names_in(reader)

        assert during == ["a.png"]
        assert names_in(reader) == ["a.png", "b.png"]
        assert reader.id == journal.id


def test_reading_when_the_daemon_does_not_run(path: Path, journal: SqliteJournal, moments: Moments) -> None:
    """`status` works on what the last daemon left, and cannot change it."""
    record_bundle(journal, moments, bundle_of("a.png"))
    journal.close()

    with closing(SqliteJournal.open_for_reading(path)) as reader:
        assert names_in(reader) == ["a.png"]
        with pytest.raises(JournalError, match="readonly"), reader.transaction():
            reader.end_pause(PauseReason.OPERATOR)


@pytest.mark.slow
def test_a_command_from_another_process(path: Path, journal: SqliteJournal) -> None:
    """A command waits for the daemon's transaction, is not lost, and is found by the daemon after it."""
    with journal.transaction():
        journal.begin_pause(begin_pause(PauseReason.OPERATOR, "", NOW))
        giver = subprocess.Popen(
            [sys.executable, "-c", GIVE_COMMAND, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert giver.stdout is not None
        begun = giver.stdout.readline()
    output, _ = giver.communicate(timeout=30)
    (command,) = journal.commands()

    assert begun == "about to open\n"
    assert (giver.returncode, output) == (0, f"{command.id}\n")
    assert (command.verb, command.argument) == (Verb.RETRY, "k7f3")


def test_the_journal_goes_from_thread_to_thread(journal: SqliteJournal, moments: Moments) -> None:
    """The service opens the journal in its own thread; the engine's thread works with it."""
    thread = Thread(target=record_bundle, args=(journal, moments))
    thread.start()
    thread.join()

    assert names_in(journal) == ["beach.jpg"]


def test_damage_that_is_found_while_running_is_one_of_our_errors(path: Path, moments: Moments) -> None:
    """Pages that went bad under a running daemon end in a sentence, in a transaction and outside."""
    with closing(SqliteJournal.open(path, DURABLE)) as journal, journal.transaction():
        for number in range(200):
            record(journal, bundle_of(f"{number}.png"), moments)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))

    with closing(sqlite3.connect(path, factory=PartedConnection)) as connection:
        journal = SqliteJournal(connection, DURABLE)
        with pytest.raises(JournalDamagedError, match="the history is damaged"), journal.transaction():
            names_in(journal)
        with pytest.raises(JournalDamagedError, match="the history is damaged"), translating():
            names_in(journal)


def test_a_full_disk_is_named(journal: SqliteJournal) -> None:
    """Whoever reads the sentence knows what to do; nothing of the transaction is kept."""
    pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
    journal.connection.execute(f"PRAGMA max_page_count = {pages}")

    with (
        pytest.raises(JournalError, match="the disk of the state folder is full: make room"),
        journal.transaction(),
    ):
        journal.set_note("large", "x" * 1_000_000)

    assert journal.note("large") is None


@pytest.mark.usefixtures("journal")
def test_who_reads_keeps_little_of_what_was_read(path: Path) -> None:
    """A reader that stays open keeps a quarter of a megabyte at most, however long the history is."""
    with closing(SqliteJournal.open_for_reading(path)) as reader:
        kibibytes = -reader.connection.execute("PRAGMA cache_size").fetchone()[0]

    assert kibibytes == 256
