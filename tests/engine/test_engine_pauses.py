"""Pauses, probes and the pace, as the engine lives through them."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engine_house import POLICY, House, states, wish_of

from retouchd.core.jobs import Job, JobState
from retouchd.core.money import Caps
from retouchd.core.outcomes import Answered, CallEnd, Envelope, NoAnswer, NotSent, NotSentKind
from retouchd.core.pauses import Pause, PauseReason, begin_pause
from retouchd.engine.calls import Reply
from retouchd.engine.crew import Probe, Send
from retouchd.engine.desk import Answer, Asked
from retouchd.engine.prober import Prober

# So that no cap ends what a test is about.
RICH = dataclasses.replace(POLICY, caps=Caps(per_job=None, per_day=None, per_month=None))
BUSY = Reply(
    end=Answered(status=503, elapsed_seconds=0.2), envelope=Envelope(code="overloaded", message="later")
)
GOOD = Reply(end=Answered(status=200, elapsed_seconds=1.0))
REFUSED_KEY = Reply(end=Answered(status=401, elapsed_seconds=0.1), envelope=Envelope(code="invalid_api_key"))
NO_CREDIT = Reply(
    end=Answered(status=402, elapsed_seconds=0.1),
    envelope=Envelope(code="ai_credits_required", message="empty", top_up_url="https://pay.example"),
)
UNREACHABLE = Reply(end=NotSent(kind=NotSentKind.UNREACHABLE, detail="no route", elapsed_seconds=0.1))


class Service:
    """Answers the calls that the engine wants made, in told time.

    Attributes:
        calls: For each call the second in which it began.
        most_at_once: The most calls that were ever under way.
    """

    def __init__(self, house: House, answer: Callable[[float], Reply], call_seconds: float = 1.0) -> None:
        self._house = house
        self._answer = answer
        self._call_seconds = call_seconds
        self._began = house.clock.seconds
        self.calls: list[float] = []
        self.most_at_once = 0

    def work(self, seconds: float) -> None:
        """Let the engine work for so long."""
        end = self._house.clock.seconds + seconds
        while self._house.clock.seconds < end:
            with self._house.act():
                self._house.board.end_those_over()
            sends = choose_sends(self._house)
            self.most_at_once = max(self.most_at_once, len(sends))
            submitted = [(task, self._submit(task)) for task in sends]
            self._house.clock.pass_by(
                self._call_seconds if sends else min(end - self._house.clock.seconds, self._seconds_to_wait())
            )
            for task, job in submitted:
                self._end(task, job)

    def _seconds_to_wait(self) -> float:
        due = self._house.journal.next_due(self._house.clock.moments())
        ends = self._house.board.seconds_until_next_end()
        next_call = self._house.throttle.seconds_until_next_call()
        return max(1.0, min((one for one in (due, ends, next_call) if one is not None), default=1.0))

    def _submit(self, task: Send) -> Job | None:
        with self._house.act():
            begun = self._house.cashier.begin_submission(task.job.id)
        if begun is None:
            return None
        self.calls.append(self._house.clock.seconds - self._began)
        return begun.job

    def _end(self, task: Send, job: Job | None) -> None:
        with self._house.act():
            if job is not None and job.answer is not None:
                self._house.calls.book(job.id, job.answer, self._answer(self.calls[-1]))
            self._house.under_way.end(task)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose owner sets no caps."""
    with closing(House(tmp_path, RICH)) as opened:
        yield opened


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[House]:
    """A house whose owner allows eight calls at once from the start."""
    with closing(House(tmp_path, dataclasses.replace(RICH, concurrency=8))) as opened:
        yield opened


def choose_sends(house: House) -> list[Send]:
    """Choose, and give the jobs that are to be sent; nothing else is done."""
    tasks = house.choose()
    for task in tasks:
        if not isinstance(task, Send):
            house.under_way.end(task)
    return [task for task in tasks if isinstance(task, Send)]


def fill(house: House, number: int) -> list[Job]:
    """Have so many photos arrive."""
    return [house.accept(f"{one}.jpg", wish_of(str(one)))[0] for one in range(number)]


def count(house: House, state: JobState) -> int:
    """Count the jobs in a state."""
    return house.journal.count_jobs().get(state, 0)


def reasons(house: House) -> list[PauseReason]:
    """Give the reasons for which nothing is sent."""
    return [pause.reason for pause in house.board.pauses]


# --- an outage


