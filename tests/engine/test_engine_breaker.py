"""What is lost or refused again and again: pauses for lost answers, holds for options refused alike."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest
from engine_house import POLICY, House, bundle_of, states, wish_of

from retouchd.core.edits import Wish
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Caps
from retouchd.core.outcomes import Answered, Envelope, NoAnswer, NotSent, NotSentKind
from retouchd.core.pauses import PauseReason
from retouchd.core.records import BundleState, Verb
from retouchd.core.request import Quality
from retouchd.core.sightings import News
from retouchd.engine.calls import Reply
from retouchd.engine.workers import Aftercare

RICH = dataclasses.replace(POLICY, caps=Caps(per_job=None, per_day=None, per_month=None))
UNREACHABLE = Reply(end=NotSent(kind=NotSentKind.UNREACHABLE, detail="no route", elapsed_seconds=0.1))


def lost(seconds: float) -> Reply:
    """Give a call that was cut after this time."""
    return Reply(end=NoAnswer(detail="closed", elapsed_seconds=seconds))


def refused(message: str = "no such size", status: int = 400) -> Reply:
    """Give a request that the service refuses."""
    envelope = Envelope(code="invalid_size", message=message)
    return Reply(end=Answered(status=status, elapsed_seconds=0.2), envelope=envelope)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose owner sets no caps."""
    with closing(House(tmp_path, RICH)) as opened:
        yield opened


def fill(house: House, number: int, first: int = 0) -> list[Job]:
    """Have so many photos arrive."""
    return [house.accept(f"{one}.jpg", wish_of(str(one)))[0] for one in range(first, first + number)]


def told(house: House) -> dict[PauseReason, str]:
    """Give what is told of each pause."""
    return {pause.reason: pause.detail for pause in house.board.pauses}


def command(house: House, verb: Verb, argument: str = "") -> str:
    """Obey a command."""
    with house.act():
        return house.operator.obey(verb, argument)


def begin(house: House, job: Job) -> bool:
    """Try to begin a call, and say whether one was begun."""
    with house.act():
        return house.cashier.begin_submission(job.id) is not None


# --- lost answers


def test_three_lost_answers_running_pause_everything(house: House) -> None:
    """After three lost answers nothing is sent until a person resumes; the measured times are told."""
    jobs = fill(house, 4)
    for job, seconds in zip(jobs, (60.1, 59.9, 60.2), strict=False):
        house.book(job, lost(seconds))

    assert told(house)[PauseReason.UNKNOWN_OUTCOMES].startswith(
        "3 calls were cut at about 60 s, so something"
    )
    assert not begin(house, jobs[3])
    house.clock.pass_by(30 * 86_400)
    with house.act():
        house.board.end_those_over()
    assert PauseReason.UNKNOWN_OUTCOMES in told(house)


def test_lost_answers_count_across_a_restart(tmp_path: Path) -> None:
    """Two losses before a restart and one after it are three running (I8)."""
    with closing(House(tmp_path, RICH)) as first:
        jobs = fill(first, 3)
        for job in jobs[:2]:
            first.book(job, lost(60))

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        second.recover()
        second.book(jobs[2], lost(60))
        assert PauseReason.UNKNOWN_OUTCOMES in told(second)

    with closing(House(tmp_path, RICH, clock=first.clock)) as third:
        third.recover()
        assert PauseReason.UNKNOWN_OUTCOMES in told(third)


def test_what_came_back_in_between_ends_the_run(house: House) -> None:
    """Losses that are far apart, with answers in between, are no three running."""
    for number, job in enumerate(fill(house, 6)):
        if number % 2:
            house.answer(job)
        else:
            house.book(job, lost(60))
        house.clock.pass_by(1000)

    assert told(house) == {}


def test_what_was_never_sent_does_not_end_the_run(house: House) -> None:
    """A call that found no connection says nothing about those that were cut."""
    one, two, three, four = fill(house, 4)
    house.book(one, lost(60))
    house.book(two, lost(60))
    house.book(four, UNREACHABLE)
    command(house, Verb.RESUME)
    house.clock.pass_by(3600)

    house.book(three, lost(60))

    assert PauseReason.UNKNOWN_OUTCOMES in told(house)


def test_three_within_half_an_hour_pause_too(house: House) -> None:
    """Three losses within half an hour are too many, though others came back in between."""
    for number, job in enumerate(fill(house, 5)):
        if number % 2:
            house.answer(job)
        else:
            house.book(job, lost((3.1, 0, 60.1, 0, 60.2)[number]))
        house.clock.pass_by(60)

    assert "3 calls were cut after 3.1, 60.1 and 60.2 s" in told(house)[PauseReason.UNKNOWN_OUTCOMES]


def test_one_photo_tries_after_a_resume(house: House) -> None:
    """After the resume one photo is sent; if its answer is lost too everything pauses at once."""
    jobs = fill(house, 6)
    for job in jobs[:3]:
        house.book(job, lost(60))
    assert command(house, Verb.RESUME) == "resumed"
    assert house.throttle.width == 1

    house.book(jobs[3], lost(61.4))

    assert told(house)[PauseReason.UNKNOWN_OUTCOMES].startswith("1 call was cut after 61.4 s")


