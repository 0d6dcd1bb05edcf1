"""What people are told about one photo, in sentences: what is, what it costs, what to do.

No word from inside the machine comes in here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import is_job_folder
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Money
from retouchd.core.outcomes import Answered, CallEnd, Envelope, OutcomeKind
from retouchd.core.pauses import Ending, Pause, PauseReason
from retouchd.core.records import Attempt, BundleRecord, BundleState, Permission, PermissionReason
from retouchd.core.values import JobId, printable

_AFTER_PAUSE: Final = "when the pause is over"
# So near that minutes would not tell whether it is over.
_NEAR: Final = timedelta(minutes=2)
_REFUSED: Final = "not done: "


def own_result_sentence(photo: str) -> str:
    """Say why a result that came back is not edited once more by its folder's prompt."""
    name = printable(photo)
    return f"retouchd made {name} itself: if it is to be edited once more, give it a {name}.txt of its own"


def money_sentence(attempts: Sequence[Attempt]) -> str:
    """Say whether money moved for an edit, and how much."""
    charged = Money(sum(one.charged.micro for one in attempts if not _is_unclear(one)))
    counted = Money(sum(one.charged.micro for one in attempts if _is_unclear(one)))
    kept = Money(sum(one.reserved.micro for one in attempts))
    if charged.micro:
        return f"about {charged} was paid."
    if kept.micro:
        return f"perhaps paid; {kept} stays set aside."
    if counted.micro:
        return f"perhaps paid; {counted} counts as spent."
    return "nothing was paid."


def _is_unclear(attempt: Attempt) -> bool:
    """Say whether nobody knows if a call was paid, also when a person has given it up since."""
    return attempt.outcome == OutcomeKind.UNKNOWN


def job_sentence(job: Job, now: datetime, *, is_paused: bool = False) -> str:
    """Say in one plain sentence where a job is.

    Args:
        is_paused: Nothing is sent now, whatever the job's own time.
    """
    next_try = _AFTER_PAUSE if is_paused else _next_try(job, now)
    turn = _AFTER_PAUSE if is_paused else "when its turn comes"
    detail, output = printable(job.detail), printable(job.output.path) if job.output else "?"
    sentences = {
        JobState.READY: f"Completely arrived; it is sent {turn}."
        if not detail or job.next_try is None
        else f"Not sent yet: {detail}; tries again {next_try}.",
        JobState.WAITING: sentence(detail),
        JobState.SUBMITTING: "It is being edited just now; nothing to do.",
        JobState.RECEIVED: "The picture is there and is put into the outbox next."
        if not detail
        else f"The answer is there, and its picture waits to be put into the outbox: {detail}.",
        JobState.DELIVERED: f"Delivered as outbox/{output}; the original goes to done/ when all is done.",
        JobState.DONE: f"Done: outbox/{output}."
        if job.output
        else "Paid for, and its answer is kept: drop the same photo with its prompt again to get it for $0.",
        JobState.DEFERRED: f"Tries again {next_try}: {detail}.",
        JobState.HELD: f"Needs you: {detail}{_own_way_on(job)}.",
        JobState.FAILED: f"Failed: {detail}.",
        JobState.CANCELLED: f"{_end_word(job)}: {detail}.",
    }
    return sentences[job.state]


def _end_word(job: Job) -> str:
    if job.skipped:
        return "Skipped"
    return "Cancelled" if job.dismissed else "Not sent"


def _own_way_on(job: Job) -> str:
    """Give the way on of a copy, for where the job that it waits for cannot be tried again."""
    is_copy = job.hold is HoldReason.SAME_EDIT_HELD
    return f', or pay for this one with "retouchd retry {job.id}"' if is_copy else ""


def _next_try(job: Job, now: datetime) -> str:
    return f"at {clock_time(job.next_try, now)}" if job.next_try and job.next_try > now else "soon"


