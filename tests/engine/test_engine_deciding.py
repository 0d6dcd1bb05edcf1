"""What the engine does next: which tasks, which pauses, and when a one-shot run is over."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from engine_house import POLICY, House, bundle_of, kinds, wish_of

from retouchd.core.errors import FolderMissingError, NoRoomError
from retouchd.core.jobs import JobState
from retouchd.core.leftovers import LEFTOVERS, Leftovers
from retouchd.core.pauses import Pause, PauseReason, begin_pause
from retouchd.core.records import BundleState
from retouchd.core.settling import LookAgain
from retouchd.core.sightings import FolderBack, FolderTrouble, ScanFinished
from retouchd.core.values import BundleId
from retouchd.core.watching import SILENT_NOTE
from retouchd.engine.crew import Look, Send, subject_of
from retouchd.engine.ending import Ending, Situation, decide_ending
from strategies import NOW

# --- dispatch


def test_paid_work_comes_first_then_calls_then_looks(house: House) -> None:
    """What was paid for is delivered before anything is sent, and that before anything is looked at."""
    (paid,) = house.accept("paid.jpg", wish_of("one"))
    house.answer(paid)
    house.accept("ready.jpg", wish_of("two"))
    house.see(bundle_of("new.jpg"))
    house.clock.pass_by(3)

    assert kinds(house.choose()) == ["Deliver", "Send", "Look"]


def test_nobody_gets_a_subject_twice(house: House) -> None:
    """One worker at a time has a job or a bundle."""
    house.accept("ready.jpg")
    (first,) = house.choose()

    assert house.choose() == []
    house.under_way.end(first)
    assert kinds(house.choose()) == ["Send"]


def test_calls_at_once_are_limited(house: House) -> None:
    """No more calls are under way than the owner allows."""
    for number in range(4):
        house.accept(f"{number}.jpg", wish_of(str(number)))

    assert kinds(house.choose()) == ["Send", "Send"]


def test_the_next_call_is_made_while_an_answer_is_delivered(house: House) -> None:
    """An answer that came makes room for a call, but for a few only: the outbox may hang."""
    for number in range(20):
        house.accept(f"{number}.jpg", wish_of(str(number)))
    begun = []
    while tasks := [task for task in house.choose() if isinstance(task, Send)]:
        begun.append(len(tasks))
        for task in tasks:
            house.answer(task.job)
            house.under_way.note_answer(task.job.id)

    assert begun == [2, 2, 2]
    house.under_way.end(next(iter(house.under_way)))
    assert kinds(house.choose()).count("Send") == 1


def test_one_job_probes_after_a_pause(house: House) -> None:
    """After a pause one call alone is made; when it went well the others follow, one more at a time."""
    jobs = [house.accept(f"{number}.jpg", wish_of(str(number)))[0] for number in range(20)]
    with house.act():
        house.board.begin(begin_pause(PauseReason.OFFLINE, "no way", NOW))
    assert house.choose() == []
    with house.act():
        house.board.end(PauseReason.OFFLINE)
    (probe,) = house.choose()

    house.answer(jobs[0])
    house.under_way.end(probe)
    (second,) = (task for task in house.choose() if isinstance(task, Send))
    for job in jobs[1:10]:
        house.answer(job)
    house.under_way.end(second)

    assert kinds(house.choose()).count("Send") == 2


def test_looks_go_on_while_nothing_may_be_sent(house: House) -> None:
    """A pause stops calls, not looks."""
    house.see(bundle_of("new.jpg"))
    house.clock.pass_by(3)
    with house.act():
        house.board.begin(begin_pause(PauseReason.OPERATOR, "you", NOW))

    assert kinds(house.choose()) == ["Look"]


def test_a_backlog_waits_for_its_turn(house: House) -> None:
    """No more photos are looked at than are sent soon: their prompts may still be changed."""
    for number in range(6):
        house.accept(f"{number}.jpg", wish_of(str(number)))
    house.see(bundle_of("later.jpg"))
    house.clock.pass_by(3)

    assert "Look" not in kinds(house.choose())


def test_postponed_jobs_do_not_keep_others_out(house: House) -> None:
    """Ready jobs that wait for a time of their own do not count as a backlog (I11)."""
    for number in range(6):
        (job,) = house.accept(f"{number}.jpg", wish_of(str(number)))
        with house.act():
            trouble = FolderMissingError("read", PurePosixPath("x"), "not now")
            house.deliveries.postpone(job.id, trouble)
    house.see(bundle_of("later.jpg"))
    house.clock.pass_by(3)

    assert kinds(house.choose()) == ["Look"]


def test_nothing_begins_while_stopping(house: House) -> None:
    """While the daemon stops, what was paid for is delivered, and no more."""
    (paid,) = house.accept("paid.jpg", wish_of("one"))
    house.answer(paid)
    house.accept("ready.jpg", wish_of("two"))

    with house.act():
        tasks = house.dispatch.choose(may_begin=False)

    assert kinds(tasks) == ["Deliver"]


def test_return_waits_for_room(house: House) -> None:
    """Bundles that are brought back are not forgotten when more of them are asked for than fit at once."""
    for number in range(4):
        failed = house.fail(f"{number}.jpg")
        with house.act():
            house.returns.ask(house.bundle(failed))
    tasks = house.choose()
    assert kinds(tasks).count("Return") == 3

    for task in tasks:
        house.under_way.end(task)
        with house.act():
            house.returns.finish(BundleId(int(subject_of(task))))

    assert kinds(house.choose()).count("Return") == 1


def test_look_that_has_just_ended_is_not_begun_twice(house: House) -> None:
    """A photo whose next look is due before its worker is free is looked at once the worker is (I11)."""
    record = house.see(bundle_of("cut.jpg"))
    house.clock.pass_by(3)
    (task,) = house.choose()
    with house.act():
        house.intake.finish_look(record.id, LookAgain(at=house.clock.now(), reason="it is cut"))

    assert house.choose() == []
    assert house.journal.get_bundle(record.id).state is BundleState.ARRIVING
    house.under_way.end(task)
    assert kinds(house.choose()) == ["Look"]


def test_photo_that_kills_the_process_is_set_aside(house: House) -> None:
    """After three looks that never came back a photo needs a person, and the others go on (I11)."""
    house.see(bundle_of("deadly.jpg"))
    house.clock.pass_by(3)
    for _start in range(3):
        (task,) = house.choose()
        assert isinstance(task, Look)
        house.under_way.end(task)
        house.recover()

    assert house.choose() == []
    (record,) = house.journal.bundles_in(BundleState.NEEDS_YOU)
    assert "ended unexpectedly" in record.detail


# --- pauses


def test_resume_lifts_what_a_person_may_lift(house: House) -> None:
    """`resume` lifts all pauses but those that would be back at once or break the owner's limit."""
    with house.act():
        for reason in (PauseReason.CREDITS, PauseReason.BUDGET, PauseReason.OPERATOR):
            house.board.begin(begin_pause(reason, f"because of {reason}", NOW))

        answer = house.board.resume("")

    assert answer == "still paused (budget): because of budget"
    assert [pause.reason for pause in house.journal.pauses()] == [PauseReason.BUDGET]


