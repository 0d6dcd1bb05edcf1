"""The journal's bundles: what lies in the inbox, when it is quiet, and what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import pytest
from journal_samples import (
    FOLDER,
    PERIOD,
    QUIET_SECONDS,
    Reader,
    add_job,
    bundle_of,
    record_bundle,
)

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.table import QUIET_AFTER_BOOT_SECONDS
from retouchd.core.arrival import is_look_due
from retouchd.core.bundles import Role
from retouchd.core.errors import JournalError
from retouchd.core.records import Accepted, BundleRecord, BundleState, Moments, Sight
from retouchd.core.turns import Turns
from retouchd.core.values import BundleId, Sha256, fold_name
from strategies import NOW, SIGNATURE

LATER = NOW + timedelta(minutes=5)
ODD_NAMES = ["Größe.PNG", "a\nb.png", "\udcff\udcfe.png", "\x1b[2J.png", "straße.jpg", " .png"]
ODD_FOLDERS = [PurePosixPath(), PurePosixPath("a/b c"), PurePosixPath("\udcff/\n")]


def quiet(moments: Moments) -> Moments:
    """Give the moment at which what was recorded is quiet."""
    return replace(moments, monotonic=moments.monotonic + QUIET_SECONDS)


def look(journal: SqliteJournal, moments: Moments) -> list[PurePosixPath]:
    """Give the paths of what is to be looked at."""
    return [one.path for one in journal.bundles_to_look_at(moments, Turns(limit=10))]


@pytest.mark.parametrize("folder", ODD_FOLDERS)
@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_is_kept(
    journal: SqliteJournal, again: Reader, moments: Moments, name: str, folder: PurePosixPath
) -> None:
    """A bundle is found at its place by the very bytes on disk, whatever they are (I11)."""
    bundle = record_bundle(journal, moments, bundle_of(name, folder, detail=f"{name} fits"))

    record = again().find_live(folder, fold_name(name))

    assert record == BundleRecord(
        id=bundle,
        folder=folder,
        key=fold_name(name),
        photo=name,
        digest="digest",
        state=BundleState.ARRIVING,
        detail=f"{name} fits".encode("utf-8", "backslashreplace").decode(),
        seen=NOW,
    )


def test_everything_of_a_bundle_is_kept(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """What a look found survives, with every file as it was hashed."""
    bundle = record_bundle(journal, moments)
    accepted = Accepted(
        path=FOLDER / "\udcff.txt", role=Role.PROMPT, sha256=Sha256("a" * 64), signature=SIGNATURE
    )
    record = replace(
        journal.get_bundle(bundle),
        digest="other",
        state=BundleState.AT_WORK,
        detail="why \udcff",
        settled=NOW + timedelta(microseconds=1),
        looks=3,
        first_look=NOW,
        claims=2,
        look_at=LATER,
        accepted=(
            accepted,
            replace(accepted, path=FOLDER / "b", role=Role.PHOTO),
            replace(accepted, path=PurePosixPath("_preset.toml"), role=Role.PRESET),
        ),
        filing=2,
    )
    with journal.transaction():
        journal.update_bundle(record)

    assert again().get_bundle(bundle) == replace(record, detail="why \\udcff")


def test_a_bundle_that_changed_begins_anew(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """A change at a place starts quiet, looks and claims anew, and keeps the bundle and when it was seen."""
    bundle = record_bundle(journal, moments)
    with journal.transaction():
        journal.update_bundle(
            replace(journal.get_bundle(bundle), looks=3, first_look=NOW, claims=2, look_at=LATER)
        )
    later = Moments(now=LATER, monotonic=moments.monotonic + 100)

    assert record_bundle(journal, later, bundle_of("BEACH.JPG")) == bundle
    record = again().get_bundle(bundle)
    assert (record.photo, record.seen, record.looks, record.claims) == ("BEACH.JPG", NOW, 0, 0)
    assert (record.first_look, record.look_at) == (None, None)
    assert look(again(), quiet(moments)) == []
    assert look(again(), quiet(later)) == [FOLDER / "BEACH.JPG"]


@pytest.mark.parametrize("state", [BundleState.ARRIVING, BundleState.LOOKED_AT, BundleState.LACKS_PROMPT])
@pytest.mark.parametrize("look_at", [None, NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1)])
@pytest.mark.parametrize("waited", [0.0, QUIET_SECONDS - 0.1, QUIET_SECONDS, QUIET_SECONDS + 100])
def test_what_is_due_is_found_by_the_rule(
    journal: SqliteJournal,
    moments: Moments,
    state: BundleState,
    look_at: datetime | None,
    waited: float,
) -> None:
    """What the journal finds to look at is what the rule of arriving says, for one bundle and among many."""
    bundle = record_bundle(journal, moments)
    with journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(bundle), state=state, look_at=look_at))
    now = replace(moments, monotonic=moments.monotonic + waited)

    is_due = is_look_due(journal.get_bundle(bundle), moments.monotonic + QUIET_SECONDS, now)

    assert journal.is_look_due(bundle, now) == is_due
    assert look(journal, now) == ([FOLDER / "beach.jpg"] if is_due else [])


def test_one_live_bundle_at_a_place(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """A place is unique among live bundles only: what is filed or detached leaves it free."""
    ids = []
    for state in (BundleState.FILED, BundleState.DETACHED, BundleState.AT_WORK):
        bundle = record_bundle(journal, moments)
        ids.append(bundle)
        with journal.transaction():
            journal.update_bundle(replace(journal.get_bundle(bundle), state=state))

    live = again().find_live(FOLDER, "beach.jpg")

    assert len(set(ids)) == 3
    assert live is not None
    assert live.id == ids[-1]


def test_no_second_bundle_comes_alive_at_a_place(journal: SqliteJournal, moments: Moments) -> None:
    """A filed bundle cannot be made live again where another one is: the journal refuses it."""
    first = record_bundle(journal, moments)
    with journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(first), state=BundleState.FILED))
    record_bundle(journal, moments)

    with pytest.raises(JournalError, match="UNIQUE"), journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(first), state=BundleState.AT_WORK))
    assert journal.get_bundle(first).state is BundleState.FILED


def test_a_vanished_bundle_is_forgotten(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """A bundle that is gone is not found, and its number is never given to another one."""
    first = record_bundle(journal, moments)
    with journal.transaction():
        journal.forget_bundle(first)

    assert again().find_live(FOLDER, "beach.jpg") is None
    assert record_bundle(again(), moments) != first


def test_a_bundle_with_jobs_is_never_forgotten(journal: SqliteJournal, moments: Moments) -> None:
    """What a job came from stays known, whatever vanishes."""
    bundle = record_bundle(journal, moments)
    add_job(journal, bundle)

    with pytest.raises(JournalError, match="FOREIGN KEY"), journal.transaction():
        journal.forget_bundle(bundle)


def test_quiet_on_the_same_boot(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """A bundle is looked at once it was quiet for as long as was asked, also over a restart of the daemon."""
    record_bundle(journal, moments)

    assert look(again(), moments) == []
    assert again().next_due(moments) == pytest.approx(QUIET_SECONDS)
    assert look(again(), quiet(moments)) == [FOLDER / "beach.jpg"]
    assert again().next_due(quiet(moments)) is None


@pytest.mark.parametrize("boot", ["00000000-another-boot", "zzzzzzzz-another-boot"])
def test_quiet_on_another_boot(journal: SqliteJournal, again: Reader, moments: Moments, boot: str) -> None:
    """After a restart of the machine its clock began anew: quiet is counted from the daemon's start."""
    record_bundle(journal, replace(moments, monotonic=moments.monotonic + 10**6))
    with journal.transaction():
        journal.connection.execute("UPDATE bundles SET boot = ?", (boot,))
    reader = again()
    start = replace(moments, monotonic=reader.strangers_quiet_at - QUIET_AFTER_BOOT_SECONDS)
    settled = replace(moments, monotonic=reader.strangers_quiet_at)

    assert look(reader, start) == []
    assert reader.next_due(start) == pytest.approx(QUIET_AFTER_BOOT_SECONDS)
    assert reader.count_bundles(start)["arriving"] == 1
    assert look(reader, settled) == [FOLDER / "beach.jpg"]
    assert reader.next_due(settled) is None
    assert reader.count_bundles(settled)["queued"] == 1


