"""Starts although the journal is damaged, lost or older than the spool: nothing is sent then.

What was paid for is read back by a person's word alone, see rebuilding.py; here nothing is guessed.
"""

from datetime import datetime
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity, read_identity
from retouchd.adapters.journal.files import find_damage, last_put_aside, put_aside
from retouchd.adapters.journal.journal import INBOX_NOTE, Inheritance, SqliteJournal, check_journal
from retouchd.adapters.journal.versions import damaged
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.errors import JournalDamagedError
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.values import AttemptId
from retouchd.settings import Places

_WAY_ON: Final = (
    'stop retouchd and run "retouchd doctor --rebuild-journal", which reads back what was paid for'
)


def open_journal(places: Places, durable: Durable, now: datetime) -> SqliteJournal:
    """Open the journal for writing; one that is made in place of a lost one begins with a pause.

    Raises:
        JournalDamagedError: It is damaged, or of another program; it was not touched.
        JournalError: It cannot be used, or is of a later version.
        FileTroubleError: The state folder cannot be read.
    """
    found = find_damage(places.journal)
    if found:
        raise damaged(found)
    if places.journal.exists():
        check_journal(places.journal)
    identity = read_identity(places.state)
    inheritance = _inheritance(places, identity, durable, now) if identity else None
    return SqliteJournal.open(places.journal, durable, inheritance)


def open_sound_journal(places: Places, durable: Durable, now: datetime) -> SqliteJournal:
    """Open the journal for the daemon, whatever state it is in.

    A damaged one is kept aside, and a fresh one takes its place that begins with a pause. A crash in between
    leaves none, which is then made in the same way.

    Raises:
        JournalError: It cannot be used for another reason, or is of a later version.
        FileTroubleError: The state folder cannot be used.
    """
    try:
        journal = open_journal(places, durable, now)
    except JournalDamagedError:
        put_aside(places.journal, now, durable)
        identity = read_identity(places.state)
        inheritance = _inheritance(places, identity, durable, now)
        journal = SqliteJournal.open(places.journal, durable, inheritance)
    _pause_if_older(journal, AnswerSpool(places.spool, durable), now)
    return journal


def _inheritance(places: Places, identity: Identity | None, durable: Durable, now: datetime) -> Inheritance:
    kept = last_put_aside(places.journal)
    what = f"the history was damaged and is kept as {kept}" if kept else "the history is gone"
    attempts = AnswerSpool(places.spool, durable).attempts()
    return Inheritance(
        journal_id=identity.journal_id if identity else None,
        notes={INBOX_NOTE: identity.inbox_id} if identity else {},
        pause=begin_pause(PauseReason.JOURNAL_DAMAGED, f"{what}: {_WAY_ON}", now),
        last_attempt=max(attempts, default=AttemptId(0)),
    )


def _pause_if_older(journal: SqliteJournal, spool: AnswerSpool, now: datetime) -> None:
    """Pause when calls were made that the journal does not know: it was restored, or lost its last writes."""
    last = journal.last_attempt()
    unknown = [one for one in spool.attempts() if one > last and spool.may_have_been_sent(one)]
    if not unknown:
        return
    told = f"the history is older than the answers that are kept: {_WAY_ON}"
    with journal.transaction():
        journal.skip_attempts(max(unknown))
        journal.begin_pause(begin_pause(PauseReason.JOURNAL_DAMAGED, told, now))
