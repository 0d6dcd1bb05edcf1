"""The machine around the decisions: mailbox, turns, workers, recovery."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Self

from engine_house import POLICY, House, bundle_of, filing_of, kinds, states, wish_of

from notebook import Notebook
from retouchd.core.bundles import Standing
from retouchd.core.errors import CommandRefusedError, FileTroubleError, RetouchdError
from retouchd.core.jobs import JobState
from retouchd.core.outcomes import Answered
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import BundleState
from retouchd.core.settling import LookAgain
from retouchd.core.sightings import ScanFinished, WatchChanged
from retouchd.core.watching import Manner, WatchMode
from retouchd.engine.crew import Crew, Deliver, Send, Task
from retouchd.engine.ending import Ending
from retouchd.engine.loop import Departments, Engine, OneShot
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.verdicts import Moved, NeedsYou, Refused, Vanished, Verdict, WantsPrompt
from retouchd.engine.workers import Aftercare
from strategies import NOW
from waiting import eventually


class Loop:
    """An engine over a house, in a thread of its own."""

    def __init__(self, house: House, one_shot: OneShot | None = None) -> None:
        self.given: list[Task] = []
        self.mailbox = Mailbox()
        departments = Departments(
            board=house.board,
            throttle=house.throttle,
            dispatch=house.dispatch,
            operator=house.operator,
            sightings=house.sightings,
            under_way=house.under_way,
        )
        self.engine = Engine(house.office, self.mailbox, departments, self.given.append, one_shot)
        self._thread = threading.Thread(target=self.engine.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.mailbox.tell(self.engine.stop)
        self.join()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join(5)
        assert not self._thread.is_alive()


def test_failing_request_undoes_itself_alone(house: House) -> None:
    """Of requests that are committed together one that raises leaves the others, and no line of its own."""
    loop = Loop(house)
    begun, go_on = threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        go_on.wait(5)

    def fail() -> None:
        house.journal.set_note("bad", "1")
        house.office.herald.say("info", "bad.said")
        message = "no"
        raise CommandRefusedError(message)

    with loop:
        loop.mailbox.tell(block)
        assert begun.wait(5)
        errors: list[RetouchdError] = []

        def ask() -> None:
            try:
                loop.mailbox.ask(fail)
            except RetouchdError as exc:
                errors.append(exc)

        asker = threading.Thread(target=ask)
        asker.start()
        loop.mailbox.tell(house.journal.set_note, "good", "1")
        go_on.set()
        asker.join(5)
        assert loop.mailbox.ask(house.journal.note, "good") == "1"
        assert loop.mailbox.ask(house.journal.note, "bad") is None

    assert [str(error) for error in errors] == ["no"]
    assert "bad.said" not in house.log.events()


def test_what_becomes_due_during_a_turn_is_not_slept_over(house: House) -> None:
    """Time that passes while a turn is committed does not make the engine miss what became due in it."""
    house.see(bundle_of("beach.jpg"))
    loop = Loop(house)
    house.office.journal.set_note("x", "y")
    before = house.clock.seconds

    def slow_turn() -> None:
        loop.engine._turn([])  # noqa: SLF001 - the turn whose commit takes long
        house.clock.seconds = before + 10

    slow_turn()

    assert loop.engine._seconds_to_sleep() <= 2.0  # noqa: SLF001


def test_engine_wakes_for_what_may_begin(tmp_path: Path) -> None:
    """The engine sleeps until a pause ends, the minute has room for a call, or a key is looked into."""
    with closing(House(tmp_path, replace(POLICY, requests_per_minute=1))) as house:
        loop = Loop(house)
        house.submit(house.accept("beach.jpg")[0])
        house.clock.pass_by(41)
        assert loop.engine._seconds_to_sleep() == 19  # noqa: SLF001

        with house.act():
            house.board.begin(
                begin_pause(PauseReason.OFFLINE, "", NOW, house.clock.now() + timedelta(seconds=9))
            )
        assert loop.engine._seconds_to_sleep() == 9  # noqa: SLF001

        house.choose()
        with house.act():
            house.board.begin(begin_pause(PauseReason.KEY_REFUSED, "", house.clock.now()))
        assert loop.engine._seconds_to_sleep() == 5  # noqa: SLF001


def test_engine_that_stops_does_not_wake_for_what_it_will_not_begin(house: House) -> None:
    """What is due while the daemon stops is not begun, and must not keep the engine awake."""
    loop = Loop(house)
    with house.act():
        house.board.begin(begin_pause(PauseReason.KEY_REFUSED, "", house.clock.now()))
    house.clock.pass_by(100)
    assert loop.engine._seconds_to_sleep() == 0  # noqa: SLF001

    loop.engine.stop()

    assert loop.engine._seconds_to_sleep() == 30  # noqa: SLF001


def test_one_shot_run_ends_after_a_scan_that_found_nothing(house: House) -> None:
    """A one-shot run is over only after a whole scan that began when all work had ended."""
    asked: list[int] = []

    def request_scan() -> int:
        asked.append(2)
        return 2

    loop = Loop(house, OneShot(deadline=NOW.replace(year=2027), request_scan=request_scan))

    def scan(number: int) -> ScanFinished:
        return ScanFinished(number=number, seconds=0, folders=1)

    watched = Manner(folder=PurePosixPath("/in"), mode=WatchMode.EVENTS, why="so")
    with loop:
        loop.mailbox.tell(house.sightings.take, WatchChanged(manners=(watched,)))
        loop.mailbox.tell(house.sightings.take, scan(1))
        assert eventually(lambda: asked)
        assert loop.engine.ending is None
        loop.mailbox.tell(house.sightings.take, scan(2))
        loop.join()

    assert loop.engine.ending is Ending.ALL_DELIVERED
    assert asked == [2]


def test_a_clock_that_is_set_back_does_not_stretch_a_one_shot_run(house: House) -> None:
    """A one-shot run takes no longer than it may, also when the clock is set back in it."""
    loop = Loop(house, OneShot(deadline=NOW + timedelta(seconds=60), request_scan=lambda: 1))
    house.clock.turned = timedelta(days=-1)
    loop.engine._turn([])  # noqa: SLF001 - the turn that sees it
    assert house.clock.now() < NOW
    house.clock.pass_by(61)

    with loop:
        loop.join()

    assert loop.engine.ending is Ending.OUT_OF_TIME


def test_a_one_shot_run_does_not_wait_for_what_hangs(house: House) -> None:
    """A one-shot run whose time is over ends although a worker does not come back."""
    house.see(bundle_of("beach.jpg"))
    house.clock.pass_by(3)
    deadline = house.clock.now() + timedelta(seconds=60)
    loop = Loop(house, OneShot(deadline=deadline, request_scan=lambda: 1))

    def wait_and_look() -> bool:
        house.clock.pass_by(30)
        loop.mailbox.tell(house.clock.now)
        return loop.engine.ending is not None

    with loop:
        assert eventually(lambda: kinds(loop.given) == ["Look"])
        assert eventually(wait_and_look)
        loop.join()

    assert loop.engine.ending is Ending.OUT_OF_TIME


def test_engine_gives_tasks_after_the_commit(house: House) -> None:
    """A worker gets a task only once it is durable that it has it."""
    house.accept("beach.jpg")

    with Loop(house) as loop:
        assert eventually(lambda: kinds(loop.given) == ["Send"])
        loop.mailbox.tell(house.under_way.end, loop.given[0])


# --- workers


def _aftercare(house: House) -> Aftercare:
    return Aftercare(house.office, house.under_way, house.intake, house.calls)


def test_crew_survives_a_defect() -> None:
    """A task that brings a defect to light is logged with its traceback, and the next one is done (I11)."""
    log = Notebook()
    ended: list[tuple[Task, Exception | None]] = []
    bad, good = filing_of(1), filing_of(2)

    def carry_out(task: Task) -> None:
        if task is bad:
            message = "a defect"
            raise ZeroDivisionError(message)

    crew = Crew(1, carry_out, lambda task, error: ended.append((task, error)), log)
    crew.start()
    crew.give(bad)
    assert eventually(lambda: ended)
    crew.give(good)

    assert eventually(lambda: len(ended) == 2)
    assert [type(error) for _task, error in ended] == [ZeroDivisionError, type(None)]
    assert log.lines == [("worker.crashed", {"level": "exception", "task": "File", "subject": 1})]


def test_aftercare_postpones_what_failed(house: House) -> None:
    """After a defect a task's subject waits for minutes, so that it does not fill the log."""
    aftercare = _aftercare(house)
    (ready,) = house.accept("ready.jpg", wish_of("one"))
    (paid,) = house.accept("paid.jpg", wish_of("two"))
    (ending,) = house.accept("ending.jpg", wish_of("three"))
    house.answer(paid)
    house.deliver(house.answer(ending))
    house.see(bundle_of("new.jpg"))
    house.clock.pass_by(3)
    tasks = house.choose()
    assert sorted(kinds(tasks)) == ["Deliver", "File", "Look", "Send"]

    with house.act():
        for task in tasks:
            aftercare.end(task, ZeroDivisionError())

    assert house.choose() == []
    assert states(house, ready, paid) == [JobState.READY, JobState.RECEIVED]
    house.clock.pass_by(601)
    assert sorted(kinds(house.choose())) == ["Deliver", "File", "Look", "Send"]


