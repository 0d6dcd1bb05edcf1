"""How a command reaches the journal: a running daemon is asked; without one it is obeyed right here."""

import time
from collections.abc import Callable
from typing import Final

import structlog

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import poke
from retouchd.adapters.durable import Durable
from retouchd.adapters.inbox.files import InboxFolder
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.cli.screen import Screen
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import cabinet_of
from retouchd.core.records import Verb
from retouchd.core.story import refusal_in, sentence
from retouchd.engine.desk import Answer, Asked
from retouchd.engine.herald import Herald
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.operator import Operator
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.returning import Porter, Returns
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy
from retouchd.service import open_state, returns_of
from retouchd.settings import Places, Settings

# The daemon answers within milliseconds; only a machine under heavy load takes longer.
_ANSWER_SECONDS: Final = 5.0
_LOOK_EVERY_SECONDS: Final = 0.02
# What a crash of an earlier command left is brought back as well.
_RETURNS_AT_ONCE: Final = 100


def give(settings: Settings, verb: Verb, argument: str) -> None:
    """Have a command obeyed and print what came of it.

    Raises:
        CommandRefusedError: It cannot be done as things are.
        AlreadyOwnedError: A daemon has just started.
    """
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


class _DeskHere:
    """Fits the workers' Desk when there is no engine: each question is a transaction of its own."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        with self._journal.transaction():
            return work(*args, **kwargs)


def _do_here(settings: Settings, verb: Verb, argument: str) -> str:
    """Obey a command without a daemon, under its lock.

    Raises:
        AlreadyOwnedError: A daemon has just started.
        CommandRefusedError: It cannot be done as things are.
    """
    with open_state(settings.places(), Durable()) as journal:
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings),
            # Its lines are for the log of a daemon; whoever typed the command reads the answer.
            herald=Herald(structlog.get_logger("retouchd")),
        )
        # The scanner of the next start tells anew what lies in each folder.
        operator = Operator(office, Moves(office, lambda _folder: None), PauseBoard(office))
        desk = _DeskHere(journal)
        answer = desk.ask(operator.obey, verb, argument)
        # A crash here leaves in the journal what is to be brought back; the next start does it.
        _bring_back(settings, journal, office, desk)
    return answer


def _bring_back(settings: Settings, journal: SqliteJournal, office: Office, desk: _DeskHere) -> None:
    """Bring back what the command asked for.

    Raises:
        CommandRefusedError: Something stands in the way.
    """
    places = settings.places()
    for asked in journal.returns_due(office.clock.now(), _RETURNS_AT_ONCE):
        inbox = InboxFolder(
            places.inbox,
            check_ownership(places, journal),
            settings.sidecars.ambiguous,
            settings.watch.settle_seconds,
        )
        porter = Porter(desk, Returns(office), inbox.check_mark, returns_of(places, Durable()))
        record = journal.get_bundle(asked.bundle)
        trouble = porter.bring_back(record, cabinet_of(journal.jobs_of_bundle(record.id)))
        if trouble is not None:
            is_kept = journal.find_return(record.id) is not None
            later = "; it is brought back when that is in order and retouchd runs" if is_kept else ""
            message = f"{trouble}{later}"
            raise CommandRefusedError(message)
