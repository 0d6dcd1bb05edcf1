"""The watchdog is fed while there is progress; a dead share, which no start heals, does not stop that."""

import pytest

from retouchd.core.vigil import Place, Signs, Verdict, Vigil, beat_seconds, find_place, may_feed


def _signs(steps: int = 1, place: Place = Place.INSIDE, *, is_alive: bool = True) -> Signs:
    return Signs(is_alive=is_alive, steps=steps, place=place)


@pytest.mark.parametrize(
    ("state", "channel", "place"),
    [
        ("R", "0", Place.INSIDE),
        ("S", "futex_do_wait", Place.INSIDE),
        ("S", "futex_wait_queue_me", Place.INSIDE),
        ("D", "rpc_wait_bit_killable", Place.OUTSIDE),
        ("D", "0", Place.OUTSIDE),
        ("S", "request_wait_answer", Place.OUTSIDE),
        ("S", "", Place.OUTSIDE),
        ("S", "0", Place.OUTSIDE),
    ],
)
def test_where_a_thread_is(state: str, channel: str, place: Place) -> None:
    """A lock and own work are inside; a share, a disk and what the kernel does not tell are outside."""
    assert find_place(state, channel) is place


def test_a_scanner_that_takes_steps_is_fine() -> None:
    """A scan of a slow share may take hours, as long as one folder comes after the other."""
    vigil = Vigil()

    verdicts = {vigil.judge(_signs(steps=step), 200.0 * step) for step in range(50)}

    assert verdicts == {Verdict.FINE}


def test_a_scanner_that_hangs_in_itself_is_found() -> None:
    """No step for more than five minutes, and no share to blame."""
    vigil = Vigil()

    assert vigil.judge(_signs(), 1000.0) is Verdict.FINE
    assert vigil.judge(_signs(), 1300.0) is Verdict.FINE
    assert vigil.judge(_signs(), 1301.0) is Verdict.HANGS
    assert vigil.judge(_signs(steps=2), 1302.0) is Verdict.FINE


def test_a_share_that_is_gone_is_never_a_hang() -> None:
    """A scanner that waits for a share for days is fine, and has its minutes again afterwards."""
    vigil = Vigil()
    vigil.judge(_signs(), 0.0)

    assert vigil.judge(_signs(place=Place.OUTSIDE), 200_000.0) is Verdict.FINE
    assert vigil.judge(_signs(), 200_299.0) is Verdict.FINE
    assert vigil.judge(_signs(), 200_301.0) is Verdict.HANGS


def test_a_dead_scanner_is_found_at_once() -> None:
    """Whatever it was waiting for."""
    assert Vigil().judge(_signs(place=Place.OUTSIDE, is_alive=False), 0.0) is Verdict.DEAD


@pytest.mark.parametrize(
    ("verdict", "calls", "fed"),
    [
        (Verdict.FINE, 0, True),
        (Verdict.HANGS, 0, False),
        (Verdict.DEAD, 0, False),
        (Verdict.HANGS, 1, True),
        (Verdict.DEAD, 2, True),
    ],
)
def test_calls_that_may_be_paid_are_finished_first(verdict: Verdict, calls: int, fed: bool) -> None:  # noqa: FBT001 - a table
    """A scanner that hangs ends the process, but not while a call is under way."""
    assert may_feed(verdict, calls) is fed


def test_one_beat_may_be_lost() -> None:
    """There are several beats within the watchdog's time."""
    assert beat_seconds(180.0) == 45.0
