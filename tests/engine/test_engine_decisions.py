"""What a person decides about a job: to try it again, to give it up, to hand in what was found."""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from engine_house import House, bundle_of, states, wish_of

from durable import Cut, CuttingDurable, WrappingDurable, every_cut
from retouchd.core.errors import CommandRefusedError, FolderMissingError
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import Answered, Envelope
from retouchd.core.records import BundleState, PermissionReason, Verb
from retouchd.core.sightings import News
from retouchd.core.values import AttemptId, Cabinet, EditId, JobId
from retouchd.engine.calls import Reply
from retouchd.engine.crew import Return
from retouchd.engine.filingorder import open_filing
from retouchd.engine.resolving import answer_missing


def lose_and_exchange(house: House) -> tuple[Job, Job]:
    """Give the job of a lost answer whose photo was taken away, and the one of the same photo put back."""
    (lost,) = house.accept("beach.jpg")
    house.lose(lost)
    with house.act():
        house.intake.take_news(News(folder=bundle_of("beach.jpg").folder, gone=("beach.jpg",)))
    (again,) = house.accept("beach.jpg", mtime=2)
    assert again.hold is HoldReason.SAME_EDIT_HELD
    return lost, again


class Switch(WrappingDurable):
    """Counts no step before it is switched on."""

    def __init__(self, cutting: CuttingDurable) -> None:
        super().__init__()
        self._cutting = cutting
        self.is_on = False

    def step(self, act: Callable[[], None]) -> None:
        """Hand the step on once it counts."""
        if self.is_on:
            self._cutting.step(act)
        else:
            act()


# --- retry


def test_a_held_copy_takes_over_from_a_photo_that_is_gone(house: House) -> None:
    """What waits for a decision over a photo that is not there can be retried itself, once more paid (I5)."""
    lost, again = lose_and_exchange(house)

    with house.act():
        house.operator.obey(Verb.RETRY, again.id)

    assert states(house, lost, again) == [JobState.CANCELLED, JobState.READY]
    assert again.id in house.job(lost).detail
    assert house.permission(again) == 2
    delivered = house.deliver(house.answer(house.job(again)))
    assert delivered.reused_from is None


def test_a_held_copy_of_a_photo_that_is_there_is_not_retried_itself(house: House) -> None:
    """While the first photo lies in the inbox the decision is made over that one."""
    (lost,) = house.accept("beach.jpg")
    house.lose(lost)
    (copy,) = house.accept("copy.jpg")

    with house.act(), pytest.raises(CommandRefusedError, match=f"waits for job {lost.id}"):
        house.operator.obey(Verb.RETRY, copy.id)

    assert house.permission(copy) == 1


def test_an_edit_that_is_paid_for_just_now_is_not_retried_beside_it(house: House) -> None:
    """Of two copies whose picture is gone one is retried; the other waits for that one (I5)."""
    (first,) = house.accept("one.jpg")
    house.file(house.deliver(house.answer(first)))
    copies = [house.accept(name)[0] for name in ("two.jpg", "three.jpg")]
    for copy in copies:
        with house.act():
            house.deliveries.hold_output_gone(copy.id)
    with house.act():
        house.operator.obey(Verb.RETRY, copies[0].id)

    with house.act(), pytest.raises(CommandRefusedError, match=f"waits for job {copies[0].id}"):
        house.operator.obey(Verb.RETRY, copies[1].id)

    assert house.permission(first) == 2


# --- another version


def test_another_version_is_the_next_take_of_that_photo_alone(house: House) -> None:
    """`redo` of one of three versions makes a fourth, whatever the options beside the photo say."""
    jobs = house.accept("beach.jpg", *(wish_of(take=take) for take in (1, 2, 3)))
    for job in jobs:
        house.deliver(house.answer(job))
    house.file(jobs[0])
    with house.act():
        house.operator.obey(Verb.REDO, jobs[0].id)
        (task,) = house.dispatch.choose(may_begin=True)
    assert isinstance(task, Return)
    assert task.cabinet is Cabinet.DONE
    with house.act():
        house.returns.finish(task.record.id)

    again = house.accept("beach.jpg", *(wish_of(take=take) for take in (1, 2, 3)), mtime=2)

    assert [job.wish and job.wish.take for job in again] == [4]
    assert again[0].state is JobState.READY
    assert again[0].wish
    assert again[0].wish.origins["take"] == "retouchd redo"