def test_counting_begins_anew_at_a_resume(house: House) -> None:
    """Once a photo came through after the resume, two more losses are not too many, three are."""
    jobs = fill(house, 7)
    for job in jobs[:3]:
        house.book(job, lost(60))
    command(house, Verb.RESUME)
    house.answer(jobs[3])

    for job in jobs[4:6]:
        house.book(job, lost(60))
    assert told(house) == {}

    house.book(jobs[6], lost(60))
    assert PauseReason.UNKNOWN_OUTCOMES in told(house)


def test_a_refusal_is_no_proof_that_answers_come(house: House) -> None:
    """A photo that is refused at once after the resume proves nothing: the next loss pauses again."""
    jobs = fill(house, 6)
    for job in jobs[:3]:
        house.book(job, lost(60))
    command(house, Verb.RESUME)
    house.book(jobs[3], refused())

    house.book(jobs[4], lost(60))

    assert PauseReason.UNKNOWN_OUTCOMES in told(house)


def test_calls_under_way_finish(house: House) -> None:
    """Calls that were under way when it paused are booked as they end; the pause tells of all losses."""
    jobs = [house.submit(job) for job in fill(house, 5)]
    ends = [lost(60), lost(60), lost(60), lost(5), Reply(end=Answered(status=200, elapsed_seconds=1))]
    for job, end in zip(jobs, ends, strict=True):
        assert job.answer is not None
        with house.act():
            house.calls.book(job.id, job.answer, end)

    assert states(house, *jobs) == [JobState.HELD] * 4 + [JobState.RECEIVED]
    assert "4 calls were cut after 5.0, 60.0, 60.0 and 60.0 s" in told(house)[PauseReason.UNKNOWN_OUTCOMES]


def test_what_we_cut_ourselves_does_not_count(tmp_path: Path) -> None:
    """Calls that our own end cut, a crash, a defect or a stop, say nothing about the line (I8)."""
    with closing(House(tmp_path, RICH)) as first:
        jobs = fill(first, 8)
        for job in jobs[:3]:
            first.submit(job)

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        second.recover()
        assert states(second, *jobs[:3]) == [JobState.HELD] * 3
        assert told(second) == {}
        task = second.choose()[0]
        second.submit(jobs[3])
        with second.act():
            Aftercare(second.office, second.under_way, second.intake, second.calls).end(
                task, ZeroDivisionError()
            )
        cut = [second.submit(job) for job in jobs[4:7]]
        second.board.is_stopping = True
        for job in cut:
            assert job.answer is not None
            with second.act():
                second.calls.book(job.id, job.answer, lost(1))

    with closing(House(tmp_path, RICH, clock=first.clock)) as third:
        third.recover()
        third.book(jobs[7], lost(60))
        assert told(third) == {}


# --- options that are refused alike


def test_three_refused_alike_hold_the_others(house: House) -> None:
    """After three identical refusals others with the same options are held, for nothing; the rest goes on."""
    jobs = fill(house, 5)
    low = dataclasses.replace(wish_of("other").request, quality=Quality.LOW)
    (other,) = house.accept("other.jpg", Wish(request=low, take=1, pictures=wish_of().pictures))
    for job in jobs[:3]:
        house.book(job, refused())

    assert not begin(house, jobs[3])
    assert begin(house, other)

    held = house.job(jobs[3])
    assert (held.state, held.hold) == (JobState.HELD, HoldReason.REFUSED_ALIKE)
    assert (
        '3 photos running were refused alike (the service refuses this request (400): "no such size")'
        in held.detail
    )
    assert "quality auto" in held.detail
    assert f'"retouchd retry {held.id}"' in held.detail
    assert house.reserved(held) == []
    assert told(house) == {}


@pytest.mark.parametrize(
    "replies",
    [
        [refused(), refused(), refused("another reason")],
        [refused(), refused(), refused(status=422)],
        [refused(), refused(), Reply(end=Answered(status=200, elapsed_seconds=1)), refused()],
    ],
)
def test_refusals_that_differ_hold_nothing(house: House, replies: list[Reply]) -> None:
    """Refusals in other words, or with an answer in between, are each about one photo."""
    jobs = fill(house, len(replies) + 1)
    for job, reply in zip(jobs, replies, strict=False):
        house.book(job, reply)

    assert begin(house, jobs[-1])


def test_trouble_in_between_does_not_end_a_run_of_refusals(house: House) -> None:
    """A call that the service did not judge says nothing about options."""
    jobs = fill(house, 5)
    busy = Reply(end=Answered(status=503, elapsed_seconds=0.1), envelope=Envelope(code="overloaded"))
    for job, reply in zip(jobs, [refused(), busy, refused(), refused()], strict=False):
        house.book(job, reply)

    assert not begin(house, jobs[4])


def hold_two(house: House) -> tuple[Job, Job]:
    """Have three photos refused alike and two held for that."""
    jobs = fill(house, 5)
    for job in jobs[:3]:
        house.book(job, refused())
    assert not begin(house, jobs[3])
    assert not begin(house, jobs[4])
    return jobs[3], jobs[4]


