"""Reading back into a journal that knows some of it: restored from a copy, or begun anew and used since."""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from engine_house import House, kinds, states, wish_of

from retouchd.adopting import Adopted, Adopter
from retouchd.core.adoption import FoundCall, judge_call
from retouchd.core.answer import Answer, Unreadable
from retouchd.core.classification import CODES
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered, Envelope, OutcomeKind
from retouchd.core.recorded import Recorded, RecordedCall
from retouchd.core.records import BundleState, Label, Verb
from retouchd.core.values import AttemptId, JobId, Sha256
from strategies import LABEL, NOW

PATH = PurePosixPath("beach.png")
GOOD = Answered(status=200, elapsed_seconds=1.0)


def label_of(job: str, number: int = 1, prompt: str = "make it evening") -> Label:
    """Give the label of a call for a photo's edit."""
    wish = wish_of(prompt)
    started = NOW.replace(minute=number)
    return replace(
        LABEL,
        fingerprint=wish.fingerprint,
        take=1,
        job=JobId(job),
        number=number,
        permission=1,
        started=started,
    )


def found(job: str, end: Answered | None = None, content: Any = None, number: int = 1) -> FoundCall:
    """Give a call that the spool tells of."""
    return judge_call(AttemptId(50 + number), label_of(job, number), end, content, CODES)


def answered(job: str, number: int = 1) -> FoundCall:
    """Give a call whose answer is kept."""
    return found(job, GOOD, Answer(ok=True, estimated_cost_usd=0.01), number)


def delivered(job: str, *calls: RecordedCall) -> Recorded:
    """Give a delivery that the outbox tells of."""
    wish = wish_of()
    return Recorded(
        job=JobId(job),
        fingerprint=wish.fingerprint,
        wish=wish,
        sha256=Sha256("e" * 64),
        calls=calls or (call_of(1),),
        save_path="/retouchd/x.png",
        seen=NOW,
        settled=NOW,
        delivered=NOW,
    )


def call_of(number: int, **changes: Any) -> RecordedCall:
    """Give a call of a delivery."""
    call = RecordedCall(
        number=number,
        permission=1,
        started=NOW.replace(minute=number),
        ended=NOW,
        outcome=OutcomeKind.ANSWERED,
        reserved=Money(0),
        charged=Money(10_000),
    )
    return replace(call, **changes)


def adopt(house: House, *things: Recorded | FoundCall) -> list[Adopted | None]:
    """Read back deliveries and calls."""
    calls = [one for one in things if isinstance(one, FoundCall)]
    with house.act():
        adopter = Adopter(house.journal, calls, house.office.policy.calendar, house.clock.now())
        return [
            adopter.adopt_call(one) if isinstance(one, FoundCall) else adopter.adopt_delivery(PATH, one)
            for one in things
        ]


def money_of(house: House) -> list[tuple[int, int, int]]:
    """Give number, charge and reservation of each attempt at the edit."""
    edit = house.journal.find_edit(wish_of().fingerprint, 1)
    assert edit is not None
    attempts = house.journal.attempts_of(edit.id)
    return [(one.id, one.charged.micro, one.reserved.micro) for one in attempts]


def waiting_pair(house: House) -> tuple[Job, Job]:
    """Give a job that is ready, and one that waits for it."""
    (first,), (second,) = house.accept("beach.jpg"), house.accept("again.jpg")
    assert states(house, first, second) == [JobState.READY, JobState.WAITING]
    return first, second


def test_a_delivery_that_an_older_journal_forgot_is_filed_and_shared(house: House) -> None:
    """I5, I7: the job that was delivered since is not sent; its sources are filed, who waited gets it too."""
    first, second = waiting_pair(house)

    adopt(house, delivered(first.id))

    assert states(house, first, second) == [JobState.DELIVERED, JobState.RECEIVED]
    assert house.bundle(first).state is BundleState.ENDING
    assert house.job(second).reused_from == first.id
    assert sorted(kinds(house.choose())) == ["Deliver", "File"]
    assert money_of(house) == [(1, 10_000, 0)]


def test_a_delivery_of_a_forgotten_job_serves_those_that_were_made_since(house: House) -> None:
    """I5: photos that were looked at while the journal was paused get what was paid for before, for $0."""
    first, second = waiting_pair(house)

    adopt(house, delivered("forgotten"))

    assert states(house, first, second) == [JobState.RECEIVED, JobState.RECEIVED]
    assert {house.job(first).reused_from, house.job(second).reused_from} == {"forgotten"}
    assert house.journal.get_job(JobId("forgotten")).state is JobState.DONE


def test_a_kept_answer_of_a_known_job_is_delivered(house: House) -> None:
    """I7: an answer that came after the journal was copied is delivered as if nothing had been."""
    first, second = waiting_pair(house)

    adopt(house, answered(first.id))

    assert states(house, first, second) == [JobState.RECEIVED, JobState.WAITING]
    assert house.job(first).answer == 51
    assert money_of(house) == [(51, 10_000, 0)]
    house.deliver(first)
    assert states(house, second) == [JobState.RECEIVED]


def test_a_call_in_doubt_holds_everybody(house: House) -> None:
    """I5: what was perhaps paid is held with all that want the same; a retry is a permission to pay again."""
    first, second = waiting_pair(house)

    adopt(house, found(first.id))

    holds = [house.job(job).hold for job in (first, second)]
    assert holds == [HoldReason.UNKNOWN_OUTCOME, HoldReason.SAME_EDIT_HELD]
    assert money_of(house) == [(51, 0, 66_000)]
    assert kinds(house.choose()) == []


