"""Filing a bundle whose jobs have all ended: its sources go to done/ or failed/, or stay if they changed.

Runs in a worker. A crash between two moves is followed by the same order again; what is gone from the
inbox by then was moved before.
"""

from itertools import count
from pathlib import PurePosixPath

from retouchd.core.errors import FileTroubleError, NameTakenError, SourceChangedError, SourceGoneError
from retouchd.core.failnote import error_note
from retouchd.core.naming import note_name, numbered_member
from retouchd.core.records import Accepted, BundleRecord
from retouchd.core.values import BundleId, Cabinet
from retouchd.engine.deliveries import Deliveries, FilingOrder
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Filing, Inbox


class Clerk:
    """Files bundles."""

    def __init__(self, desk: Desk, deliveries: Deliveries, inbox: Inbox, filing: Filing) -> None:
        self._desk = desk
        self._deliveries = deliveries
        self._inbox = inbox
        self._filing = filing

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
                return source.signature() != member.signature and source.sha256() != member.sha256
        except SourceGoneError:
            return False

    def _plan(self, order: FilingOrder, above: int = 0) -> int:
        """Find the first number under which all names are free, and note it before anything moves."""
        number = next(number for number in count(above + 1) if self._is_free(order, number))
        self._desk.ask(self._deliveries.plan_filing, order.record.id, number)
        return number

    def _is_free(self, order: FilingOrder, number: int) -> bool:
        targets = [_target(order.record, member, number) for member in order.record.filed]
        if order.cabinet is Cabinet.FAILED:
            targets.append(_note_path(order.record, number))
        return all(self._filing.is_free(order.cabinet, target) for target in targets)

    def _move_all(self, order: FilingOrder, number: int) -> bool:
        """Move each source; the note comes first, so that nothing lies in failed/ without its reason."""
        if order.cabinet is Cabinet.FAILED:
            self._filing.write_note(order.cabinet, _note_path(order.record, number), _note(order))
        stayed = False
        for member in order.record.filed:
            target = _target(order.record, member, number)
            try:
                self._filing.move(member.path, member.sha256, order.cabinet, target)
            except SourceGoneError:
                continue  # Moved before a crash, or taken away by its owner.
            except SourceChangedError:
                stayed = True
        return stayed


def _target(record: BundleRecord, member: Accepted, number: int) -> PurePosixPath:
    return member.path.parent / numbered_member(member.name, record.photo, number)


def _note_path(record: BundleRecord, number: int) -> PurePosixPath:
    return record.folder / note_name(record.photo, number)


def _note(order: FilingOrder) -> str:
    return error_note(order.record, order.detail, order.attempts, is_given_up=order.is_given_up)
