"""The numbers for Prometheus are those of the journal, the scanner and the disks, and each is documented."""

import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from engine_house import House, bundle_of, wish_of
from prometheus_client.parser import text_string_to_metric_families

from notebook import Notebook
from retouchd.adapters.journal.views import JournalView
from retouchd.core.bundles import Standing
from retouchd.core.errors import JournalError
from retouchd.core.jobs import HoldReason
from retouchd.core.leftovers import Leftovers
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.sightings import FolderBack, ScanFinished, WatchChanged
from retouchd.core.watching import Manner, WatchMode
from retouchd.metrics.companion import MetricsCompanion
from retouchd.metrics.disks import RoomWatch
from retouchd.metrics.gathering import Gatherer
from retouchd.metrics.lookout import Lookout
from retouchd.metrics.pages import Pages
from retouchd.settings import Settings, load_settings
from waiting import eventually

DOCUMENT: Final = Path(__file__).parent.parent.parent / "docs/metrics.md"


class Office:
    """A house whose numbers are told.

    Attributes:
        busy_seconds: For how long the scanner has been looking.
    """

    def __init__(self, place: Path) -> None:
        for name in ("inbox", "outbox", "done", "failed"):
            (place / "root" / name).mkdir(parents=True)
        self.place = place
        self.house = House(place)
        self.log = Notebook()
        self.lookout = Lookout()
        self.busy_seconds = 0.0
        self.lookout.attend(lambda: self.busy_seconds)
        self.settings = self.configured("")
        self.room = RoomWatch(place / "root" / "outbox")
        self.gatherer = Gatherer(lambda: self.settings, self.lookout, self.room, self.log)

    def configured(self, more: str) -> Settings:
        """Give settings with some of a test's own."""
        config = self.place / "config.toml"
        folders = f'[folders]\nroot = "{self.place / "root"}"\nstate = "{self.place}"\n'
        config.write_text(folders + more)
        return load_settings(config, {})

    def page(self) -> str:
        """Give the page as it is now."""
        return Pages(self.gatherer).current().decode()

    def numbers(self) -> Mapping[str, float]:
        """Give each number of the page, by its name and labels."""
        return numbers_of(self.page())

    def close(self) -> None:
        """End what was started."""
        self.room.finish()
        self.gatherer.close()
        self.house.close()


def numbers_of(page: str) -> dict[str, float]:
    """Give each number of a page, by its name and labels."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {
        one.name + "".join(f" {label}={value}" for label, value in sorted(one.labels.items())): one.value
        for one in samples
    }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Open an office."""
    made = Office(tmp_path)
    yield made
    made.close()


def test_photos_and_jobs_are_counted_by_what_they_wait_for(office: Office) -> None:
    """Who looks at the numbers sees how much is done, under way, and waiting for whom."""
    house = office.house
    house.hold(house.accept("held.jpg")[0], HoldReason.UNKNOWN_OUTCOME)
    house.see(bundle_of("lonely.jpg", standing=Standing.LACKS_PROMPT))
    house.see(bundle_of("odd.jpg", standing=Standing.AMBIGUOUS))
    house.deliver(house.answer(house.accept("done.jpg", wish_of("done"))[0]))
    house.accept("next.jpg", wish_of("next"))

    numbers = office.numbers()

    assert numbers["retouchd_up"] == 1
    assert numbers["retouchd_jobs state=held"] == 1
    assert numbers["retouchd_jobs state=ready"] == 1
    assert numbers["retouchd_jobs state=delivered"] == 1
    assert numbers["retouchd_jobs state=failed"] == 0
    assert numbers["retouchd_photos state=waiting_for_prompt"] == 1
    assert numbers["retouchd_photos state=needs_you"] == 1
    assert numbers["retouchd_needs_you"] == 2
    assert numbers["retouchd_last_success_timestamp_seconds"] == house.clock.now().timestamp()
    assert numbers["retouchd_queue_age_seconds"] >= 0


def test_an_empty_house_has_no_age_and_no_success(office: Office) -> None:
    """Where nothing waits the age is 0; what never happened has no time."""
    numbers = office.numbers()

    assert numbers["retouchd_queue_age_seconds"] == 0
    assert "retouchd_last_success_timestamp_seconds" not in numbers
    assert "retouchd_last_scan_timestamp_seconds" not in numbers


