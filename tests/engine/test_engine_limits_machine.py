"""I6 by a machine: whatever happens, no limit is exceeded, and the attempts are the ledger."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from engine_house import POLICY, House, ToldTime, wish_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Caps, Money
from retouchd.core.outcomes import Answered, CallEnd, Envelope, NoAnswer, NotSent, NotSentKind
from retouchd.core.pauses import PauseReason
from retouchd.core.periods import Calendar, Period, period_of
from retouchd.core.prices import estimate
from retouchd.core.records import Verb
from retouchd.core.refusals import options_of
from retouchd.core.request import EditRequest, Quality
from retouchd.engine.calls import Reply
from retouchd.engine.clockwatch import ClockWatch
from strategies import NOW, REQUEST

ZONES = [UTC, *map(ZoneInfo, ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])]
# So that the clock is often near the end of a day or month, or where clocks are changed.
TURNS = [
    datetime.fromisoformat(f"{text}+00:00") - NOW
    for text in (
        "2026-10-25T00:30",
        "2026-03-29T00:30",
        "2026-11-30T22:30",
        "2026-12-31T23:30",
        "2027-11-23T12:00",
        "2011-12-30T09:30",
    )
]
PROMISED = Answered(status=200, elapsed_seconds=1.0)
# How a call can end, and whether its money stays: for good, until its job ends, or not at all.
FOR_GOOD, UNTIL_THE_END, NOT_AT_ALL = "for good", "until the end", "not at all"
ENDS: Final[dict[str, tuple[CallEnd, str, str]]] = {
    "lost": (NoAnswer(detail="cut", elapsed_seconds=60.0), "", FOR_GOOD),
    "blocked late": (Answered(status=400, elapsed_seconds=20.0), "moderation_blocked", FOR_GOOD),
    "blocked early": (Answered(status=400, elapsed_seconds=2.0), "moderation_blocked", NOT_AT_ALL),
    "refused": (Answered(status=400, elapsed_seconds=1.0), "invalid_size", NOT_AT_ALL),
    "service error": (Answered(status=500, elapsed_seconds=9.0), "internal_error", UNTIL_THE_END),
    "overloaded": (Answered(status=503, elapsed_seconds=1.0), "overloaded", NOT_AT_ALL),
    "not sent": (NotSent(kind=NotSentKind.UNREACHABLE, detail="no way", elapsed_seconds=0.1), "", NOT_AT_ALL),
}
amounts = st.sampled_from(
    [None, None, None, None, *map(Money, [1_200_000, 2_000_000, 5_000_000, 20_000_000, 60_000, 0])]
)
photos = st.tuples(st.sampled_from([Quality.LOW, Quality.AUTO]), st.sampled_from([1, 1, 3]))
numbers = st.lists(st.integers(0, 9), min_size=1, max_size=4)
ways = st.sampled_from([*ENDS, "service error", *["answer"] * 12])
shares = st.none() | st.sampled_from([*[0.1, 0.2, 0.3, 0.99] * 4, 0.0, 1.0, 1.01, 1.5, nan, inf, -1.0, 1e9])


class KilledError(Exception):
    """The process is gone."""


@dataclass
class Entry:
    """One call in a ledger that knows nothing of the program's."""

    edit: int
    day: str
    month: str
    first: int
    reserved: int
    charged: int = 0
    stays: str = FOR_GOOD
    excess: int = 0

    @property
    def total(self) -> int:
        """What counts."""
        return self.reserved + self.charged


