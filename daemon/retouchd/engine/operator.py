"""The commands that people leave in the journal: each is obeyed and answered with one sentence.

Runs in the engine thread, inside its transaction; without a daemon the command itself does it.
"""

import json
from pathlib import PurePosixPath

from retouchd.core.errors import CommandRefusedError, RetouchdError
from retouchd.core.history import HistoryPolicy
from retouchd.core.jobs import HoldReason
from retouchd.core.money import Money
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.records import Command, Verb
from retouchd.core.story import refused_answer
from retouchd.core.values import JobId, printable
from retouchd.engine.budget import Budget
from retouchd.engine.history import WANTED
from retouchd.engine.moves import Moves
from retouchd.engine.needs import Spool
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.refusals import Refusals
from retouchd.engine.resolving import Resolver
from retouchd.engine.retrying import Retrier
from retouchd.engine.returning import Returns


class Operator:
    """Obeys commands."""

    def __init__(self, office: Office, moves: Moves, board: PauseBoard, spool: Spool) -> None:
        self._office = office
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald
        self._board = board
        self._budget = Budget(office, board)
        self._refusals = Refusals(office, moves)
        retrier, resolver = Retrier(office, moves, Returns(office)), Resolver(office, moves, spool)
        self._about_job = {
            Verb.RETRY: retrier.retry,
            Verb.REDO: retrier.redo,
            Verb.CANCEL: resolver.cancel,
            Verb.DISCARD: resolver.discard,
            Verb.ACCEPT: resolver.accept,
        }

    def obey_all(self) -> None:
        """Obey the commands that were left in the journal; the configuration is read again by others."""
        for command in self._journal.commands():
            if command.verb is Verb.RELOAD:
                continue
            answer = self._try(command)
            self._journal.answer_command(command.id, answer, self._clock.now())
            self._herald.say("info", "command.obeyed", verb=command.verb, argument=command.argument)

    def _try(self, command: Command) -> str:
        try:
            return self.obey(command.verb, command.argument)
        except RetouchdError as exc:
            return refused_answer(str(exc))

    def obey(self, verb: Verb, argument: str) -> str:
        """Obey one command and give one sentence on what happened.

        Raises:
            CommandRefusedError: It cannot be done as things are.
            UnknownJobError: It names no job.
        """
        match verb:
            case Verb.PAUSE:
                return self._pause(argument)
            case Verb.RESUME:
                return self._resume(argument)
            case Verb.HURRY:
                return self._hurry(argument)
            case Verb.ALLOW:
                return self._allow(argument)
            case Verb.RELOAD:
                message = "retouchd does not run; it reads its configuration when it starts"
                raise CommandRefusedError(message)
            case Verb.PRUNE:
                return note_wanted(self._office, argument)
            case _:
                return self._about_job[verb](self._journal.get_job(JobId(argument)))

    def _pause(self, detail: str) -> str:
        told = detail or 'you paused it; "retouchd resume" ends that'
        self._board.begin(begin_pause(PauseReason.OPERATOR, told, self._clock.now()))
        return "paused: nothing is sent; what is under way is finished"

    def _resume(self, wanted: str) -> str:
        if wanted == HoldReason.REFUSED_ALIKE:
            return self._refusals.free_all()
        answer, held = self._board.resume(wanted), self._refusals.count_held()
        if wanted or not held:
            return answer
        more = (
            f'{held} photos with refused options still need you: "retouchd resume refused_alike" tries them'
        )
        return f"{answer}\n{more}"

    def _allow(self, amount: str) -> str:
        try:
            return self._budget.allow(Money.parse(amount))
        except ValueError as exc:
            raise CommandRefusedError(str(exc)) from exc

    def _hurry(self, place: str) -> str:
        """Have one photo looked at and sent before all others; the argument is its folder and key as JSON."""
        try:
            folder, key = map(str, json.loads(place))
        except (ValueError, TypeError) as exc:
            message = f"{printable(place)} names no photo"
            raise CommandRefusedError(message) from exc
        record = self._journal.find_live(PurePosixPath(folder), key)
        if record is None:
            message = f"{printable(key)} is not in the inbox, or was not seen yet: try again in a moment"
            raise CommandRefusedError(message)
        self._journal.mark_urgent(record.id)
        return f"{printable(record.photo)} goes before all others"


def note_wanted(office: Office, argument: str) -> str:
    """Note how much history a person wants to keep, and say what follows.

    Raises:
        CommandRefusedError: It is no amount.
    """
    try:
        HistoryPolicy.from_text(argument)
    except ValueError as exc:
        raise CommandRefusedError(str(exc)) from exc
    office.journal.set_note(WANTED, argument)
    return "it is let go within minutes, beside all other work"
