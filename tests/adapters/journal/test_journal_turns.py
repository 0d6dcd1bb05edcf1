"""The top folders of the inbox take turns, and a screen tells each photo's place in that order."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_samples import DURABLE, QUIET_SECONDS, Reader, add_job, bundle_of, record_bundle

from retouchd.adapters.journal import turns as journal_turns
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.views import JournalView
from retouchd.core.jobs import Job, JobState
from retouchd.core.records import BundleState, Moments
from retouchd.core.turns import Turns, top_folder
from retouchd.core.values import BundleId, JobId
from strategies import NOW

TOP = PurePosixPath()
READY = (JobState.READY,)


def arrive(journal: SqliteJournal, moments: Moments, *paths: str) -> list[BundleId]:
    """Have photos arrive in this order."""
    found = [PurePosixPath(path) for path in paths]
    return [record_bundle(journal, moments, bundle_of(path.name, path.parent)) for path in found]


def quiet(moments: Moments) -> Moments:
    """Give the moment at which what arrived is quiet."""
    return replace(moments, monotonic=moments.monotonic + QUIET_SECONDS)


def turns_of(journal: SqliteJournal, moments: Moments, turns: Turns) -> list[str]:
    """Give the paths of what is to be looked at."""
    return [str(one.path) for one in journal.bundles_to_look_at(quiet(moments), turns)]


def stems(jobs: Sequence[Job]) -> list[str]:
    """Give where the jobs' outputs belong."""
    return [str(job.stem) for job in jobs]


def make_jobs(
    journal: SqliteJournal, bundle: BundleId, *paths: str, state: JobState = JobState.READY
) -> None:
    """Make jobs of these stems, in this order."""
    for path in paths:
        add_job(journal, bundle, path, stem=PurePosixPath(path), state=state)


