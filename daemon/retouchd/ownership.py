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


def take_ownership(places: Places, journal: SqliteJournal, now: datetime, durable: Durable) -> str:
    """Write the marks where there are none, and give the inbox's id.

    Raises:
        AlreadyOwnedError: Another journal owns the folders.
    """
    known = [mark for mark in (read_mark(places.inbox), read_mark(places.outbox)) if mark]
    for mark in known:
        _refuse_other_owner(places, mark, journal)
    inbox_id = (
        next((mark.inbox_id for mark in known), None) or journal.note(INBOX_NOTE) or secrets.token_hex(8)
    )
    mark = Mark(inbox_id=inbox_id, owner=journal.id, host=socket.gethostname(), since=now)
    for folder in (places.inbox, places.outbox):
        if read_mark(folder) is None:
            write_mark(folder, mark, durable)
    with journal.transaction():
        journal.set_note(INBOX_NOTE, inbox_id)
    keep_identity(places, journal, inbox_id, durable)
    return inbox_id


def check_ownership(places: Places, journal: SqliteJournal) -> str:
    """Give the id of the inbox that this journal owns.

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
    return inbox_id


def keep_identity(places: Places, journal: SqliteJournal, inbox_id: str, durable: Durable) -> None:
    """Write down who we are beside the journal, for when that is lost.

    A crash before it leaves the earlier one or none; the next start writes it.
    """
    identity = Identity(journal_id=journal.id, inbox_id=inbox_id)
    if read_identity(places.state) != identity:
        write_identity(places.state, identity, durable)


def _refuse_other_owner(places: Places, mark: Mark, journal: SqliteJournal) -> None:
    if mark.owner != journal.id:
        message = (
            f"the inbox {places.inbox} belongs to retouchd on {mark.host} (since {mark.since:%-d %B %Y}); two"
            " would both pay. Stop that one and use its state folder, or give this one folders of its own"
        )
        raise AlreadyOwnedError(message)
