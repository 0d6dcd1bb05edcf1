"""The box for the tests of the units, one for each file."""

import os
from collections.abc import Iterator

import pytest
from boxes import Box, booted, why_no_box


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Boot a box; where there can be none the tests are skipped, and say why."""
    reason = why_no_box()
    if reason:
        pytest.skip(f"no box for systemd: {reason}")
    account = tmp_path_factory.mktemp("box")
    with booted(account / f"box-{os.getpid()}-{account.name}") as made:
        yield made
