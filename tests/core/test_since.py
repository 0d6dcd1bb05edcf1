"""Moments in the past as people type them."""

from datetime import UTC, datetime, timedelta

import pytest

from retouchd.core.since import parse_since
from strategies import NOW


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", NOW - timedelta(hours=2)),
        (" 30M ", NOW - timedelta(minutes=30)),
        ("3 d", NOW - timedelta(days=3)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("2026-01-31T14:05:06+02:00", datetime(2026, 1, 31, 12, 5, 6, tzinfo=UTC)),
    ],
)
def test_moments_as_people_type_them(text: str, moment: datetime) -> None:
    """So long ago, a date, or a date with a time, in the owner's zone."""
    assert parse_since(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2x", "-2h", "2026-13-01", "999999w", "31.1.2026"])
def test_anything_else_is_refused(text: str) -> None:
    """A mistyped moment is not taken for another one."""
    with pytest.raises(ValueError, match="no moment"):
        parse_since(text, NOW)
