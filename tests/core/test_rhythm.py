"""When the status file is written: soon after a change, and at most once a minute."""

from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.rhythm import Rhythm, Timetable

RHYTHM = Rhythm()


def test_the_first_question_is_answered_at_once() -> None:
    """Right after the start the file may still tell of an earlier run."""
    assert Timetable(RHYTHM).is_due(1000.0, 1)


def test_after_a_quiet_time_a_change_is_told_soon_with_what_follows() -> None:
    """A change long after the last writing is told after the few seconds in which more comes of it."""
    timetable = Timetable(RHYTHM)
    assert timetable.is_due(1000.0, 1)
    timetable.note_writing(1000.0)
    assert timetable.is_due(1060.0, 1)

    assert not timetable.is_due(1070.0, 2)
    assert not timetable.is_due(1074.0, 3)
    assert timetable.is_due(1075.0, 3)


def test_what_only_time_changes_is_looked_at_once_a_minute() -> None:
    """Without a change the text is made anew once a minute: a day may have begun."""
    timetable = Timetable(RHYTHM)
    due = [second for second in range(1000, 1300) if timetable.is_due(float(second), 1)]

    assert due == [1000, 1060, 1120, 1180, 1240]


@given(st.lists(st.tuples(st.floats(0.01, 30.0), st.integers(1, 3)), max_size=200))
def test_never_two_writings_within_a_minute_and_no_change_forgotten(steps: list[tuple[float, int]]) -> None:
    """However often and fast things change, writings lie a minute apart, and each change is told in time."""
    timetable, now, version, seen = Timetable(RHYTHM), 1000.0, 0, 0
    writings = [0.0]
    for pause, changes in steps:
        now, version = now + pause, version + changes
        if timetable.is_due(now, version):
            assert now - writings[-1] >= RHYTHM.least
            writings.append(now)
            timetable.note_writing(now)
            seen = version
        assert seen == version or now - writings[-1] < RHYTHM.least