def test_money_is_told_with_its_limits(office: Office) -> None:
    """Paid, set aside and unclear are apart, and what counts for a limit is told beside it."""
    house = office.house
    office.settings = office.configured('[budget]\nper_month_usd = "unlimited"\n')
    lost = house.hold(house.accept("held.jpg")[0], HoldReason.UNKNOWN_OUTCOME)
    unclear = house.reserved(lost)[0] / 1e6

    numbers = office.numbers()

    assert numbers["retouchd_unclear_usd"] == pytest.approx(unclear)
    assert numbers["retouchd_set_aside_usd"] == 0
    assert numbers["retouchd_spend_usd period=day"] == 0
    assert numbers["retouchd_limit_used_usd limit=month"] == pytest.approx(unclear)
    assert numbers["retouchd_limit_usd limit=day"] == 10
    assert numbers["retouchd_limit_usd limit=job"] == 3
    assert "retouchd_limit_usd limit=month" not in numbers


def test_a_pause_has_its_reason_and_its_begin(office: Office) -> None:
    """Every reason is told, so that an alarm can wait for any; only those that hold have a begin."""
    now = office.house.clock.now()
    with office.house.act():
        office.house.board.begin(begin_pause(PauseReason.CREDITS, "no credit", now))

    numbers = office.numbers()

    assert numbers["retouchd_pause_active reason=credits"] == 1
    assert numbers["retouchd_pause_active reason=budget"] == 0
    assert numbers["retouchd_pause_start_timestamp_seconds reason=credits"] == now.timestamp()
    assert "retouchd_pause_start_timestamp_seconds reason=budget" not in numbers


def test_calls_are_counted_from_the_first_page_on(office: Office) -> None:
    """What ended before counts nothing; what ends later counts once, however often it is asked."""
    house = office.house
    house.answer(house.accept("before.jpg", wish_of("before"))[0])
    assert office.numbers()["retouchd_calls_total outcome=answered"] == 0

    house.answer(house.accept("after.jpg", wish_of("after"))[0])
    office.page()
    numbers = office.numbers()

    assert numbers["retouchd_calls_total outcome=answered"] == 1
    assert numbers["retouchd_call_duration_seconds_count result=answered"] == 1
    assert numbers["retouchd_call_duration_seconds_bucket le=900.0 result=answered"] == 1
    assert numbers["retouchd_calls_under_way"] == 0


def test_what_the_scanner_tells_is_told_on(office: Office) -> None:
    """What looks cost adds up; how each mount is watched is told without its path."""
    polled = [
        Manner(folder=PurePosixPath(f"/srv/in/secret{number}"), mode=WatchMode.POLLING, why="nfs")
        for number in range(40)
    ]
    own = Manner(folder=PurePosixPath("/srv/in"), mode=WatchMode.EVENTS, why="local")
    office.lookout.note(WatchChanged(manners=(own, *polled)))
    office.lookout.note(ScanFinished(number=1, seconds=0.5, folders=3, leftovers=Leftovers(seen=70)))
    office.lookout.note(ScanFinished(number=2, seconds=0.25, folders=4, leftovers=Leftovers(seen=80)))
    office.lookout.note(FolderBack(which="outbox"))
    office.busy_seconds = 77.0

    numbers = office.numbers()

    assert numbers["retouchd_scans_total"] == 2
    assert numbers["retouchd_scan_seconds_total"] == 0.75
    assert numbers["retouchd_last_scan_duration_seconds"] == 0.25
    assert numbers["retouchd_last_scan_names"] == 80
    assert numbers["retouchd_last_scan_folders"] == 4
    assert numbers["retouchd_scan_under_way_seconds"] == 77
    assert numbers["retouchd_watch_info mode=events mount=inbox"] == 1
    assert numbers["retouchd_watch_info mode=polling mount=below_1"] == 1
    assert sum(name.startswith("retouchd_watch_info") for name in numbers) == 17
    assert "srv" not in office.page()


def test_disks_and_the_state_folder_are_measured(office: Office) -> None:
    """Kept answers, the history and the room are told; the outbox's as soon as it has answered."""
    (office.place / "spool").mkdir(exist_ok=True)
    (office.place / "spool" / "1.answer").write_bytes(b"x" * 1000)
    before = office.numbers()
    assert "retouchd_free_bytes folder=outbox" not in before
    office.room.start()
    assert eventually(office.room.free)

    assert office.numbers()["retouchd_free_bytes folder=outbox"] > 0
    assert before["retouchd_spool_files"] == 1
    assert before["retouchd_spool_bytes"] == 1000
    assert before["retouchd_journal_bytes"] > 0
    assert before["retouchd_free_bytes folder=state"] > 0


