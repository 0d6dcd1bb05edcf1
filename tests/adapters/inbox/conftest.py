"""What a test of the scanner begins with."""

from pathlib import Path

import pytest
from inbox_house import Engine


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Give an empty inbox."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def engine() -> Engine:
    """Give a little engine."""
    return Engine()
