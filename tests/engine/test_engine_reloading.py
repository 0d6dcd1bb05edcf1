"""Another configuration takes over in one turn: what it ends, what it stops, and what stays as it was."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from engine_house import POLICY, House, bundle_of, kinds, wish_of

from retouchd.core.jobs import JobState
from retouchd.core.money import Caps, Money
from retouchd.core.pauses import ENDED_BY_CONFIGURATION, PauseReason, begin_pause
from retouchd.core.records import BundleState, Verb
from retouchd.core.reloading import READING_NOTE, Change, Reading
from retouchd.core.story import refusal_in
from retouchd.engine.crew import Probe, Send
from retouchd.engine.leaving import Leaving

NOTHING = Caps(per_job=None, per_day=Money(0), per_month=None)
UNLIMITED = Caps(per_job=None, per_day=None, per_month=None)
FOLDER = Change(key="folders.done", before="/a", after="/b")


def begin(house: House, reason: PauseReason) -> None:
    """Begin a pause."""
    with house.act():
        house.board.begin(begin_pause(reason, "why", house.clock.now()))


def order(house: House) -> int:
    """Leave the command for reading it again."""
    with house.act():
        return house.journal.give_command(Verb.RELOAD, "", house.clock.now())


def read(house: House) -> Reading:
    """Give what is left to tell."""
    return Reading.from_text(house.journal.note(READING_NOTE) or "")


def test_a_raised_limit_ends_the_pause_in_the_same_turn(tmp_path: Path) -> None:
    """Nobody has to wait for midnight, or say more than that the file was changed (I6)."""
    house = House(tmp_path, replace(POLICY, caps=NOTHING))
    (job,) = house.accept("beach.jpg")
    with house.act():
        assert house.cashier.begin_submission(job.id) is None
    paused = house.board.pauses

    house.reload(caps=UNLIMITED)

    assert [pause.reason for pause in paused] == [PauseReason.BUDGET]
    assert house.board.pauses == ()
    assert house.submit(job).state is JobState.SUBMITTING


def test_a_lowered_limit_stops_a_worker_that_was_about_to_call(house: House) -> None:
    """Between a worker's task and its call the limit may sink: the call is not begun (I6)."""
    (job,) = house.accept("beach.jpg")
    (task,) = [one for one in house.choose() if isinstance(one, Send)]

    house.reload(caps=NOTHING)
    with house.act():
        begun = house.cashier.begin_submission(task.job.id)

    assert begun is None
    assert [pause.reason for pause in house.board.pauses] == [PauseReason.BUDGET]
    assert house.job(job).state is JobState.READY


def test_a_lowered_limit_that_is_nearly_reached_is_told(house: House) -> None:
    """Four fifths of the new limit may be used already: nobody should learn it from the pause."""
    (job,) = house.accept("beach.jpg")
    house.submit(job)
    (aside,) = house.reserved(job)
    before = house.log.events()

    house.reload(caps=Caps(per_job=None, per_day=Money(aside), per_month=None))

    assert "limit.neared" not in before
    assert "limit.neared" in house.log.events()


def test_what_was_set_aside_stays_whatever_the_limit(house: House) -> None:
    """A call under way keeps its money; a lower limit only lets nothing more begin (I6)."""
    (job,) = house.accept("beach.jpg")
    submitted = house.submit(job)
    before = house.reserved(job)

    house.reload(caps=NOTHING, save_folder="/elsewhere")

    assert submitted.answer is not None
    assert house.reserved(job) == before
    assert house.journal.get_attempt(submitted.answer).save_path.startswith("/retouchd/")


@pytest.mark.parametrize("reason", sorted(ENDED_BY_CONFIGURATION))
def test_what_a_configuration_can_end_is_tried_again(house: House, reason: PauseReason) -> None:
    """Another configuration may be what such a pause waits for; the same one read again is not."""
    house.recover()
    begin(house, reason)

    house.reload()
    same = house.board.is_paused_for(reason)
    house.reload(configuration="another")

    assert same
    assert not house.board.is_paused_for(reason)
    assert house.board.doubts(reason)


def test_a_persons_pause_stays(house: House) -> None:
    """Who paused it resumes it."""
    begin(house, PauseReason.OPERATOR)

    house.reload(configuration="another")

    assert house.board.is_paused_for(PauseReason.OPERATOR)


