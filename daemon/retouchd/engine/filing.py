"""Filing a bundle whose jobs have all ended: its sources go to done/ or failed/, or stay if they changed.

Runs in a worker. A crash between two moves is followed by the same order again; what is gone from the
inbox by then was moved before.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import PurePosixPath

from retouchd.core.bundles import is_job_folder
from retouchd.core.errors import FileTroubleError, NameTakenError, SourceChangedError, SourceGoneError
from retouchd.core.failnote import error_note
from retouchd.core.naming import filed_folder, filed_note, filed_path
from retouchd.core.records import Accepted
from retouchd.core.values import Cabinet
from retouchd.engine.crew import File
from retouchd.engine.deliveries import Deliveries
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Filing, Trolley
from retouchd.engine.reading import is_as_hashed
from retouchd.engine.sources import Inbox


class Clerk:
    """Files bundles.

    Args:
        taking_away: Told of each source that is moved, for as long as that takes.
    """

    def __init__(
        self,
        desk: Desk,
        deliveries: Deliveries,
        inbox: Inbox,
        filing: Filing,
        taking_away: Callable[[PurePosixPath], AbstractContextManager[None]],
    ) -> None:
        self._desk = desk
        self._deliveries = deliveries
        self._inbox = inbox
        self._filing = filing
        self._taking_away = taking_away

    def file(self, order: File) -> None:
        """File one bundle."""
        bundle = order.record.id
        try:
            stayed = self._file(order)
        except FileTroubleError as exc:
            self._desk.ask(self._deliveries.postpone_filing, bundle, exc)
            return
        # A crash before this is durable is followed by the same order, which finds nothing to move.
        self._desk.tell(self._deliveries.finish_filing, bundle, stayed=stayed)

    def _file(self, order: File) -> bool:
        """Move what is to be moved, and say whether the sources stay since they are others now."""
        self._inbox.check_mark()
        found = {member.path: self._is_as_sent(member) for member in order.record.filed}
        if False in found.values():
            return True
        there = [member for member in order.moving if found[member.path]]
        number = order.record.filing or self._plan(order, there)
        while True:
            try:
                return self._move_all(order, number)
            except NameTakenError:
                there = [member for member in order.moving if self._is_as_sent(member) is not None]
                number = self._plan(order, there, above=number)

    def _is_as_sent(self, member: Accepted) -> bool | None:
        """Say whether a file still is what was sent; None for one that is gone."""
        try:
            with self._inbox.open_source(member.path) as source:
                return is_as_hashed(source, member)
        except SourceGoneError:
            return None

    def _plan(self, order: File, there: Sequence[Accepted], above: int = 0) -> int:
        """Find the first number under which all names are free, and note it before anything moves.

        Args:
            order: What is filed.
            there: What is still there: another photo's filing may have taken something along.
            above: The number is a higher one than this.
        """
        number = next(
            number
            for number in count(above + 1)
            if self._filing.are_free(order.cabinet, _names(order, there, number))
        )
        self._desk.ask(self._deliveries.plan_filing, order.record.id, number)
        return number

    def _move_all(self, order: File, number: int) -> bool:
        """Move each source; the note comes first, so that nothing lies in failed/ without its reason."""
        if order.cabinet is Cabinet.FAILED:
            note = filed_note(order.record.path, number)
            self._filing.write_note(order.cabinet, note, _note(order))
        with self._filing.moving(order.cabinet) as trolley:
            moved = [self._move(trolley, order, member, number) for member in order.moving]
        if is_job_folder(order.record.folder):
            # A crash before this line is followed by the same order, which finds nothing to move.
            self._filing.remove_if_empty(order.record.folder)
        return not all(moved)

    def _move(self, trolley: Trolley, order: File, member: Accepted, number: int) -> bool:
        """Move one source; False when it stays since it is another file now."""
        target = filed_path(member.path, order.record.path, number)
        try:
            with self._taking_away(member.path):
                trolley.move(member.path, member.sha256, target, member.signature)
        except SourceGoneError:
            return True  # Moved before a crash, or taken away by its owner.
        except SourceChangedError:
            return False
        return True


def _names(order: File, members: Sequence[Accepted], number: int) -> set[PurePosixPath]:
    """Give the names in the cabinet that must be free: two folders that are bundles are not mixed."""
    photo = order.record.path
    names = {filed_path(member.path, photo, number) for member in members}
    if order.cabinet is Cabinet.FAILED:
        names.add(filed_note(photo, number))
    if not is_job_folder(photo.parent):
        return names
    whole = filed_folder(photo.parent, number)
    return {whole if name.parent == whole else name for name in names}


def _note(order: File) -> str:
    return error_note(order.record, order.detail, order.attempts, is_given_up=order.is_given_up)
