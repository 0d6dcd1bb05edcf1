"""The status file is kept up beside the engine: on change, seldom, and never at anybody's cost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
from engine_house import House, bundle_of, wish_of

from notebook import Notebook
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.marks import MARK_NAME, Mark, write_mark
from retouchd.adapters.outbox.statusfile import StatusFile
from retouchd.core.bundles import Standing
from retouchd.core.jobs import HoldReason
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import Moments
from retouchd.core.rhythm import Rhythm
from retouchd.core.status import Holder
from retouchd.core.statusfile import FIRST_LINE, LAST_LINE
from retouchd.settings import Settings, load_settings
from retouchd.statuskeeper import StatusKeeper, StatusRemover
from waiting import eventually

IDENTITY = Identity(journal_id="journal-1", inbox_id="inbox-1")
MARK = Mark(inbox_id="inbox-1", owner="journal-1", host="nas", since=datetime(2026, 1, 31, tzinfo=UTC))
QUICK = Rhythm(first=0.0, least=0.0, look=0.01, linger=0.0)


class Office:
    """A house whose outbox has a status file.

    Attributes:
        texts: What was written, in order.
    """

    def __init__(self, place: Path) -> None:
        root = place / "root"
        for name in ("inbox", "outbox", "done", "failed"):
            (root / name).mkdir(parents=True)
        (place / "state").mkdir()
        write_mark(root / "outbox", MARK, Durable())
        config = place / "config.toml"
        config.write_text(f'[folders]\nroot = "{root}"\nstate = "{place / "state"}"\n')
        self.house = House(place / "state")
        self.settings: Settings = load_settings(config, {})
        self.path = root / "outbox" / "_STATUS.txt"
        self.log = Notebook()
        self.file = Recording(StatusFile(root / "outbox", Durable(), IDENTITY, None))

    @contextmanager
    def kept(
        self, rhythm: Rhythm = QUICK, moments: Callable[[], Moments] | None = None
    ) -> Iterator[StatusKeeper]:
        """Have the file kept for as long as the context lasts."""
        clock = self.house.clock
        holder = Holder(pid=1, since=clock.now())
        keeper = StatusKeeper(
            lambda: self.settings, self.file, holder, moments or clock.moments, self.log, rhythm
        )
        keeper.start()
        yield keeper
        keeper.finish()

    def shows(self, words: str) -> bool:
        """Say whether the file tells something."""
        return self.path.exists() and words in self.path.read_text("utf-8")


class Recording(StatusFile):
    """Keeps what was written, and can be made to answer no more, as a share that hangs."""

    def __init__(self, inner: StatusFile) -> None:
        self._inner = inner
        self.texts: list[str] = []
        self.hangs = threading.Event()
        self.goes_on = threading.Event()

    def read(self) -> str:
        """Read the real one."""
        return self._inner.read()

    def write(self, text: str) -> None:
        """Write the real one."""
        if self.hangs.is_set():
            self.goes_on.wait()
        self._inner.write(text)
        self.texts.append(text)

    def remove(self) -> None:
        """Remove the real one."""
        self._inner.remove()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Open an office."""
    made = Office(tmp_path)
    yield made
    made.file.goes_on.set()
    made.house.close()


def test_it_tells_what_happens_as_it_happens(office: Office) -> None:
    """Start, a photo that needs somebody, one without a prompt, a failure, a picture, a pause, the stop."""
    house = office.house
    with office.kept():
        assert eventually(lambda: office.shows("and ready."))

        house.hold(house.accept("held.jpg")[0], HoldReason.UNKNOWN_OUTCOME)
        assert eventually(lambda: office.shows("NEEDS YOU: 1\n- held.jpg: the answer was lost"))
        assert office.shows("What to do: Put new text into inbox/held.txt")

        house.see(bundle_of("lonely.jpg", standing=Standing.LACKS_PROMPT, folder=PurePosixPath("trip")))
        assert eventually(
            lambda: office.shows("- inbox/trip/: lonely.jpg waits for its prompt: add lonely.txt beside it.")
        )

        house.fail("failed.jpg")
        assert eventually(lambda: office.shows("- failed.jpg: the service refuses this request"))
        assert eventually(lambda: office.shows("What to do: It lies in failed/: change the photo"))

        done = house.deliver(house.answer(house.accept("done.jpg", wish_of("done"))[0]))
        assert done.output is not None
        assert eventually(lambda: office.shows(f"DELIVERED LAST\n- outbox/{done.output.path}"))

        with house.act():
            house.board.begin(begin_pause(PauseReason.OPERATOR, "for the night", house.clock.now()))
        assert eventually(lambda: office.shows("PAUSED since 12:00:00: You paused it: for the night."))
    assert office.shows("NOT RUNNING since ")
    assert office.shows("NEEDS YOU: 1")


def test_a_failed_photo_that_was_put_back_is_not_told_any_more(office: Office) -> None:
    """Whoever has dragged a photo back is not told again to do so."""
    house = office.house
    house.fail("failed.jpg")
    with office.kept():
        assert eventually(lambda: office.shows("FAILED, AND NOT PUT BACK: 1"))

        house.see(bundle_of("failed.jpg", mtime=2))

        assert eventually(lambda: not office.shows("FAILED"))


