"""What people are told: plain sentences with what is, what it costs and what to do."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import pytest

from retouchd.core.jobs import HoldReason, JobState, Output
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import Answered, Envelope, NoAnswer, OutcomeKind
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.periods import Period
from retouchd.core.records import Attempt, BundleState, Permission, PermissionReason
from retouchd.core.story import (
    STATE_WORDS,
    again_sentence,
    attempt_money,
    bundle_sentence,
    changed_sentence,
    clock_time,
    describe_end,
    job_sentence,
    money_sentence,
    outcome_and_status,
    outcome_words,
    pause_sentence,
    permission_sentence,
    refusal_in,
    refused_answer,
    sentence,
)
from retouchd.core.values import AttemptId, EditId, JobId, Sha256
from strategies import ARRIVING, JOB, NOW

ATTEMPT = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JobId("k7f3bcdg"),
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="/retouchd/2026-11/beach-k7f3-a1.png",
    started=NOW,
    reserved=Money(550_000),
    first_reserved=Money(550_000),
)


@pytest.mark.parametrize(
    ("away", "told"),
    [
        (timedelta(seconds=-5), "%H:%M:%S"),
        (timedelta(minutes=5), "%H:%M"),
        (timedelta(hours=23), "%H:%M"),
    ],
)
def test_near_moments_have_no_date(away: timedelta, told: str) -> None:
    """What was today or comes within a day is a time alone, with seconds only when they matter."""
    assert clock_time(NOW + away, NOW) == f"{NOW + away:{told}}"


def test_far_moments_have_a_date() -> None:
    """Other days are named, other years too."""
    now = datetime.fromisoformat("2026-11-23T12:00:00+00:00")

    assert clock_time(now - timedelta(days=2), now) == "21 November, 12:00"
    assert clock_time(now - timedelta(days=365), now) == "23 November 2025, 12:00"


def test_parts_become_whole_sentences() -> None:
    """A part of a sentence gets its capital and its full stop, once."""
    assert sentence("the key is wrong") == "The key is wrong."
    assert sentence("Really?") == "Really?"
    assert sentence("paused.") == "Paused."
    assert sentence("beach.txt: it is empty") == "beach.txt: it is empty."
    assert sentence("variants = 9 is too much") == "variants = 9 is too much."
    assert sentence("") == ""


@pytest.mark.parametrize(
    ("reason", "detail", "told"),
    [
        (PauseReason.BUDGET, "today's limit is reached", "It goes on by itself at "),
        (
            PauseReason.FOLDER_MISSING,
            "the inbox is gone",
            'If the folder is the right one, run "retouchd init".',
        ),
        (PauseReason.DISK_FULL, "the disk is full", "It goes on by itself when that is in order again."),
        (PauseReason.KEY_REFUSED, "the key is refused", "The service is asked again at "),
        (PauseReason.CREDITS, "no credit", 'or now with "retouchd resume".'),
        (PauseReason.UNKNOWN_OUTCOMES, "three answers were lost", 'To go on: "retouchd resume".'),
        (PauseReason.OPERATOR, "lunch", "You paused it: lunch."),
    ],
)
def test_every_pause_says_what_ends_it(reason: PauseReason, detail: str, told: str) -> None:
    """Whoever reads why nothing is sent also reads what to do, or that there is nothing to do."""
    pause = begin_pause(reason, detail, NOW, until=NOW + timedelta(hours=1))

    assert told in pause_sentence(pause, NOW)


def test_a_pause_says_its_way_out_once() -> None:
    """A detail that names the command already is not followed by it again; no time is no time."""
    pause = begin_pause(PauseReason.OPERATOR, 'you paused it; "retouchd resume" ends that', NOW)

    assert pause_sentence(pause, NOW) == 'You paused it; "retouchd resume" ends that.'
    assert "at once" in pause_sentence(begin_pause(PauseReason.BUDGET, "full", NOW), NOW)


def test_how_a_job_ended_without_being_sent() -> None:
    """Who gave it up, or what stood in its way, is told by the first word."""
    ended = replace(JOB, state=JobState.CANCELLED, detail="why")

    assert job_sentence(replace(ended, skipped=True), NOW) == "Skipped: why."
    assert job_sentence(replace(ended, dismissed=True), NOW) == "Cancelled: why."


@pytest.mark.parametrize(
    ("state", "detail", "told"),
    [
        (JobState.READY, "", "Completely arrived; it is sent when its turn comes."),
        (JobState.READY, "the disk is full", "Not sent yet: the disk is full; tries again at "),
        (JobState.WAITING, "waits for another", "Waits for another."),
        (JobState.SUBMITTING, "", "It is being edited just now; nothing to do."),
        (JobState.RECEIVED, "", "The picture is there and is put into the outbox next."),
        (JobState.RECEIVED, "disk full", "waits to be put into the outbox: disk full."),
        (
            JobState.DELIVERED,
            "",
            "Delivered as outbox/beach.png; the original goes to done/ when all is done.",
        ),
        (JobState.DONE, "", "Done: outbox/beach.png."),
        (JobState.DEFERRED, "busy", "Tries again at "),
        (JobState.HELD, "answer lost", "Needs you: answer lost."),
        (JobState.FAILED, "refused", "Failed: refused."),
        (JobState.CANCELLED, "changed", "Not sent: changed."),
    ],
)
def test_every_state_of_a_job_has_a_sentence(state: JobState, detail: str, told: str) -> None:
    """Wherever a job is, one plain sentence says so."""
    output = Output(path=PurePosixPath("beach.png"), sha256=Sha256("0" * 64))
    job = replace(JOB, state=state, detail=detail, output=output, next_try=NOW + timedelta(minutes=5))

    assert told in job_sentence(job, NOW)
    assert state in STATE_WORDS


def test_a_job_without_its_facts_still_has_a_sentence() -> None:
    """A time or a name that is not known leaves the sentence readable."""
    assert (
        job_sentence(replace(JOB, state=JobState.DEFERRED, detail="busy"), NOW) == "Tries again soon: busy."
    )
    done = job_sentence(replace(JOB, state=JobState.DONE, output=None), NOW)
    assert done.startswith("Paid for, and its answer is kept")


@pytest.mark.parametrize(
    ("state", "detail", "is_quiet", "told"),
    [
        (BundleState.LACKS_PROMPT, "", True, "beach.jpg waits for its prompt: add beach.txt beside it."),
        (BundleState.LACKS_PROMPT, "waits: it is empty", True, "beach.jpg waits: it is empty."),
        (BundleState.NEEDS_YOU, "two prompts", True, "beach.jpg needs you: two prompts."),
        (
            BundleState.ARRIVING,
            "it is empty",
            True,
            "is not completely there: it is empty; it is looked at again.",
        ),
        (BundleState.ARRIVING, "", False, "beach.jpg is still arriving (1 MB); nothing to do."),
        (BundleState.ARRIVING, "", True, "beach.jpg has arrived and is queued; nothing to do."),
    ],
)
def test_every_photo_that_is_no_job_yet_has_a_sentence(
    state: BundleState, detail: str, told: str, *, is_quiet: bool
) -> None:
    """Before it is a job a photo says why it is not."""
    record = replace(ARRIVING, state=state, detail=detail)

    assert told in bundle_sentence(record, is_quiet=is_quiet, facts=" (1 MB)")


def test_photos_that_make_one_picture_wait_for_the_prompt_of_their_folder() -> None:
    """A prompt file named after one of them would not count there."""
    record = replace(
        ARRIVING, folder=PurePosixPath("trip/mug.job"), state=BundleState.LACKS_PROMPT, detail=""
    )

    told = bundle_sentence(record, is_quiet=True)
    assert told == "beach.jpg waits for its prompt: add prompt.txt to mug.job."


def test_a_second_time_is_free_and_says_how_it_would_not_be() -> None:
    """The same photo and prompt name the earlier job and the way to another version."""
    told = again_sentence(JOB.id, JOB.created, PurePosixPath("wedding/beach.jpg"), NOW)

    assert f"as job {JOB.id} (" in told
    assert told.endswith("put take = 2 into beach.toml.")


def test_a_change_is_told_by_what_was_sent() -> None:
    """A change before sending replaces, one after it is a second job."""
    assert "a second job" in changed_sentence([replace(JOB, state=JobState.SUBMITTING)])
    assert "the new is taken up" in changed_sentence([replace(JOB, state=JobState.READY)])


def test_money_is_told_by_what_became_of_it() -> None:
    """Paid, perhaps paid, set aside or nothing: for one call and for all of a photo."""
    paid = replace(ATTEMPT, reserved=NOTHING, charged=Money(100_000), ended=NOW)
    lost = replace(ATTEMPT, ended=NOW, outcome=OutcomeKind.UNKNOWN)
    free = replace(ATTEMPT, reserved=NOTHING)

    told = [attempt_money(one) for one in (paid, lost, ATTEMPT, free)]
    assert told == ["$0.10 paid", "$0.55 perhaps paid", "$0.55 set aside", "nothing paid"]
    assert money_sentence([paid, lost]) == "about $0.10 was paid."
    assert money_sentence([lost]) == "perhaps paid; $0.55 stays set aside."
    assert money_sentence([free]) == "nothing was paid."


def test_outcomes_have_words() -> None:
    """A call says how it ended, or that it has not."""
    assert outcome_words(None) == "under way"
    assert outcome_words(OutcomeKind.ANSWERED) == "answered"
    assert outcome_words(OutcomeKind.AUTH) == "the key was refused"


def test_refusals_are_told_from_answers() -> None:
    """A command that was not obeyed is known by its answer."""
    assert refusal_in(refused_answer("no such job")) == "no such job"
    assert refusal_in("resumed") == ""


def test_permissions_are_told_with_who_gave_them() -> None:
    """Whoever wonders why something was paid twice reads who allowed it, and when."""
    given = Permission(number=2, job=JOB.id, given=NOW, why=PermissionReason.RETRIED)
    by_setting = replace(given, why=PermissionReason.CONFIGURED)

    assert permission_sentence(given, NOW) == "You allowed to pay once more on 23 November 12:00."
    assert permission_sentence(given, NOW.replace(year=2027)).endswith("23 November 2026 12:00.")
    assert 'retry.unknown_outcome = "resend"' in permission_sentence(by_setting, NOW)


def test_ends_of_calls_are_told_with_the_services_own_words() -> None:
    """Status and message of the service stand in the sentence, safe to print; a network's word too."""
    answered = Answered(status=401, headers={}, elapsed_seconds=1.0)
    envelope = Envelope(message="bad\nkey", code="auth")

    assert describe_end(OutcomeKind.AUTH, answered, envelope) == r'the key was refused (401): "bad\nkey"'
    assert describe_end(OutcomeKind.AUTH, answered, None) == "the key was refused (401)"
    assert describe_end(OutcomeKind.AUTH, answered, None, "no\x1b") == (
        r'the key was refused (401): "no\x1b"'
    )
    assert describe_end(OutcomeKind.AUTH, answered, Envelope(type="t")) == 'the key was refused (401): "t"'
    assert describe_end(OutcomeKind.ANSWERED, answered, None) == ""
    silent = NoAnswer(detail="reset", elapsed_seconds=60.1)
    assert describe_end(OutcomeKind.UNKNOWN, silent, None) == "no answer came: reset"