def test_a_wanted_version_is_made_once(house: House) -> None:
    """The next time the same photo is dropped it is what its options say."""
    (job,) = house.accept("beach.jpg")
    house.file(house.deliver(house.answer(job)))
    with house.act():
        house.operator.obey(Verb.REDO, job.id)
    (second,) = house.accept("beach.jpg", mtime=2)
    house.file(house.deliver(house.answer(second)))

    (third,) = house.accept("beach.jpg", mtime=3)

    assert third.reused_from == job.id


def test_a_wanted_version_is_forgotten_with_its_photo(house: House) -> None:
    """A photo that is taken away before it was looked at leaves no wish to the next one at its place."""
    (job,) = house.accept("beach.jpg")
    house.file(house.deliver(house.answer(job)))
    with house.act():
        house.operator.obey(Verb.REDO, job.id)
    house.see(bundle_of("beach.jpg", mtime=2))
    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), gone=("beach.jpg",)))

    (again,) = house.accept("beach.jpg", mtime=3)

    assert again.reused_from == job.id


def test_another_version_of_what_failed_is_refused(house: House) -> None:
    """The refusal names the command that is meant."""
    failed = house.fail("beach.jpg")

    with house.act(), pytest.raises(CommandRefusedError, match=f"retouchd retry {failed.id}"):
        house.operator.obey(Verb.REDO, failed.id)


# --- permissions


def test_each_permission_says_who_gave_it_and_why(house: House) -> None:
    """A retry that may pay again is noted with its job and time, in the same transaction."""
    (job,) = house.accept("beach.jpg")
    house.lose(job)
    house.clock.pass_by(60)
    with house.act():
        house.operator.obey(Verb.RETRY, job.id)

    assert job.edit is not None
    (given,) = house.journal.permissions_of(job.edit)
    assert (given.number, given.job, given.why) == (2, job.id, PermissionReason.RETRIED)
    assert given.given == house.clock.now()


def test_a_refusal_that_may_be_paid_is_sent_again_when_it_is_dragged_back(house: House) -> None:
    """Putting the photo back is a person's word: one more permission, noted as such (I5)."""
    (job,) = house.accept("beach.jpg")
    end = Answered(status=400, elapsed_seconds=20.0)
    house.file(house.book(job, Reply(end=end, envelope=Envelope(code="moderation_blocked"))))
    house.clock.pass_by(60)

    (again,) = house.accept("beach.jpg", mtime=2)

    assert job.edit is not None
    (given,) = house.journal.permissions_of(job.edit)
    assert (again.state, again.edit) == (JobState.READY, job.edit)
    assert (given.number, given.job, given.why) == (2, again.id, PermissionReason.DROPPED_AGAIN)


def test_a_retry_that_costs_nothing_more_needs_no_permission(house: House) -> None:
    """What was never sent is tried again under its first permission."""
    (job,) = house.accept("beach.jpg")
    house.hold(job, HoldReason.OVER_JOB_CAP)
    with house.act():
        house.operator.obey(Verb.RETRY, JobId(job.id))

    assert job.edit is not None
    assert house.journal.permissions_of(job.edit) == []


# --- giving up


@pytest.mark.parametrize("state", [JobState.READY, JobState.DEFERRED])
def test_what_waits_can_be_cancelled_and_is_filed(house: House, state: JobState) -> None:
    """A cancelled job ends unpaid, and its photo goes to failed/ with what was decided."""
    (job,) = house.accept("beach.jpg")
    if state is JobState.DEFERRED:
        house.book(job, Reply(end=Answered(status=503, elapsed_seconds=1.0), envelope=Envelope(code="busy")))
    assert house.job(job).state is state

    with house.act():
        answer = house.operator.obey(Verb.CANCEL, job.id)
        order = open_filing(house.journal, job.bundle)

    assert "nothing was paid" in answer
    assert house.job(job).state is JobState.CANCELLED
    assert order is not None
    assert (order.cabinet, order.detail) == (Cabinet.FAILED, 'it was given up with "retouchd cancel"')


def test_a_cancelled_photo_dragged_back_is_simply_sent(house: House) -> None:
    """What was never paid needs no permission when it is put back."""
    (job,) = house.accept("beach.jpg")
    with house.act():
        house.operator.obey(Verb.CANCEL, job.id)
    house.file(job)
    house.clock.pass_by(5)

    (again,) = house.accept("beach.jpg", mtime=2)

    assert (again.state, again.edit, house.permission(again)) == (JobState.READY, job.edit, 1)


