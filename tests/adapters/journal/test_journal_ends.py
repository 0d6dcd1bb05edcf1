"""The journal's view of calls in the order of their end, and the options that were refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from journal_samples import FINGERPRINT, Reader, add_edit, add_job, begin_attempt, record_bundle

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.records import Attempt, Moments
from retouchd.core.refusals import Judged, RefusedOptions, options_of
from retouchd.core.values import AttemptId, BundleId, JobId
from strategies import NOW, REQUEST

NONE = AttemptId(0)


@pytest.fixture
def bundle(journal: SqliteJournal, moments: Moments) -> BundleId:
    """A bundle for the jobs."""
    return record_bundle(journal, moments)


@pytest.fixture
def job(journal: SqliteJournal, bundle: BundleId) -> Job:
    """A job that pays."""
    return add_job(journal, bundle)


def end(
    journal: SqliteJournal,
    job: Job,
    outcome: OutcomeKind,
    minute: int,
    status: int | None = None,
    **changes: object,
) -> Attempt:
    """Add a call that ended so at this minute."""
    edit = journal.find_edit(FINGERPRINT, 1) or add_edit(journal)
    begun = begin_attempt(journal, job, edit)
    ended = replace(begun, outcome=outcome, ended=NOW + timedelta(minutes=minute), status=status, **changes)
    with journal.transaction():
        journal.update_attempt(ended)
    return ended


def test_calls_are_given_in_the_order_of_their_end(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """Replies and losses are given as they ended; not what was never sent, is under way, or was cut by us."""
    late = end(journal, job, OutcomeKind.UNKNOWN, 9)
    reply = end(journal, job, OutcomeKind.ANSWERED, 5, 200)
    lost = end(journal, job, OutcomeKind.UNKNOWN, 7)
    end(journal, job, OutcomeKind.UNREACHABLE, 8)
    end(journal, job, OutcomeKind.UNKNOWN, 6, cut_by_us=True)
    edit = journal.get_edit(late.edit)
    begin_attempt(journal, job, edit)

    assert again().latest_ends(NONE, 10) == [late, lost, reply]
    assert again().latest_ends(NONE, 2) == [late, lost]
    assert again().latest_ends(late.id, 10) == [lost, reply]
    assert again().latest_losses(NONE, 10) == [late, lost]
    assert again().latest_losses(reply.id, 10) == [lost]


def test_what_was_judged_has_its_options(journal: SqliteJournal, again: Reader, job: Job) -> None:
    """Calls whose request the service looked at are given with what it said, newest first."""
    end(journal, job, OutcomeKind.ANSWERED, 1, 200)
    end(journal, job, OutcomeKind.INVALID, 2, 400, refusal="400 bad no")
    end(journal, job, OutcomeKind.RATE_LIMIT, 3, 429)
    options = options_of(REQUEST)

    assert again().latest_judged(5) == [
        Judged(job=job.id, refusal="400 bad no", options=options),
        Judged(job=job.id, refusal=None, options=options),
    ]
    assert len(again().latest_judged(1)) == 1


def test_refused_options_are_kept(journal: SqliteJournal, again: Reader) -> None:
    """Options are refused until they are accepted; the newest word and who may try are kept."""
    first = RefusedOptions(options="x", detail="three \udcff", job=JobId("a"))
    with journal.transaction():
        journal.refuse_options(first, NOW)
        journal.refuse_options(replace(first, options="y"), NOW)
        journal.refuse_options(replace(first, detail="four", job=JobId("b")), NOW)
        journal.let_try_options("y", JobId("c"))
    assert journal.refused_options("x") == replace(first, detail="four")
    assert journal.refused_options("y") == RefusedOptions(options="y", detail="three \\udcff", job=JobId("c"))

    with journal.transaction():
        journal.accept_options("x")
    assert (journal.refused_options("x"), journal.refused_options("y") is None) == (None, False)
    reader = again()
    with reader.transaction():
        reader.accept_all_options()
    assert reader.refused_options("y") is None


def test_held_jobs_are_given_by_their_reason(journal: SqliteJournal, again: Reader, bundle: BundleId) -> None:
    """All jobs that are held for one reason are given, and no others."""
    for name, hold in (("a", HoldReason.REFUSED_ALIKE), ("b", HoldReason.UNKNOWN_OUTCOME)):
        add_job(journal, bundle, name, state=JobState.HELD, hold=hold)

    assert [one.id for one in again().jobs_held_for(HoldReason.REFUSED_ALIKE)] == ["a"]
