"""What must hold of a delivery and of the history at every instant, and what is told where it does not.

Rules alone: files and rows were read by others, and nothing is put right here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from retouchd.core.jobs import Job, JobState, Output
from retouchd.core.metadata import SCHEMA
from retouchd.core.money import Money
from retouchd.core.pictures import Examination, Picture
from retouchd.core.recorded import Recorded, RecordedCall, read_result
from retouchd.core.records import Attempt
from retouchd.core.values import Sha256

REBUILD: Final = 'stop retouchd and run "retouchd doctor --rebuild-journal"'
_BACKUP: Final = "bring it back from a backup"
_AGAIN: Final = (
    f"{_BACKUP}, or drop its photo and prompt into the inbox again: it comes for $0 while its answer is kept;"
    " if you changed it yourself, delete the .json file beside it"
)
_OURS: Final = f'"schema": "{SCHEMA}"'.encode()
_HEAD_BYTES: Final = 200
_DELIVERED: Final = frozenset({JobState.DELIVERED, JobState.DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that does not hold.

    Attributes:
        place: The file, as people find it, or what else it is about.
        wrong: A clause that says what is wrong.
        remedy: What to do, as a clause.
    """

    place: str
    wrong: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPicture:
    """A picture as it lies in the outbox."""

    sha256: Sha256
    bytes: int
    examination: Examination


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownJob:
    """What the history knows of a job.

    Attributes:
        job: None for one that was let go.
        output: What it delivered; None when it delivered nothing.
        attempts: The calls for its edit.
    """

    job: Job | None
    output: Output | None
    attempts: Sequence[Attempt] = ()


def read_description(content: bytes) -> Recorded | None:
    """Give what a metadata file tells, or None when it is another program's.

    Raises:
        ValueError: It is a metadata file of ours, but not as we write it, or not all of it is there.
    """
    recorded = read_result(content)
    if recorded is None and _OURS in content[:_HEAD_BYTES]:
        message = "it is broken off"
        raise ValueError(message)
    return recorded


def unreadable(place: str) -> Fault:
    """Give the fault of a metadata file that cannot be understood."""
    wrong = "it cannot be read: it is broken off, or was changed"
    return Fault(place=place, wrong=wrong, remedy=f"{_BACKUP}, or delete it: the picture stays as it is")


def judge_delivery(
    place: PurePosixPath,
    content: bytes,
    recorded: Recorded,
    picture: FoundPicture | None,
    known: KnownJob | None,
) -> tuple[str, str] | None:
    """Give what is wrong with a metadata file and its picture, and what to do; None when all holds.

    Args:
        place: The metadata file's, below the outbox.
        content: Of the metadata file.
        picture: What lies beside it; None when there is none.
        known: What the history knows of its job.
    """
    if picture is None:
        return "the picture that it describes is not beside it", f"{_BACKUP}, or delete this file"
    if picture.sha256 != recorded.sha256:
        return _judge_other(place, content)
    return _judge_facts(content, picture) or _judge_known(recorded, known)


def _judge_other(place: PurePosixPath, content: bytes) -> tuple[str, str]:
    described = PurePosixPath(str(_output_of(content).get("path"))).name
    if described != place.stem:
        return "it describes another picture than the one beside it", "delete it: it is a copy"
    return "its picture is not as it was delivered: somebody changed it, or the disk spoilt it", _AGAIN


def _judge_facts(content: bytes, picture: FoundPicture) -> tuple[str, str] | None:
    """Compare what stands beside the hash, which nobody changes by accident."""
    facts, is_whole = _output_of(content), isinstance(picture.examination, Picture)
    found: dict[str, object] = {"bytes": picture.bytes}
    if isinstance(picture.examination, Picture):
        one = picture.examination
        found |= {"width": one.width, "height": one.height, "format": one.format.value}
    differing = [name for name, value in found.items() if facts.get(name) != value]
    if not is_whole:
        return "the picture that it describes is not whole", _AGAIN
    if differing:
        return f"what it says of the picture is wrong ({', '.join(differing)})", f"{_BACKUP}: it was changed"
    return None


def _judge_known(recorded: Recorded, known: KnownJob | None) -> tuple[str, str] | None:
    if known is None:
        return f"the history does not know its job {recorded.job}", f"{REBUILD}, which reads it back"
    if known.output is None or known.output.sha256 != recorded.sha256:
        return f"the history knows another picture of its job {recorded.job}, or none", REBUILD
    if known.job is None:
        return None
    if known.job.state not in _DELIVERED:
        return f"the history does not know that its job {recorded.job} was delivered", REBUILD
    if known.job.wish is not None and known.job.wish.fingerprint != recorded.fingerprint:
        return f"the history knows another wish of its job {recorded.job}", REBUILD
    return _judge_money(recorded, known.attempts)


def _judge_money(recorded: Recorded, attempts: Sequence[Attempt]) -> tuple[str, str] | None:
    """Compare what each call has cost; what was unclear then may be settled by now."""
    by_number = {one.number: one for one in attempts}
    if all(_is_alike(call, by_number.get(call.number)) for call in recorded.calls):
        return None
    told, known = (sum(one.charged.micro for one in calls) for calls in (recorded.calls, attempts))
    wrong = f"it says that {Money(told)} was paid for job {recorded.job}, the history says {Money(known)}"
    return wrong, f'compare it with "retouchd show {recorded.job}": one of the two was changed'


def _is_alike(call: RecordedCall, attempt: Attempt | None) -> bool:
    if attempt is None:
        return False
    return bool(call.reserved.micro) or call.charged == attempt.charged


def _output_of(content: bytes) -> Mapping[str, Any]:
    output = json.loads(content)["output"]
    return output if isinstance(output, dict) else {}


def changed_picture(place: str) -> Fault:
    """Give the fault of a picture without metadata that is not as it was delivered."""
    wrong = "it is not as it was delivered: somebody changed it, or the disk spoilt it"
    return Fault(place=place, wrong=wrong, remedy=_AGAIN)


def left_over(place: str) -> Fault:
    """Give the fault of a temporary that nobody works on."""
    wrong = "it is left over from work that was broken off"
    return Fault(place=place, wrong=wrong, remedy="delete it; nothing needs it")


def not_readable(place: str, reason: str) -> Fault:
    """Give the fault of a file that could not be looked at."""
    return Fault(place=place, wrong=reason, remedy="let the user read it whom retouchd runs as")


def set_aside(place: str) -> Fault:
    """Give the fault of a file that was taken aside and never put back: there may be no other of it."""
    wrong = "it was taken aside by work that was broken off, and may be the only copy"
    return Fault(place=place, wrong=wrong, remedy="keep it; start retouchd, which goes on with that work")


def source_gone(place: str, job: str) -> Fault:
    """Give the fault of a photo or prompt that is not there as it was taken up."""
    wrong = f"it is not there as it was taken up for job {job}, which is not over"
    remedy = "bring it back; else retouchd lets go of the job when it looks there next"
    return Fault(place=place, wrong=wrong, remedy=remedy)