def test_what_answered_is_not_called_silence() -> None:
    """Only where nothing at all came no answer came; else it says who answered, and with which status."""
    gateway = Answered(status=504, headers={}, elapsed_seconds=60.0)
    unsure = "so nobody knows whether the service worked on it"

    told = describe_end(OutcomeKind.UNKNOWN, gateway, None)
    assert told == f"something in front of the service answered 504, {unsure}"
    told = describe_end(OutcomeKind.UNKNOWN, replace(gateway, status=409), Envelope(message="in use"))
    assert told == f'the service answered 409, {unsure}: "in use"'
    assert outcome_and_status(OutcomeKind.UNKNOWN, 504) == "nobody knows what became of it (504)"
    assert outcome_and_status(OutcomeKind.AUTH, 401) == "the key was refused (401)"
    assert outcome_and_status(OutcomeKind.UNKNOWN, None) == "no answer came"


def test_a_copy_that_needs_you_names_its_own_way_on() -> None:
    """Where the job that it waits for cannot be tried again the copy itself can."""
    copy = replace(JOB, state=JobState.HELD, hold=HoldReason.SAME_EDIT_HELD, detail="see job x")

    told = job_sentence(copy, NOW)
    assert told == f'Needs you: see job x, or pay for this one with "retouchd retry {JOB.id}".'


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (JobState.READY, "Completely arrived; it is sent when the pause is over."),
        (JobState.DEFERRED, "Tries again when the pause is over: busy."),
    ],
)
def test_a_pause_comes_before_a_job_s_own_time(state: JobState, told: str) -> None:
    """Nobody is promised a time at which nothing will be sent."""
    detail = "busy" if state is JobState.DEFERRED else ""

    assert job_sentence(replace(JOB, state=state, detail=detail), NOW, is_paused=True) == told
