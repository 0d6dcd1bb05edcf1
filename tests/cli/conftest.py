"""Houses for the commands' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_house import HOSTILE, KEY, CliHouse, picture, refusing

from retouchd.simulator.server import Simulator
from servers import ScriptedServer
from waiting import eventually


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One simulator for all tests."""
    with Simulator(api_key=KEY) as running:
        yield running


@pytest.fixture
def house(tmp_path: Path, simulator: Simulator) -> CliHouse:
    """A house that was founded and where nothing was done yet."""
    made = CliHouse(tmp_path, simulator.base_url)
    assert made.run("init").code == 0
    return made


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> CliHouse:
    """A house in which a little of everything happened. Nobody changes anything in it."""
    made = CliHouse(tmp_path_factory.mktemp("lived-in"), simulator.base_url)
    assert made.run("init").code == 0
    made.drop("beach.jpg", picture(1), "grayscale")
    made.drop("trip/again.jpg", picture(1), "grayscale")
    made.drop(HOSTILE, picture(2), "brighter\nand warmer")
    made.drop("pair.jpg", picture(3))
    made.drop("pair.png", picture(3, "PNG"), "which one")
    made.drop("lonely.jpg", picture(4))
    made.drop("DSC_1.NEF", b"raw")
    (made.inbox / "many.toml").write_text('prompt = "warmer"\nvariants = 2\nbackground = "opaque"\n')
    made.drop("many.jpg", picture(5))
    assert made.until_idle().code == 1
    with (
        ScriptedServer(refusing) as server,
        made.daemon(RETOUCHD_ENDPOINT__BASE_URL=f"{server.url}/api/v1"),
    ):
        made.drop("lost.jpg", picture(6), "lose it")
        made.drop("refused.jpg", picture(7), "refuse it")
        assert eventually(lambda: made.counts("held", "failed") == [3, 1])
        made.drop("later.jpg", picture(8), "later")
        assert eventually(lambda: made.counts("deferred") == [1])
        made.drop("queued.jpg", picture(9), "queued")
        made.drop("waits.jpg", picture(10), "waits too")
        assert eventually(lambda: made.counts("ready") == [2])
    return made
