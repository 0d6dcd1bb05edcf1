"""The metadata file beside each output: how the picture was made and what it cost.

`retouchd.result/1` is a promise to other programs: keys are added, never renamed or removed.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Final, Literal

SCHEMA: Final = "retouchd.result/1"
# What JSON allows in its texts and a terminal obeys all the same: C1 controls, marks that turn the direction.
_STEERING: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """A picture as bytes.

    Attributes:
        path: Relative to the inbox for a source, to the outbox for an output; None for what was sent.
        bytes: Size in bytes.
        width: Stored columns in pixels.
        height: Stored rows in pixels.
    """

    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFacts(PictureFacts):
    """A picture, or a mask, as it went out.

    Attributes:
        why: Why it is not the source's own bytes; null where it is.
    """

    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFacts:
    """What said where the first picture was edited, as it was found and as it went out."""

    source: PictureFacts
    sent: SentFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFacts(PictureFacts):
    """The delivered picture.

    Attributes:
        hash_verified: The announced content hash fits; null where none of a known kind was announced.
    """

    has_alpha: bool
    hash_verified: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What was asked for; `origins` tells for each option where it came from."""

    prompt: str
    size: str
    quality: str
    format: str
    background: str
    output_compression: int | None
    save_path: str | None
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFacts:
    """Dollars. Both are estimates: the first is the service's own, the second was set aside before."""

    estimated_usd: float
    reserved_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """One call.

    Attributes:
        number: Of all calls for this edit, from 1.
        permission: How often the edit might be paid for by then.
        charged_usd: Paid for it, as an estimate of the service's own or, without one, what was set aside.
        reserved_usd: Still set aside for it, since it was perhaps paid.
    """

    number: int
    permission: int
    started: datetime
    ended: datetime | None
    outcome: str | None
    charged_usd: float
    reserved_usd: float
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingFacts:
    """When the photo was first seen, had completely arrived, was sent, was answered and was delivered."""

    seen: datetime
    settled: datetime
    submitted: datetime | None
    received: datetime | None
    delivered: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything in a metadata file.

    Attributes:
        answer: The service's answer without the picture, as it came.
        mask: Null where all of the picture was edited.
        oddities: What was not as documented in the answer, one sentence each.
        reused_from: The job whose payment this result shares; null when it was paid for itself.
    """

    schema: Literal["retouchd.result/1"] = "retouchd.result/1"
    job: str
    edit: str
    fingerprint: str
    take: int
    source: Sequence[PictureFacts]
    sent: Sequence[SentFacts]
    mask: MaskFacts | None
    request: RequestFacts
    answer: Mapping[str, object]
    oddities: Sequence[str]
    output: OutputFacts
    cost: CostFacts
    attempts: Sequence[AttemptFacts]
    timing: TimingFacts
    reused_from: str | None
    software: str

    def as_json(self) -> bytes:
        """Give the file's content: JSON, indented for people, ending in a newline."""
        text = json.dumps(_jsonable(self), indent=2, ensure_ascii=False, default=_plain, allow_nan=False)
        return _STEERING.sub(_escape, text).encode("utf-8", "backslashreplace") + b"\n"


def without_secrets(answer: Mapping[str, object], *, keep_signed_url: bool) -> dict[str, object]:
    """Give the answer's fields without what gives access: the signed URL, unless the owner wants it."""
    return {key: value for key, value in answer.items() if keep_signed_url or key != "signedUrl"}


def _jsonable(value: object) -> object:
    """Give the value for JSON: its records as objects, and null for every number that JSON cannot have.

    Answers come with NaN in them. `asdict` would copy each text before that.
    """
    match value:
        case str() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _jsonable(one) for key, one in value.items()}
        case list() | tuple():
            return [_jsonable(one) for one in value]
        case _ if is_dataclass(value):
            return {one.name: _jsonable(getattr(value, one.name)) for one in fields(value)}
        case _:
            return value


def _escape(character: re.Match[str]) -> str:
    return f"\\u{ord(character[0]):04x}"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return str(value)