def test_retry_tries_one_and_frees_all_if_it_is_accepted(house: House) -> None:
    """A person tries one of the held photos; when its options are accepted the others follow."""
    one, two = hold_two(house)
    command(house, Verb.RETRY, one.id)
    assert states(house, one, two) == [JobState.READY, JobState.HELD]

    house.answer(one)

    assert states(house, one, two) == [JobState.RECEIVED, JobState.READY]
    assert house.permission(one) == 1
    assert begin(house, two)


def test_retry_that_is_refused_again_frees_nobody(house: House) -> None:
    """When the one that tries is refused as well it fails, and the others stay where they are."""
    one, two = hold_two(house)
    command(house, Verb.RETRY, one.id)

    house.book(one, refused())

    assert states(house, one, two) == [JobState.FAILED, JobState.HELD]
    assert not begin(house, fill(house, 1, first=9)[0])


def test_resume_refused_alike_frees_all(house: House) -> None:
    """A person can have all of them tried; one more refusal holds the rest again."""
    one, two = hold_two(house)
    assert '2 photos with refused options still need you: "retouchd resume refused_alike"' in command(
        house, Verb.RESUME
    )

    assert command(house, Verb.RESUME, "refused_alike") == "2 photos are tried again"
    assert states(house, one, two) == [JobState.READY, JobState.READY]

    house.book(one, refused())
    assert not begin(house, two)


def test_another_configuration_has_all_of_them_read_anew(house: House) -> None:
    """Other options may be configured by now: what was refused waits for nobody, and for none to be tried."""
    house.recover()
    one, two = hold_two(house)

    house.reload()
    same = states(house, one, two)
    house.reload(configuration="another")

    assert same == [JobState.HELD, JobState.HELD]
    assert states(house, one, two) == [JobState.CANCELLED, JobState.CANCELLED]
    assert begin(house, fill(house, 1, first=9)[0])


def test_resume_refused_alike_without_any_says_so(house: House) -> None:
    """Nobody is told that something happened when nothing did."""
    assert command(house, Verb.RESUME, "refused_alike") == "no photo waits for that"


def test_another_configuration_forms_held_photos_anew(tmp_path: Path) -> None:
    """With another configuration the held photos are read again, with the options that count now."""
    with closing(House(tmp_path, RICH)) as first:
        first.recover()
        one, two = hold_two(first)

    with closing(House(tmp_path, RICH, clock=first.clock)) as second:
        second.recover()
        assert states(second, one, two) == [JobState.HELD, JobState.HELD]

    changed = dataclasses.replace(RICH, configuration="another")
    with closing(House(tmp_path, changed, clock=first.clock)) as third:
        third.recover()
        assert states(third, one, two) == [JobState.CANCELLED, JobState.CANCELLED]
        assert third.bundle(one).state is BundleState.DETACHED
        assert third.told_again == [PurePosixPath(), PurePosixPath()]
        (again,) = third.accept("3.jpg", wish_of("3"))
        assert begin(third, again)


def test_of_a_photo_that_was_partly_delivered_the_rest_is_tried(tmp_path: Path) -> None:
    """A photo of which one version was delivered is not read again: its held versions are just tried."""
    with closing(House(tmp_path, RICH)) as first:
        first.recover()
        done, held = first.accept("both.jpg", wish_of("both"), wish_of("both", take=2))
        first.deliver(first.answer(done))
        for job in fill(first, 3):
            first.book(job, refused())
        assert not begin(first, held)

    changed = dataclasses.replace(RICH, configuration="another")
    with closing(House(tmp_path, changed, clock=first.clock)) as second:
        second.recover()
        assert states(second, done, held) == [JobState.DELIVERED, JobState.READY]


def test_who_waits_for_a_held_photo_is_read_anew_with_it(tmp_path: Path) -> None:
    """A twin of a held photo, and a second version of it, go the way of the first."""
    with closing(House(tmp_path, RICH)) as first:
        first.recover()
        one, more = first.accept("one.jpg", wish_of("one"), wish_of("one", take=2))
        (twin,) = first.accept("twin.jpg", wish_of("one"))
        for job in fill(first, 3):
            first.book(job, refused())
        assert not begin(first, one)
        assert not begin(first, more)
        assert first.job(twin).hold is HoldReason.SAME_EDIT_HELD

    changed = dataclasses.replace(RICH, configuration="another")
    with closing(House(tmp_path, changed, clock=first.clock)) as second:
        second.recover()
        assert states(second, one, more, twin) == [JobState.CANCELLED] * 3


def test_an_edited_prompt_file_frees_its_photo(house: House) -> None:
    """Who writes other options beside a held photo has it read anew."""
    one, _two = hold_two(house)

    with house.act():
        house.intake.take_news(News(folder=PurePosixPath(), seen=(bundle_of("3.jpg", mtime=2),)))

    assert house.job(one).state is JobState.CANCELLED
    assert house.bundle(one).state is BundleState.DETACHED
