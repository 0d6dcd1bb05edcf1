"""How large the journal becomes when history is let go, and how long a step of that takes.

Run by hand: python tests/bench/history.py [jobs] [kept]
"""

import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.edits import Wish
from retouchd.core.history import HistoryPolicy
from retouchd.core.jobs import Job, JobState, Output
from retouchd.core.money import NOTHING, Money
from retouchd.core.periods import Period
from retouchd.core.records import Accepted, BundleState
from retouchd.core.values import Fingerprint, JobId, Sha256
from strategies import REQUEST, SIGNATURE, SOURCE

AT_ONCE: Final = 50
EVERY: Final = 10_000
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def add(journal: SqliteJournal, number: int) -> None:
    """Add a photo that was edited, delivered and filed."""
    now = BEGIN + timedelta(minutes=number)
    digest = sha256(str(number).encode()).hexdigest()
    folder, name = PurePosixPath(f"wedding-{number // 500}"), f"DSC_{number:06}.jpg"
    photo = Member.at(folder / name, Role.PHOTO, SIGNATURE)
    bundle = Bundle(folder=folder, key=name.lower(), members=(photo,), standing=Standing.COMPLETE, detail="")
    record = journal.get_bundle(journal.record_seen(bundle, digest, BundleState.ARRIVING, now, 0.0))
    members = [
        Accepted(path=folder / one, role=role, sha256=Sha256(digest), signature=SIGNATURE)
        for one, role in ((name, Role.PHOTO), (f"{name}.txt", Role.PROMPT))
    ]
    journal.update_bundle(replace(record, state=BundleState.FILED, accepted=members, settled=now, filing=1))
    job_id = JobId(f"{number:08}")
    edit = journal.add_edit(Fingerprint(digest), 1, job_id)
    wish = Wish(
        request=REQUEST, take=1, pictures=(replace(SOURCE, path=folder / name),), origins={"prompt": "x"}
    )
    job = Job(
        id=job_id,
        bundle=record.id,
        edit=edit.id,
        wish=wish,
        state=JobState.DONE,
        created=now,
        stem=journal.reserve_stem(folder / f"DSC_{number:06}", job_id),
        output=Output(path=folder / f"DSC_{number:06}.png", sha256=Sha256(digest)),
        submitted=now,
        received=now,
        delivered=now,
        ended=now,
    )
    journal.add_job(job)
    period = Period(day=f"{now:%Y-%m-%d}", month=f"{now:%Y-%m}")
    attempt = journal.begin_attempt(job, edit, period, Money(100_000), f"/retouchd/{digest[:20]}.png", now)
    journal.update_attempt(
        replace(
            attempt,
            ended=now,
            outcome="answered",
            status=200,
            charged=Money(50_000),
            reserved=NOTHING,
            elapsed_seconds=30.0,
            request_ids={"x-request-id": digest},
        )
    )
    journal.update_job(replace(job, answer=attempt.id))


def let_go(journal: SqliteJournal, kept: int, now: datetime) -> tuple[int, float]:
    """Let go of all but the newest; give how many went and the longest step in milliseconds."""
    went, longest, after = 0, 0.0, 0
    while True:
        begin = time.perf_counter()
        with journal.transaction():
            bounds = HistoryPolicy(jobs=kept).bounds(now, journal.newest_job())
            passage = journal.let_go_past(bounds, (), after, AT_ONCE)
        longest = max(longest, (time.perf_counter() - begin) * 1000)
        went += passage.let_go.jobs
        if passage.reached is None:
            return went, longest
        after = passage.reached


def main() -> None:
    """Print a line for each ten thousand jobs."""
    jobs, kept = (int(one) for one in [*sys.argv[1:], "100000", "20000"][:2])
    with TemporaryDirectory() as place:
        path = Path(place) / "journal.sqlite3"
        with closing(SqliteJournal.open(path, Durable())) as journal:
            for first in range(0, jobs, EVERY):
                for begin in range(first, first + EVERY, 500):
                    with journal.transaction():
                        for number in range(begin, begin + 500):
                            add(journal, number)
                start = time.perf_counter()
                went, longest = let_go(journal, kept, BEGIN + timedelta(minutes=first + EVERY + 600))
                seconds = time.perf_counter() - start
                remembered = journal.connection.execute("SELECT count(*) FROM paid").fetchone()[0]
                free = journal.connection.execute("PRAGMA freelist_count").fetchone()[0]
                log = path.with_name(path.name + "-wal").stat().st_size
                print(
                    f"{first + EVERY:>8} jobs: {path.stat().st_size / 1e6:6.1f} MB, log {log / 1e6:4.1f} MB,"
                    f" {went} went in {seconds:.1f} s (longest step {longest:.0f} ms),"
                    f" {remembered} remembered, {free} pages free"
                )


if __name__ == "__main__":
    main()