def test_resume_of_one_leaves_the_others(house: House) -> None:
    """`resume REASON` lifts that one."""
    with house.act():
        for reason in (PauseReason.CREDITS, PauseReason.OPERATOR):
            house.board.begin(begin_pause(reason, "because", NOW))

        answers = [house.board.resume("credits"), house.board.resume("endpoint")]

    assert answers == ["resumed", "nothing was paused for endpoint"]
    assert [pause.reason for pause in house.board.pauses] == [PauseReason.OPERATOR]


def test_end_of_the_owners_pause_needs_no_probe(house: House) -> None:
    """After the owner's own pause all calls may go at once: nothing was wrong."""
    with house.act():
        house.board.begin(begin_pause(PauseReason.OPERATOR, "you", NOW))
        answer = house.board.resume("")

    assert answer == "resumed"
    assert not house.board.is_probing
    assert house.board.resume("") == "nothing was paused"


def test_pause_ends_by_its_time(house: House) -> None:
    """A pause that knows its end is over then, and until then the engine knows how long to sleep."""
    with house.act():
        full = NoRoomError("use", PurePosixPath("outbox"), "the disk is full")
        house.board.begin_for_folder(full)
    assert house.board.seconds_until_next_end() == 30.0
    house.clock.pass_by(31)

    with house.act():
        house.board.end_those_over()

    assert house.board.pauses == ()
    assert house.board.seconds_until_next_end() is None


