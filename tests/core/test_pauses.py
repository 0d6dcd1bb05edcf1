"""Pauses: what begins them for how long, what ends each, and what proves that one is over."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from retouchd.core.pauses import (
    ENDINGS,
    GROWING,
    NOT_LIFTED_BY_RESUME,
    PASSING,
    PROBE_AFTER,
    Ending,
    Pause,
    PauseReason,
    PauseSet,
    Proof,
    Trial,
    begin_pause,
    dump_trials,
    load_trials,
    next_look,
)
from retouchd.core.values import AttemptId
from strategies import NOW, moments

reasons = st.sampled_from(PauseReason)
NONE = AttemptId(0)


def after(seconds: float) -> datetime:
    """Give a moment some seconds later."""
    return NOW + timedelta(seconds=seconds)


def begun(*pauses: Pause) -> PauseSet:
    """Give the set in which these have begun, one after the other."""
    held = PauseSet()
    for pause in pauses:
        held = held.begin(pause)
    return held


def test_every_reason_has_its_ending() -> None:
    """Nobody is left with a pause of which nothing says how it ends."""
    assert set(ENDINGS) == set(PauseReason)
    assert {begin_pause(one, "", NOW).ending for one in PauseReason} == set(Ending)


def test_a_cap_is_not_lifted_by_resume() -> None:
    """What would break the owner's cap or be back at once cannot be resumed away (I6)."""
    folders = {PauseReason.FOLDER_MISSING, PauseReason.DISK_FULL}

    assert {PauseReason.BUDGET, PauseReason.JOURNAL_DAMAGED} | folders == NOT_LIFTED_BY_RESUME


def test_a_one_shot_run_waits_for_what_passes() -> None:
    """Only what ends soon and without anybody is waited for."""
    assert {PauseReason.OFFLINE, PauseReason.RATE_LIMITED} == PASSING
    assert {ENDINGS[one] for one in PASSING} == {Ending.BY_TIME}


def test_what_is_probed_says_when() -> None:
    """Each reason that ends by a probe has a time until it, and no other has."""
    assert set(PROBE_AFTER) == {one for one in PauseReason if ENDINGS[one] is Ending.BY_PROBE}
    assert set(PROBE_AFTER.values()) == {timedelta(hours=1)}


@given(reason=reasons, now=moments, until=st.none() | moments)
def test_a_stated_end_counts_before_the_reasons_own(
    reason: PauseReason, now: datetime, until: datetime | None
) -> None:
    """What says until when is believed; else the reason's probe time counts, or nothing."""
    pause = begin_pause(reason, "why", now, until)
    expected = until or (now + PROBE_AFTER[reason] if reason in PROBE_AFTER else None)

    assert (pause.reason, pause.detail, pause.since, pause.until) == (reason, "why", now, expected)


@pytest.mark.parametrize(("seconds", "is_over"), [(59, False), (60, True), (61, True)])
def test_a_pause_is_over_at_its_end(seconds: int, is_over: bool) -> None:  # noqa: FBT001 - a column of the table
    """A pause ends at the moment that it names, not later."""
    pause = begin_pause(PauseReason.OFFLINE, "", NOW, after(60))

    assert pause.is_over(after(seconds)) is is_over


def test_a_pause_without_an_end_is_never_over() -> None:
    """What a person must end does not end by itself."""
    pause = begin_pause(PauseReason.OPERATOR, "", NOW)

    assert not pause.is_over(NOW + timedelta(days=3650))


def test_looks_grow_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    """A refused key is asked about after 30, 60, 120 … seconds, then every 15 minutes."""
    now, delays = NOW, []
    for _ in range(8):
        look = next_look(NOW, now)
        delays.append((look - now).total_seconds())
        now = look

    assert delays == [30, 60, 120, 240, 480, 900, 900, 900]


@given(since=moments, now=moments)
def test_looks_have_bounds(since: datetime, now: datetime) -> None:
    """Whatever the clock does, the next look is neither at once nor never."""
    assert timedelta(seconds=30) <= next_look(since, now) - now <= timedelta(minutes=15)


@pytest.mark.parametrize("reason", sorted(GROWING))
def test_what_begins_again_on_trial_has_lasted(reason: PauseReason) -> None:
    """A pause that its probe confirms began when it first did, and its next look is later than the last."""
    on_trial = begun(begin_pause(reason, "", NOW)).end([reason], NONE)

    again = on_trial.begin(begin_pause(reason, "", after(30))).pauses[reason]

    assert (again.since, again.until) == (NOW, after(30 + 60))


