"""The spool under test."""

from pathlib import Path

import pytest

from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.store import AnswerSpool


@pytest.fixture
def spool(tmp_path: Path) -> AnswerSpool:
    """Make an empty spool."""
    return AnswerSpool(tmp_path / "spool", Durable())
