"""The journal's jobs, and the stems that are reserved for them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from journal_samples import Reader, add_edit, add_job, begin_attempt, record_bundle

from retouchd.adapters.journal.codec import dump_wish, load_wish
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.edits import Wish
from retouchd.core.errors import JournalError, UnknownJobError
from retouchd.core.jobs import ENDED, HoldReason, Job, JobState, Output
from retouchd.core.pictures import PictureFormat, SentPicture
from retouchd.core.records import BundleState, Moments
from retouchd.core.values import BundleId, EditId, JobId, Sha256
from strategies import JOB, NOW, WISH, wishes

LATER = NOW + timedelta(minutes=5)
SENT = SentPicture(sha256=Sha256("b" * 64), bytes=7, width=5, height=4, format=PictureFormat.JPEG)
STEM = PurePosixPath("wedding/beach")


@pytest.fixture
def bundle(journal: SqliteJournal, moments: Moments) -> BundleId:
    """A bundle that is at work."""
    return record_bundle(journal, moments, state=BundleState.AT_WORK)


def ids(jobs: list[Job]) -> list[str]:
    """Give the jobs' ids."""
    return [job.id for job in jobs]


def test_a_plain_job_is_kept(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """A job without an edit and a wish (a photo that can never be sent) is given back as it was."""
    job = add_job(journal, bundle, wish=None)

    assert again().get_job(job.id) == job


def test_everything_of_a_job_is_kept(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """Every field of a job survives, with names that are no text and moments to the microsecond."""
    edit = add_edit(journal)
    photo = replace(WISH.pictures[0], path=PurePosixPath("\udcff/\n.png"))
    wish = replace(WISH, take=3, pictures=(photo, photo), origins={"prompt": "\udcff.txt"})
    created = NOW - timedelta(microseconds=1)
    job = add_job(journal, bundle, edit=edit.id, wish=wish, created=created)
    attempt = begin_attempt(journal, job, edit)
    changed: dict[str, Any] = {
        "state": JobState.HELD,
        "stem": PurePosixPath("\udcff/b"),
        "hold": HoldReason.UNKNOWN_OUTCOME,
        "detail": "lost\n\udcff",
        "next_try": LATER,
        "attempts": 2,
        "active_seconds": 61.25,
        "output": Output(path=PurePosixPath("\udcff/b.png"), sha256=Sha256("a" * 64)),
        "answer": attempt.id,
        "reused_from": JobId("other"),
        "shrunk": 5_000_000,
        "sent": (
            SENT,
            replace(SENT, format=PictureFormat.WEBP, why="it was too large"),
            replace(SENT, is_mask=True),
        ),
        **{name: NOW + timedelta(microseconds=1) for name in ("submitted", "received", "delivered", "ended")},
    }
    job = replace(job, **changed)
    with journal.transaction():
        journal.update_job(job)

    assert again().get_job(job.id) == replace(job, detail="lost\n\\udcff")


@given(wish=wishes)
def test_any_wish_is_kept(wish: Wish) -> None:
    """A wish comes back equal, so its edit has the same fingerprint for ever."""
    assert load_wish(dump_wish(wish)) == wish


def test_an_unknown_job(journal: SqliteJournal) -> None:
    """A job that does not exist is an error with its name."""
    with pytest.raises(UnknownJobError, match="there is no job nothere"):
        journal.get_job(JobId("nothere"))


def test_a_job_id_is_given_once(journal: SqliteJournal, bundle: BundleId) -> None:
    """Two jobs of one id cannot be; the second is refused and nothing of it is kept."""
    add_job(journal, bundle)

    with pytest.raises(JournalError, match="UNIQUE"):
        add_job(journal, bundle, detail="another")
    assert journal.get_job(JOB.id).detail == ""


@pytest.mark.parametrize("changes", [{"bundle": BundleId(99)}, {"edit": EditId(99)}])
def test_a_job_belongs_to_what_exists(
    journal: SqliteJournal, bundle: BundleId, changes: dict[str, Any]
) -> None:
    """A job of no bundle, or for no edit, is refused."""
    job = replace(JOB, **({"bundle": bundle, "edit": None} | changes))

    with pytest.raises(JournalError, match="FOREIGN KEY"), journal.transaction():
        journal.add_job(job)


def test_jobs_are_found_by_the_beginning_of_their_id(
    journal: SqliteJournal, again: Reader, bundle: BundleId
) -> None:
    """People type the first characters; a few jobs are enough to say that these are several."""
    for name in ("k7a", "k7b", "k7c", "k7d", "x_1"):
        add_job(journal, bundle, name)

    assert ids(again().find_jobs("x")) == ["x_1"]
    assert ids(again().find_jobs("k7")) == ["k7a", "k7b", "k7c"]
    assert ids(again().find_jobs("k_")) == []


def test_jobs_come_in_the_order_in_which_they_were_made(
    journal: SqliteJournal, again: Reader, bundle: BundleId, moments: Moments
) -> None:
    """The oldest job is the first in every list, whatever its id, state or time."""
    for name, state, next_try in (
        ("c", JobState.READY, None),
        ("a", JobState.DEFERRED, NOW),
        ("b", JobState.READY, NOW),
        ("d", JobState.DEFERRED, LATER),
        ("e", JobState.HELD, None),
    ):
        add_job(journal, bundle, name, state=state, next_try=next_try)
    sendable = [JobState.READY, JobState.DEFERRED]

    assert ids(again().jobs_of_bundle(bundle)) == ["c", "a", "b", "d", "e"]
    assert ids(again().jobs_in(JobState)) == ["c", "a", "b", "d", "e"]
    assert ids(again().jobs_in([JobState.DEFERRED, JobState.HELD], limit=2)) == ["a", "d"]
    assert ids(again().jobs_due(sendable, NOW, 10)) == ["c", "a", "b"]
    assert ids(again().jobs_due(sendable, LATER, 2)) == ["c", "a"]
    assert ids(again().jobs_due([], LATER, 10)) == []
    assert ids(again().jobs_due_untried_first(sendable, LATER, 10)) == ["c", "a", "b", "d"]
    assert ids(again().jobs_due_untried_first(sendable, NOW, 2)) == ["c", "a"]
    assert again().next_due(moments) == 300


@pytest.mark.parametrize("state", JobState)
def test_what_becomes_due(
    journal: SqliteJournal, again: Reader, bundle: BundleId, moments: Moments, state: JobState
) -> None:
    """Exactly the states that go on by themselves wake the engine at their next try."""
    add_job(journal, bundle, state=state, next_try=LATER)
    goes_on = state not in {JobState.WAITING, JobState.HELD, *ENDED}

    assert again().next_due(moments) == (300 if goes_on else None)
    assert again().next_due(replace(moments, now=LATER)) is None


def test_those_who_share_an_edit(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """The owner's end concerns those who wait for its edit or are held for it, and nobody else."""
    edit, other = add_edit(journal), add_edit(journal, take=2)
    journal.set_owner(edit.id, JobId("owner"))
    held = {"state": JobState.HELD, "hold": HoldReason.SAME_EDIT_HELD}
    add_job(journal, bundle, "owner", edit=edit.id, state=JobState.WAITING)
    add_job(journal, bundle, "waits", edit=edit.id, state=JobState.WAITING)
    add_job(journal, bundle, "held", edit=edit.id, **held)
    add_job(journal, bundle, "lost", edit=edit.id, state=JobState.HELD, hold=HoldReason.UNKNOWN_OUTCOME)
    add_job(journal, bundle, "ready", edit=edit.id)
    add_job(journal, bundle, "others", edit=other.id, state=JobState.WAITING)

    assert ids(again().sharers_of(edit.id, JobId("owner"))) == ["waits", "held"]
    assert ids(again().sharers_of(edit.id, JobId("waits"))) == []


def test_counts(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """The status counts jobs by state, and those that ended lately."""
    add_job(journal, bundle, "a")
    add_job(journal, bundle, "b")
    add_job(journal, bundle, "c", state=JobState.DONE, ended=NOW)
    add_job(journal, bundle, "d", state=JobState.FAILED, ended=LATER)

    assert again().count_jobs() == {JobState.READY: 2, JobState.DONE: 1, JobState.FAILED: 1}
    assert again().count_ended_since(LATER) == {JobState.FAILED: 1}
    assert again().count_ended_since(NOW) == {JobState.DONE: 1, JobState.FAILED: 1}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("wedding/beach", "wedding/beach", "wedding/beach-2"),
        ("wedding/beach", "wedding/BEACH", "wedding/BEACH-2"),
        ("wedding/beach", "Wedding/beach", "Wedding/beach-2"),
        ("wedding/Gr\u00fc\u00dfe", "wedding/Gru\u0308sse", "wedding/Gru\u0308sse-2"),
        ("\udcff/beach", "\udcff/beach", "\udcff/beach-2"),
        ("wedding/beach", "party/beach", "party/beach"),
        ("beach", "beach", "beach-2"),
    ],
)
def test_a_stem_is_reserved_once(
    journal: SqliteJournal, again: Reader, first: str, second: str, expected: str
) -> None:
    """Names that are one to a file system are reserved once; the next job gets the next number (I2)."""
    with journal.transaction():
        assert journal.reserve_stem(PurePosixPath(first), JobId("a")) == PurePosixPath(first)
    reader = again()
    with reader.transaction():
        taken = reader.reserve_stem(PurePosixPath(second), JobId("b"))

    assert taken == PurePosixPath(expected)


def test_numbers_pass_over_what_is_taken(journal: SqliteJournal, again: Reader) -> None:
    """A number that is somebody's own name is passed over, and gaps are filled."""
    with journal.transaction():
        taken = [
            journal.reserve_stem(STEM, JobId("a")),
            journal.reserve_stem(STEM.with_name("beach-2"), JobId("b")),
            journal.reserve_stem(STEM, JobId("c")),
        ]
    reader = again()
    with reader.transaction():
        taken.append(reader.reserve_stem(STEM, JobId("d")))

    assert [one.name for one in taken] == ["beach", "beach-2", "beach-3", "beach-4"]


@pytest.mark.parametrize("state", JobState)
def test_who_ends_without_an_output_gives_the_stem_back(
    journal: SqliteJournal, again: Reader, bundle: BundleId, state: JobState
) -> None:
    """A failed or cancelled job frees its name for the next try; every other job keeps it."""
    job = add_job(journal, bundle)
    with journal.transaction():
        journal.reserve_stem(STEM, job.id)
        journal.update_job(replace(job, state=state))
    reader = again()
    with reader.transaction():
        taken = reader.reserve_stem(STEM, JobId("b"))

    assert taken.name == ("beach" if state in {JobState.FAILED, JobState.CANCELLED} else "beach-2")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(wish=wishes)
def test_any_wish_survives_the_journal(journal: SqliteJournal, moments: Moments, wish: Wish) -> None:
    """A job's wish is stored and given back equal."""
    bundle = record_bundle(journal, moments)
    name = f"j{len(journal.jobs_of_bundle(bundle))}"

    job = add_job(journal, bundle, name, wish=wish)

    assert journal.get_job(job.id) == job


@pytest.mark.parametrize("state", JobState)
def test_the_stem_of_a_job_that_is_over_can_be_taken_over(
    journal: SqliteJournal, again: Reader, bundle: BundleId, state: JobState
) -> None:
    """A name that is reserved for a job which goes on stays its own, whoever else may overwrite or skip."""
    job = add_job(journal, bundle)
    with journal.transaction():
        journal.reserve_stem(STEM, job.id)
        journal.update_job(replace(job, state=state, skipped=True))
    reader = again()
    with reader.transaction():
        taken = reader.take_over_stem(STEM, JobId("b"))

    assert taken.name == ("beach" if state in {JobState.DONE, JobState.CANCELLED} else "beach-2")


def test_what_was_delivered_under_a_name(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """All that was ever delivered there is known for ours, but for what the job itself plans."""
    for name, state in (("a", JobState.DONE), ("b", JobState.DONE), ("c", JobState.RECEIVED)):
        output = Output(path=STEM, sha256=Sha256(name * 64))
        add_job(journal, bundle, name, state=state, output=output)

    assert again().outputs_at(STEM, JobId("b")) == {"a" * 64}
    assert again().outputs_at(STEM.with_name("other"), JobId("b")) == set()
