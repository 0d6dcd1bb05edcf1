"""How a command reaches the journal: a running daemon is asked; without one it is obeyed right here."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

import structlog

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import poke
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.assembly import assemble_alone
from retouchd.cli.screen import Screen
from retouchd.core.errors import CommandRefusedError
from retouchd.core.records import Verb
from retouchd.core.story import refusal_in, sentence
from retouchd.engine.desk import Answer, Asked
from retouchd.engine.herald import Herald
from retouchd.engine.office import Office
from retouchd.outfitting import Equipment
from retouchd.ownership import check_ownership
from retouchd.policies import engine_policy
from retouchd.premises import open_state
from retouchd.settings import Places, Settings

# The daemon answers within milliseconds; only a machine under heavy load takes longer.
_ANSWER_SECONDS: Final = 5.0
_LOOK_EVERY_SECONDS: Final = 0.02


def give(settings: Settings, verb: Verb, argument: str) -> None:
    """Have a command obeyed and print what came of it.

    Raises:
        CommandRefusedError: It cannot be done as things are.
        AlreadyOwnedError: A daemon has just started.
    """
    refusal = tell_answer(find_answer(settings, verb, argument))
    if refusal:
        raise CommandRefusedError(refusal)


def find_answer(settings: Settings, verb: Verb, argument: str) -> str:
    """Have a command obeyed and give what came of it; raises as `give` does where no daemon runs."""
    is_running = read_lock_holder(settings.places().state) is not None
    return order(settings.places(), verb, argument) if is_running else _do_here(settings, verb, argument)


def tell_answer(answer: str) -> str:
    """Print what came of a command that was obeyed, or give why it was not."""
    refusal = refusal_in(answer)
    for line in () if refusal else answer.splitlines():
        Screen().say(sentence(line))
    return refusal


def order(places: Places, verb: Verb, argument: str) -> str:
    """Leave a command for the running daemon and give its answer.

    Raises:
        JournalVersionError: The daemon is of another version.
    """
    journal = SqliteJournal.open_beside(places.journal, Durable())
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


class DeskHere:
    """Fits the workers' Desk when there is no engine: each question is a transaction of its own."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Have it done right here; give its result once it is durable."""
        with self._journal.transaction():
            return work(*args, **kwargs)

    def tell(self, work: Callable[Asked, object], /, *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Have it done right here, too."""
        self.ask(work, *args, **kwargs)


def _do_here(settings: Settings, verb: Verb, argument: str) -> str:
    """Obey a command without a daemon, under its lock.

    Raises:
        AlreadyOwnedError: A daemon has just started.
        CommandRefusedError: It cannot be done as things are.
    """
    places, durable = settings.places(), Durable()
    with open_state(places, durable) as journal, ExitStack() as opened:
        office = Office(
            journal=journal,
            clock=SystemClock(),
            policy=engine_policy(settings),
            # Its lines are for the log of a daemon; whoever typed the command reads the answer.
            herald=Herald(structlog.get_logger("retouchd")),
        )
        tools = Equipment(settings, check_ownership(places, journal), _no_key, durable).tools
        opened.callback(tools.endpoint.close)
        return assemble_alone(office, DeskHere(journal), tools).obey(verb, argument)


def _no_key() -> str:
    """Give no key: nothing is sent here."""
    return ""
