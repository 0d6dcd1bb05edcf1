"""Workshops for the end-to-end tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from workshop import KEY, OpenShop, Workshop

from retouchd.simulator.server import Simulator


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[OpenShop]:
    """Open a workshop for a service, with settings by key; its processes end with the test."""
    with ExitStack() as opened:

        def open_one(base_url: str, **settings: object) -> Workshop:
            named = {name.replace("__", "."): value for name, value in settings.items()}
            return opened.enter_context(Workshop(tmp_path, base_url, named))

        yield open_one


@pytest.fixture(scope="module")
def simulator_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which a file's simulator notes what it charged."""
    return tmp_path_factory.mktemp("simulator") / "ledger.jsonl"


@pytest.fixture(scope="module")
def simulator(simulator_ledger: Path) -> Iterator[Simulator]:
    """One simulator for the tests of a file: they tell their calls apart by their prompts.

    Tests of other files may ask for the same photo and prompt, which is no second payment.
    """
    with Simulator(api_key=KEY, ledger_path=simulator_ledger) as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests beside this file: they start real processes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
