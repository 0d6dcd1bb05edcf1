"""A house for each test of the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Give the offices of an engine over an empty journal."""
    opened = House(tmp_path)
    yield opened
    opened.close()
