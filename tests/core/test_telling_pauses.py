"""Which pauses are told, and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.telling_pauses import Bout, PauseNews, follow_pauses
from strategies import NOW

STEP = timedelta(seconds=5)


@dataclass
class Listener:
    """Follows pauses, and keeps what was told of them."""

    now: datetime = NOW
    bouts: dict[PauseReason, Bout] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    looks: tuple[datetime, ...] = ()

    def pass_by(self, time: timedelta, news: PauseNews) -> list[str]:
        """Let time pass while this holds, and give what was told."""
        before, end = len(self.heard), self.now + time
        while self.now < end:
            self.now += STEP
            outcome = follow_pauses(self.bouts, news, self.now)
            self.bouts, self.looks = dict(outcome.bouts), outcome.looks
            self.heard += [f"+{one}" for one in outcome.begun] + [f"-{one}" for one in outcome.ended]
        return self.heard[before:]

    def paused(
        self, *reasons: PauseReason, trials: Iterable[PauseReason] = (), calling: bool = False
    ) -> PauseNews:
        """Give pauses that begin now."""
        return PauseNews(
            pauses=tuple(Pause(reason=reason, detail="", since=self.now) for reason in reasons),
            on_trial=frozenset(trials),
            is_calling=calling,
        )


@pytest.mark.parametrize(
    ("reason", "delay"),
    [
        (PauseReason.OPERATOR, timedelta()),
        (PauseReason.KEY_REFUSED, timedelta()),
        (PauseReason.BUDGET, timedelta()),
        (PauseReason.DISK_FULL, timedelta(minutes=1)),
        (PauseReason.FOLDER_MISSING, timedelta(minutes=1)),
        (PauseReason.OFFLINE, timedelta(minutes=5)),
        (PauseReason.RATE_LIMITED, timedelta(minutes=5)),
    ],
)
def test_what_heals_by_itself_is_told_when_it_lasts(reason: PauseReason, delay: timedelta) -> None:
    """What a person must see to is told at once; what mostly passes only once it lasts."""
    listener = Listener()
    news = listener.paused(reason)

    assert listener.pass_by(delay - STEP, news) == []
    assert listener.pass_by(2 * STEP, news) == [f"+{reason}"]
    assert listener.pass_by(timedelta(days=2), news) == []
    assert listener.pass_by(STEP, listener.paused()) == [f"-{reason}"]
    assert listener.pass_by(timedelta(days=2), listener.paused()) == []
    assert listener.bouts == {}


def test_a_line_that_flaps_floods_nobody() -> None:
    """A line that drops a hundred times for moments is not told; for minutes each time, a few times."""
    listener = Listener()
    for _ in range(100):
        listener.pass_by(timedelta(minutes=2), listener.paused(PauseReason.OFFLINE))
        listener.pass_by(timedelta(minutes=1), listener.paused())
    assert listener.heard == []

    for _ in range(100):
        listener.pass_by(timedelta(minutes=6), listener.paused(PauseReason.OFFLINE))
        listener.pass_by(timedelta(minutes=6), listener.paused())

    assert listener.heard == ["+offline", "-offline"] * 2


def test_a_person_who_plays_with_the_pause_floods_nobody() -> None:
    """Paused and resumed a hundred times in an hour, each begin that is told has its end."""
    listener = Listener()
    for _ in range(100):
        listener.pass_by(timedelta(seconds=20), listener.paused(PauseReason.OPERATOR))
        listener.pass_by(timedelta(seconds=20), listener.paused())

    assert listener.heard == ["+operator", "-operator"]


def test_a_pause_that_one_photo_tries_is_over_when_that_proves_it() -> None:
    """While one photo is tried nothing is told: the pause may come back with it."""
    listener = Listener()
    news = listener.paused(PauseReason.CREDITS)
    assert listener.pass_by(timedelta(hours=1), news) == ["+credits"]
    trial = listener.paused(trials=[PauseReason.CREDITS], calling=True)

    assert listener.pass_by(timedelta(minutes=10), trial) == []
    assert listener.looks == (listener.now + timedelta(minutes=2),)
    assert listener.pass_by(timedelta(hours=1), news) == []
    assert listener.pass_by(STEP, listener.paused()) == ["-credits"]


def test_a_pause_that_nothing_tries_is_over_after_a_while() -> None:
    """With no photo to try it the end is told all the same."""
    listener = Listener()
    listener.pass_by(STEP, listener.paused(PauseReason.CREDITS))
    trial = listener.paused(trials=[PauseReason.CREDITS])

    assert listener.pass_by(timedelta(minutes=1), trial) == []
    assert listener.pass_by(timedelta(minutes=2), trial) == ["-credits"]


def test_the_next_look_at_a_pause_is_known() -> None:
    """A pause that is told once it lasts is looked at then."""
    listener = Listener()

    listener.pass_by(STEP, listener.paused(PauseReason.OFFLINE))

    assert listener.looks == (NOW + timedelta(minutes=5),)