def test_a_discarded_lost_answer_stays_spent(house: House) -> None:
    """What was perhaps paid counts as spent in its period, and is never given back (I6)."""
    (job,) = house.accept("beach.jpg")
    lost = house.lose(job)
    (reserved,) = house.reserved(job)
    assert job.edit is not None
    period = house.journal.attempts_of(job.edit)[0].period
    before = house.journal.spent(job.edit, period)

    with house.act():
        answer = house.operator.obey(Verb.DISCARD, lost.id)

    report = house.journal.report_spend(period)
    assert house.journal.spent(job.edit, period) == before
    assert (report.unknown.micro, report.reserved.micro, report.today.micro) == (0, 0, reserved)
    assert "perhaps paid; $" in answer
    assert "goes to failed/" in answer
    assert house.job(job).state is JobState.CANCELLED


def test_a_discarded_photo_dragged_back_is_paid_once_more_with_permission(house: House) -> None:
    """Putting back what was perhaps paid is a person's word, and is recorded (I5)."""
    (job,) = house.accept("beach.jpg")
    house.lose(job)
    with house.act():
        house.operator.obey(Verb.DISCARD, job.id)
    house.file(job)
    house.clock.pass_by(5)

    (again,) = house.accept("beach.jpg", mtime=2)

    assert job.edit is not None
    (given,) = house.journal.permissions_of(job.edit)
    assert again.state is JobState.READY
    assert (given.number, given.why) == (2, PermissionReason.DROPPED_AGAIN)


def test_a_cancelled_version_waits_for_its_siblings(house: House) -> None:
    """A photo with several pictures is filed when the last of them ends, in done/ if one was delivered."""
    first, second = house.accept("beach.jpg", wish_of(take=1), wish_of(take=2))
    with house.act():
        answer = house.operator.obey(Verb.CANCEL, second.id)
    assert "stays in the inbox" in answer
    assert house.bundle(first).state is BundleState.AT_WORK

    house.deliver(house.answer(first))

    assert house.bundle(first).state is BundleState.ENDING
    with house.act():
        order = open_filing(house.journal, first.bundle)
    assert order is not None
    assert order.cabinet is Cabinet.DONE


def test_sharers_of_a_cancelled_job_go_on(house: House) -> None:
    """A copy that waited for a job which was given up unpaid is sent itself."""
    (first,) = house.accept("one.jpg")
    (copy,) = house.accept("two.jpg")
    assert copy.state is JobState.WAITING

    with house.act():
        house.operator.obey(Verb.CANCEL, first.id)

    assert house.job(copy).state is JobState.READY


@pytest.mark.parametrize("verb", [Verb.CANCEL, Verb.DISCARD])
def test_what_is_sent_or_paid_or_over_is_not_given_up(house: House, verb: Verb) -> None:
    """Each refusal says why, and nothing is changed."""
    (job,) = house.accept("beach.jpg")

    def refusal() -> str:
        with house.act(), pytest.raises(CommandRefusedError) as refused:
            house.operator.obey(verb, job.id)
        return str(refused.value)

    sent = house.submit(job)
    assert "being sent and cannot be cancelled" in refusal()
    with house.act():
        reply = Reply(end=Answered(status=200, elapsed_seconds=1.0))
        house.calls.book(job.id, AttemptId(sent.answer or 0), reply)
    assert "was paid for" in refusal()
    house.deliver(house.job(job))
    assert "is delivered" in refusal()
    house.file(job)
    assert "is done" in refusal()


def test_only_what_needs_a_person_is_discarded(house: House) -> None:
    """A job that goes on by itself is cancelled, not resolved."""
    (job,) = house.accept("beach.jpg")

    with house.act(), pytest.raises(CommandRefusedError, match=f"retouchd cancel {job.id}"):
        house.operator.obey(Verb.DISCARD, job.id)


def test_a_photo_that_vanishes_after_it_was_given_up_stays_given_up(house: House) -> None:
    """A worker that finds the photo gone does not undo what a person has decided meanwhile."""
    (job,) = house.accept("beach.jpg")
    with house.act():
        house.operator.obey(Verb.CANCEL, job.id)
        house.moves.let_go(job.id, "it is not there")
        house.deliveries.postpone(job.id, FolderMissingError("read", PurePosixPath("x"), "not now"))

    assert house.job(job).dismissed
    assert house.job(job).next_try is None


# --- handing in