def test_pauses_survive_a_restart_but_limits_and_folders_are_looked_at_anew(tmp_path: Path) -> None:
    """A start keeps a pause for credit; limits and folders may have changed meanwhile."""
    reasons = (PauseReason.CREDITS, PauseReason.BUDGET, PauseReason.FOLDER_MISSING)
    with closing(House(tmp_path)) as first:
        first.recover()
        with first.act():
            for reason in reasons:
                first.board.begin(begin_pause(reason, "because", NOW))

    with closing(House(tmp_path)) as second:
        second.recover()
        assert [pause.reason for pause in second.journal.pauses()] == [PauseReason.CREDITS]

    changed = replace(POLICY, configuration="another")
    with closing(House(tmp_path, changed)) as third:
        third.recover()
        assert third.journal.pauses() == []


def test_two_missing_folders_are_one_pause(house: House) -> None:
    """The pause for a missing folder ends when the last of them is back."""
    for which in ("inbox", "outbox"):
        error = FolderMissingError("find", PurePosixPath(which), "not there")
        with house.act():
            house.sightings.take(FolderTrouble(which=which, detail=str(error), error=error))
    with house.act():
        house.sightings.take(FolderBack(which="outbox"))
    assert [pause.reason for pause in house.board.pauses] == [PauseReason.FOLDER_MISSING]

    with house.act():
        house.sightings.take(FolderBack(which="inbox"))

    assert house.board.pauses == ()


def test_a_look_without_an_end_is_told_once(house: House) -> None:
    """When the scanner hangs on a share, log and status say so once, and once that it is over."""
    for seconds in (0.0, 30.0, 61.0, 91.0, 0.0):
        house.busy_seconds = seconds
        with house.act():
            house.sightings.notice_silence()
        if seconds == 91:
            noted = house.journal.note(SILENT_NOTE)

    assert house.log.events() == ["inbox.silent", "inbox.returned"]
    assert noted == (house.clock.now() - timedelta(seconds=61)).isoformat()
    assert house.journal.note(SILENT_NOTE) == ""


def test_return_of_a_folder_hurries_what_waited_for_it(house: House) -> None:
    """What was postponed because of a folder is tried at once when it is back."""
    (job,) = house.accept("beach.jpg")
    error = FolderMissingError("use", PurePosixPath("outbox"), "not there")
    with house.act():
        house.sightings.take(FolderTrouble(which="outbox", detail="gone", error=error))
        house.deliveries.postpone(job.id, error)
    assert house.job(job).next_try is not None

    with house.act():
        house.sightings.take(FolderBack(which="outbox"))

    assert house.job(job).next_try is None
    assert kinds(house.choose()) == ["Send"]


def test_scan_tells_what_it_could_not_read(house: House) -> None:
    """Troubles of a scan are told, and what it left out is kept for the status."""
    leftovers = Leftovers(seen=9, reasons={"videos": 5}, hints=("x",))
    with house.act():
        for number in (1, 2):
            house.sightings.take(
                ScanFinished(number=number, seconds=0.1, folders=3, leftovers=leftovers, troubles=("a: no",))
            )

    assert house.sightings.has_scanned
    assert house.sightings.last_scan == 2
    assert Leftovers.from_text(house.journal.note(LEFTOVERS) or "") == leftovers
    assert house.log.events().count("inbox.troubled") == 2


