"""`retouchd pause`, `resume`, `retry` and `allow`: what a person decides."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import typer

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.views import JournalView
from retouchd.cli.giving import give
from retouchd.cli.opening import check_history
from retouchd.cli.screen import Screen, command_line
from retouchd.cli.wishes import cost_words
from retouchd.core.duplicates import may_pay_again
from retouchd.core.errors import (
    CommandRefusedError,
    FileTroubleError,
    NameTakenError,
    SourceChangedError,
    SourceGoneError,
)
from retouchd.core.jobs import HoldReason, Job, JobState, cabinet_of
from retouchd.core.pauses import PauseReason
from retouchd.core.records import BundleState, Verb
from retouchd.core.story import money_sentence, sentence
from retouchd.core.values import printable
from retouchd.engine.returning import check_return
from retouchd.service import returns_of
from retouchd.settings import Settings, load_settings


def pause(config: Path | None, environ: Mapping[str, str], why: str) -> None:
    """Have nothing sent any more."""
    settings = _load(config, environ)
    give(settings, Verb.PAUSE, why)
    Screen().say(f"To go on: {command_line(config, 'resume')}")


def resume(config: Path | None, environ: Mapping[str, str], reason: str) -> None:
    """End one pause, or all that a person may end, or have photos with refused options tried.

    Raises:
        CommandRefusedError: There is no such reason.
    """
    known = [*(one.value for one in PauseReason), HoldReason.REFUSED_ALIKE.value]
    if reason and reason not in known:
        valid = ", ".join(known)
        message = f'"{printable(reason)}" is no reason for a pause; valid: {valid}'
        raise CommandRefusedError(message)
    give(_load(config, environ), Verb.RESUME, reason)


def retry(config: Path | None, environ: Mapping[str, str], beginning: str, *, is_agreed: bool) -> None:
    """Have a job tried again.

    Args:
        beginning: The first characters of the job's id.
        is_agreed: Nobody is asked, even if that may pay once more.

    Raises:
        UnknownJobError: No job, or several, begin so.
        CommandRefusedError: It cannot be tried again, or there is nobody to ask.
    """
    settings = _load(config, environ)
    with _viewed(settings) as view:
        job = view.find_job(beginning)
        question = _find_question(view, job)
        if job.state is JobState.FAILED:
            _check_originals(settings, view, job)
    if question and not is_agreed and not _ask(question):
        Screen().say("Nothing was changed.")
        raise typer.Exit(1)
    give(settings, Verb.RETRY, job.id)


def allow(config: Path | None, environ: Mapping[str, str], amount: str, *, is_today: bool) -> None:
    """Make an amount of dollars the limit of this one day.

    Raises:
        CommandRefusedError: It is no amount, or it is not said that it is for today.
    """
    if amount.strip().lower() == "unlimited":
        message = (
            'a day without a limit must be configured: put per_day_usd = "unlimited" under [budget] into the'
            " configuration and start retouchd again"
        )
        raise CommandRefusedError(message)
    if not is_today:
        message = (
            f'this changes the limit of today alone: write "retouchd allow {printable(amount)} --today". For'
            " every day put per_day_usd under [budget] into the configuration"
        )
        raise CommandRefusedError(message)
    give(_load(config, environ), Verb.ALLOW, amount)


def _load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    settings = load_settings(config, environ)
    check_history(settings.places(), config)
    return settings


@contextmanager
def _viewed(settings: Settings) -> Iterator[JournalView]:
    """Open the history as it is at one moment."""
    view = JournalView.open_for_reading(settings.places().journal)
    try:
        with view.snapshot():
            yield view
    finally:
        view.close()


def _find_question(view: JournalView, job: Job) -> str:
    """Give what to ask if trying a job again may pay once more, or nothing."""
    if job.wish is None or job.edit is None:
        return ""
    attempts = view.attempts_of(job.edit)
    if not may_pay_again(job, view.get_edit(job.edit), attempts):
        return ""
    cost = cost_words(job.wish, view.price_of(job.wish.request))
    return f"{sentence(money_sentence(attempts))} Trying again may be paid once more: {cost}."


def _check_originals(settings: Settings, view: JournalView, job: Job) -> None:
    """Make sure that a job's photo can be brought back to the inbox from where it was filed.

    Raises:
        CommandRefusedError: It is gone or changed, or another lies at its place.
    """
    record = view.get_bundle(job.bundle)
    if record.state is not BundleState.FILED:
        return
    cabinet = cabinet_of(view.jobs_of_bundle(record.id))
    try:
        check_return(record, returns_of(settings.places(), Durable())[cabinet])
    except FileTroubleError as exc:
        raise CommandRefusedError(_tell_obstacle(exc)) from exc


def _tell_obstacle(error: FileTroubleError) -> str:
    path = printable(error.path)
    match error:
        case SourceGoneError():
            return f"{path} is not there any more: drop photo and prompt into the inbox again yourself"
        case SourceChangedError():
            return f"{path} was changed since: drop photo and prompt into the inbox again yourself"
        case NameTakenError():
            return f"inbox/{path} is there already: wait until it is done, or take it away first"
        case _:
            return str(error)


def _ask(question: str) -> bool:
    """Ask whether money may be spent.

    Raises:
        CommandRefusedError: There is nobody to ask.
    """
    if not sys.stdin.isatty():
        message = f"{question} If you want that, add --yes."
        raise CommandRefusedError(message)
    Screen().say(question)
    return typer.confirm("Try it again?")