def test_a_refused_key_is_looked_into_at_once(house: House) -> None:
    """The key was read again, so that the service is asked about it without a delay."""
    begin(house, PauseReason.KEY_REFUSED)
    house.clock.pass_by(1)
    before = house.choose()

    house.reload()
    house.clock.pass_by(5)
    probes = [task for task in house.choose() if isinstance(task, Probe)]

    assert before == []
    assert probes == [Probe(is_due=True)]


def test_what_needed_a_person_is_looked_at_anew(house: House) -> None:
    """A limit that was raised may be all that a photo waited for."""
    house.recover()
    record = house.see(bundle_of("beach.jpg"))
    house.journal.update_bundle(replace(record, state=BundleState.NEEDS_YOU, detail="too large"))

    house.reload(configuration="another")

    assert house.journal.get_bundle(record.id).state is BundleState.ARRIVING


def test_the_number_at_once_follows(house: House) -> None:
    """More calls at once are begun in the next turn, and no more than are allowed by now."""
    for number in range(6):
        house.accept(f"{number}.jpg", wish_of(f"make it {number}"))
    first = house.choose()

    house.reload(concurrency=4)
    second = house.choose()
    house.reload(concurrency=1, max_concurrency=1)

    assert (kinds(first), kinds(second)) == (["Send"] * 2, ["Send"] * 2)
    assert house.throttle.room(1) == 0
    assert house.throttle.room(0) == 1


def test_a_limit_a_minute_counts_what_was_just_begun(house: House) -> None:
    """Whoever sets a limit after two calls has used two of it."""
    for number in range(2):
        (job,) = house.accept(f"{number}.jpg", wish_of(f"make it {number}"))
        house.submit(job)

    house.reload(requests_per_minute=3)
    left = house.throttle.room(0)
    house.reload(requests_per_minute=2)
    none = house.throttle.may_begin()
    house.clock.pass_by(61)

    assert (left, none, house.throttle.may_begin()) == (1, False, True)


def test_a_call_under_way_has_the_time_that_it_was_begun_with(house: House) -> None:
    """A shorter time for calls makes none of those under way one that hangs, or one that is left."""
    leaving = Leaving(house.office, house.under_way)
    (job,) = house.accept("beach.jpg")
    house.choose()
    house.submit(job)

    house.reload(longest_call=timedelta(seconds=10))
    house.clock.pass_by(600)
    counted = house.under_way.count(Send)
    leaving.begin()

    assert counted == 1
    assert not leaving.is_over()
    assert leaving.seconds_until_next() == POLICY.longest_call.total_seconds() + 30


def test_a_daemon_that_stops_changes_nothing_any_more(house: House) -> None:
    """Nothing begins while it ends; who asked is told."""
    command = order(house)
    house.board.is_stopping = True

    house.reload(command, caps=NOTHING)

    assert house.office.policy.caps == POLICY.caps
    assert "retouchd stops just now" in refusal_in(house.journal.command_answer(command) or "")


def test_a_refused_one_is_told_until_it_is_put_right(house: House) -> None:
    """Every fault is told, to who asked, in the log and in the status; nothing else changes."""
    command = order(house)
    faults = ["a.b (in /config.toml): unknown", "c.d (in /config.toml): not possible"]
    found = house.reloading.find_commands()

    with house.act():
        house.reloading.refuse(faults, [command])
    refused = read(house)
    house.reload()

    assert found == [command]
    assert refusal_in(house.journal.command_answer(command) or "").splitlines() == faults
    assert house.log.lines[0] == ("config.refused", {"level": "error", "faults": faults})
    assert (refused.refused, list(refused.faults)) == (house.clock.now(), faults)
    assert read(house) == Reading()
    assert house.reloading.find_commands() == []


def test_what_waits_for_a_restart_is_told_until_then(house: House) -> None:
    """A bad file in between does not make it forgotten; a start does, which has read everything."""
    house.reload(changed=[FOLDER])
    told = house.log.lines[-1]
    with house.act():
        house.reloading.refuse(["a.b: unknown"], [])
    between = read(house)
    with house.act():
        house.reloading.begin("[]")

    assert told == ("config.needs_restart", {"level": "warning", "key": FOLDER.key, "detail": FOLDER.line})
    assert list(between.pending) == [FOLDER]
    assert read(house) == Reading()


def test_the_operator_leaves_it_to_who_reads(house: House) -> None:
    """The command is answered when it was read, not before."""
    command = order(house)

    with house.act():
        house.operator.obey_all()
    before = house.journal.command_answer(command)
    house.reload(command)

    assert before is None
    assert house.journal.command_answer(command) == (
        "the configuration was read again from /config.toml: nothing in it has changed"
    )