def test_a_renewed_pause_lasts_as_long_as_anything_said() -> None:
    """Two calls that are told to wait wait for the longer time, and its reason is told."""
    long = begin_pause(PauseReason.RATE_LIMITED, "a minute", NOW, after(60))
    short = begin_pause(PauseReason.RATE_LIMITED, "a second", after(2), after(3))
    longer = begin_pause(PauseReason.RATE_LIMITED, "two minutes", after(2), after(120))

    assert begun(long, short).pauses == {PauseReason.RATE_LIMITED: long}
    renewed = begun(long, longer).pauses[PauseReason.RATE_LIMITED]
    assert (renewed.detail, renewed.since, renewed.until) == ("two minutes", NOW, after(120))


def test_what_nobody_can_date_outlasts_what_has_a_date() -> None:
    """A folder that the scanner misses is not taken for back because a worker would try it in a while."""
    missing = begin_pause(PauseReason.FOLDER_MISSING, "the scanner", NOW)
    troubled = begin_pause(PauseReason.FOLDER_MISSING, "a worker", after(1), after(31))

    assert begun(missing, troubled).pauses[PauseReason.FOLDER_MISSING].until is None
    assert begun(troubled, missing).pauses[PauseReason.FOLDER_MISSING].until is None


def test_an_earlier_call_proves_nothing() -> None:
    """Only a call that was begun after the pause's end says that it is over."""
    on_trial = begun(begin_pause(PauseReason.CREDITS, "", NOW)).end([PauseReason.CREDITS], AttemptId(7))

    assert on_trial.prove(AttemptId(7), Proof.PICTURE) == on_trial
    assert on_trial.prove(AttemptId(8), Proof.REPLY) == PauseSet()


def test_only_a_picture_proves_that_long_calls_come_back() -> None:
    """A refusal comes within a second: it says nothing about what cuts long calls."""
    reason = PauseReason.UNKNOWN_OUTCOMES
    on_trial = begun(begin_pause(reason, "", NOW)).end([reason], NONE)

    assert on_trial.prove(AttemptId(1), Proof.REPLY) == on_trial
    assert on_trial.prove(AttemptId(1), Proof.PICTURE) == PauseSet()


def test_a_persons_own_pause_is_not_on_trial() -> None:
    """Nothing was wrong when a person paused: everything goes on as it was."""
    held = begun(begin_pause(PauseReason.OPERATOR, "", NOW))

    assert held.end([PauseReason.OPERATOR, PauseReason.CREDITS], NONE) == PauseSet()


def test_a_refused_key_is_looked_into_when_it_is_time() -> None:
    """A refused key does not end by its time: the service is asked then."""
    held = begun(begin_pause(PauseReason.KEY_REFUSED, "", NOW))

    assert not PauseSet().is_key_due(NOW)
    assert (held.is_key_due(after(29)), held.is_key_due(after(30))) == (False, True)
    assert held.find_over(after(3600)) == frozenset()
    assert held.look_at_key(after(90)).pauses[PauseReason.KEY_REFUSED].until == after(90)


trials = st.builds(Trial, since=moments, after=st.integers(0, 10**9).map(AttemptId))


@given(st.dictionaries(reasons, trials))
def test_trials_survive_a_restart(known: dict[PauseReason, Trial]) -> None:
    """What is on trial is known again after a restart."""
    assert load_trials(dump_trials(known)) == known