class Limits(RuleBasedStateMachine):
    """An engine's offices over a real journal, beside a ledger in plain Python."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="limits-"))
        self.clock = ToldTime()
        self.ledger: dict[int, Entry] = {}
        self.prices: dict[tuple[Quality, str], list[int]] = {}
        self.allowances: dict[str, int] = {}
        # The highest limit under which a call began, by edit, day and month.
        self.ceilings: dict[tuple[str, str | int], float] = {}
        self.last: tuple[str, str] | None = None
        self.photos = 0

    @initialize(
        per_job=amounts,
        per_day=amounts,
        per_month=amounts,
        starts=st.sampled_from([time(0), time(2, 30), time(23, 59)]),
        zone=st.sampled_from(ZONES),
    )
    def begin(
        self,
        per_job: Money | None,
        per_day: Money | None,
        per_month: Money | None,
        starts: time,
        zone: ZoneInfo,
    ) -> None:
        """Configure the limits."""
        self.caps = Caps(per_job=per_job, per_day=per_day, per_month=per_month)
        self.calendar = Calendar(day_starts=starts, zone=zone)
        self.open()

    def open(self) -> None:
        """Start, as after a kill."""
        policy = replace(POLICY, caps=self.caps, calendar=self.calendar)
        self.house = House(self.place, policy, self.clock)
        self.house.recover()
        self.watch = ClockWatch(self.house.office, self.house.board)

    def teardown(self) -> None:
        """Remove everything."""
        if hasattr(self, "house"):
            self.house.close()
        shutil.rmtree(self.place)

    # --- what the other ledger knows

    def period(self) -> tuple[str, str]:
        """Give the day and the month that count."""
        shown = period_of(self.clock.now(), self.calendar)
        day, month = self.last or ("", "")
        return max(shown.day, day), max(shown.month, month)

    def set_aside(self, request: EditRequest) -> int:
        """Give what the next call is to set aside."""
        formula = estimate(request, None).micro
        answers, highest = self.prices.get((request.quality, str(request.size)), [0, 0])
        more = Money.from_usd(Fraction("0.0135") * (request.image_count - 1)).micro if answers else 0
        return max(-(-formula // 10) if answers > 2 else formula, highest + more)

    def sums(self) -> Iterator[tuple[str, str | int, int]]:
        """Give what counts for each edit, day and month."""
        for which in ("edit", "day", "month"):
            for key in {getattr(entry, which) for entry in self.ledger.values()}:
                counted = [entry for entry in self.ledger.values() if getattr(entry, which) == key]
                yield which, key, sum(entry.total - entry.excess for entry in counted)

    def fits(self, edit: int, day: str, month: str, amount: int) -> bool:
        """Say whether a call may begin."""
        return all(
            sum(entry.total for entry in self.ledger.values() if getattr(entry, which) == key) + amount
            <= limit
            for which, key, limit in self.limits(edit, day, month)
        )

    def limits(self, edit: int, day: str, month: str) -> list[tuple[str, str | int, float]]:
        """Give what limits a call now."""
        caps = (self.caps.per_job, self.caps.per_day, self.caps.per_month)
        per_job, per_day, per_month = (inf if cap is None else cap.micro for cap in caps)
        per_day = self.allowances.get(day, per_day)
        return [("edit", edit, per_job), ("day", day, per_day), ("month", month, per_month)]

    def release(self, edit: int) -> None:
        """Give back what was kept until the end."""
        for entry in self.ledger.values():
            if entry.edit == edit and entry.stays == UNTIL_THE_END:
                entry.reserved = 0

    # --- what happens

    def jobs_in(self, *states: JobState) -> list[Job]:
        """Give the jobs in these states."""
        return self.house.journal.jobs_in(states)

    @rule(photos=st.lists(photos, min_size=1, max_size=4))
    def drop(self, photos: list[tuple[Quality, int]]) -> None:
        """More photos are dropped."""
        for quality, images in photos:
            self._drop(quality, images)

    def _drop(self, quality: Quality, images: int) -> Job:
        self.photos += 1
        name = f"photo {self.photos:04d}"
        request = replace(REQUEST, prompt=name, quality=quality, image_count=images)
        (job,) = self.house.accept(f"{name}.jpg", replace(wish_of(), request=request))
        return job

    @rule(orders=st.lists(st.tuples(photos, st.lists(ways, min_size=1, max_size=3), shares), max_size=8))
    def work_off(self, orders: list[tuple[tuple[Quality, int], list[str], float | None]]) -> None:
        """Photos are dropped, sent until that leads to something, and delivered, one after the other."""
        for photo, ends, share in orders:
            job = self._drop(*photo)
            for way in ends:
                self._send(job, way)
            if (received := self.house.job(job)).state is JobState.RECEIVED:
                self._deliver(received, share)

    def _send(self, job: Job, way: str) -> None:
        if self.house.job(job).state in {JobState.READY, JobState.DEFERRED}:
            self._call(self.house.job(job))
        if (submitting := self.house.job(job)).state is JobState.SUBMITTING:
            self._end(submitting, way)

    @rule(numbers=numbers)
    @precondition(lambda self: self.jobs_in(JobState.READY, JobState.DEFERRED))
    def call(self, numbers: list[int]) -> None:
        """Workers begin calls."""
        for number in numbers:
            if jobs := self.jobs_in(JobState.READY, JobState.DEFERRED):
                self._call(jobs[number % len(jobs)])

    def _call(self, job: Job) -> None:
        with self.house.act():
            self.house.board.end(*PauseReason)
        assert job.edit is not None
        assert job.wish is not None
        if not self.house.throttle.may_begin():
            return
        if self._is_refused(job):
            return
        (day, month), amount = self.period(), self.set_aside(job.wish.request)
        may = self.fits(job.edit, day, month, amount)
        if not may:
            self.release(job.edit)
            may = self.fits(job.edit, day, month, amount)
        with self.house.act():
            begun = self.house.cashier.begin_submission(job.id)

        assert (begun is not None) == may
        if begun is None:
            return
        attempt = begun.attempt
        assert attempt.reserved.micro == amount
        self.ledger[attempt.id] = Entry(edit=job.edit, day=day, month=month, first=amount, reserved=amount)
        self.last = (day, month)
        for which, key, limit in self.limits(job.edit, day, month):
            self.ceilings[which, key] = max(self.ceilings.get((which, key), 0), limit)

    def _is_refused(self, job: Job) -> bool:
        """Say whether others were refused alike, so that this one is held: nothing may begin then."""
        assert job.wish is not None
        refused = self.house.journal.refused_options(options_of(job.wish.request))
        if refused is None or refused.job == job.id:
            return False
        with self.house.act():
            assert self.house.cashier.begin_submission(job.id) is None
        return True

    @rule(number=st.integers(0, 9))
    @precondition(lambda self: self.jobs_in(JobState.READY, JobState.DEFERRED))
    def die_while_beginning(self, number: int) -> None:
        """The process is killed after a call was noted and before that is durable: nothing was begun."""
        jobs = self.jobs_in(JobState.READY, JobState.DEFERRED)
        try:
            self._begin_and_die(jobs[number % len(jobs)])
        except KilledError:
            self.kill(answered=0)

    def _begin_and_die(self, job: Job) -> None:
        with self.house.act():
            self.house.cashier.begin_submission(job.id)
            raise KilledError

    @rule(ways=st.lists(ways, min_size=1, max_size=4))
    @precondition(lambda self: self.jobs_in(JobState.SUBMITTING))
    def end(self, ways: list[str]) -> None:
        """Calls end in some way."""
        for job, way in zip(self.jobs_in(JobState.SUBMITTING), ways, strict=False):
            self._end(job, way)

    def _end(self, job: Job, way: str) -> None:
        assert job.answer is not None
        end, code, stays = ENDS.get(way, (PROMISED, "", FOR_GOOD))
        reply = Reply(end=end, envelope=Envelope(code=code) if code else None)
        with self.house.act():
            moved = self.house.calls.book(job.id, job.answer, reply)

        entry = self.ledger[job.answer]
        entry.stays = stays
        entry.reserved = 0 if stays == NOT_AT_ALL else entry.reserved
        if moved.state in {JobState.FAILED, JobState.CANCELLED}:
            self.release(entry.edit)

    @rule(shares=st.lists(shares, min_size=1, max_size=4))
    @precondition(lambda self: self.jobs_in(JobState.RECEIVED))
    def deliver(self, shares: list[float | None]) -> None:
        """Answers are delivered."""
        for job, share in zip(self.jobs_in(JobState.RECEIVED), shares, strict=False):
            self._deliver(job, share)

    def _deliver(self, job: Job, share: float | None) -> None:
        """Deliver as after a crash that cut the first delivery: settled twice, booked and learned once."""
        self._settle(job, share)
        self._settle(job, 0.3)
        with self.house.act():
            self.house.deliveries.finish(job.id, {})

    def _settle(self, job: Job, share: float | None) -> None:
        assert job.answer is not None
        assert job.wish is not None
        entry = self.ledger[job.answer]
        reported = None if share is None else share * entry.first / 1_000_000
        with self.house.act():
            self.house.cashier.settle(self.house.job(job), reported)

        if entry.reserved:
            self._book(entry, job.wish.request, reported)
        self.release(entry.edit)

    def _book(self, entry: Entry, request: EditRequest, reported: float | None) -> None:
        is_true = reported is not None and 0 <= reported <= max(20 * estimate(request, None).usd, 5)
        entry.charged = Money.from_usd(reported).micro if reported is not None and is_true else entry.first
        entry.reserved, entry.excess = 0, max(0, entry.charged - entry.first)
        if is_true and entry.charged:
            known = self.prices.setdefault((request.quality, str(request.size)), [0, 0])
            known[:] = [known[0] + 1, max(known[1], entry.charged)]

    @rule(number=st.integers(0, 9))
    @precondition(lambda self: self.jobs_in(JobState.HELD, JobState.DEFERRED))
    def retry(self, number: int) -> None:
        """A person has something tried again: that is no more money than the limits allow."""
        jobs = self.jobs_in(JobState.HELD, JobState.DEFERRED)
        job = jobs[number % len(jobs)]
        with self.house.act():
            self.house.operator.obey(Verb.RETRY, job.id)

        if job.hold is HoldReason.UNKNOWN_OUTCOME:
            self._count_lost(job)

    def _count_lost(self, job: Job) -> None:
        """Count what a lost answer perhaps cost as spent: the edit is paid for once more."""
        for entry in self.ledger.values():
            if entry.edit == job.edit and entry.stays == FOR_GOOD:
                entry.charged, entry.reserved = entry.total, 0

    @rule(answered=st.integers(0, 9))
    def kill(self, answered: int) -> None:
        """The process is killed and started again; some answers are whole in the spool by then."""
        for job in self.jobs_in(JobState.SUBMITTING)[: answered % 3]:
            assert job.answer is not None
            with self.house.spool.open_writer(job.answer) as writer:
                writer.write(b"{}")
                writer.finish(PROMISED)
        self.house.close()
        self.open()

    @rule(amount=st.sampled_from(["20.50", "$3", "5", "1.5", "0.7", "0.05", "0"]))
    def allow(self, amount: str) -> None:
        """A person gives today another limit."""
        shown = period_of(self.clock.now(), self.calendar)
        if (shown.day, shown.month) != self.period():
            self.last = None
        self.allowances[shown.day] = int(float(amount.strip("$")) * 1_000_000)
        with self.house.act():
            self.house.operator.obey(Verb.ALLOW, amount)

    @rule(per_job=amounts, per_day=amounts, per_month=amounts)
    def reconfigure(self, per_job: Money | None, per_day: Money | None, per_month: Money | None) -> None:
        """Other limits are configured while calls are under way."""
        self.caps = Caps(per_job=per_job, per_day=per_day, per_month=per_month)
        self.house.reload(caps=self.caps)

    @rule(hours=st.sampled_from([0.5, 1, 6, 24, 24 * 31]))
    def pass_time(self, hours: float) -> None:
        """Time passes."""
        self.clock.pass_by(hours * 3600)
        self._look()

    @rule(turn=st.sampled_from(TURNS) | st.timedeltas(timedelta(days=-40), timedelta(days=40)))
    def turn(self, turn: timedelta) -> None:
        """Somebody sets the clock, forward or back."""
        self.clock.turned = turn
        self._look()

    def _look(self) -> None:
        with self.house.act():
            self.watch.look()

    # --- what always holds

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        """I6: no limit is exceeded, unless by what answers cost above what was set aside for them."""
        for which, key, counted in self.sums():
            assert counted <= self.ceilings.get((which, key), inf), (which, key)

    @invariant()
    def the_attempts_are_the_ledger(self) -> None:
        """I6: attempt for attempt the journal has what the other ledger has, and every sum of it."""
        if not hasattr(self, "house"):
            return
        journal = self.house.journal
        rows = journal.connection.execute("SELECT id, edit, day, month, reserved, charged FROM attempts")
        assert {row["id"]: tuple(row)[1:] for row in rows} == {
            number: (one.edit, one.day, one.month, one.reserved, one.charged)
            for number, one in self.ledger.items()
        }
        for entry in self.ledger.values():
            spent = journal.spent(entry.edit, Period(day=entry.day, month=entry.month))
            same_day = [one.total for one in self.ledger.values() if one.day == entry.day]
            same_month = [one.total for one in self.ledger.values() if one.month == entry.month]
            assert (spent.day.micro, spent.month.micro) == (sum(same_day), sum(same_month))


TestLimits = Limits.TestCase
TestLimits.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
