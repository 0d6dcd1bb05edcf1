"""Whose edit it is, who pays, who shares, and what a person's word changes (I5, I6, I7)."""

import dataclasses
from pathlib import Path, PurePosixPath

import pytest
from engine_house import POLICY, House, bundle_of, states, wish_of

from retouchd.core.edits import DuplicatePolicy
from retouchd.core.errors import CommandRefusedError, UnknownJobError
from retouchd.core.jobs import HoldReason, JobEvent, JobState
from retouchd.core.money import Caps, Money
from retouchd.core.outcomes import Answered, Envelope, NotSent, NotSentKind
from retouchd.core.pauses import PauseReason
from retouchd.core.prices import estimate
from retouchd.core.records import BundleState, Verb
from retouchd.core.retries import RetryPolicy, UnknownOutcomePolicy
from retouchd.core.sightings import News
from retouchd.core.values import Sha256
from retouchd.engine.calls import Reply
from strategies import REQUEST

SERVICE_ERROR = Reply(end=Answered(status=500, elapsed_seconds=1.0), envelope=Envelope(code="internal_error"))
REFUSED = Reply(end=Answered(status=400, elapsed_seconds=1.0), envelope=Envelope(code="invalid_size"))
SOURCE = Reply(end=NotSent(kind=NotSentKind.SOURCE, detail="it grew", elapsed_seconds=0.1))

# --- sharing an edit


def test_waiting_jobs_get_what_the_first_paid_for(house: House) -> None:
    """Jobs that wait for an edit are given its picture when it is delivered (I5)."""
    (owner,) = house.accept("one.jpg")
    (second,) = house.accept("two.jpg")
    (third,) = house.accept("three.jpg")
    assert states(house, second, third) == [JobState.WAITING, JobState.WAITING]

    house.deliver(house.answer(owner))

    assert states(house, owner, second, third) == [
        JobState.DELIVERED,
        JobState.RECEIVED,
        JobState.RECEIVED,
    ]
    assert house.job(third).reused_from == owner.id


def test_first_waiting_job_inherits_when_the_owner_fails(house: House) -> None:
    """When the owner fails unpaid the oldest waiting job goes, and the others wait for that one (I5)."""
    (owner,) = house.accept("one.jpg")
    (second,) = house.accept("two.jpg")
    (third,) = house.accept("three.jpg")

    house.book(owner, REFUSED)

    assert states(house, owner, second, third) == [JobState.FAILED, JobState.READY, JobState.WAITING]
    assert house.job(second).reused_from is None
    assert house.job(third).reused_from == second.id
    house.deliver(house.answer(house.job(second)))
    assert house.job(third).state is JobState.RECEIVED
    assert house.permission(second) == 1


def test_waiting_jobs_are_held_with_their_owner(house: House) -> None:
    """A lost answer holds those who wait for it too; retrying the owner delivers all (I5)."""
    (owner,) = house.accept("one.jpg")
    (second,) = house.accept("two.jpg")
    house.lose(owner)
    assert house.job(second).hold is HoldReason.SAME_EDIT_HELD
    with pytest.raises(CommandRefusedError, match=owner.id), house.act():
        house.operator.obey(Verb.RETRY, second.id)

    with house.act():
        house.operator.obey(Verb.RETRY, owner.id)
    house.deliver(house.answer(house.job(owner)))

    assert states(house, owner, second) == [JobState.DELIVERED, JobState.RECEIVED]
    assert house.permission(owner) == 2


def test_photo_of_an_edit_that_failed_paid_needs_a_permission(house: House) -> None:
    """A photo that is there again after money may have moved is a person's word to pay once more."""
    (first,) = house.accept("one.jpg")
    slow = Reply(end=Answered(status=400, elapsed_seconds=20), envelope=Envelope(code="moderation_blocked"))
    house.book(first, slow)
    house.file(first)

    (again,) = house.accept("one.jpg")

    assert house.reserved(first) != [0]
    assert house.permission(again) == 2
    assert again.state is JobState.READY