def again_sentence(earlier: JobId, made: datetime, photo: PurePosixPath, now: datetime) -> str:
    """Say that a photo with its prompt was paid for before, and how to get another version."""
    when = clock_time(made, now)
    return (
        f"Same photo and prompt as job {earlier} ({when}), so you get that picture again for $0;"
        f" for another version change the prompt, or put take = 2 into {printable(photo.stem)}.toml."
    )


def changed_sentence(jobs: Sequence[Job]) -> str:
    """Say what becomes of a photo or prompt that was changed after it was taken up."""
    if any(job.state in {JobState.SUBMITTING, JobState.RECEIVED, JobState.DELIVERED} for job in jobs):
        return (
            "You changed the photo or its prompt when it was already sent: the first result is delivered and"
            " paid, what is there now becomes a second job."
        )
    return "You changed the photo or its prompt: nothing is sent of the old any more, the new is taken up."


STATE_WORDS: Final = {
    JobState.READY: "queued",
    JobState.WAITING: "waits",
    JobState.SUBMITTING: "being edited",
    JobState.RECEIVED: "edited",
    JobState.DELIVERED: "delivered",
    JobState.DONE: "done",
    JobState.DEFERRED: "tries again",
    JobState.HELD: "needs you",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


def clock_time(moment: datetime, now: datetime) -> str:
    """Give a moment as people say it: a date only for other days, seconds only when it is near."""
    local = moment.astimezone(now.tzinfo)
    if local.date() != now.date() and not now <= local < now + timedelta(days=1):
        year = "" if local.year == now.year else f" {local.year}"
        return f"{local.day} {local:%B}{year}, {local:%H:%M}"
    return f"{local:%H:%M:%S}" if abs(local - now) < _NEAR else f"{local:%H:%M}"


def sentence(text: str) -> str:
    """Give a text that came as a part of a sentence as a whole one; a file or option in front stays so."""
    whole = printable(text).strip()
    word, _, rest = whole.partition(" ")
    is_name = "." in word.rstrip(".") or rest.startswith("= ")
    first = whole[:1] if is_name else whole[:1].upper()
    return whole and f"{first}{whole[1:]}{'' if whole.endswith(('.', '!', '?')) else '.'}"


def pause_sentence(pause: Pause, now: datetime) -> str:
    """Say why nothing is sent, and what ends that."""
    is_note = pause.reason is PauseReason.OPERATOR and "retouchd resume" not in pause.detail
    told = f"you paused it: {pause.detail}" if is_note else pause.detail
    return f"{sentence(told)} {_pause_ending(pause, now)}".strip()


def _pause_ending(pause: Pause, now: datetime) -> str:
    until = clock_time(pause.until, now) if pause.until else "once"
    is_missing = pause.reason is PauseReason.FOLDER_MISSING
    repair = ' If the folder is the right one, run "retouchd init".' if is_missing else ""
    endings = {
        Ending.BY_TIME: f"It goes on by itself at {until}.",
        Ending.BY_FOLDER: f"It goes on by itself when that is in order again.{repair}",
        Ending.BY_KEY: f"The service is asked again at {until} whether it takes the key.",
        Ending.BY_PROBE: f'One photo is tried at {until}, or now with "retouchd resume".',
        Ending.BY_REBUILD: "",
        Ending.BY_OPERATOR: "" if "retouchd resume" in pause.detail else 'To go on: "retouchd resume".',
    }
    return endings[pause.ending]


def bundle_sentence(record: BundleRecord, *, is_quiet: bool, facts: str = "") -> str:
    """Say in one plain sentence where a photo is that is no job yet.

    Args:
        facts: More about a photo that is still arriving, with a blank before it.
    """
    name = printable(record.photo)
    match record.state:
        case BundleState.LACKS_PROMPT if record.detail:
            return f"{name} {printable(record.detail)}."
        case BundleState.LACKS_PROMPT:
            return f"{name} waits for its prompt: add {_wanted_prompt(record)}."
        case BundleState.NEEDS_YOU:
            return f"{name} needs you: {printable(record.detail)}."
        case BundleState.ARRIVING if record.detail:
            return f"{name} is not completely there: {printable(record.detail)}; it is looked at again."
        case BundleState.ARRIVING if not is_quiet:
            return f"{name} is still arriving{facts}; nothing to do."
        case _:
            return f"{name} has arrived and is queued; nothing to do."


def _wanted_prompt(record: BundleRecord) -> str:
    if is_job_folder(record.folder):
        return f"prompt.txt to {printable(record.folder.name)}"
    return f"{printable(record.path.stem)}.txt beside it"


def refused_answer(reason: str) -> str:
    """Give the answer to a command that was not obeyed."""
    return f"{_REFUSED}{reason}"


def refusal_in(answer: str) -> str:
    """Give why a command was not obeyed, or nothing when it was."""
    return answer.removeprefix(_REFUSED) if answer.startswith(_REFUSED) else ""


_PERMISSIONS: Final = {
    PermissionReason.RETRIED: "You allowed to pay once more",
    PermissionReason.DROPPED_AGAIN: "You put the photo back, which allowed to pay once more,",
    PermissionReason.CONFIGURED: 'Your setting retry.unknown_outcome = "resend" allowed to pay once more',
}


def permission_sentence(permission: Permission, now: datetime) -> str:
    """Say who allowed when that an edit is paid for once more."""
    given = permission.given.astimezone(now.tzinfo)
    year = "" if given.year == now.year else f" {given.year}"
    return f"{_PERMISSIONS[permission.why]} on {given.day} {given:%B}{year} {given:%H:%M}."


_OUTCOMES: Final = {
    OutcomeKind.ANSWERED: "",
    OutcomeKind.UNREADABLE: "",
    OutcomeKind.AUTH: "the key was refused",
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
    OutcomeKind.INTERRUPTED: "the photo could not be sent to its end; nothing was paid",
    OutcomeKind.OBSTRUCTED: "something on this machine was in the way; nothing was paid",
    OutcomeKind.STOPPED: "retouchd was stopped while it sent the photo; nothing was paid",
    OutcomeKind.SOURCE_CHANGED: "the photo was changed while it was being sent; nothing was paid",
}


def outcome_words(outcome: str | None) -> str:
    """Say how a call ended, in a few words."""
    if outcome is None:
        return "under way"
    return _OUTCOMES.get(OutcomeKind(outcome)) or "answered"


def attempt_money(attempt: Attempt) -> str:
    """Say what became of the money that was set aside for one call."""
    if attempt.charged.micro:
        return f"{attempt.charged} {'perhaps ' if _is_unclear(attempt) else ''}paid"
    if attempt.reserved.micro:
        is_over = attempt.ended is not None and attempt.outcome != OutcomeKind.ANSWERED
        return f"{attempt.reserved} {'perhaps paid' if is_over else 'set aside'}"
    return "nothing paid"


def describe_end(kind: OutcomeKind, end: CallEnd, envelope: Envelope | None, words: str = "") -> str:
    """Say how a call ended, with the status and the service's own words.

    Args:
        words: What a reply without an envelope says for itself.
    """
    told = _OUTCOMES[kind]
    if not told:
        return ""
    if not isinstance(end, Answered):
        return f"{told}: {printable(end.detail)}"
    said = "; ".join(_own_words(envelope)) if envelope else words
    if kind is OutcomeKind.UNKNOWN:
        who = "the service" if envelope else "something in front of the service"
        told = f"{who} answered {end.status}, so nobody knows whether the service worked on it"
    else:
        told = f"{told} ({end.status})"
    return told + (f': "{printable(said)}"' if said else "")


def _own_words(envelope: Envelope) -> list[str]:
    said = (envelope.message or envelope.code or envelope.type, envelope.details, envelope.top_up_url)
    return [one for one in said if one]


def outcome_and_status(outcome: str | None, status: int | None) -> str:
    """Say how a call ended, in a few words and with the status that came."""
    if status is None:
        return outcome_words(outcome)
    is_unclear = outcome == OutcomeKind.UNKNOWN
    return f"{'nobody knows what became of it' if is_unclear else outcome_words(outcome)} ({status})"
