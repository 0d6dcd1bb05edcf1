"""Another configuration takes the place of the one that counts, in one turn of the engine.

Runs in the engine thread, inside its transaction: no call can begin halfway between two configurations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from retouchd.core.pauses import ENDED_BY_CONFIGURATION
from retouchd.core.records import BundleState, Verb
from retouchd.core.reloading import READING_NOTE, RUNNING_NOTE, Change, Reading, reloaded_answer
from retouchd.core.story import refused_answer
from retouchd.engine.budget import Budget
from retouchd.engine.intake import Intake
from retouchd.engine.office import Office
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.policy import Policy
from retouchd.engine.recovery import note_configuration
from retouchd.engine.throttle import Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """A configuration that was read again and is right.

    Attributes:
        policy: What the engine wants to know of it.
        file: What was read, for people.
        running: All that counts from now on, as a note for the screens.
        changes: What differs from what counted so far.
        has_new_key: The key is another one.
        switch: Has everything below the engine go by it; waits for nothing.
    """

    policy: Policy
    file: str
    running: str
    changes: Sequence[Change]
    has_new_key: bool
    switch: Callable[[], None]


class Reloading:
    """Has another configuration count, and tells it."""

    def __init__(self, office: Office, board: PauseBoard, throttle: Throttle, intake: Intake) -> None:
        self._office = office
        self._board = board
        self._budget = Budget(office, board)
        self._throttle = throttle
        self._intake = intake
        # What waits for a restart.
        self._pending: Sequence[Change] = ()

    def begin(self, running: str) -> None:
        """Note what counts after a start: it was read just now, so that nothing of it waits."""
        self._office.journal.set_note(RUNNING_NOTE, running)
        self._note(Reading())

    def find_commands(self) -> list[int]:
        """Give the commands of people who want it read again."""
        return [one.id for one in self._office.journal.commands() if one.verb is Verb.RELOAD]

    def take(self, reread: Reread, commands: Sequence[int]) -> None:
        """Have it count from now on; while the daemon stops, leave all as it is.

        Args:
            commands: Those that wanted it, which are answered.
        """
        if self._board.is_stopping:
            self._answer(commands, refused_answer("retouchd stops just now; it reads it when it starts"))
            return
        reread.switch()
        self._adopt(reread.policy)
        self._office.journal.set_note(RUNNING_NOTE, reread.running)
        self._pending = [change for change in reread.changes if change.needs_restart]
        self._note(Reading(pending=self._pending))
        self._tell(reread)
        self._answer(commands, reloaded_answer(reread.file, reread.changes, has_new_key=reread.has_new_key))

    def refuse(self, faults: Sequence[str], commands: Sequence[int]) -> None:
        """Leave all as it is, and say why until it is put right.

        Args:
            faults: What is wrong, a sentence for each.
            commands: Those that wanted it, which are answered.
        """
        self._note(Reading(refused=self._office.clock.now(), faults=faults, pending=self._pending))
        self._office.herald.say("error", "config.refused", faults=list(faults))
        self._answer(commands, refused_answer("\n".join(faults)))

    def _adopt(self, policy: Policy) -> None:
        office = self._office
        before, office.policy = office.policy, policy
        self._throttle.follow(before, policy)
        if note_configuration(office):
            self._board.end(*ENDED_BY_CONFIGURATION)
            # As at a start: a limit may have been raised that a photo was too large for.
            for record in office.journal.bundles_in(BundleState.NEEDS_YOU):
                office.journal.update_bundle(replace(record, state=BundleState.ARRIVING))
            self._intake.form_refused_anew()
        self._board.hurry_look_at_key()
        self._budget.review()
        self._budget.tell_nearness(self._budget.now())

    def _note(self, reading: Reading) -> None:
        self._office.journal.set_note(READING_NOTE, reading.as_text())

    def _tell(self, reread: Reread) -> None:
        changed = {one.key: one.told for one in reread.changes if not one.needs_restart}
        self._office.herald.say(
            "info", "config.reloaded", file=reread.file, changed=changed, has_new_key=reread.has_new_key
        )
        for change in self._pending:
            self._office.herald.say("warning", "config.needs_restart", key=change.key, detail=change.line)

    def _answer(self, commands: Sequence[int], answer: str) -> None:
        for command in commands:
            self._office.journal.answer_command(command, answer, self._office.clock.now())
            self._office.herald.say("info", "command.obeyed", verb=Verb.RELOAD, argument="")