def test_submit_policy_takes_the_next_take(tmp_path: Path) -> None:
    """With the policy "submit" the same edit again is another take."""
    house = House(tmp_path, dataclasses.replace(POLICY, duplicates=DuplicatePolicy.SUBMIT))
    (first,) = house.accept("one.jpg")
    (second,) = house.accept("two.jpg")
    house.close()

    assert first.wish is not None
    assert second.wish is not None
    assert (first.wish.take, second.wish.take) == (1, 2)
    assert second.state is JobState.READY


# --- a person's word


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        (HoldReason.UNKNOWN_OUTCOME, 1),
        (HoldReason.UNREADABLE_ANSWER, 1),
        (HoldReason.OVER_JOB_CAP, 0),
    ],
)
def test_retry_grows_the_permission_only_when_money_may_have_moved(
    house: House, reason: HoldReason, more: int
) -> None:
    """A retry is permission to pay once more exactly if the edit was or may have been paid (I5)."""
    (job,) = house.accept("one.jpg")
    house.hold(job, reason)
    assert house.job(job).hold is reason

    with house.act():
        answer = house.operator.obey(Verb.RETRY, job.id)

    assert job.id in answer
    assert house.job(job).state is JobState.READY
    assert house.job(job).attempts == 0
    assert house.permission(job) == 1 + more


@pytest.mark.parametrize("way", ["retry", "resend", "dropped again"])
def test_lost_money_counts_as_spent_once_the_edit_is_paid_again(tmp_path: Path, way: str) -> None:
    """I6: with the word to pay once more a lost answer's money is unclear no longer, and never less."""
    resend = UnknownOutcomePolicy.RESEND if way == "resend" else UnknownOutcomePolicy.HOLD
    house = House(tmp_path, dataclasses.replace(POLICY, retry=RetryPolicy(unknown_outcome=resend)))
    (job,) = house.accept("one.jpg")
    house.lose(job)
    if way == "retry":
        with house.act():
            house.operator.obey(Verb.RETRY, job.id)
    if way == "dropped again":
        with house.act():
            house.operator.obey(Verb.DISCARD, job.id)
        house.file(job)
        house.accept("one.jpg")

    assert job.edit is not None
    (lost,) = house.journal.attempts_of(job.edit)
    assert (lost.reserved, lost.charged) == (Money(0), lost.first_reserved)
    assert house.permission(job) == 2
    assert house.journal.report_spend(lost.period).unknown == Money(0)
    house.close()


def test_retry_of_an_output_that_is_gone_pays_again(house: House) -> None:
    """A job whose earlier picture is gone becomes the owner of its edit by a retry."""
    (first,) = house.accept("one.jpg")
    house.file(house.deliver(house.answer(first)))
    (second,) = house.accept("two.jpg")
    with house.act():
        house.deliveries.hold_output_gone(second.id)

    with house.act():
        house.operator.obey(Verb.RETRY, second.id)

    assert house.permission(second) == 2
    assert house.job(second).reused_from is None
    house.deliver(house.answer(house.job(second)))
    (third,) = house.accept("three.jpg")
    assert third.reused_from == second.id


def test_retry_of_a_deferred_job_hurries_it(house: House) -> None:
    """A job that would try again later goes at once, with the same permission."""
    (job,) = house.accept("one.jpg")
    deferred = house.book(job, SERVICE_ERROR)
    assert deferred.state is JobState.DEFERRED

    with house.act():
        house.operator.obey(Verb.RETRY, job.id)

    assert house.job(job).state is JobState.READY
    assert house.permission(job) == 1


def test_retry_of_a_failed_job_brings_its_photo_back(house: House) -> None:
    """A failed job's photo is brought back from failed, once it lies there."""
    (job,) = house.accept("one.jpg")
    house.book(job, REFUSED)
    with pytest.raises(CommandRefusedError, match="in a moment"), house.act():
        house.operator.obey(Verb.RETRY, job.id)
    house.file(job)

    with house.act():
        house.operator.obey(Verb.RETRY, job.id)

    assert house.returned() == [job.bundle]


