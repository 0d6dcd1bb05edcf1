"""`retouchd retry`, `redo`, `cancel` and `resolve`: what a person decides over one job."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import typer

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.views import JournalView
from retouchd.cli.asking import agrees
from retouchd.cli.giving import give
from retouchd.cli.handing import hand_in
from retouchd.cli.opening import load_used_settings
from retouchd.cli.screen import Screen
from retouchd.cli.wishes import cost_words
from retouchd.core.duplicates import may_pay_again
from retouchd.core.errors import (
    CommandRefusedError,
    FileTroubleError,
    NameTakenError,
    SourceChangedError,
    SourceGoneError,
)
from retouchd.core.jobs import Job, JobState, cabinet_of
from retouchd.core.records import BundleState, Verb
from retouchd.core.story import money_sentence, sentence
from retouchd.core.values import printable
from retouchd.engine.returning import check_return
from retouchd.outfitting import returns_of
from retouchd.policies import output_modes
from retouchd.settings import Settings


def retry(config: Path | None, environ: Mapping[str, str], beginning: str, *, is_agreed: bool) -> None:
    """Have a job tried again.

    Args:
        beginning: The first characters of the job's id.
        is_agreed: Nobody is asked, even if that may pay once more.

    Raises:
        UnknownJobError: No job, or several, begin so.
        CommandRefusedError: It cannot be tried again, or there is nobody to ask.
    """
    settings = load_used_settings(config, environ)
    with _viewed(settings) as view:
        job = view.find_job(beginning)
        question = _find_question(view, job)
        if job.state is JobState.FAILED:
            _check_originals(settings, view, job)
    if question and not is_agreed and not agrees(question, "Try it again?"):
        Screen().say("Nothing was changed.")
        raise typer.Exit(1)
    give(settings, Verb.RETRY, job.id)


def redo(config: Path | None, environ: Mapping[str, str], beginning: str) -> None:
    """Have another version made of what is done.

    Raises:
        UnknownJobError: No job, or several, begin so.
        CommandRefusedError: It is not done, or its photo is not in done/ any more.
    """
    settings = load_used_settings(config, environ)
    with _viewed(settings) as view:
        job = view.find_job(beginning)
        if job.state is JobState.DONE:
            _check_originals(settings, view, job)
        cost = cost_words(job.wish, view.price_of(job.wish.request)) if job.wish else ""
    give(settings, Verb.REDO, job.id)
    Screen().say(f"It is paid for: {cost}.")


def cancel(config: Path | None, environ: Mapping[str, str], beginning: str) -> None:
    """Give a job up that is not being sent.

    Raises:
        UnknownJobError: No job, or several, begin so.
        CommandRefusedError: It is being sent, was paid for, or is over.
    """
    settings = load_used_settings(config, environ)
    with _viewed(settings) as view:
        job = view.find_job(beginning)
    give(settings, Verb.CANCEL, job.id)


def resolve(
    config: Path | None,
    environ: Mapping[str, str],
    beginning: str,
    picture: Path | None,
    *,
    is_discarded: bool,
) -> None:
    """Hand in the picture that was paid for and that a person has found, or give the job up.

    Args:
        picture: The file; it stays where it is.

    Raises:
        UnknownJobError: No job, or several, begin so.
        CommandRefusedError: The job does not need that, the file is not a whole picture, or it is not said
            which of the two is wanted.
    """
    if (picture is None) is not is_discarded:
        message = "say one of the two: --accept FILE hands the picture in, --discard gives the job up"
        raise CommandRefusedError(message)
    settings = load_used_settings(config, environ)
    with _viewed(settings) as view:
        job = view.find_job(beginning)
        if picture is not None:
            hand_in(settings, view, job, picture)
    give(settings, Verb.DISCARD if is_discarded else Verb.ACCEPT, job.id)


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
        check_return(record, returns_of(settings.places(), Durable(), output_modes(settings))[cabinet])
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