def test_it_is_not_written_when_only_the_clock_goes_on(office: Office) -> None:
    """A quiet house is not synced for ever: one text however often it is looked at, and one at the stop."""
    looks = threading.Semaphore(0)

    def moments() -> Moments:
        looks.release()
        office.house.clock.pass_by(61)
        return office.house.clock.moments()

    with office.kept(moments=moments):
        for _ in range(5):
            assert looks.acquire(timeout=10)
    first, last = office.file.texts

    assert "and ready." in first
    assert "NOT RUNNING" in last


def test_a_run_with_nothing_new_leaves_the_file_alone(office: Office) -> None:
    """Runs that end by themselves, one every few minutes, change nothing when nothing has changed."""
    slow = Rhythm(first=60.0)
    with office.kept(slow):
        pass
    office.house.clock.pass_by(600)
    with office.kept(slow):
        pass

    assert len(office.file.texts) == 1
    assert "12:00:00" in office.file.texts[0]


def test_at_most_one_writing_in_its_time(office: Office) -> None:
    """However much happens within the time between two writings, it is written once; the stop at once."""
    with office.kept(Rhythm(first=0.0, least=600.0, look=0.01, linger=0.0)):
        assert eventually(lambda: office.shows("and ready."))
        office.house.hold(office.house.accept("held.jpg")[0], HoldReason.UNKNOWN_OUTCOME)
        written = len(office.file.texts)

    assert written == 1
    assert len(office.file.texts) == 2
    assert office.shows("- held.jpg: ")


def test_a_text_that_was_deleted_or_changed_comes_back(office: Office) -> None:
    """Whoever deletes the file gets it again; of a changed one the begin decides whether it is ours."""
    with office.kept(Rhythm(first=0.0, least=0.01, look=0.01, linger=0.0)):
        assert eventually(lambda: office.shows("and ready."))
        office.path.unlink()
        assert eventually(lambda: office.shows("and ready."))
        office.path.write_text(f"{FIRST_LINE}\n")
        assert eventually(lambda: office.shows("and ready."))


def _put_strangers_file(office: Office) -> None:
    office.path.write_text("mine\n")


def _lose_the_share(office: Office) -> None:
    office.path.with_name(MARK_NAME).unlink()


@pytest.mark.parametrize(
    ("spoil", "level"), [(_put_strangers_file, "warning"), (_lose_the_share, "debug")], ids=["taken", "lost"]
)
def test_a_trouble_is_told_once(office: Office, spoil: Callable[[Office], None], level: str) -> None:
    """A name that is taken is for somebody to see to; a share that is away is told by others."""
    spoil(office)
    with office.kept():
        assert eventually(lambda: office.log.lines)
        for number in range(3):
            office.house.see(bundle_of(f"{number}.jpg"))

    assert [(event, fields["level"]) for event, fields in office.log.lines] == [("status.not_written", level)]
    assert office.file.texts == []


def test_a_share_that_hangs_holds_up_nobody(office: Office) -> None:
    """The stop waits for a share that does not answer only so long, and the engine not at all."""
    office.file.hangs.set()
    with office.kept(Rhythm(first=0.0, last_word=0.05)):
        office.house.hold(office.house.accept("held.jpg")[0], HoldReason.UNKNOWN_OUTCOME)

    assert office.file.texts == []


def test_every_reader_sees_a_whole_text(office: Office) -> None:
    """I3: who reads while it is written over and over sees both ends each time."""
    with office.kept():
        assert eventually(office.path.exists)
        read = set()
        for number in range(100):
            office.house.see(bundle_of(f"{number}.jpg", standing=Standing.LACKS_PROMPT))
            read.add(office.path.read_text())

    assert len(read) > 1
    assert all(text.startswith(f"{FIRST_LINE}\n") and text.endswith(f"{LAST_LINE}\n") for text in read)


def test_a_journal_that_cannot_be_read_is_told_once_and_read_again(office: Office) -> None:
    """That it cannot be read is the engine's to complain about; when it can, the file is kept up again."""
    journal = office.settings.places().journal
    away = journal.with_suffix(".away")
    journal.rename(away)

    with office.kept(Rhythm(first=0.0, least=0.01, look=0.01, linger=0.0)):
        assert eventually(lambda: office.log.lines)
        away.rename(journal)
        assert eventually(lambda: office.shows("and ready."))

    assert office.log.events() == ["status.not_written"]


def test_where_none_is_wanted_one_of_ours_is_removed(office: Office) -> None:
    """A file of an earlier run goes; that it cannot be reached is told for those who look closely."""
    with office.kept():
        pass
    remover = StatusRemover(office.file, office.log)
    remover.start()
    assert eventually(lambda: not office.path.exists())
    remover.finish()

    _lose_the_share(office)
    StatusRemover(office.file, office.log).start()
    assert eventually(lambda: office.log.events() == ["status.not_written"])
