"""The engine tells now and then that it is alive."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine_house import POLICY, House, wish_of

from retouchd.engine.heartbeat import Heartbeat


def beats(house: House) -> list[dict[str, Any]]:
    """Give the fields of the beats that were told."""
    return [fields for event, fields in house.log.lines if event == "daemon.alive"]


def turn(house: House, heart: Heartbeat) -> None:
    """Let the engine turn once."""
    with house.act():
        heart.beat()


def test_a_beat_tells_what_was_done_since_the_last(house: House) -> None:
    """Once an hour one line says that the engine works; each counts what happened since the one before."""
    heart = Heartbeat(house.office, house.board)
    (job,) = house.accept("one.jpg", wish_of("one"))
    house.answer(job, 400)
    turn(house, heart)
    assert beats(house) == []

    house.clock.pass_by(3601)
    turn(house, heart)
    turn(house, heart)
    house.clock.pass_by(3600)
    turn(house, heart)

    assert [beat["failed"] for beat in beats(house)] == [1, 0]
    assert beats(house)[0]["level"] == "info"


def test_nothing_is_counted_that_did_not_happen(house: House) -> None:
    """What was undone with its part of a turn was not told, and is not counted."""
    heart = Heartbeat(house.office, house.board)
    with suppress(ZeroDivisionError), house.office.herald.part():
        house.office.herald.say("info", "job.delivered")
        raise ZeroDivisionError
    house.clock.pass_by(3601)
    turn(house, heart)

    assert beats(house)[0]["delivered"] == 0


def test_no_beat_where_none_is_wanted(tmp_path: Path) -> None:
    """With 0 minutes the log has no such line."""
    house = House(tmp_path, replace(POLICY, heartbeat=timedelta()))
    heart = Heartbeat(house.office, house.board)
    house.clock.pass_by(1_000_000)
    turn(house, heart)

    assert beats(house) == []
