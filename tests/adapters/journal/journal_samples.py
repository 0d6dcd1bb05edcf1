"""What the journal's tests put into it and count in it."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.edits import Edit
from retouchd.core.jobs import Job
from retouchd.core.money import Money
from retouchd.core.periods import Period
from retouchd.core.records import Attempt, BundleState, Moments
from retouchd.core.values import BundleId, Fingerprint, JobId, fold_name
from strategies import JOB, NOW, SIGNATURE

FOLDER: Final = PurePosixPath("wedding")
FINGERPRINT: Final = Fingerprint("f" * 64)
PERIOD: Final = Period(day="2026-11-23", month="2026-11")
QUIET_SECONDS: Final = 2.0
DURABLE: Final = Durable()

Reader = Callable[[], SqliteJournal]
"""Gives the journal to read in: the one that was written, or what the next start finds."""


def bundle_of(name: str = "beach.jpg", folder: PurePosixPath = FOLDER, detail: str = "") -> Bundle:
    """Give a photo's bundle."""
    photo = Member.at(folder / name, Role.PHOTO, SIGNATURE)
    return Bundle(
        folder=folder, key=fold_name(name), members=(photo,), standing=Standing.COMPLETE, detail=detail
    )


def record_bundle(
    journal: SqliteJournal,
    moments: Moments,
    bundle: Bundle | None = None,
    state: BundleState = BundleState.ARRIVING,
) -> BundleId:
    """Note a bundle that is quiet two seconds later."""
    with journal.transaction():
        quiet_from = moments.monotonic + QUIET_SECONDS
        return journal.record_seen(bundle or bundle_of(), "digest", state, moments.now, quiet_from)


def add_job(journal: SqliteJournal, bundle: BundleId, name: str = "k7f3bcdg", **changes: Any) -> Job:
    """Add a job of a bundle, without an edit unless one is given."""
    job = replace(replace(JOB, id=JobId(name), bundle=bundle, edit=None), **changes)
    with journal.transaction():
        journal.add_job(job)
    return job


def add_edit(journal: SqliteJournal, take: int = 1, owner: str = "k7f3bcdg") -> Edit:
    """Add an edit."""
    with journal.transaction():
        return journal.add_edit(FINGERPRINT, take, JobId(owner))


def begin_attempt(
    journal: SqliteJournal, job: Job, edit: Edit, period: Period = PERIOD, micro: int = 500_000
) -> Attempt:
    """Begin a call with a reservation of so many micro-dollars."""
    with journal.transaction():
        return journal.begin_attempt(job, edit, period, Money(micro), "/retouchd/x.png", NOW)


def steps_of(connection: sqlite3.Connection, act: Callable[[], object]) -> int:
    """Count the steps of SQLite's machine that something takes: work, not time."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    try:
        act()
    finally:
        connection.set_progress_handler(None, 1)
    return steps