@pytest.mark.parametrize("reason", [HoldReason.UNKNOWN_OUTCOME, HoldReason.UNREADABLE_ANSWER])
def test_a_picture_that_was_found_is_delivered_for_its_copies_too(house: House, reason: HoldReason) -> None:
    """What a person hands in is booked at what was set aside, delivered, and shared by copies (I7)."""
    (job,) = house.accept("one.jpg")
    (copy,) = house.accept("two.jpg")
    house.hold(job, reason)
    held = house.job(job)
    house.hand_in(held)

    with house.act():
        answer = house.operator.obey(Verb.ACCEPT, job.id)

    assert "put into the outbox" in answer
    assert states(house, job, copy) == [JobState.RECEIVED, JobState.HELD]
    assert job.edit is not None
    (attempt,) = house.journal.attempts_of(job.edit)
    assert (attempt.charged, attempt.reserved.micro) == (attempt.first_reserved, 0)
    house.deliver(house.job(job))
    assert house.job(copy).state is JobState.RECEIVED
    assert house.permission(job) == 1


def test_a_picture_for_an_output_that_is_gone_is_handed_in_for_the_call_that_paid(house: House) -> None:
    """A copy whose earlier picture is gone gets the one that was found, without a payment."""
    (first,) = house.accept("one.jpg")
    house.file(house.deliver(house.answer(first)))
    (copy,) = house.accept("two.jpg")
    with house.act():
        house.deliveries.hold_output_gone(copy.id)
    house.hand_in(house.job(copy))

    with house.act():
        house.operator.obey(Verb.ACCEPT, copy.id)

    assert house.job(copy).state is JobState.RECEIVED
    assert len(house.journal.attempts_of(first.edit or EditId(0))) == 1


def test_what_waits_for_no_picture_takes_none(house: House) -> None:
    """Each refusal says what the job waits for instead; nothing handed in is nothing accepted."""
    (ready,) = house.accept("ready.jpg", wish_of("one"))
    (capped,) = house.accept("capped.jpg", wish_of("two"))
    house.hold(capped, HoldReason.OVER_JOB_CAP)
    (lost,) = house.accept("lost.jpg", wish_of("three"))
    house.lose(lost)
    (copy,) = house.accept("copy.jpg", wish_of("three"))
    cases = {
        ready.id: "waits for no picture",
        capped.id: "was never sent",
        copy.id: f"waits for job {lost.id}",
        lost.id: "did not arrive",
    }
    for job, told in cases.items():
        with house.act(), pytest.raises(CommandRefusedError, match=told):
            house.operator.obey(Verb.ACCEPT, job)


def test_a_call_of_which_nothing_is_known_takes_no_picture(house: House) -> None:
    """Without a call there is no name under which a picture could be kept."""
    (first,) = house.accept("one.jpg")
    house.file(house.deliver(house.answer(first)))
    (copy,) = house.accept("two.jpg")
    with house.act():
        house.deliveries.hold_output_gone(copy.id)
        house.journal.update_job(replace(house.job(first), answer=None))

    with pytest.raises(CommandRefusedError, match="put the picture into the outbox yourself"):
        answer_missing(house.journal, house.job(copy))


def test_i7_every_cut_of_an_acceptance_leaves_it_held_or_accepted(tmp_path: Path) -> None:
    """I7, I8: killed at any step the job is held or received, never lost, and doing it again delivers it."""
    number = 0
    for number, cutting in enumerate(every_cut(), 1):
        place = tmp_path / str(number)
        place.mkdir()
        with closing(House(place)) as before:
            (job,) = before.accept("beach.jpg")
            before.hold(job, HoldReason.UNREADABLE_ANSWER)
            before.hand_in(before.job(job))
        switch = Switch(cutting)
        with closing(House(place, durable=switch)) as dying, suppress(Cut):
            switch.is_on = True
            with dying.act():
                dying.operator.obey(Verb.ACCEPT, job.id)
        with closing(House(place)) as after:
            after.recover()
            assert after.job(job).state in {JobState.HELD, JobState.RECEIVED}
            if after.job(job).state is JobState.HELD:
                after.hand_in(after.job(job))
                with after.act():
                    after.operator.obey(Verb.ACCEPT, job.id)
            assert after.job(job).state is JobState.RECEIVED
            assert after.job(job).answer is not None
            assert b"".join(after.spool.picture_pieces(AttemptId(1))) == b"handed"

    assert number > 6