def test_a_call_in_doubt_of_a_forgotten_job_holds_everybody(house: House) -> None:
    """I5: a stand-in owns the edit until a person tries one of the others again."""
    first, second = waiting_pair(house)

    adopt(house, found("forgotten"))

    assert [house.job(job).hold for job in (first, second)] == [HoldReason.SAME_EDIT_HELD] * 2
    with house.act():
        assert "tried again" in house.operator.obey(Verb.RETRY, first.id)
    assert states(house, first) == [JobState.READY]
    assert house.permission(first) == 2
    assert house.journal.get_job(JobId("forgotten")).state is JobState.CANCELLED


def test_a_photo_that_comes_later_gets_the_kept_answer(house: House) -> None:
    """I7: the answer of a forgotten job waits for its photo, which then is delivered for $0."""
    adopt(house, answered("forgotten"))

    (job,) = house.accept("beach.jpg")

    assert states(house, job) == [JobState.RECEIVED]
    assert house.job(job).reused_from == "forgotten"
    assert house.journal.get_job(JobId("forgotten")).answer == 51


def test_later_calls_of_a_forgotten_job_count_for_it(house: House) -> None:
    """A call in doubt and then an answer: the answer is what counts, the doubt stays set aside."""
    adopt(house, found("forgotten", number=1), answered("forgotten", number=2), found("forgotten", number=3))

    assert house.journal.get_job(JobId("forgotten")).state is JobState.DONE
    assert money_of(house) == [(51, 0, 66_000), (52, 10_000, 0), (53, 0, 66_000)]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_picture_in_the_outbox_beats_a_kept_answer(house: House, *, swapped: bool) -> None:
    """Whoever has the picture owns the edit, in whatever order they are found."""
    things = [answered("one", number=2), delivered("two")]
    adopt(house, *(reversed(things) if swapped else things))

    (job,) = house.accept("beach.jpg")

    assert house.job(job).reused_from == "two"


def test_spool_and_metadata_tell_of_one_call(house: House) -> None:
    """The call of a delivery is the one in the spool: one attempt, with the number of its file."""
    adopt(house, answered("forgotten"), delivered("forgotten"))
    first = money_of(house)

    assert first == [(51, 10_000, 0)]
    assert adopt(house, answered("forgotten"), delivered("forgotten")) == [None, None]
    assert money_of(house) == first


def test_metadata_read_before_the_spool_takes_the_number_of_its_file(house: House) -> None:
    """So that the kept answer is found when the picture is gone."""
    call = answered("forgotten")
    assert adopt(house, delivered("forgotten"), call) == [Adopted(charged=Money(10_000)), None]

    assert house.journal.get_job(JobId("forgotten")).answer == 51
    assert money_of(house) == [(51, 10_000, 0)]


def test_a_call_that_was_only_seen_to_begin_gets_its_end(house: House) -> None:
    """I6: an older journal that saw the call begin books what metadata says of it, once."""
    (job,) = house.accept("beach.jpg")
    submitting = house.submit(job)
    assert submitting.answer is not None
    started = house.journal.get_attempt(submitting.answer).started

    adopt(house, delivered(job.id, call_of(1, started=started)))

    assert states(house, job) == [JobState.DELIVERED]
    assert money_of(house) == [(1, 10_000, 0)]
    assert adopt(house, delivered(job.id, call_of(1, started=started))) == [None]


def test_money_of_a_known_delivery_is_not_counted_again(house: House) -> None:
    """I6: a call that is known by its moment is not added under another number."""
    (job,) = house.accept("beach.jpg")
    adopt(house, delivered(job.id))

    assert adopt(house, answered(job.id)) == [None]
    assert money_of(house) == [(1, 10_000, 0)]


def test_a_lost_call_after_a_delivery_takes_nothing_back(house: House) -> None:
    """What a delivered job also paid perhaps stays set aside; the job stays done."""
    adopt(house, delivered("forgotten"), found("forgotten", number=2))

    assert house.journal.get_job(JobId("forgotten")).state is JobState.DONE
    assert money_of(house) == [(1, 10_000, 0), (52, 0, 66_000)]


def test_permissions_that_were_used_are_known_again(house: House) -> None:
    """I5: the next call carries a key that was never sent."""
    adopt(house, delivered("forgotten", call_of(1, permission=3)))

    edit = house.journal.find_edit(wish_of().fingerprint, 1)
    assert edit is not None
    assert edit.permission == 3


def test_a_detached_job_that_was_delivered_is_done(house: House) -> None:
    """A job whose sources are others by now has nothing left to be filed."""
    (job,) = house.accept("beach.jpg")
    held = house.lose(job)
    with house.act():
        house.moves.detach(house.bundle(job))

    adopt(house, delivered(job.id, call_of(2)))

    assert states(house, held) == [JobState.DONE]
    assert house.bundle(job).state is BundleState.DETACHED


def test_what_cost_nothing_is_left_alone(house: House) -> None:
    """A refusal whose file a crash left in the spool is no call that matters."""
    refusal = found("forgotten", replace(GOOD, status=400), Envelope(code="invalid_size"))

    assert adopt(house, refusal) == [None]
    assert house.journal.find_edit(wish_of().fingerprint, 1) is None


def test_an_unreadable_answer_is_held(house: House) -> None:
    """An answer that was paid for and gives no picture is evidence that a person looks at."""
    adopt(house, found("forgotten", GOOD, Unreadable(reason="it is no JSON")))

    job = house.journal.get_job(JobId("forgotten"))
    assert (job.state, job.hold) == (JobState.HELD, HoldReason.UNREADABLE_ANSWER)
    assert money_of(house) == [(51, 66_000, 0)]