def test_an_outage_with_five_hundred_photos_costs_few_calls(wide: House) -> None:
    """An hour of 503 costs the quota, the calls under way with it and a probe now and then; nothing fails."""
    fill(wide, 500)
    service = Service(wide, lambda second: BUSY if second < 3600 else GOOD)

    service.work(3600)

    # 10 of the quota, 7 others of the same burst, and probes after 30, 60, 120, 240, 480, 900, 900, 900 s.
    assert len(service.calls) <= 10 + 7 + 8
    assert count(wide, JobState.FAILED) == 0
    assert reasons(wide) == [PauseReason.OFFLINE]
    assert "fails again and again: the service is overloaded (503)" in wide.board.pauses[0].detail


def test_after_an_outage_everything_is_sent(wide: House) -> None:
    """When the service is back one photo finds out, and then all are sent, faster and faster."""
    fill(wide, 60)
    service = Service(wide, lambda second: BUSY if second < 600 else GOOD)

    service.work(4000)

    assert count(wide, JobState.RECEIVED) == 60
    assert reasons(wide) == []


def test_a_restart_in_an_outage_does_not_spend_the_quota_anew(tmp_path: Path) -> None:
    """A daemon that is started again while the service fails makes one call, and waits on (I8)."""
    with closing(House(tmp_path, RICH)) as first:
        fill(first, 20)
        Service(first, lambda _second: BUSY).work(300)
        since = first.board.pauses[0].since

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        second.recover()
        service = Service(second, lambda _second: BUSY)
        service.work(900)

        assert len(service.calls) <= 2
        assert second.board.pauses[0].since == since


def test_one_photo_that_always_fails_is_not_each_probe(house: House) -> None:
    """While one call probes, the photos take turns: a bad one keeps the others out for a while only (I11)."""
    bad, *others = fill(house, 5)
    with house.act():
        house.board.begin(pause_for(house, PauseReason.PERMISSION))
        house.board.end(PauseReason.PERMISSION)
    refused = Reply(end=Answered(status=403, elapsed_seconds=0.1), envelope=Envelope(code="not_allowed"))
    (first,) = choose_sends(house)
    assert first.job.id == bad.id
    house.book(bad, refused)
    house.under_way.end(first)
    house.clock.pass_by(3601)
    with house.act():
        house.board.end_those_over()

    (second,) = choose_sends(house)

    assert second.job.id == others[0].id


def pause_for(house: House, reason: PauseReason) -> Pause:
    """Give a pause that begins now."""
    return begin_pause(reason, "because", house.clock.now())


def test_offline_makes_one_attempt_at_a_time(wide: House) -> None:
    """With five hundred photos queued a dead line is tried by one call at a time, less and less often."""
    fill(wide, 500)
    service = Service(wide, lambda _second: UNREACHABLE)
    service.work(1)
    first = len(service.calls)
    service.most_at_once = 0

    service.work(3600)

    assert first == 8
    assert service.most_at_once == 1
    assert len(service.calls) <= 8 + 70
    assert count(wide, JobState.FAILED) == 0
    assert all(one.attempts == 0 for one in wide.journal.jobs_in([JobState.DEFERRED, JobState.READY]))


# --- one canary an hour


@pytest.mark.parametrize(
    ("status", "reason"),
    [(402, PauseReason.CREDITS), (403, PauseReason.PERMISSION), (404, PauseReason.ENDPOINT)],
)
def test_one_photo_an_hour_tries_what_people_must_mend(wide: House, status: int, reason: PauseReason) -> None:
    """Each hour one photo is tried, for nothing and without counting; the pause began when it first did."""
    fill(wide, 20)
    refused = Reply(end=Answered(status=status, elapsed_seconds=0.1), envelope=Envelope(code="no"))
    service = Service(wide, lambda second: refused if second < 4 * 3600 else GOOD)
    service.work(1)
    since = wide.board.pauses[0].since

    service.work(3 * 3600 + 60)

    assert len(service.calls) == 8 + 3
    assert (reasons(wide), wide.board.pauses[0].since) == ([reason], since)
    assert all(one.attempts == 0 for one in wide.journal.jobs_in([JobState.DEFERRED]))
    service.work(2 * 3600)
    assert count(wide, JobState.RECEIVED) == 20


def test_missing_credit_shows_where_to_buy_some(house: House) -> None:
    """The address for more credit stands in the pause's sentence."""
    (job,) = fill(house, 1)

    house.book(job, NO_CREDIT)

    assert "https://pay.example" in house.board.pauses[0].detail


