"""What the doctor finds: how bad all of it is, and when a disk will be full."""

from datetime import timedelta

import pytest

from retouchd.core.findings import Growth, Level, doubtful, fine, worst, wrong
from retouchd.core.request import AutoSize, Size
from retouchd.core.room import room_needed

_WEEK = timedelta(days=7)


def test_the_worst_counts() -> None:
    """One thing that is wrong makes the whole wrong; one that may not do makes it doubtful."""
    good, doubt, bad = fine("a", "good"), doubtful("b", "perhaps", "look"), wrong("c", "bad", "mend")

    assert worst([]) is Level.OK
    assert worst([good, good]) is Level.OK
    assert worst([doubt, good]) is Level.WARN
    assert worst([good, bad, doubt]) is Level.FAIL


def test_a_disk_is_full_when_what_is_needed_is_no_longer_free() -> None:
    """Seventy pictures of ten megabytes in a week are a hundred megabytes a day."""
    growth = Growth(pictures=70, span=_WEEK, bytes_each=10e6)

    assert growth.bytes_a_day == pytest.approx(100e6)
    assert growth.days_until_full(1_200_000_000, 200_000_000) == pytest.approx(10)
    assert growth.days_until_full(100, 200) == 0


def test_a_busy_hour_is_no_day() -> None:
    """What came in an hour is taken for a day's, not for a twenty-fourth of it."""
    growth = Growth(pictures=100, span=timedelta(hours=1), bytes_each=1e6)

    assert growth.bytes_a_day == pytest.approx(100e6)


def test_a_few_pictures_tell_nothing() -> None:
    """Of four pictures nobody can say how many come in a day."""
    growth = Growth(pictures=4, span=_WEEK, bytes_each=10e6)

    assert growth.days_until_full(10**12, 0) is None


def test_room_for_three_lossless_pictures_is_needed() -> None:
    """Three bytes a pixel, three times over, before anything is paid for; two megapixels by default."""
    assert room_needed(Size(width=1024, height=1024)) == 9 * 1024 * 1024
    assert room_needed(AutoSize.AUTO) == 18_000_000
