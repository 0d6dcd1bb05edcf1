"""What this process knows of answers without reading their files; the next process reads them."""

import os
from dataclasses import dataclass
from typing import Self

from retouchd.adapters.spool.reading import Place
from retouchd.core.outcomes import Answered
from retouchd.core.values import AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One answer with a picture.

    Attributes:
        identity: Inode, size and time of change: a file that has others is not known.
        place: Where the picture seems to stand.
    """

    identity: tuple[int, ...]
    head: Answered
    place: Place

    @classmethod
    def of(cls, descriptor: int, head: Answered, place: Place) -> Self:
        """Know an open file."""
        return cls(identity=_identity(descriptor), head=head, place=place)


class KnownAnswers:
    """Answers that were written just now, or found since and not decoded yet; for any thread.

    Each would be read once for its checksum and once for its picture's place before it is decoded.
    """

    def __init__(self) -> None:
        self._written: dict[AttemptId, Known] = {}
        self._found: dict[AttemptId, Known] = {}

    def note_written(self, attempt: AttemptId, known: Known) -> None:
        """Know what was written and made durable."""
        self._written[attempt] = known

    def find_written(self, attempt: AttemptId, descriptor: int) -> Answered | None:
        """Give the head of what was written, once: the checksum is that of the file's body.

        It tells what a power cut or a bad disk took. This process has seen the file synced just now, so that
        there was neither; from the next time on it is read.
        """
        known = _pop(self._written, attempt, descriptor)
        if known is None:
            return None
        self._found[attempt] = known
        return known.head

    def note_found(self, attempt: AttemptId, known: Known) -> None:
        """Know where the picture is."""
        self._found[attempt] = known

    def take_place(self, attempt: AttemptId, descriptor: int) -> Place | None:
        """Give where the picture is, if that is known, and know it no more."""
        known = _pop(self._found, attempt, descriptor)
        return known.place if known else None

    def forget(self, attempt: AttemptId) -> None:
        """Know nothing of an answer any more."""
        self._written.pop(attempt, None)
        self._found.pop(attempt, None)


def _pop(of: dict[AttemptId, Known], attempt: AttemptId, descriptor: int) -> Known | None:
    known = of.pop(attempt, None)
    return known if known and known.identity == _identity(descriptor) else None


def _identity(descriptor: int) -> tuple[int, ...]:
    status = os.fstat(descriptor)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
