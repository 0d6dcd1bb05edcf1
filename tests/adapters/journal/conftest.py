"""A journal that stays open, and one that is closed and opened again between writing and reading."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from journal_samples import DURABLE, Reader

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.records import Moments
from strategies import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal lies."""
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    """A new journal."""
    with closing(SqliteJournal.open(path, DURABLE)) as opened:
        yield opened


@pytest.fixture(params=["kept open", "opened again"])
def again(request: pytest.FixtureRequest, path: Path, journal: SqliteJournal) -> Iterator[Reader]:
    """Give the journal to read in: the one that was written, or what the next start finds."""
    with ExitStack() as opened:

        def reopen() -> SqliteJournal:
            journal.close()
            return opened.enter_context(closing(SqliteJournal.open(path, DURABLE)))

        yield reopen if request.param == "opened again" else lambda: journal


@pytest.fixture
def moments() -> Moments:
    """The two clocks now."""
    return Moments(now=NOW, monotonic=time.monotonic())