def test_aftercare_holds_a_call_that_a_defect_cut(house: House) -> None:
    """A defect in the midst of a call leaves an unknown outcome, which is held (I5)."""
    (job,) = house.accept("beach.jpg")
    (task,) = house.choose()
    house.submit(job)

    with house.act():
        _aftercare(house).end(task, ZeroDivisionError())

    assert house.job(job).state is JobState.HELD


def test_aftercare_postpones_a_return_that_failed(house: House) -> None:
    """A photo that could not be brought back for a defect stays where it is, and is tried again later."""
    failed = house.fail("beach.jpg")
    with house.act():
        house.returns.ask(house.bundle(failed))
    (task,) = house.choose()

    with house.act():
        _aftercare(house).end(task, ZeroDivisionError())

    assert house.choose() == []
    house.clock.pass_by(601)
    assert kinds(house.choose()) == ["Return"]


# --- what a look found


def test_verdicts_of_a_look(house: House) -> None:
    """Each verdict of a look puts the bundle where it belongs, with its reason."""
    look_again = LookAgain(at=NOW.replace(hour=13), reason="it is cut")
    cases: dict[str, tuple[Verdict, BundleState | None]] = {
        "gone.jpg": (Vanished(), None),
        "moved.jpg": (Moved(bundle=bundle_of("moved.jpg", mtime=9)), BundleState.ARRIVING),
        "lonely.jpg": (
            Moved(bundle=bundle_of("lonely.jpg", standing=Standing.LACKS_PROMPT)),
            BundleState.LACKS_PROMPT,
        ),
        "empty.jpg": (WantsPrompt(detail="waits"), BundleState.LACKS_PROMPT),
        "odd.jpg": (NeedsYou(detail="what?"), BundleState.NEEDS_YOU),
        "cut.jpg": (look_again, BundleState.ARRIVING),
        "never.jpg": (Refused(detail="no picture", accepted=()), BundleState.ENDING),
    }

    for name, (verdict, state) in cases.items():
        record = house.see(bundle_of(name))
        with house.act():
            house.intake.finish_look(record.id, verdict)
        live = house.journal.find_live(PurePosixPath(), name)
        assert (live.state if live else None) is state, name

    assert house.journal.count_jobs() == {JobState.FAILED: 1}


