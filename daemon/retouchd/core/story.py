"""What people are told about one photo, in sentences: what is, what it costs, what to do.

No word from inside the machine comes in here.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered, CallEnd, Envelope, OutcomeKind
from retouchd.core.records import Attempt, BundleRecord, BundleState
from retouchd.core.values import printable


def error_note(photo: PurePosixPath, detail: str, money: str, folder: PurePosixPath) -> str:
    """Give the text of `<photo>.error.txt`: what happened, whether money moved, what to do."""
    place = "inbox" if folder == PurePosixPath() else f"inbox/{printable(folder)}"
    return (
        f"{printable(photo.name)} was not edited.\n\n"
        f"What happened: {printable(detail)}\n"
        f"Money: {money}\n"
        "What to do: change the photo or its prompt if the reason above is about them, then drag the photo"
        f" and its prompt file back to {place}/. This note can be deleted.\n"
    )


def money_sentence(attempts: Sequence[Attempt]) -> str:
    """Say whether money moved for an edit, and how much."""
    charged = Money(sum(one.charged.micro for one in attempts))
    kept = Money(sum(one.reserved.micro for one in attempts))
    if charged.micro:
        return f"about {charged} was paid."
    if kept.micro:
        return f"perhaps paid; {kept} stays set aside."
    return "nothing was paid."


def job_sentence(job: Job, now: datetime) -> str:
    """Say in one plain sentence where a job is."""
    detail, output = printable(job.detail), printable(job.output.path) if job.output else "?"
    sentences = {
        JobState.READY: "Completely arrived; it is sent when its turn comes.",
        JobState.WAITING: f"{detail[:1].upper()}{detail[1:]}.",
        JobState.SUBMITTING: "It is being edited just now; nothing to do.",
        JobState.RECEIVED: "The picture is there and is put into the outbox next."
        if not detail
        else f"The picture is there and waits to be put into the outbox: {detail}.",
        JobState.DELIVERED: f"Delivered as outbox/{output}; the original is moved to done/ next.",
        JobState.DONE: f"Done: outbox/{output}.",
        JobState.DEFERRED: f"Tries again at {_clock_time(job.next_try, now)}: {detail}.",
        JobState.HELD: f"Needs you: {detail}.",
        JobState.FAILED: f"Failed: {detail}.",
        JobState.CANCELLED: f"Cancelled: {detail}.",
    }
    return sentences[job.state]


def _clock_time(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "once"
    local = moment.astimezone(now.tzinfo)
    return f"{local:%H:%M:%S}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def bundle_sentence(record: BundleRecord, *, is_quiet: bool) -> str:
    """Say in one plain sentence where a photo is that is no job yet."""
    name = printable(record.photo)
    match record.state:
        case BundleState.LACKS_PROMPT if record.detail:
            return f"{name} {printable(record.detail)}."
        case BundleState.LACKS_PROMPT:
            stem = printable(record.path.stem)
            return f"{name} waits for its prompt: add {stem}.txt beside it."
        case BundleState.NEEDS_YOU:
            return f"{name} needs you: {printable(record.detail)}."
        case BundleState.ARRIVING if record.detail:
            return f"{name} is not completely there: {printable(record.detail)}; it is looked at again."
        case BundleState.ARRIVING if not is_quiet:
            return f"{name} is still arriving; nothing to do."
        case _:
            return f"{name} has arrived and is queued; nothing to do."


def hold_needs_money(job: Job) -> bool:
    """Say whether trying a held job again may pay once more for it."""
    return job.hold in {HoldReason.UNKNOWN_OUTCOME, HoldReason.UNREADABLE_ANSWER, HoldReason.OUTPUT_GONE}


_OUTCOMES: Final = {
    OutcomeKind.ANSWERED: "",
    OutcomeKind.UNREADABLE: "",
    OutcomeKind.AUTH: "the service refuses the key",
    OutcomeKind.PERMISSION: "the service does not permit this",
    OutcomeKind.CREDITS: "the service wants more credit",
    OutcomeKind.RATE_LIMIT: "the service asks to go slower",
    OutcomeKind.OVERLOADED: "the service is overloaded",
    OutcomeKind.SERVICE_ERROR: "the service failed",
    OutcomeKind.EDGE_BUSY: "something in front of the service is busy",
    OutcomeKind.TRY_AGAIN: "the service asks to try again",
    OutcomeKind.KEY_IN_USE: "the same request is still being worked on",
    OutcomeKind.TOO_LARGE: "the photo is too large for the service",
    OutcomeKind.BLOCKED: "refused by the service's content rules",
    OutcomeKind.INVALID: "the service refuses this request",
    OutcomeKind.WRONG_ENDPOINT: "this is not the service's address: check endpoint.base_url",
    OutcomeKind.REFUSED: "the service refuses this",
    OutcomeKind.UNKNOWN: "no answer came",
    OutcomeKind.UNREACHABLE: "the service cannot be reached",
    OutcomeKind.CERTIFICATE: "the service's certificate is not trusted",
    OutcomeKind.INTERRUPTED: "the connection broke while the photo was being sent; nothing was paid",
    OutcomeKind.SOURCE_CHANGED: "the photo was changed while it was being sent; nothing was paid",
}


def describe_end(kind: OutcomeKind, end: CallEnd, envelope: Envelope | None) -> str:
    """Say how a call ended, with the status and the service's own words."""
    told = _OUTCOMES[kind]
    if not told:
        return ""
    status = f" ({end.status})" if isinstance(end, Answered) else ""
    return f"{told}{status}{_own_words(end, envelope)}"


def _own_words(end: CallEnd, envelope: Envelope | None) -> str:
    if envelope is None:
        return "" if isinstance(end, Answered) else f": {printable(end.detail)}"
    words = [one for one in (envelope.message or envelope.code, envelope.details, envelope.top_up_url) if one]
    return f': "{printable("; ".join(words))}"'


def describe_lost_answer(attempt: Attempt, elapsed_seconds: float, told: str) -> str:
    """Say what a lost answer means and the two ways on."""
    after = f" after {elapsed_seconds:.1f} s" if elapsed_seconds else ""
    return (
        f"the answer was lost{after} and may have been paid ({attempt.first_reserved} stays set aside;"
        f" {told}): look for {printable(attempt.save_path)} in your workspace,"
        f' or pay again with "retouchd retry {attempt.job}"'
    )
