"""`retouchd pause`, `resume` and `retry`: a running daemon is asked; without one they are done right here."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
import typer

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import poke
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.opening import check_history
from retouchd.cli.screen import Screen, command_line
from retouchd.cli.wishes import cost_words
from retouchd.core.duplicates import may_be_paid
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import Job
from retouchd.core.pauses import PauseReason
from retouchd.core.records import BundleRecord, Verb
from retouchd.core.story import hold_needs_money, money_sentence, refusal_in, sentence
from retouchd.core.values import printable
from retouchd.engine.filing import bring_back
from retouchd.engine.herald import Herald
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.operator import RETRIED, Operator
from retouchd.engine.pauseboard import PauseBoard
from retouchd.policies import engine_policy
from retouchd.service import open_state, returns_of
from retouchd.settings import Places, Settings, load_settings

# The daemon answers within milliseconds; only a machine under heavy load takes longer.
_ANSWER_SECONDS: Final = 5.0
_LOOK_EVERY_SECONDS: Final = 0.02


def pause(config: Path | None, environ: Mapping[str, str], why: str) -> None:
    """Have nothing sent any more."""
    settings = _load(config, environ)
    _give(settings, Verb.PAUSE, why)
    Screen().say(f"To go on: {command_line(config, 'resume')}")


def resume(config: Path | None, environ: Mapping[str, str], reason: str) -> None:
    """End one pause, or all that a person may end.

    Raises:
        CommandRefusedError: There is no such reason.
    """
    if reason and reason not in {one.value for one in PauseReason}:
        valid = ", ".join(one.value for one in PauseReason)
        message = f'"{printable(reason)}" is no reason for a pause; valid: {valid}'
        raise CommandRefusedError(message)
    _give(_load(config, environ), Verb.RESUME, reason)


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
    job, question = _find(settings, beginning)
    if question and not is_agreed and not _ask(question):
        Screen().say("Nothing was changed.")
        raise typer.Exit(1)
    _give(settings, Verb.RETRY, job.id)


def _load(config: Path | None, environ: Mapping[str, str]) -> Settings:
    settings = load_settings(config, environ)
    check_history(settings.places(), config)
    return settings


def _find(settings: Settings, beginning: str) -> tuple[Job, str]:
    """Find the job, and the question to ask if trying it again may pay once more."""
    view = JournalView.open_for_reading(settings.places().journal)
    try:
        with view.snapshot():
            job = view.find_job(beginning)
            attempts = view.attempts_of(job.edit) if job.edit is not None else []
            price = view.price_of(job.wish.request) if job.wish else None
    finally:
        view.close()
    may_cost = hold_needs_money(job) or may_be_paid(attempts)
    if job.wish is None or job.state not in RETRIED or not may_cost:
        return job, ""
    cost = cost_words(job.wish, price)
    return job, f"{sentence(money_sentence(attempts))} Trying again may be paid once more: {cost}."


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


def _give(settings: Settings, verb: Verb, argument: str) -> None:
    places = settings.places()
    is_running = read_lock_holder(places.state) is not None
    answer = _order(places, verb, argument) if is_running else _do_here(settings, verb, argument)
    refusal = refusal_in(answer)
    if refusal:
        raise CommandRefusedError(refusal)
    for line in answer.splitlines():
        Screen().say(sentence(line))


def _order(places: Places, verb: Verb, argument: str) -> str:
    """Leave a command for the running daemon and give its answer."""
    journal = SqliteJournal.open(places.journal, Durable())
    try:
        with journal.transaction():
            command = journal.give_command(verb, argument, SystemClock().now())
        # Durable before the poke: the daemon finds it however soon it looks, and also after a restart.
        poke(places.state)
        return wait_for_answer(journal, command, _ANSWER_SECONDS)
    finally:
        journal.close()


def wait_for_answer(journal: SqliteJournal, command: int, seconds: float) -> str:
    """Give the daemon's answer to a command, or after this time what became of it instead."""
    deadline = time.monotonic() + seconds
    while (answer := journal.command_answer(command)) is None and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)
    return answer or "retouchd is busy and has not answered yet; it obeys as soon as it can"


def _do_here(settings: Settings, verb: Verb, argument: str) -> str:
    """Obey a command without a daemon, under its lock.

    Raises:
        AlreadyOwnedError: A daemon has just started.
        CommandRefusedError: It cannot be done as things are.
    """
    returning: list[BundleRecord] = []
    with open_state(settings.places(), Durable()) as journal:
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings),
            # Its lines are for the log of a daemon; whoever typed the command reads the answer.
            herald=Herald(structlog.get_logger("retouchd")),
        )
        with journal.transaction():
            # The scanner of the next start tells anew what lies in each folder.
            moves = Moves(office, lambda _folder: None)
            operator = Operator(office, moves, PauseBoard(office), returning.append)
            answer = operator.obey(verb, argument)
        _return_all(settings, returning)
    return answer


def _return_all(settings: Settings, records: list[BundleRecord]) -> None:
    returns = returns_of(settings.places(), Durable())
    for record in records:
        if bring_back(record, returns) == 0:
            message = (
                f"{printable(record.photo)} is not in failed/ any more: drop it into the inbox again yourself"
            )
            raise CommandRefusedError(message)