def test_a_locked_history_is_told_within_a_bounded_time(office: Office) -> None:
    """Somebody has the database to himself: page and log say so, the log once, and all is well afterwards."""
    path = office.place / "journal.sqlite3"
    office.house.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("PRAGMA locking_mode = EXCLUSIVE")
        stranger.execute("CREATE TABLE theirs (x)")
        numbers = office.numbers()
        office.page()
        assert numbers["retouchd_up"] == 0
        assert "retouchd_needs_you" not in numbers
        assert numbers["retouchd_process_open_fds"] > 0
    assert [event for event, _ in office.log.lines] == ["metrics.not_gathered"]

    assert office.numbers()["retouchd_up"] == 1


def test_a_missing_history_is_told_and_found_again(office: Office) -> None:
    """Whatever becomes of the file, the page is given, and tells when it can be read again."""
    path = office.place / "journal.sqlite3"
    away = path.with_suffix(".away")
    path.rename(away)

    assert office.numbers()["retouchd_up"] == 0
    away.rename(path)
    assert office.numbers()["retouchd_up"] == 1


def test_what_takes_too_long_is_broken_off(office: Office) -> None:
    """No question holds a page up for longer than it may: SQLite is told to give up."""
    endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with closing(JournalView.open_for_reading(office.place / "journal.sqlite3")) as view:
        with pytest.raises(JournalError, match="interrupted"), view.within(0.01):
            view.connection.execute(endless).fetchone()

        assert view.count_jobs() == {}


def test_who_waits_for_too_long_is_told(office: Office) -> None:
    """Where somebody else gathers without an end, nobody is kept; the end comes without the journal's."""
    impatient = Gatherer(lambda: office.settings, office.lookout, office.room, office.log, 0.01)
    pages = Pages(impatient)
    with impatient.gathered():
        with pytest.raises(TimeoutError):
            pages.current()
        impatient.close()

    assert numbers_of(pages.current().decode())["retouchd_up"] == 1
    impatient.close()


def test_a_storm_of_questions_is_answered_with_one_page(office: Office) -> None:
    """Within a second nothing is gathered anew."""
    pages = Pages(office.gatherer)

    assert pages.current() is pages.current()


def test_the_last_page_tells_the_end(office: Office) -> None:
    """It says that nothing runs any more, and how all was left."""
    office.house.accept("next.jpg")

    numbers = numbers_of(Pages(office.gatherer).last().decode())

    assert numbers["retouchd_up"] == 0
    assert numbers["retouchd_jobs state=ready"] == 1


def test_a_companion_can_be_followed_by_another(office: Office) -> None:
    """When the settings have changed another one takes the place; never started, it ends too."""
    file = office.place / "r.prom"
    office.settings = office.configured(f'[metrics]\ntextfile = "{file}"\n')
    MetricsCompanion(lambda: office.settings, office.lookout, office.log).finish()
    assert not file.exists()
    for _ in range(2):
        companion = MetricsCompanion(lambda: office.settings, office.lookout, office.log)
        companion.start()
        assert eventually(lambda: file.exists() and "retouchd_up 1.0" in file.read_text())
        companion.finish()
        assert "retouchd_up 0.0" in file.read_text()

    assert not [one for one in threading.enumerate() if one.name.startswith("companion-metrics")]


def test_every_number_is_documented_and_no_other(office: Office) -> None:
    """docs/metrics.md has a line for each number with just its labels; its alarms name none but these."""
    house = office.house
    house.deliver(house.answer(house.accept("done.jpg", wish_of("done"))[0]))
    with house.act():
        house.board.begin(begin_pause(PauseReason.CREDITS, "no credit", house.clock.now()))
    own = Manner(folder=PurePosixPath("/srv/in"), mode=WatchMode.EVENTS, why="local")
    office.lookout.note(WatchChanged(manners=(own,)))
    office.lookout.note(ScanFinished(number=1, seconds=0.5, folders=3))
    office.room.start()
    assert eventually(office.room.free)
    told = {}
    for family in text_string_to_metric_families(office.page()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        told[name] = {label for sample in family.samples for label in sample.labels} - {"le"}

    text = DOCUMENT.read_text()
    lines = re.findall(r"^\| `(retouchd_\w+)` \|([^|]*)\|", text, re.MULTILINE)

    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in lines} == told
    assert set(re.findall(r"\bretouchd_\w+", text)) <= set(told)


def test_every_number_is_explained_where_it_is_told(office: Office) -> None:
    """Prometheus shows a sentence for each; a name says its unit and begins with ours."""
    families = list(text_string_to_metric_families(office.page()))

    assert all(family.documentation.endswith(".") for family in families)
    assert all(family.name.startswith("retouchd_") for family in families)