def test_folders_take_turns(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """One of each folder, then a second of each, the oldest first, from after the one that had its turn."""
    arrive(journal, moments, "b/3.png", "b/1.png", "b/2.png", "a/x/1.png", "a/0.png", "1.png", "c/1.png")

    everything = ["1.png", "a/x/1.png", "b/3.png", "c/1.png", "a/0.png", "b/1.png", "b/2.png"]
    assert turns_of(again(), moments, Turns(limit=7)) == everything
    assert turns_of(again(), moments, Turns(limit=2)) == ["1.png", "a/x/1.png"]
    assert turns_of(again(), moments, Turns(limit=3, last=PurePosixPath("a"))) == [
        "b/3.png",
        "c/1.png",
        "1.png",
    ]
    assert turns_of(again(), moments, Turns(limit=2, last=PurePosixPath("c"))) == ["1.png", "a/x/1.png"]
    # One that is not there any more had its turn last.
    assert turns_of(again(), moments, Turns(limit=1, last=PurePosixPath("bb"))) == ["c/1.png"]


def test_some_folders_are_passed_over(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """Those without a turn now give nothing, whether many or few wait."""
    arrive(journal, moments, "a/1.png", "a/2.png", "b/1.png", "c/1.png")
    without = {PurePosixPath("a"), PurePosixPath("c")}

    assert turns_of(again(), moments, Turns(limit=2, without=without)) == ["b/1.png"]
    assert turns_of(again(), moments, Turns(limit=10, without=without)) == ["b/1.png"]


def test_a_folder_whose_photos_still_arrive_keeps_no_other_waiting(
    journal: SqliteJournal, again: Reader, moments: Moments
) -> None:
    """What is not quiet yet has no turn, and the round goes on."""
    arrive(journal, moments, "b/1.png", "c/1.png")
    arrive(journal, quiet(moments), "a/1.png", "d/1.png")

    assert turns_of(again(), moments, Turns(limit=2)) == ["b/1.png", "c/1.png"]


def test_more_folders_than_are_asked_are_all_reached(
    journal: SqliteJournal, moments: Moments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I11: many folders of which nothing is due keep no later one waiting for ever."""
    monkeypatch.setattr(journal_turns, "_MOST_FOLDERS", 3)
    arrive(journal, moments, "z/1.png", "z/2.png")
    arrive(journal, quiet(moments), *(f"{number}/1.png" for number in range(5)))

    assert turns_of(journal, moments, Turns(limit=2)) == ["z/1.png", "z/2.png"]


def test_jobs_take_turns(journal: SqliteJournal, again: Reader, moments: Moments) -> None:
    """Jobs are sent in turn over the folders, whichever of the states they are in."""
    (bundle,) = arrive(journal, moments, "a.png")
    make_jobs(journal, bundle, "b/1", "b/2", "b/3", "a/1")
    make_jobs(journal, bundle, "a/2", "1", state=JobState.DEFERRED)
    make_jobs(journal, bundle, "0/1", state=JobState.HELD)
    sendable = (*READY, JobState.DEFERRED)

    due = again().jobs_due_in_turn(sendable, NOW, Turns(limit=6))
    assert stems(due) == ["1", "a/1", "b/1", "a/2", "b/2", "b/3"]
    after = again().jobs_due_in_turn(sendable, NOW, Turns(limit=2, last=PurePosixPath("a")))
    assert stems(after) == ["b/1", "1"]
    assert again().jobs_due_in_turn((), NOW, Turns(limit=2)) == []


folders = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0") | st.sampled_from(".jJoOb"), min_size=1)
    .map(lambda name: name + ".job")
    .flatmap(lambda name: st.sampled_from([name, name[:-4]]))
    .filter(lambda name: name not in {".", ".."}),
    max_size=3,
).map(lambda parts: PurePosixPath(*parts))


@given(folder=folders)
def test_the_tables_know_the_same_top_folder(
    tmp_path_factory: pytest.TempPathFactory, folder: PurePosixPath
) -> None:
    """What the journal sorts by is what the engine remembers to have had its turn."""
    path: Path = tmp_path_factory.mktemp("top") / "journal.db"
    with closing(SqliteJournal.open(path, DURABLE)) as journal:
        bundle = record_bundle(journal, Moments(now=NOW, monotonic=1.0), bundle_of("a.png", folder))
        add_job(journal, bundle, stem=folder / "a")
        rows = journal.connection.execute("SELECT top FROM bundles UNION ALL SELECT top FROM jobs").fetchall()

    of_job = top_folder(folder) if len(folder.parts) != 1 else folder
    assert [bytes(row["top"]) for row in rows] == [os.fsencode(top_folder(folder)), os.fsencode(of_job)]


@pytest.fixture
def view(journal: SqliteJournal, path: Path) -> JournalView:
    """The journal as screens read it."""
    journal.connection.execute("SELECT 1")
    return JournalView.open_for_reading(path)


def test_the_place_of_a_photo_counts_the_turns_of_the_others(
    journal: SqliteJournal, view: JournalView, moments: Moments
) -> None:
    """The third of a folder comes after at most three of each other one, and after what is ready."""
    *_, third = arrive(journal, moments, "a/1.png", "a/2.png", "a/3.png")
    arrive(journal, moments, "b/1.png", *(f"c/{number}.png" for number in range(5)))
    looked_at = journal.get_bundle(arrive(journal, moments, "d/1.png")[0])
    with journal.transaction():
        journal.update_bundle(replace(looked_at, state=BundleState.AT_WORK))
    make_jobs(journal, looked_at.id, "d/1")

    queue = view.queue_of(third, quiet(moments))

    assert (queue.place, queue.length, queue.is_sure) == (1 + 3 + 1 + 3, 10, False)


def test_the_place_of_a_job_counts_the_turns_of_the_others(
    journal: SqliteJournal, view: JournalView, moments: Moments
) -> None:
    """A job that is alone in its folder comes after at most one of each other one, before all that arrive."""
    (bundle,) = arrive(journal, moments, "z/1.png")
    make_jobs(journal, bundle, "a/1", "a/2", "b/1", "c/1", "c/2", "c/3")

    queues = [view.queue_of_job(view.get_job(JobId(name)), quiet(moments)) for name in ("b/1", "c/3")]

    assert [(one.place, one.length, one.is_sure) for one in queues] == [(3, 7, False), (6, 7, True)]
