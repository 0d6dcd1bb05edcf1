"""Whose the folders are: marks in inbox and outbox, written by `init`, checked at every start.

Two daemons on the same folders would both pay, also through Dropbox, where no lock travels.
"""

import secrets
import socket
from datetime import datetime

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity, read_identity, write_identity
from retouchd.adapters.journal.journal import INBOX_NOTE, SqliteJournal
from retouchd.adapters.marks import MARK_NAME, Mark, read_mark, write_mark
from retouchd.core.errors import AlreadyOwnedError, FileTroubleError, StartRefusedError
from retouchd.settings import Places


def take_ownership(places: Places, journal: SqliteJournal, now: datetime, durable: Durable) -> None:
    """Write the marks where there are none.

    Raises:
        AlreadyOwnedError: Another journal owns the folders.
    """
    known = [mark for mark in (read_mark(places.inbox), read_mark(places.outbox)) if mark]
    for mark in known:
        _refuse_other_owner(places, mark, journal)
    inbox_id = (
        next((mark.inbox_id for mark in known), None) or journal.note(INBOX_NOTE) or secrets.token_hex(8)
    )
    replace_owner(places, journal, inbox_id, now, durable)


def find_other_owner(places: Places, journal: SqliteJournal) -> Mark | None:
    """Give the mark of another owner, of the outbox if both have one, or None when there is none.

    Raises:
        FolderMissingError: A folder is not there.
    """
    marks = (read_mark(places.outbox), read_mark(places.inbox))
    return next((mark for mark in marks if mark and mark.owner != journal.id), None)


def replace_owner(
    places: Places, journal: SqliteJournal, inbox_id: str, now: datetime, durable: Durable
) -> None:
    """Make this journal the owner of both folders; it must know by then what was paid for.

    A crash in between leaves a folder to each of two owners, with which neither of them starts; the same
    again goes on from there.
    """
    mark = Mark(inbox_id=inbox_id, owner=journal.id, host=socket.gethostname(), since=now)
    for folder in (places.inbox, places.outbox):
        known = read_mark(folder)
        if known is None or known.owner != journal.id:
            write_mark(folder, mark, durable)
    with journal.transaction():
        journal.set_note(INBOX_NOTE, inbox_id)
    keep_identity(places, Identity(journal_id=journal.id, inbox_id=inbox_id), durable)


def check_ownership(places: Places, journal: SqliteJournal) -> Identity:
    """Give what the marks of the folders that this journal owns must say.

    A mark that is missing is no reason not to start: the share may be mounted later.

    Raises:
        AlreadyOwnedError: Another journal owns the folders.
        StartRefusedError: The folders were never initialised for this journal.
    """
    for folder in (places.inbox, places.outbox):
        try:
            mark = read_mark(folder)
        except FileTroubleError:
            continue
        if mark is not None:
            _refuse_other_owner(places, mark, journal)
    inbox_id = journal.note(INBOX_NOTE)
    if inbox_id is None:
        message = (
            f'{places.inbox / MARK_NAME} is not there: run "retouchd init" once, which makes the folders'
            " and marks them as this machine's"
        )
        raise StartRefusedError(message)
    return Identity(journal_id=journal.id, inbox_id=inbox_id)


def keep_identity(places: Places, identity: Identity, durable: Durable) -> None:
    """Write down who we are beside the journal, for when that is lost.

    A crash before it leaves the earlier one or none; the next start writes it.
    """
    if read_identity(places.state) != identity:
        write_identity(places.state, identity, durable)


def _refuse_other_owner(places: Places, mark: Mark, journal: SqliteJournal) -> None:
    if mark.owner != journal.id:
        message = (
            f"the inbox {places.inbox} belongs to retouchd on {mark.host} (since {mark.since:%-d %B %Y}); two"
            ' would both pay. Stop that one for good, then "retouchd init --take-over"'
        )
        raise AlreadyOwnedError(message)
