"""Jobs as they are listed: chosen, page by page, and without looking at those that are not meant."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest
from journal_samples import DURABLE, add_job, bundle_of, record_bundle, steps_of

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.listing import JobChoice
from retouchd.adapters.journal.views import JournalView
from retouchd.core.jobs import JobState
from retouchd.core.records import Moments
from strategies import NOW

# More than two pages of them.
JOBS = 1200


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JournalView]:
    """Give a history of many jobs, a minute apart, in two folders whose names begin alike."""
    path: Path = tmp_path_factory.mktemp("listing") / "journal.sqlite3"
    with closing(SqliteJournal.open(path, DURABLE)) as journal:
        moments = Moments(now=NOW, monotonic=1.0)
        bundles = [
            record_bundle(journal, moments, bundle_of(folder=PurePosixPath(folder)))
            for folder in ("wedding", "wedding/party", "wedding-2")
        ]
        for number in range(JOBS):
            state = JobState.FAILED if number % 100 == 0 else JobState.DONE
            created = NOW + timedelta(minutes=number)
            add_job(journal, bundles[number % 3], f"{number:08d}", state=state, created=created)
    with closing(JournalView.open_for_reading(path)) as opened:
        yield opened


def numbers(view: JournalView, choice: JobChoice) -> list[int]:
    """Give the numbers of the chosen jobs."""
    return [int(job.id) for job in view.pages_of_jobs(choice)]


def test_all_pages_are_given_in_order(view: JournalView) -> None:
    """Every job is listed once, the oldest first."""
    assert numbers(view, JobChoice()) == list(range(JOBS))


def test_choices_narrow_each_other(view: JournalView) -> None:
    """State, moment and folder are all kept; a folder has those below it, and no other that begins alike."""
    since, folder = NOW + timedelta(minutes=600), PurePosixPath("wedding")

    assert numbers(view, JobChoice(state=JobState.FAILED)) == list(range(0, JOBS, 100))
    assert numbers(view, JobChoice(since=since)) == list(range(600, JOBS))
    assert numbers(view, JobChoice(folder=folder)) == [n for n in range(JOBS) if n % 3 < 2]
    assert numbers(view, JobChoice(folder=PurePosixPath())) == list(range(JOBS))
    assert numbers(view, JobChoice(state=JobState.FAILED, since=since, folder=folder)) == [
        600,
        700,
        900,
        1000,
    ]
    assert numbers(view, JobChoice(since=NOW + timedelta(days=9))) == []


def test_recent_jobs_are_found_without_reading_the_others(view: JournalView) -> None:
    """What is asked for costs work, not how much there is beside it."""
    all_steps = steps_of(view.connection, lambda: numbers(view, JobChoice()))
    recent = JobChoice(since=NOW + timedelta(minutes=JOBS - 3))

    assert steps_of(view.connection, lambda: numbers(view, recent)) * 50 < all_steps
