"""When a bundle has completely arrived: quiet first, then the evidence, then patience.

Quiet is measured on our own monotonic clock since the last change that we saw: a file's age, a rename,
a close event or a stable size prove nothing. Only after that is a file opened and the evidence taken:
nobody has it open for writing, its end is there, its structure is whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.pictures import Examination, Incomplete, Picture

# A write lease that never ends (a viewer that opened the photo for writing) must not block for ever.
WRITER_PATIENCE: Final = timedelta(seconds=60)
WRITER_LOOK_SECONDS: Final = 5
# After this many looks that do not pass and see no change, the last delay is repeated.
LOOK_DELAYS_SECONDS: Final = (5, 15, 60, 300, 600)
# Copiers reserve space, which reads as zeros. But black rows are zeros too where nothing marks the end, and
# some programs append zeros behind the end mark: if nothing changes for so long, they belong to the photo.
_ZEROS_PATIENCE: Final = timedelta(seconds=60)
_ZEROS_BEHIND_END_MARK_PATIENCE: Final = timedelta(seconds=5)
# A download in several parts may close the file between them. A copy that spares zeros keeps its holes,
# and a white page in a JPEG may be packed into zeros.
_HOLES_PATIENCE: Final = timedelta(seconds=60)
# A photo that killed the process this often while it was looked at is set aside.
MAX_CLAIMS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """The photo has more bytes than the owner allows."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found when a quiet photo was opened.

    Attributes:
        size: Bytes.
        is_being_written: Another process has it open for writing; None where that cannot be known.
        ends_in_zeros: Its last 64 bytes are all zero.
        has_holes: The file system knows of parts that were never written; most cannot tell of small ones.
        examination: The structure walk's word; what is too large to be sent is not walked over.
    """

    size: int
    is_being_written: bool | None
    ends_in_zeros: bool
    has_holes: bool
    examination: Examination | TooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The photo has completely arrived."""

    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """The photo is to be looked at again later, unless a change is seen before.

    Attributes:
        reason: For people, without the file's name.
    """

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverComplete:
    """The photo did not become whole within the patience for it."""

    reason: str


SettlingVerdict = Settled | LookAgain | NeverComplete | TooLarge


def decide_settling(
    evidence: Evidence, *, looks: int, first_look: datetime, now: datetime, patience: timedelta
) -> SettlingVerdict:
    """Decide on a photo that is quiet.

    Args:
        looks: How many looks at this very content did not pass before this one.
        first_look: When the first of them was; `now` at the first look.
        patience: How long a photo that does not change may stay incomplete.
    """
    writer = wait_for_writer(is_being_written=evidence.is_being_written, first_look=first_look, now=now)
    if writer is not None:
        return writer
    if isinstance(evidence.examination, TooLarge):
        return evidence.examination
    fault = _find_fault(evidence, now - first_look)
    if fault is None and isinstance(evidence.examination, Picture):
        return Settled(picture=evidence.examination)
    reason = fault or "it is no whole picture"
    if now - first_look >= patience:
        return NeverComplete(reason=reason)
    return LookAgain(at=min(now + _delay(looks), first_look + patience), reason=reason)


def find_excess(size_bytes: int, most_bytes: int) -> TooLarge | None:
    """Give why a photo is refused for its size alone, which is known before any of it is read.

    What the service takes at most does not matter here: a larger photo is made smaller before it is sent.
    """
    if size_bytes <= most_bytes:
        return None
    reason = f"it has {size_bytes / 1e6:.1f} MB, allowed are {most_bytes / 1e6:.1f} MB: export it smaller"
    return TooLarge(reason=reason)


def wait_for_writer(
    *, is_being_written: bool | None, first_look: datetime, now: datetime
) -> LookAgain | None:
    """Give a look for a photo or prompt that another program has open for writing, or None.

    Half a prompt looks like a whole one: nothing else tells.
    """
    if not is_being_written or now - first_look >= WRITER_PATIENCE:
        return None
    return LookAgain(
        at=now + timedelta(seconds=WRITER_LOOK_SECONDS), reason="another program still writes to it"
    )


def look_later(reason: str, *, looks: int, now: datetime) -> LookAgain:
    """Give a look for what is not there yet; it may come at any time, so the patience for it has no end."""
    return LookAgain(at=now + _delay(looks), reason=reason)


def _find_fault(evidence: Evidence, waited: timedelta) -> str | None:
    if evidence.size == 0:
        return "it is empty"
    if evidence.ends_in_zeros and waited < _patience_with_zeros(evidence.examination):
        return "its end is still empty space"
    if isinstance(evidence.examination, Incomplete):
        return evidence.examination.told
    has_empty_space = isinstance(evidence.examination, Picture) and evidence.examination.has_empty_space
    if (evidence.has_holes or has_empty_space) and waited < _HOLES_PATIENCE:
        return "parts of it are still empty space"
    return None


def _patience_with_zeros(examination: Examination | TooLarge) -> timedelta:
    if isinstance(examination, Picture) and examination.format.has_end_mark:
        return _ZEROS_BEHIND_END_MARK_PATIENCE
    return _ZEROS_PATIENCE


def _delay(looks: int) -> timedelta:
    return timedelta(seconds=LOOK_DELAYS_SECONDS[min(looks, len(LOOK_DELAYS_SECONDS) - 1)])