def test_retry_of_what_goes_on_by_itself_is_refused(house: House) -> None:
    """A job that is ready needs no retry, and a job that nobody knows cannot be retried."""
    (job,) = house.accept("one.jpg")

    with pytest.raises(CommandRefusedError, match="is ready"), house.act():
        house.operator.obey(Verb.RETRY, job.id)
    with pytest.raises(UnknownJobError), house.act():
        house.operator.obey(Verb.RETRY, "nobody")


def test_commands_are_obeyed_and_answered(house: House) -> None:
    """Every command that was left is answered, a refused one with why."""
    with house.act():
        commands = [
            house.journal.give_command(verb, argument, house.clock.now())
            for verb, argument in ((Verb.PAUSE, ""), (Verb.RETRY, "nobody"), (Verb.RESUME, "operator"))
        ]

    with house.act():
        house.operator.obey_all()

    answers = [house.journal.command_answer(one) or "" for one in commands]
    assert answers[0].startswith("paused")
    assert "nobody" in answers[1]
    assert answers[2] == "resumed"
    assert house.journal.commands() == []


# --- reservations


def test_service_errors_give_their_money_back_when_the_job_ends(house: House) -> None:
    """What was set aside for service errors is free again however the job ends (I6)."""
    (job,) = house.accept("one.jpg")
    house.book(job, SERVICE_ERROR)
    assert house.reserved(job) != [0]

    with house.act():
        house.moves.apply(house.job(job), JobEvent.SOURCE_CHANGED)

    assert house.reserved(job) == [0]


@pytest.mark.parametrize("limit", ["per_job", "per_day", "per_month"])
def test_service_errors_do_not_keep_their_own_job_from_its_next_try(tmp_path: Path, limit: str) -> None:
    """I6: at a limit what is set aside for a job's service errors makes room for its own next call."""
    caps = Caps(**{"per_job": None, "per_day": None, "per_month": None, limit: estimate(REQUEST, None)})
    house = House(tmp_path, dataclasses.replace(POLICY, caps=caps))
    (job,) = house.accept("one.jpg", dataclasses.replace(wish_of(), request=REQUEST))
    house.book(job, SERVICE_ERROR)
    assert house.reserved(job) == [estimate(REQUEST, None).micro]
    house.clock.pass_by(60)

    house.submit(house.job(job))

    assert house.reserved(job) == [0, estimate(REQUEST, None).micro]
    house.close()


def test_job_that_is_not_there_to_be_sent_gets_no_call(house: House) -> None:
    """Under a pause, or when the job has moved on, no call begins."""
    (job,) = house.accept("one.jpg")
    house.submit(job)

    with house.act():
        assert house.cashier.begin_submission(job.id) is None


def test_monthly_limit_pauses_until_the_month_turns(tmp_path: Path) -> None:
    """At the month's limit the pause lasts until the next month (I6)."""
    caps = Caps(per_job=None, per_day=None, per_month=Money(0))
    house = House(tmp_path, dataclasses.replace(POLICY, caps=caps))
    (job,) = house.accept("one.jpg")

    with house.act():
        assert house.cashier.begin_submission(job.id) is None
    (pause,) = house.board.pauses
    house.close()

    assert pause.reason is PauseReason.BUDGET
    assert pause.until is not None
    assert (pause.until.month, pause.until.day) == (12, 1)


# --- sources that change


def test_exchanged_photo_is_a_new_bundle(house: House) -> None:
    """A photo that is exchanged before it is sent is let go; the new one is taken in at its place."""
    (job,) = house.accept("one.jpg")

    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), seen=(bundle_of("one.jpg", mtime=2),)))

    assert house.job(job).state is JobState.CANCELLED
    assert house.bundle(job).state is BundleState.DETACHED
    live = house.journal.find_live(PurePosixPath(), "one.jpg")
    assert live is not None
    assert live.state is BundleState.ARRIVING