def test_trouble_with_a_file_is_no_fault_of_the_photo(house: House) -> None:
    """A photo that cannot be read just now is looked at again, and is not counted as deadly."""
    record = house.see(bundle_of("beach.jpg"))
    with house.act():
        house.intake.begin_look(record)

        house.intake.postpone_look(record.id, "not now")

    again = house.journal.get_bundle(record.id)
    assert (again.state, again.claims, again.detail) == (BundleState.ARRIVING, 0, "not now")


def test_filing_that_fails_is_tried_again(house: House) -> None:
    """Sources that cannot be filed now are filed later; the picture is delivered all the same."""
    (job,) = house.accept("beach.jpg")
    house.deliver(house.answer(job))
    with house.act():
        house.deliveries.postpone_filing(job.bundle, FileTroubleError("move", PurePosixPath("x"), "no"))
    assert house.choose() == []
    house.clock.pass_by(31)

    assert kinds(house.choose()) == ["File"]


# --- recovery


def test_recovery_of_each_state(house: House) -> None:
    """A start brings what was under way to where it can go on, and leaves the rest as it is (I8)."""
    (ready,) = house.accept("ready.jpg", wish_of("one"))
    (waiting,) = house.accept("waiting.jpg", wish_of("one"))
    (lost,) = house.accept("lost.jpg", wish_of("two"))
    (answered,) = house.accept("answered.jpg", wish_of("three"))
    (received,) = house.accept("received.jpg", wish_of("four"))
    (delivered,) = house.accept("delivered.jpg", wish_of("five"))
    house.submit(lost)
    cut = house.submit(answered)
    assert cut.answer is not None
    with house.spool.open_writer(cut.answer) as writer:
        writer.write(b"{}")
        writer.finish(Answered(status=200, elapsed_seconds=1.0))
    house.answer(received)
    house.deliver(house.answer(delivered))
    looked = house.see(bundle_of("looked.jpg"))
    with house.act():
        house.journal.update_bundle(replace(looked, state=BundleState.LOOKED_AT))

    house.recover()

    assert states(house, ready, waiting) == [JobState.READY, JobState.WAITING]
    assert states(house, lost, answered) == [JobState.HELD, JobState.RECEIVED]
    assert states(house, received, delivered) == [JobState.RECEIVED, JobState.DELIVERED]
    assert house.journal.get_bundle(looked.id).state is BundleState.ARRIVING
    assert ("recovery.finished", {"level": "info", "calls_cut": 2}) in house.log.lines