def test_what_did_not_pass_is_looked_at_at_its_time(
    journal: SqliteJournal, again: Reader, moments: Moments
) -> None:
    """A bundle that is to be looked at again is left alone until then, by the wall clock."""
    bundle = record_bundle(journal, moments)
    with journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(bundle), looks=1, look_at=LATER))
    before, then = quiet(moments), quiet(replace(moments, now=LATER))

    assert look(again(), before) == []
    assert again().next_due(before) == 300
    assert look(again(), then) == [FOLDER / "beach.jpg"]
    assert again().next_due(then) is None


def test_the_oldest_are_looked_at_first(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """Bundles are looked at in the order in which they came, no more of them than are asked for."""
    names = ["c.png", "a.png", "b.png"]
    for name in names:
        record_bundle(journal, moments, bundle_of(name))

    found = again().bundles_to_look_at(quiet(moments), Turns(limit=2))

    assert [one.photo for one in found] == names[:2]


@pytest.mark.parametrize("state", [one for one in BundleState if one is not BundleState.ARRIVING])
def test_only_what_arrives_is_looked_at(
    journal: SqliteJournal, again: Reader, moments: Moments, state: BundleState
) -> None:
    """What lacks its prompt, needs a person, is at work or is filed is not looked at."""
    bundle = record_bundle(journal, moments)
    with journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(bundle), state=state))

    assert look(again(), quiet(moments)) == []
    assert [one.id for one in again().bundles_in(state)] == [bundle]


