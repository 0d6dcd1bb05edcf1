"""Reads back what was paid for, from the outbox and the spool, into a journal that has forgotten it.

While no daemon runs, and in one transaction: a crash before its end leaves everything as it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.adopting import Adopted, Adopter
from retouchd.core.adoption import FoundCall, Proof, judge_call
from retouchd.core.answer import Answer, Unreadable, parse_envelope
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import Answered, Envelope, OutcomeKind
from retouchd.core.pauses import PauseReason
from retouchd.core.periods import Calendar
from retouchd.core.recorded import Recorded, read_result
from retouchd.core.values import AttemptId

# Ours are a few kB; what a service puts beside its picture is at most a megabyte, and is indented.
_MAX_METADATA_BYTES: Final = 4 * 1024 * 1024
_MAX_REPLY_BYTES: Final = 65_536


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was read, and what of it the journal did not know.

    Attributes:
        read: Pictures with their metadata, and files of the spool.
        pictures: Of those, pictures that were not known.
        answers: Answers without a delivered picture that were not known.
        unclear: Calls that were perhaps paid and were not known.
        unusable: Metadata whose picture is not there as it was, or that was changed.
        strangers: Files of the spool that do not say whose they are.
    """

    read: int = 0
    pictures: int = 0
    answers: int = 0
    unclear: int = 0
    charged: Money = NOTHING
    reserved: Money = NOTHING
    unusable: list[PurePosixPath] = field(default_factory=list)
    strangers: list[AttemptId] = field(default_factory=list)

    def count(self, adopted: Adopted) -> None:
        """Add the money of something that was not known."""
        self.charged += adopted.charged
        self.reserved += adopted.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the reading rests on beside the files: how days are counted, and what error codes mean."""

    calendar: Calendar
    codes: Mapping[str, OutcomeKind]
    now: datetime


def read_back(journal: SqliteJournal, outbox: OutboxFolder, spool: AnswerSpool, basis: Basis) -> Tally:
    """Bring into the journal what it does not know, and end the pause that waited for this.

    Raises:
        FileTroubleError: Something cannot be read; nothing was changed.
        JournalError: The journal cannot be written; nothing was changed.
    """
    tally = Tally()
    calls = list(_read_calls(spool, basis, tally))
    with journal.transaction():
        adopter = Adopter(journal, calls, basis.calendar, basis.now)
        for path, recorded in _read_deliveries(outbox, tally):
            _count_delivery(adopter.adopt_delivery(path, recorded), tally)
        for call in calls:
            _count_call(adopter.adopt_call(call), call, tally)
        journal.skip_attempts(max(spool.attempts(), default=AttemptId(0)))
        journal.end_pause(PauseReason.JOURNAL_DAMAGED)
    return tally


def _read_deliveries(outbox: OutboxFolder, tally: Tally) -> Iterator[tuple[PurePosixPath, Recorded]]:
    """Give every picture whose metadata tells what it is, and which is there as it was delivered."""
    for place in outbox.metadata_files():
        try:
            recorded = read_result(outbox.read(place, _MAX_METADATA_BYTES) or b"")
        except ValueError:
            tally.unusable.append(place)
            continue
        if recorded is None:
            continue
        tally.read += 1
        picture = place.parent / place.stem
        context = outbox.open_output(picture, recorded.sha256)
        if context is None:
            tally.unusable.append(place)
            continue
        with context:
            yield picture, recorded


def _read_calls(spool: AnswerSpool, basis: Basis, tally: Tally) -> Iterator[FoundCall]:
    for attempt in spool.attempts():
        tally.read += 1
        label = spool.label(attempt)
        if label is not None:
            end = spool.find(attempt)
            content = None if end is None else _read_content(spool, attempt, end)
            yield judge_call(attempt, label, end, content, basis.codes)
        elif spool.may_have_been_sent(attempt):
            tally.strangers.append(attempt)


def _read_content(
    spool: AnswerSpool, attempt: AttemptId, end: Answered
) -> Answer | Unreadable | Envelope | None:
    if 200 <= end.status < 300:  # noqa: PLR2004
        content = spool.read_answer(attempt)
        is_fetched = isinstance(content, Unreadable) and spool.is_fetched(attempt)
        return content.rest if isinstance(content, Unreadable) and is_fetched else content
    return parse_envelope(spool.read_reply(attempt, _MAX_REPLY_BYTES))


def _count_delivery(adopted: Adopted | None, tally: Tally) -> None:
    if adopted is not None:
        tally.pictures += 1
        tally.count(adopted)


def _count_call(adopted: Adopted | None, call: FoundCall, tally: Tally) -> None:
    if adopted is None:
        return
    tally.count(adopted)
    if call.proof is Proof.ANSWERED:
        tally.answers += 1
    else:
        tally.unclear += 1