def test_recovery_believes_a_refusal_in_the_spool(house: House) -> None:
    """A refusal that was durable before the crash is booked as what it is: nothing was paid."""
    (job,) = house.accept("beach.jpg")
    cut = house.submit(job)
    assert cut.answer is not None
    with house.spool.open_writer(cut.answer) as writer:
        writer.write(b'{"error": {"code": "invalid_size", "message": "no"}}')
        writer.finish(Answered(status=400, elapsed_seconds=1.0))

    house.recover()

    assert house.job(job).state is JobState.FAILED
    assert house.reserved(job) == [0]


def test_recovery_of_nothing_changes_nothing(house: House) -> None:
    """A start after an orderly end has nothing to recover."""
    house.accept("beach.jpg")

    house.recover()

    assert "recovery.finished" not in house.log.events()


def test_journal_is_found_again_by_the_next_start(tmp_path: Path) -> None:
    """What was decided is in the journal: another engine goes on with it (I8)."""
    with closing(House(tmp_path)) as first:
        (job,) = first.accept("beach.jpg")
        with first.act():
            first.board.begin(begin_pause(PauseReason.OPERATOR, "you", NOW))

    with closing(House(tmp_path, clock=first.clock)) as second:
        assert second.choose() == []
        with second.act():
            second.board.resume("")
        (task,) = second.choose()
        assert isinstance(task, Send | Deliver)
        assert task.job.id == job.id
