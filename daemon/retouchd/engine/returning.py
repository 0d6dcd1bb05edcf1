"""Bringing filed photos back to the inbox, as a person would by dragging them.

What is to be brought back stands in the journal until it was done or turned out to be impossible, so that a
crash in between is followed by the same again. The scanner then finds the photos there as new ones.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.bundles import Role, is_job_folder
from retouchd.core.errors import (
    CommandRefusedError,
    FileTroubleError,
    NameTakenError,
    SourceChangedError,
    SourceGoneError,
)
from retouchd.core.naming import filed_path
from retouchd.core.records import Accepted, BundleRecord
from retouchd.core.values import BundleId, Cabinet, printable
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Filing
from retouchd.engine.office import Office

# In a filing the other way round the inbox is where a drawer of the cabinet was.
_INBOX: Final = Cabinet.DONE
_TRY_AGAIN: Final = timedelta(seconds=30)


class Returns:
    """What is to be brought back. Runs in the engine thread, inside its transaction."""

    def __init__(self, office: Office) -> None:
        self._journal = office.journal
        self._clock = office.clock
        self._herald = office.herald

    def ask(self, record: BundleRecord, take: int | None = None) -> None:
        """Have a filed bundle's sources brought back, and want this take of them.

        Raises:
            CommandRefusedError: It is asked already, or another photo lies at its place.
        """
        name = printable(record.photo)
        if self._journal.find_return(record.id) is not None:
            message = f"{name} is being brought back to the inbox already"
            raise CommandRefusedError(message)
        if self._journal.find_live(record.folder, record.key) is not None:
            message = f"a {name} lies in the inbox already: wait until it is done, or take it away first"
            raise CommandRefusedError(message)
        self._journal.ask_for_return(record.id, take, self._clock.now())
        if take is not None:
            # Wanted before the photo lies there: whatever looks at it first must know.
            self._journal.want_take(record.folder, record.key, record.accepted[0].sha256, take)

    def finish(self, bundle: BundleId) -> None:
        """Note that the sources are in the inbox."""
        self._journal.end_return(bundle)
        source = str(self._journal.get_bundle(bundle).path)
        self._herald.say("info", "bundle.returned", source=source)

    def give_up(self, bundle: BundleId, error: FileTroubleError) -> None:
        """Note that the sources stay where they are: they are others now, or their place is taken."""
        asked, record = self._journal.find_return(bundle), self._journal.get_bundle(bundle)
        self._journal.end_return(bundle)
        if asked is not None and asked.take is not None:
            self._journal.forget_wanted_take(record.folder, record.key)
        self._herald.say("error", "bundle.not_returned", source=str(record.path), detail=str(error))

    def postpone(self, bundle: BundleId, error: FileTroubleError) -> None:
        """Try again later what a missing or full folder prevented."""
        self._journal.postpone_return(bundle, self._clock.now() + _TRY_AGAIN)
        source = str(self._journal.get_bundle(bundle).path)
        self._herald.say("warning", "bundle.postponed", source=source, detail=str(error))


class Porter:
    """Carries sources back; in a worker, or in a command when no daemon runs.

    Args:
        check_inbox: Raises FolderMissingError when the inbox is not mounted: they would vanish below it.
        returns: By the cabinet that is emptied, what files from it ("inbox") to the inbox ("done").
    """

    def __init__(
        self,
        desk: Desk,
        returns: Returns,
        check_inbox: Callable[[], None],
        cabinets: Mapping[Cabinet, Filing],
    ) -> None:
        self._desk = desk
        self._returns = returns
        self._check_inbox = check_inbox
        self._cabinets = cabinets

    def bring_back(self, record: BundleRecord, cabinet: Cabinet) -> FileTroubleError | None:
        """Bring one bundle's sources back and note what came of it; give what stood in the way, if anything.

        A crash before it is noted is followed by the same moves, which find what was moved before.
        """
        try:
            self._check_inbox()
            _move_back(record, self._cabinets[cabinet])
        except (SourceGoneError, SourceChangedError, NameTakenError) as exc:
            self._desk.ask(self._returns.give_up, record.id, exc)
            return exc
        except FileTroubleError as exc:
            self._desk.ask(self._returns.postpone, record.id, exc)
            return exc
        self._desk.ask(self._returns.finish, record.id)
        return None


def _move_back(record: BundleRecord, filing: Filing) -> None:
    """Move the sources, the photo last, so that it never lies there without its prompt."""
    ordered = [*record.filed[1:], record.filed[0]]
    # What has the name there must be ours, from before a crash: else nothing else is moved.
    taken = [one for one in ordered if not filing.are_free(_INBOX, [one.path])]
    with filing.moving(_INBOX) as trolley:
        for member in [*taken, *(one for one in ordered if one not in taken)]:
            trolley.move(_filed_path(record, member), member.sha256, member.path)
    if is_job_folder(record.folder):
        filing.remove_if_empty(_filed_path(record, record.filed[0]).parent)


def check_return(record: BundleRecord, filing: Filing) -> None:
    """Make sure that the sources can be brought back: they are all there, and their places are free.

    What another photo uses too may still lie in the inbox.

    Raises:
        SourceGoneError: One is not in the cabinet any more.
        SourceChangedError: One is another file now.
        NameTakenError: Something lies at its place in the inbox.
    """
    for member in record.filed:
        place, is_photo = member.path, member.role is Role.PHOTO
        if not is_photo and filing.holds(_INBOX, place, member.sha256):
            continue
        filing.check(_filed_path(record, member), member.sha256)
        if not filing.are_free(_INBOX, [place]):
            raise NameTakenError(operation="bring back", path=place, reason="the inbox has one of that name")


def _filed_path(record: BundleRecord, member: Accepted) -> PurePosixPath:
    """Give where a source was filed, below its cabinet."""
    return filed_path(member.path, record.path, record.filing or 1)
