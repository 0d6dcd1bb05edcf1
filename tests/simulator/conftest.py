"""One simulator for all tests that only ask it something; tests that count its calls start their own."""

from collections.abc import Iterator

import httpx
import pytest
from simulator_requests import Client

from retouchd.simulator.server import Simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A simulator with the defaults."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="session")
def client(simulator: Simulator) -> Iterator[Client]:
    """A client of the shared simulator."""
    with httpx.Client(timeout=20) as http:
        yield Client(base_url=simulator.base_url, http=http)
