"""What must come of every behaviour of the service: the photo, the calls, the money, and what people read.

Each behaviour is a row of the tables in the modules of behaviours; a scene is met by one real daemon.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from operator import contains
from pathlib import Path
from typing import Final

import pytest
from answers import COST_USD
from behaviour import ANSWER, TABLE_ROWS, Behaviour, Money, pausing
from behaviours import SCENES
from stage import Came, Played, Scene, file_stem, play

from servers import ScriptedServer, answering

# More would only wait for each other: most of a scene's time is the daemon's own processor time.
_AT_ONCE: Final = 5
_MICRO: Final = 1_000_000

ROWS: Final = [pytest.param(scene, one, id=one.name) for scene in SCENES for one in scene.behaviours]

Stage = dict[str, Future[Played]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Stage:
    """Play the scenes of all chosen rows, some at a time."""
    place = tmp_path_factory.mktemp("scenes")
    wanted = {scene.name: scene for scene in map(_scene_of, request.session.items) if scene}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return {name: pool.submit(play, scene, place / file_stem(name)) for name, scene in wanted.items()}


def _scene_of(item: pytest.Item) -> Scene | None:
    """Give the scene that a test is about."""
    call = getattr(item, "callspec", None)
    scene: Scene | None = call.params.get("scene") if call else None
    return scene


def money_for(money: Money, came: Came) -> tuple[int, int]:
    """Give what the history must have charged and set aside for a photo, in micro-dollars."""
    last: int = came.attempts[-1]["first_reserved"]
    match money:
        case Money.NOTHING:
            return 0, 0
        case Money.REPORTED:
            return round(COST_USD * _MICRO), 0
        case Money.IN_FULL:
            return last, 0
        case Money.SET_ASIDE:
            return 0, last


def compare(one: Behaviour, came: Came) -> None:
    """Compare what came of a photo with what must come of it."""
    assert (came.state, [call["outcome"] for call in came.attempts]) == (one.state, list(one.outcomes))
    assert came.calls == one.expected_calls()
    money = sum(call["charged"] for call in came.attempts), sum(call["reserved"] for call in came.attempts)
    assert money == money_for(one.money, came)
    assert sum(money) >= round(came.charged_usd * _MICRO)
    assert set(came.pauses) - {"unknown_outcomes"} == ({one.pause} if one.pause else set())
    assert one.says in came.detail + "".join(came.pauses.values())
    assert came.picture == (one.picture if one.state == "done" else None)
    assert came.is_kept or one.state not in {"done", "unreadable_answer"}
    oddities = came.metadata.get("oddities", [])
    assert len(oddities) == len(one.oddities), oddities
    assert all(map(contains, oddities, one.oddities)), oddities


@pytest.mark.parametrize(("scene", "one"), ROWS)
def test_behaviour(stage: Stage, scene: Scene, one: Behaviour) -> None:
    """The photo ends as the outcome table says, is asked for as often and paid as it says (I5, I7)."""
    compare(one, stage[scene.name].result().came[one.name])


@pytest.mark.parametrize("scene", [pytest.param(scene, id=scene.name) for scene in SCENES])
def test_nothing_else_happens(stage: Stage, scene: Scene) -> None:
    """The photo beside them is delivered, nothing is paid twice, no key leaks, nothing crashes (I1-I9)."""
    assert stage[scene.name].result().faults == []


def test_redirects_are_never_followed(tmp_path: Path) -> None:
    """Another host that a redirect names gets neither the request nor the key: the address is wrong (I9)."""
    wrong = partial(pausing, row="endpoint", outcome="wrong_endpoint", pause="endpoint")
    with ScriptedServer(answering(200)) as elsewhere:
        there = {"Location": f"{elsewhere.url}/api/v1/images/edits"}
        redirects = tuple(
            wrong(f"{status} elsewhere", answering(status, b"", there))
            for status in (301, 302, 303, 307, 308)
        )

        played = play(Scene(name="redirects", behaviours=redirects), tmp_path / "scene")

    assert elsewhere.requests == []
    assert played.faults == []
    for one in redirects:
        compare(one, played.came[one.name])


def test_every_row_of_the_outcome_table_has_a_behaviour() -> None:
    """The endpoint's outcome table and these behaviours name the same rows."""
    named = {one.row for one in chain.from_iterable(scene.behaviours for scene in SCENES)}

    assert named - {ANSWER} == set(TABLE_ROWS)


def test_names_are_unique() -> None:
    """Each behaviour has a photo of its own."""
    stems = [file_stem(one.name) for scene in SCENES for one in scene.behaviours]

    assert len(stems) == len(set(stems)) >= 80