def test_change_under_way_is_told_again_later(house: House) -> None:
    """A change while a call is under way waits for its end, and is then told anew."""
    (job,) = house.accept("one.jpg")
    submitted = house.submit(job)
    news = News(folder=PurePosixPath(), seen=(bundle_of("one.jpg", mtime=2),))
    with house.act():
        house.intake.take_news(news)
    assert house.job(job).state is JobState.SUBMITTING
    assert house.told_again == []

    assert submitted.answer is not None
    with house.act():
        house.calls.book(job.id, submitted.answer, Reply(end=Answered(status=200, elapsed_seconds=1.0)))
    house.file(house.deliver(house.job(job)))

    assert house.told_again == [PurePosixPath()]


def test_photo_that_is_gone_takes_its_job_along(house: House) -> None:
    """A photo that is taken away before it is sent is sent no more; nothing was paid."""
    (job,) = house.accept("one.jpg")
    house.see(bundle_of("two.jpg"))

    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), gone=("one.jpg", "two.jpg", "nobody.jpg")))

    assert house.job(job).state is JobState.CANCELLED
    assert house.journal.live_in_folder(PurePosixPath()) == {}


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (HoldReason.UNKNOWN_OUTCOME, JobState.HELD),
        (HoldReason.UNREADABLE_ANSWER, JobState.HELD),
        (HoldReason.OVER_JOB_CAP, JobState.CANCELLED),
    ],
)
def test_held_job_whose_photo_is_gone(house: House, reason: HoldReason, state: JobState) -> None:
    """What is held because of money stays held without its photo; anything else is let go."""
    (job,) = house.accept("one.jpg")
    house.hold(job, reason)

    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), gone=("one.jpg",)))

    assert house.job(job).state is state


def test_delivered_job_ends_when_its_photo_is_exchanged(house: House) -> None:
    """Of two variants one is delivered and one held; a new photo at their place frees it for itself."""
    done, held = house.accept("one.jpg", wish_of(take=1), wish_of(take=2))
    house.deliver(house.answer(done))
    house.lose(held)

    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), seen=(bundle_of("one.jpg", mtime=2),)))

    assert states(house, done, held) == [JobState.DONE, JobState.HELD]


def test_delivery_of_a_photo_that_is_gone_is_the_end(house: House) -> None:
    """A job whose photo is not there any more is done once it is delivered: nothing is left to be filed."""
    (job,) = house.accept("one.jpg")
    house.lose(job)
    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), gone=("one.jpg",)))
        house.operator.obey(Verb.RETRY, job.id)

    house.deliver(house.answer(house.job(job)))

    assert house.job(job).state is JobState.DONE


def test_changed_while_it_was_sent_is_cancelled_unpaid(house: House) -> None:
    """A source that changed while it was sent ends its job; the scanner tells the place again."""
    (job,) = house.accept("one.jpg")

    house.book(job, SOURCE)

    assert house.job(job).state is JobState.CANCELLED
    assert house.reserved(job) == [0]
    assert house.told_again == [PurePosixPath()]


def test_filing_of_changed_sources_tells_the_place_again(house: House) -> None:
    """Sources that were changed meanwhile stay and count as new."""
    (job,) = house.accept("one.jpg")
    house.deliver(house.answer(job))

    house.file(job, stayed=True)

    assert house.job(job).state is JobState.DONE
    assert house.told_again == [PurePosixPath()]
    assert "bundle.stayed" in house.log.events()


def test_next_stem_forgets_the_planned_output(house: House) -> None:
    """A name that a stranger has is given up for the next number."""
    (job,) = house.accept("one.jpg")
    received = house.answer(job)
    with house.act():
        planned = (job.id, PurePosixPath("one.png"), Sha256("e" * 64), 0.01)
        first = house.deliveries.plan_output(*planned)
        assert house.deliveries.plan_output(*planned) == first

        taken = house.deliveries.take_next_stem(job.id, received.stem)

    assert taken.stem == PurePosixPath("one-2")
    assert taken.output is None
