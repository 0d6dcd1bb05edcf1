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
from retouchd.core.values import BundleId, Cabinet
from retouchd.engine.deliveries import Deliveries, FilingOrder
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Filing
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

    def file(self, bundle: BundleId) -> None:
        """File one bundle."""
        order = self._desk.ask(self._deliveries.open_filing, bundle)
        if order is None:
            return
        try:
            stayed = self._file(order)
        except FileTroubleError as exc:
            self._desk.ask(self._deliveries.postpone_filing, bundle, exc)
            return
        self._desk.ask(self._deliveries.finish_filing, bundle, stayed=stayed)

    def _file(self, order: FilingOrder) -> bool:
        """Move what is to be moved, and say whether the sources stay since they are others now."""
        self._inbox.check_mark()
        if any(self._is_changed(member) for member in order.record.filed):
            return True
        number = order.record.filing or self._plan(order)
        while True:
            try:
                return self._move_all(order, number)
            except NameTakenError:
                number = self._plan(order, above=number)

    def _is_changed(self, member: Accepted) -> bool:
        """Say whether a file is another one than was sent; one that is gone is not."""
        try:
            with self._inbox.open_source(member.path) as source:
                return not is_as_hashed(source, member)
        except SourceGoneError:
            return False

    def _plan(self, order: FilingOrder, above: int = 0) -> int:
        """Find the first number under which all names are free, and note it before anything moves."""
        # What is not there any more, since another photo's filing has taken it along say, needs no name.
        there = [member for member in order.moving if self._is_there(member)]
        number = next(number for number in count(above + 1) if self._is_free(order, there, number))
        self._desk.ask(self._deliveries.plan_filing, order.record.id, number)
        return number

    def _is_there(self, member: Accepted) -> bool:
        try:
            with self._inbox.open_source(member.path):
                return True
        except SourceGoneError:
            return False

    def _is_free(self, order: FilingOrder, members: Sequence[Accepted], number: int) -> bool:
        return all(self._filing.is_free(order.cabinet, name) for name in _names(order, members, number))

    def _move_all(self, order: FilingOrder, number: int) -> bool:
        """Move each source; the note comes first, so that nothing lies in failed/ without its reason."""
        if order.cabinet is Cabinet.FAILED:
            note = filed_note(order.record.path, number)
            self._filing.write_note(order.cabinet, note, _note(order))
        stayed = False
        for member in order.moving:
            target = filed_path(member.path, order.record.path, number)
            try:
                with self._taking_away(member.path):
                    self._filing.move(member.path, member.sha256, order.cabinet, target, member.signature)
            except SourceGoneError:
                continue  # Moved before a crash, or taken away by its owner.
            except SourceChangedError:
                stayed = True
        if is_job_folder(order.record.folder):
            # A crash before this line is followed by the same order, which finds nothing to move.
            self._filing.remove_if_empty(order.record.folder)
        return stayed


def _names(order: FilingOrder, members: Sequence[Accepted], number: int) -> set[PurePosixPath]:
    """Give the names in the cabinet that must be free: two folders that are bundles are not mixed."""
    photo = order.record.path
    names = {filed_path(member.path, photo, number) for member in members}
    if order.cabinet is Cabinet.FAILED:
        names.add(filed_note(photo, number))
    if not is_job_folder(photo.parent):
        return names
    whole = filed_folder(photo.parent, number)
    return {whole if name.parent == whole else name for name in names}


def _note(order: FilingOrder) -> str:
    return error_note(order.record, order.detail, order.attempts, is_given_up=order.is_given_up)