def test_nobody_sends_before_the_longest_wait_that_was_asked_for(house: House) -> None:
    """Of two calls that are told to wait the longer time counts, in whatever order they end."""
    one, two = (house.submit(job) for job in fill(house, 2))
    for job, wait in ((one, "60"), (two, "1")):
        assert job.answer is not None
        limited = Answered(status=429, elapsed_seconds=0.1, headers={"retry-after": wait})
        with house.act():
            house.calls.book(job.id, job.answer, Reply(end=limited))

    (pause,) = house.board.pauses
    assert pause.until is not None
    assert (pause.until - house.clock.now()).total_seconds() == 60


# --- a refused key


class Counter:
    """A desk that asks at once, in this thread."""

    def __init__(self, house: House) -> None:
        self._house = house

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Have it done."""
        with self._house.act():
            return work(*args, **kwargs)


class Line:
    """An endpoint that answers questions about the key as told."""

    def __init__(self, end: CallEnd) -> None:
        self.end = end
        self.asked = 0
        self.is_new = False

    def probe(self) -> CallEnd:
        """Count, and answer."""
        self.asked += 1
        return self.end

    def has_new_key(self) -> bool:
        """Say what the test says."""
        return self.is_new


def refuse_key(house: House) -> Job:
    """Have a photo's call refused for its key."""
    (job,) = fill(house, 1)
    house.book(job, REFUSED_KEY)
    return job


def probe(house: House, line: Line, seconds: int) -> list[int]:
    """Let the engine look into the key for so long, and give the seconds at which the service was asked."""
    times = []
    prober = Prober(Counter(house), house.board, line)
    for second in range(seconds):
        before = line.asked
        for task in house.choose():
            if isinstance(task, Probe):
                prober.probe(task)
            house.under_way.end(task)
        if line.asked > before:
            times.append(second)
        house.clock.pass_by(1)
    return times


def test_a_refused_key_is_asked_about_less_and_less_often(house: House) -> None:
    """The service is asked after half a minute, then after twice that, up to every quarter of an hour."""
    refuse_key(house)

    times = probe(house, Line(Answered(status=401, elapsed_seconds=0.1)), 3000)

    assert times == [30, 90, 210, 450, 930, 1830, 2730]
    assert reasons(house) == [PauseReason.KEY_REFUSED]
    assert "put a new one into /key" in house.board.pauses[0].detail


def test_a_key_that_is_taken_ends_the_pause(house: House) -> None:
    """When the service takes the key, one photo is sent, and then all."""
    job = refuse_key(house)

    times = probe(house, Line(Answered(status=200, elapsed_seconds=0.1)), 40)

    assert times == [30]
    assert reasons(house) == []
    assert house.board.is_probing
    house.answer(house.job(job))
    assert not house.board.is_probing


def test_a_new_key_is_asked_about_within_seconds(house: House) -> None:
    """Nobody waits a quarter of an hour who has put a new key in its place."""
    refuse_key(house)
    line = Line(Answered(status=401, elapsed_seconds=0.1))
    probe(house, line, 2000)
    line.is_new, line.end = True, Answered(status=204, elapsed_seconds=0.1)

    assert probe(house, line, 20)[0] <= 6
    assert reasons(house) == []


@pytest.mark.parametrize(
    ("end", "is_tried"),
    [
        (Answered(status=200, elapsed_seconds=0.1), True),
        (Answered(status=404, elapsed_seconds=0.1), True),
        (Answered(status=405, elapsed_seconds=0.1), True),
        (Answered(status=501, elapsed_seconds=0.1), True),
        (Answered(status=500, elapsed_seconds=0.1), True),
        (Answered(status=401, elapsed_seconds=0.1), False),
        (Answered(status=403, elapsed_seconds=0.1), False),
        (NotSent(kind=NotSentKind.UNREACHABLE, detail="", elapsed_seconds=0.1), False),
        (NoAnswer(detail="", elapsed_seconds=30), False),
    ],
)
def test_what_an_answer_about_the_key_leads_to(house: House, end: CallEnd, is_tried: bool) -> None:  # noqa: FBT001 - a column of the table
    """A photo is tried unless the key is refused still or nobody answers."""
    refuse_key(house)

    probe(house, Line(end), 32)

    assert (reasons(house) == []) is is_tried
    assert len(choose_sends(house)) == is_tried


