"""`retouchd init --take-over`: makes this machine the owner of folders that were another's."""

import typer

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.marks import Mark
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.cli.asking import agrees
from retouchd.cli.doctoring import basis_of, tell_tally
from retouchd.cli.founding import own_folders
from retouchd.cli.screen import Screen
from retouchd.core.values import printable
from retouchd.ownership import find_other_owner, replace_owner
from retouchd.premises import open_sound_state
from retouchd.rebuilding import read_back
from retouchd.settings import Places, Settings


def take_over(settings: Settings, *, is_sure: bool) -> None:
    """Take in what the outbox says was paid for, and then become the owner of inbox and outbox.

    A crash before its end leaves the other owner's marks, or a folder to each of the two; the same again goes
    on from there, and takes in nothing twice.

    Args:
        is_sure: Nobody is asked.

    Raises:
        AlreadyOwnedError: A daemon of this machine runs.
        CommandRefusedError: There is nobody to ask.
        FileTroubleError: Something cannot be read; the folders are still the other's.
    """
    places, durable = settings.places(), Durable()
    with open_sound_state(places, durable) as journal:
        other = find_other_owner(places, journal)
        if other is not None and not is_sure and not agrees(_warning(places, other), "Take them over?"):
            Screen().say("Nothing was changed.")
            raise typer.Exit(1)
        if other is not None:
            outbox = OutboxFolder(places.outbox, durable, _identity_in(other), Modes())
            tell_tally(read_back(journal, outbox, AnswerSpool(places.spool, durable), basis_of(settings)))
            replace_owner(places, journal, other.inbox_id, SystemClock().now(), durable)
            Screen().say(f"Inbox and outbox are this machine's now, no longer {printable(other.host)}'s.")
    own_folders(settings)


def _identity_in(mark: Mark) -> Identity:
    return Identity(journal_id=mark.owner, inbox_id=mark.inbox_id)


def _warning(places: Places, other: Mark) -> str:
    return (
        f"{printable(places.inbox)} belongs to retouchd on {printable(other.host)} (since"
        f" {other.since:%-d %B %Y}). Stop that one for good first: two would both pay. What it has under way"
        " and has not delivered is not known here and may be paid again."
    )
