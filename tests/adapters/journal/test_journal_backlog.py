"""A long backlog: what is asked at every turn of the engine takes no more work for 100 000 bundles.

Work is counted in steps of SQLite's machine, not in seconds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from journal_samples import DURABLE, FOLDER, steps_of

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.jobs import JobState
from retouchd.core.records import Moments
from retouchd.core.turns import Turns
from strategies import NOW

MANY: Final = 100_000
# A question that reads one row more for each bundle would take hundreds of thousands.
FEW_STEPS: Final = 1000
QUIET_AT: Final = time.monotonic()
LATER: Final = NOW + timedelta(hours=1)
QUIET: Final = Moments(now=NOW, monotonic=QUIET_AT + 3600)
EARLY: Final = Moments(now=NOW - timedelta(hours=1), monotonic=0)

SENDABLE: Final = (JobState.READY, JobState.DEFERRED)
LATE_TURN: Final = Turns(limit=2, last=PurePosixPath("wedding77"))

# Each is what may wait in large numbers: the boot's name, when it is quiet, when it is looked at again.
BACKLOGS: Final = {
    "quiet": ("boot", QUIET_AT, None),
    "not yet quiet": ("boot", QUIET_AT + 7200, None),
    "of an earlier boot": ("0", QUIET_AT, None),
    "of an earlier boot with a later clock": ("z", QUIET_AT + 10**6, None),
    "looked at again later": ("boot", QUIET_AT, LATER.timestamp()),
    "looked at again now": ("boot", QUIET_AT, NOW.timestamp() - 1),
}
ASKED: Final[dict[str, Callable[[SqliteJournal], object]]] = {
    "what to look at": lambda journal: journal.bundles_to_look_at(QUIET, Turns(limit=2)),
    "what to look at early": lambda journal: journal.bundles_to_look_at(EARLY, Turns(limit=2)),
    "what a person waits for": lambda journal: journal.urgent_to_look_at(QUIET),
    "what is due next": lambda journal: journal.next_due(QUIET),
    "what is due next early": lambda journal: journal.next_due(EARLY),
    "what to file": lambda journal: journal.bundles_to_file(NOW, 2),
    "what to look at next": lambda journal: journal.bundles_to_look_at(QUIET, LATE_TURN),
    "which jobs to send": lambda journal: journal.jobs_due([JobState.READY], NOW, 2),
    "which jobs to send in turn": lambda journal: journal.jobs_due_in_turn(SENDABLE, NOW, LATE_TURN),
    "which job to probe with": lambda journal: journal.jobs_due_untried_first(SENDABLE, NOW, 2),
    "what lies at a place": lambda journal: journal.find_live(FOLDER, "77.png"),
}


def bytes_read() -> int:
    """Count what this process has read from files so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"])


@pytest.fixture(scope="module", params=BACKLOGS)
def backlog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A journal with 100 000 bundles that wait in one way."""
    boot, quiet_at, look_at = BACKLOGS[request.param]
    path = tmp_path_factory.mktemp("backlog") / "journal.db"
    with closing(SqliteJournal.open(path, DURABLE)) as journal, journal.transaction():
        journal.connection.execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :many)"
            " INSERT INTO bundles (folder, key, photo, digest, state, detail, seen, boot, quiet_at, looks,"
            " claims, accepted, look_at) SELECT CAST('wedding' || n % 100 AS BLOB),"
            " CAST(n || '.png' AS BLOB), CAST(n || '.png' AS BLOB), '', 'arriving', '', 0, :boot,"
            " :quiet_at + n * 1e-6, 0, 0, '[]', :look_at FROM numbers",
            {
                "many": MANY,
                "boot": journal.boot if boot == "boot" else boot,
                "quiet_at": quiet_at,
                "look_at": look_at,
            },
        )
        journal.connection.execute(
            "INSERT INTO jobs (id, number, bundle, state, detail, stem, attempts, active_seconds, next_try,"
            " created) SELECT id, id, id, 'ready', '', CAST(folder || '/' || id AS BLOB), 0, 0, :next_try, 0"
            " FROM bundles",
            {"next_try": look_at},
        )
    yield path
    path.unlink()


@pytest.mark.parametrize("asked", ASKED)
def test_a_backlog_is_not_read(backlog: Path, asked: str) -> None:
    """I12: no question of the engine's every turn reads the whole backlog."""
    with closing(SqliteJournal.open(backlog, DURABLE)) as journal:
        assert steps_of(journal.connection, lambda: ASKED[asked](journal)) < FEW_STEPS


def test_opening_does_not_read_a_backlog(backlog: Path) -> None:
    """I12: the next start reads a few pages of the journal, not the whole of it."""
    before = bytes_read()
    SqliteJournal.open(backlog, DURABLE).close()

    assert bytes_read() - before < backlog.stat().st_size / 20
