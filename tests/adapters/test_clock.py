"""The machine's clock and its zone with all changes of the clocks."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from retouchd.adapters.clock import SystemClock, SystemZone


@pytest.fixture
def move_to() -> Iterator[Callable[[str], None]]:
    """Give what moves this process to another zone."""
    before = os.environ.get("TZ")

    def move(zone: str | None) -> None:
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()

    yield move
    move(before)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])
def test_the_machines_zone_is_the_zone(move_to: Callable[[str], None], name: str) -> None:
    """In every hour of two years the machine's zone shows what the zone's own table shows, twice too."""
    move_to(name)
    first, zone, known = datetime(2025, 12, 1, tzinfo=UTC), SystemZone(), ZoneInfo(name)

    for hour in range(2 * 366 * 24):
        moment = first + timedelta(minutes=60 * hour + 30)
        shown, expected = moment.astimezone(zone), moment.astimezone(known)
        assert (shown.replace(tzinfo=None), shown.fold) == (expected.replace(tzinfo=None), expected.fold)
        assert shown.astimezone(UTC) == moment


def test_a_zone_without_a_name_is_known_too(move_to: Callable[[str], None]) -> None:
    """A zone that is given by its rule, as small machines do, knows its changes of the clocks."""
    move_to("CET-1CEST,M3.5.0,M10.5.0/3")
    summer = datetime(2026, 7, 1, 12, tzinfo=SystemZone())
    winter = datetime(2026, 12, 1, 12, tzinfo=SystemZone())

    assert (summer.tzname(), winter.tzname()) == ("CEST", "CET")
    assert winter.utcoffset() == timedelta(hours=1)
    assert summer.utcoffset() == timedelta(hours=2)


def test_sums_with_the_clock_are_exact(move_to: Callable[[str], None]) -> None:
    """The clock's moments have an offset, not a zone: an hour later is an hour later in every night."""
    move_to("Europe/Berlin")
    now = SystemClock().now()

    assert (now + timedelta(days=200)).utcoffset() == now.utcoffset()
    local = SystemClock().local_moments().now
    assert timedelta() <= local.astimezone(UTC) - now < timedelta(minutes=1)
    assert local.tzname() in {"CET", "CEST"}