class Pauses(RuleBasedStateMachine):
    """Any sequence of begins, ends, times, resumes, calls and restarts, beside a plain model of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.set = PauseSet()
        self.call = 0
        self.ends: dict[PauseReason, datetime | None] = {}
        self.since: dict[PauseReason, datetime] = {}
        self.doubted: dict[PauseReason, int] = {}

    def _end(self, ended: Any) -> None:
        self.set = self.set.end(ended, AttemptId(self.call))
        for reason in ended:
            if self.ends.pop(reason, self) is not self and reason is not PauseReason.OPERATOR:
                self.doubted[reason] = self.call

    @rule(reason=reasons, seconds=st.none() | st.integers(1, 5000))
    def begin(self, reason: PauseReason, seconds: int | None) -> None:
        """Something is wrong."""
        until = None if seconds is None else self.now + timedelta(seconds=seconds)
        self.set = self.set.begin(begin_pause(reason, "", self.now, until))
        if reason not in self.ends and reason not in self.doubted:
            self.since[reason] = self.now
        self.doubted.pop(reason, None)
        until = until or (self.now + PROBE_AFTER[reason] if reason in PROBE_AFTER else None)
        if until is None and reason in GROWING:
            until = next_look(self.since[reason], self.now)
        known = until if reason is PauseReason.BUDGET else self.ends.get(reason, until)
        self.ends[reason] = None if until is None or known is None else max(known, until)

    @rule(seconds=st.integers(0, 4000))
    def pass_time(self, seconds: int) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)
        over = {
            reason
            for reason, until in self.ends.items()
            if until is not None and until <= self.now and reason is not PauseReason.KEY_REFUSED
        }
        assert self.set.find_over(self.now) == over
        self._end(over)

    @rule(reason=reasons)
    def end(self, reason: PauseReason) -> None:
        """A folder is back, or the key is taken."""
        self._end({reason})

    @rule(wanted=st.just("") | reasons.map(str))
    def resume(self, wanted: str) -> None:
        """A person wants to go on."""
        named = {reason for reason in self.ends if wanted in ("", reason)}
        expected = named - NOT_LIFTED_BY_RESUME
        assert self.set.find_resumable(wanted) == expected
        self._end(expected)

    @rule(proof=st.sampled_from(Proof), age=st.integers(0, 3))
    def finish_call(self, proof: Proof, age: int) -> None:
        """A call ends well, perhaps one that was begun a while ago."""
        self.call += 1
        call = max(0, self.call - age)
        self.set = self.set.prove(AttemptId(call), proof)
        self.doubted = {
            reason: newest
            for reason, newest in self.doubted.items()
            if call <= newest or (proof is Proof.REPLY and reason is PauseReason.UNKNOWN_OUTCOMES)
        }

    @rule()
    def restart(self) -> None:
        """The daemon is started again with what is durable."""
        self.set = PauseSet(pauses=dict(self.set.pauses), trials=load_trials(dump_trials(self.set.trials)))

    @invariant()
    def is_as_the_table_says(self) -> None:
        """The same reasons hold, until the same times, and the same ones are on trial."""
        assert {reason: pause.until for reason, pause in self.set.pauses.items()} == self.ends
        assert {reason: trial.after for reason, trial in self.set.trials.items()} == self.doubted
        assert not self.set.pauses.keys() & self.set.trials.keys()
        told = {**self.set.pauses, **self.set.trials}
        assert {reason: one.since for reason, one in told.items()} == {
            reason: self.since[reason] for reason in told
        }


TestPauses = Pauses.TestCase


def test_pauses_are_pulled_back_but_for_money() -> None:
    """When a clock was ahead no pause lasts longer than it can; the days of a limit are counted anew."""
    far, near = NOW + timedelta(days=365), NOW + timedelta(hours=1)
    pauses = {
        reason: Pause(reason=reason, detail="", since=NOW, until=until)
        for reason, until in {
            PauseReason.OFFLINE: far,
            PauseReason.BUDGET: far,
            PauseReason.CREDITS: NOW,
            PauseReason.OPERATOR: None,
        }.items()
    }

    pulled = PauseSet(pauses=pauses).pull_back(near)

    assert {reason: pause.until for reason, pause in pulled.pauses.items()} == {
        PauseReason.OFFLINE: near,
        PauseReason.BUDGET: far,
        PauseReason.CREDITS: NOW,
        PauseReason.OPERATOR: None,
    }


@pytest.mark.parametrize(("reason", "days"), [(PauseReason.BUDGET, 1), (PauseReason.RATE_LIMITED, 9)])
def test_the_last_word_about_money_counts(reason: PauseReason, days: int) -> None:
    """A pause for money may become shorter, since it is counted anew; others last as long as was said."""
    later = PauseSet().begin(Pause(reason=reason, detail="", since=NOW, until=NOW + timedelta(days=9)))

    renewed = later.begin(Pause(reason=reason, detail="", since=NOW, until=NOW + timedelta(days=1)))

    assert renewed.pauses[reason].until == NOW + timedelta(days=days)