def test_where_there_is_nothing_to_ask_one_photo_tries_the_key(house: House) -> None:
    """Without a status to ask, one photo at a time tries the key, less and less often."""
    fill(house, 3)
    service = Service(house, lambda _second: REFUSED_KEY)
    line = Line(Answered(status=404, elapsed_seconds=0.1))
    service.work(1)
    for _ in range(600):
        probe(house, line, 1)
        service.work(1)

    assert [round(second, -1) for second in service.calls[2:]] == pytest.approx(
        [30, 100, 220, 460, 960], abs=30
    )


def test_a_start_asks_about_the_key_at_once(tmp_path: Path) -> None:
    """A start may have brought another key, so that nobody waits for the next time."""
    with closing(House(tmp_path, RICH)) as first:
        refuse_key(first)
        probe(first, Line(Answered(status=401, elapsed_seconds=0.1)), 500)

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        second.recover()
        assert reasons(second) == [PauseReason.KEY_REFUSED]
        assert second.dispatch.seconds_until_next_probe() == 0

        assert probe(second, Line(Answered(status=401, elapsed_seconds=0.1)), 600) == [0, 530]


def test_the_engine_wakes_for_the_key(house: House) -> None:
    """The engine sleeps until somebody looks for another key, and longer while one looks."""
    assert house.dispatch.seconds_until_next_probe() is None
    refuse_key(house)
    house.choose()
    assert house.dispatch.seconds_until_next_probe() == 5
    house.clock.pass_by(5)

    (task,) = house.choose()

    assert isinstance(task, Probe)
    assert house.dispatch.seconds_until_next_probe() is None


# --- how many calls at once, and how many a minute


def test_calls_at_once_grow_and_are_halved(house: House) -> None:
    """Two calls at once become more while they go well, and fewer when the service is overloaded."""
    fill(house, 200)
    service = Service(house, lambda _second: GOOD)
    service.work(9)
    grown = house.throttle.width

    Service(house, lambda _second: BUSY).work(1)

    assert (grown, service.most_at_once) == (4, 3)
    assert house.throttle.width == 2


def test_after_a_pause_calls_grow_from_one(wide: House) -> None:
    """The call that probes is alone; after ten that go well there are two."""
    fill(wide, 30)
    with wide.act():
        wide.board.begin(pause_for(wide, PauseReason.CREDITS))
        wide.board.end(PauseReason.CREDITS)
    service = Service(wide, lambda _second: GOOD)

    service.work(10)

    assert service.most_at_once == 1
    assert wide.throttle.width == 2


def test_what_is_on_trial_is_so_after_a_restart(tmp_path: Path) -> None:
    """A restart between a pause's end and its probe does not let all calls go at once (I8)."""
    with closing(House(tmp_path, RICH)) as first:
        fill(first, 4)
        with first.act():
            first.board.begin(pause_for(first, PauseReason.CREDITS))
            first.board.end(PauseReason.CREDITS)

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        assert len(choose_sends(second)) == 1


def test_no_minute_has_more_calls_than_the_owner_allows(tmp_path: Path) -> None:
    """With requests_per_minute = 6 no sixty seconds have more than six calls, and all photos are sent."""
    policy = dataclasses.replace(RICH, requests_per_minute=6)
    with closing(House(tmp_path, policy)) as house:
        fill(house, 20)
        service = Service(house, lambda _second: GOOD)
        service.work(30)
        assert house.throttle.seconds_until_next_call() == pytest.approx(30)
        service.work(210)

    assert len(service.calls) == 20
    assert all(
        later - earlier >= 60 for earlier, later in zip(service.calls, service.calls[6:], strict=False)
    )


def test_calls_a_minute_are_counted_across_a_restart(tmp_path: Path) -> None:
    """A restart does not begin the minute anew, nor does a clock that was set back stop everything (I8)."""
    policy = dataclasses.replace(RICH, requests_per_minute=2)
    with closing(House(tmp_path, policy)) as first:
        fill(first, 4)
        Service(first, lambda _second: GOOD).work(10)
        assert first.throttle.room(0) == 0

    with closing(House(tmp_path, policy, clock=first.clock)) as second:
        assert second.throttle.room(0) == 0
        second.clock.pass_by(55)
        assert second.throttle.room(0) == 2


def test_a_call_that_the_minute_has_no_room_for_does_not_begin(tmp_path: Path) -> None:
    """Also a worker that was about to begin a call is stopped by the limit."""
    policy = dataclasses.replace(RICH, requests_per_minute=1)
    with closing(House(tmp_path, policy)) as house:
        one, two = fill(house, 2)
        house.submit(one)

        with house.act():
            assert house.cashier.begin_submission(two.id) is None
        assert states(house, two) == [JobState.READY]