def test_bundles_to_file(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """Bundles whose jobs have ended are filed at once, or at the time for which that was put off."""
    for name, look_at in (("a.png", None), ("b.png", LATER), ("c.png", NOW)):
        record = journal.get_bundle(record_bundle(journal, moments, bundle_of(name)))
        with journal.transaction():
            journal.update_bundle(replace(record, state=BundleState.ENDING, look_at=look_at))

    assert [one.photo for one in again().bundles_to_file(NOW, 10)] == ["a.png", "c.png"]
    assert [one.photo for one in again().bundles_to_file(NOW, 1)] == ["a.png"]
    assert [one.photo for one in again().bundles_to_file(LATER, 10)] == ["a.png", "b.png", "c.png"]
    assert again().next_due(moments) == 300


def test_what_the_scanner_asks(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """The scanner learns which folders have live bundles, and of each the keys and digests."""
    places = [
        ("a.png", FOLDER),
        ("\udcff.png", FOLDER),
        ("b.png", PurePosixPath("\n")),
        ("c.png", PurePosixPath("x")),
    ]
    for name, folder in places:
        record_bundle(journal, moments, bundle_of(name, folder))
    filed = journal.find_live(PurePosixPath("x"), "c.png")
    assert filed is not None
    with journal.transaction():
        journal.update_bundle(replace(filed, state=BundleState.FILED))

    assert set(again().folders_with_live_bundles()) == {FOLDER, PurePosixPath("\n")}
    assert again().live_in_folder(FOLDER) == {"a.png": "digest", "\udcff.png": "digest"}
    assert again().live_in_folder(PurePosixPath("x")) == {}


def test_counts(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """The status counts what arrives, is queued, waits for its prompt or needs a person, and nothing else."""
    for number, state in enumerate(BundleState):
        bundle = record_bundle(journal, moments, bundle_of(f"{number}.png"))
        with journal.transaction():
            journal.update_bundle(replace(journal.get_bundle(bundle), state=state))
    incomplete = record_bundle(journal, moments, bundle_of("incomplete.png"))
    with journal.transaction():
        journal.update_bundle(replace(journal.get_bundle(incomplete), looks=1))

    expected = {"waiting_for_prompt": 1, "needs_you": 1}
    assert again().count_bundles(moments) == expected | {"arriving": 3, "queued": 0}
    assert again().count_bundles(quiet(moments)) == expected | {"arriving": 1, "queued": 2}


def test_nothing_is_due_in_an_empty_journal(again: Reader, moments: Moments) -> None:
    """A new journal has nothing to do and no period."""
    assert again().next_due(moments) is None
    assert again().bundles_to_look_at(moments, Turns(limit=10)) == []
    assert again().last_period() is None
    assert again().count_bundles(moments) == {
        "arriving": 0,
        "queued": 0,
        "waiting_for_prompt": 0,
        "needs_you": 0,
    }
    assert again().report_spend(PERIOD).today.micro == 0


@pytest.mark.parametrize("odd_names", [["Straße \"'\n\t\\ 東京.png"], ODD_NAMES], ids=["text", "no text"])
def test_a_backlog_is_noted_as_each_of_it_alone(
    journal: SqliteJournal, again: Reader, moments: Moments, odd_names: Sequence[str]
) -> None:
    """Bundles that are noted together get their numbers in turn, and are found at their places."""
    known = record_bundle(journal, moments, bundle_of("known.png"))
    names = ["b.png", "a.png", *odd_names]
    state, later = BundleState.ARRIVING, moments.monotonic + QUIET_SECONDS
    sights = [
        Sight(bundle=bundle_of(name), state=state, quiet_from=later, shared=(f"{name}.txt", "all.txt"))
        for name in names
    ]

    with journal.transaction():
        journal.record_new(sights, moments.now)
    reader = again()
    live = reader.live_at(FOLDER, [fold_name(name) for name in (*names, "nobody.png")])

    numbers = range(known + 1, known + 1 + len(names))
    assert [live[fold_name(name)].id for name in names] == list(numbers)
    assert [live[fold_name(name)].path for name in names] == [one.bundle.path for one in sights]
    for name, number in zip(names, numbers, strict=True):
        assert not reader.is_left_to_others(PurePosixPath(f"{name}.txt"), BundleId(number))
        assert reader.is_left_to_others(PurePosixPath(f"{name}.txt"), known)
        assert reader.is_left_to_others(PurePosixPath("all.txt"), BundleId(number))
    assert [live[fold_name(one)].digest for one in names] == [one.bundle.digest for one in sights]
    assert live["a.png"] == reader.find_live(FOLDER, "a.png")
    assert len(look(reader, quiet(moments))) == len(names) + 1


def test_files_that_are_shared_as_before_change_nothing(journal: SqliteJournal, moments: Moments) -> None:
    """What is noted already is not written once more: the disk would be waited for."""
    bundle = record_bundle(journal, moments)
    paths = [FOLDER / "\udcff.txt", PurePosixPath("_prompt.txt")]
    with journal.transaction():
        journal.share_files(bundle, paths)
    before = journal.connection.total_changes

    with journal.transaction():
        journal.share_files(bundle, reversed(paths))

    assert journal.connection.total_changes == before
    assert journal.is_left_to_others(paths[0], BundleId(bundle + 1))