def test_an_inbox_that_is_mostly_left_out_is_told_once(house: House) -> None:
    """A pattern that hides nearly everything is told when it begins to, and again for another reason only."""
    told = [
        {"names like *.part": 95},
        {"names like *.part": 99, "videos": 1},
        {"videos": 100},
        {"videos": 10},
        {"videos": 100},
    ]
    with house.act():
        for number, reasons in enumerate(told, start=1):
            leftovers = Leftovers(seen=100, reasons=reasons)
            house.sightings.take(ScanFinished(number=number, seconds=0.1, folders=1, leftovers=leftovers))

    assert house.log.events().count("inbox.left_out") == 3


# --- the end of a one-shot run

_NO_BUNDLES = {"arriving": 0, "queued": 0, "waiting_for_prompt": 0, "needs_you": 0}
_DONE = Situation(
    now=NOW,
    deadline=NOW + timedelta(minutes=1),
    is_confirmed=True,
    pauses=(),
    jobs={},
    bundles=_NO_BUNDLES,
    ending_bundles=0,
    failures=0,
)


def _pause(reason: PauseReason) -> tuple[Pause, ...]:
    return (begin_pause(reason, "because", NOW),)


def _situation(**changes: Any) -> Situation:
    fields = {name: getattr(_DONE, name) for name in Situation.__slots__}
    bundles = _NO_BUNDLES | changes.pop("bundles", {})
    return Situation(**(fields | {"bundles": bundles} | changes))


READY = {JobState.READY: 1}
LATE = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({}, Ending.ALL_DELIVERED),
        ({"is_confirmed": False}, None),
        ({"is_confirmed": False, "now": LATE}, Ending.OUT_OF_TIME),
        ({"is_confirmed": False, "pauses": _pause(PauseReason.FOLDER_MISSING)}, Ending.PAUSED),
        ({"is_confirmed": False, "pauses": _pause(PauseReason.CREDITS)}, None),
        ({"jobs": READY}, None),
        ({"jobs": READY, "now": LATE}, Ending.OUT_OF_TIME),
        ({"jobs": READY, "pauses": _pause(PauseReason.OFFLINE)}, None),
        ({"jobs": READY, "pauses": _pause(PauseReason.RATE_LIMITED), "now": LATE}, Ending.OUT_OF_TIME),
        ({"jobs": READY, "pauses": _pause(PauseReason.CREDITS)}, Ending.PAUSED),
        ({"jobs": {JobState.DEFERRED: 1}}, None),
        ({"jobs": {JobState.WAITING: 1}}, None),
        ({"jobs": {JobState.RECEIVED: 1}}, None),
        ({"jobs": {JobState.DELIVERED: 1, JobState.HELD: 1}}, Ending.WORK_LEFT),
        ({"jobs": {JobState.HELD: 1}}, Ending.WORK_LEFT),
        ({"jobs": {JobState.HELD: 1}, "pauses": _pause(PauseReason.CREDITS)}, Ending.PAUSED),
        ({"jobs": {JobState.DONE: 5, JobState.CANCELLED: 1}}, Ending.ALL_DELIVERED),
        ({"failures": 1}, Ending.WORK_LEFT),
        ({"ending_bundles": 1}, None),
        ({"bundles": {"arriving": 1}}, None),
        ({"bundles": {"queued": 1}}, None),
        ({"bundles": {"queued": 1}, "pauses": _pause(PauseReason.BUDGET)}, Ending.PAUSED),
        ({"bundles": {"waiting_for_prompt": 1}}, Ending.WORK_LEFT),
        ({"bundles": {"needs_you": 1}}, Ending.WORK_LEFT),
    ],
)
def test_one_shot_run_ends(changes: dict[str, Any], ending: Ending | None) -> None:
    """A one-shot run ends when nothing goes on by itself any more, and says how."""
    assert decide_ending(_situation(**changes)) is ending


def test_send_and_look_have_their_own_room(house: House) -> None:
    """Calls that wait for the service do not keep photos from being looked at."""
    for number in range(2):
        house.accept(f"{number}.jpg", wish_of(str(number)))
    for number in range(3):
        house.see(bundle_of(f"new-{number}.jpg"))
    house.clock.pass_by(3)

    tasks = house.choose()

    assert [type(task) for task in tasks] == [Send, Send, Look, Look]
