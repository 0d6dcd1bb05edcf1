"""What was paid for and did not come, and the note of a failure: where to look and what to type."""

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from retouchd.core.failnote import error_note
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.periods import Period
from retouchd.core.records import Attempt, BundleState
from retouchd.core.values import AttemptId, EditId
from retouchd.core.whereabouts import describe_lost_answer, describe_no_picture
from strategies import ARRIVING, JOB, NOW

LOST = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JOB.id,
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="/retouchd/2026-11/beach-a1.png",
    started=NOW,
    reserved=Money(550_000),
    first_reserved=Money(550_000),
    ended=NOW,
    outcome=OutcomeKind.UNKNOWN,
)
AGAIN = replace(LOST, id=AttemptId(2), number=2, save_path="/retouchd/2026-11/beach-a2.png")
PAID = replace(AGAIN, reserved=NOTHING, charged=Money(100_000), outcome=OutcomeKind.ANSWERED)
RECORD = replace(ARRIVING, state=BundleState.ENDING)


def test_a_lost_answer_names_the_ways_on() -> None:
    """Where to look and what to type stand in one sentence, with the money and the time."""
    told = describe_lost_answer([LOST], 60.1, "no answer came")

    assert "lost after 60.1 s and may have been paid ($0.55 stays set aside; no answer came)" in told
    assert "look for /retouchd/2026-11/beach-a1.png in your workspace" in told
    assert f'"retouchd resolve {JOB.id} --accept FILE"' in told
    assert told.endswith(f'pay once more with "retouchd retry {JOB.id}"')
    assert "lost and may" in describe_lost_answer([LOST], 0.0, "no answer came")


def test_a_second_lost_answer_names_the_money_of_both() -> None:
    """All that stays set aside is named, and that an earlier call may have saved its picture, too."""
    told = describe_lost_answer([LOST, AGAIN], 60.1, "no answer came")

    assert "$1.10 stays set aside" in told
    assert "look for /retouchd/2026-11/beach-a2.png (and 1 earlier) in your workspace" in told


def test_an_answer_without_a_picture_is_looked_for_before_it_is_paid_again() -> None:
    """The picture is probably in the workspace for nothing: that comes first, then paying once more."""
    told = describe_no_picture(JOB.id, [PAID], "the answer was paid for, but it is no JSON")

    assert told.startswith("the answer was paid for, but it is no JSON ($0.10 was paid): look for /retouchd/")
    assert told.index("--accept FILE") < told.index("retouchd retry")
    assert "look for" not in describe_no_picture(JOB.id, [], "nothing is left")


@pytest.mark.parametrize(("folder", "place"), [("", "inbox/"), ("wedding", "inbox/wedding/")])
def test_the_note_beside_a_failed_photo_says_what_to_do(folder: str, place: str) -> None:
    """What happened, whether money moved, and where to drag it back to."""
    record = replace(RECORD, folder=PurePosixPath(folder))
    note = error_note(record, "refused", [], is_given_up=False)

    assert note.startswith("beach.jpg was not edited.\n")
    assert "What happened: refused\nMoney: nothing was paid.\n" in note
    assert "What to do: change the photo or its prompt if" in note
    assert f"back to {place} to try again. This note" in note


@pytest.mark.parametrize(
    ("outcome", "changes", "is_given_up"),
    [
        (OutcomeKind.SERVICE_ERROR, False, False),
        (OutcomeKind.OVERLOADED, False, False),
        (OutcomeKind.INVALID, True, False),
        (OutcomeKind.INVALID, False, True),
    ],
)
def test_a_photo_without_a_fault_need_not_be_changed(
    outcome: OutcomeKind, *, changes: bool, is_given_up: bool
) -> None:
    """Where the service failed, or a person decided, dragging both back is all that is to be done."""
    attempt = replace(LOST, outcome=outcome, reserved=NOTHING)
    note = error_note(RECORD, "it failed", [attempt], is_given_up=is_given_up)

    assert ("change the photo" in note) == changes
    assert "may pay once more" not in note


def test_the_note_says_that_trying_again_may_pay_again() -> None:
    """Where money may have moved, dragging back is permission to pay once more, and the note says so."""
    assert "to try again. That may pay once more." in error_note(RECORD, "lost", [LOST], is_given_up=True)
