"""What a metadata file tells when it is read back: the edit, its picture and its money.

Files in the outbox may have been changed by anybody: what is not as we write it is refused, never guessed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.metadata import SCHEMA
from retouchd.core.money import NOTHING, Money
from retouchd.core.outcomes import OutcomeKind
from retouchd.core.pictures import PhotoFormat, PictureFormat
from retouchd.core.request import AutoSize, Background, EditRequest, Quality, Size
from retouchd.core.values import Fingerprint, JobId, Sha256

_Fields = Mapping[str, Any]
_HEX_DIGITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call of a delivery.

    Attributes:
        reserved: Still set aside for it when the picture was delivered.
    """

    number: int
    permission: int
    started: datetime
    ended: datetime | None
    outcome: OutcomeKind | None
    reserved: Money
    charged: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A delivery.

    Attributes:
        sha256: Of the picture.
        calls: Empty where another job had paid.
    """

    job: JobId
    fingerprint: Fingerprint
    wish: Wish
    sha256: Sha256
    calls: tuple[RecordedCall, ...]
    save_path: str
    seen: datetime
    settled: datetime
    delivered: datetime

    @property
    def source(self) -> PurePosixPath:
        """The first photo, below the inbox."""
        return self.wish.pictures[0].path


def read_result(content: bytes) -> Recorded | None:
    """Give what a metadata file tells, or None when it is another program's or of another kind.

    Raises:
        ValueError: It is a metadata file of ours, but not as we write it.
    """
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        return None
    try:
        return _read(fields)
    except (KeyError, TypeError, AttributeError, OverflowError) as exc:
        message = f"it is not as retouchd writes it: {exc!r}"
        raise ValueError(message) from exc


def _read(fields: _Fields) -> Recorded:
    timing = fields["timing"]
    return Recorded(
        job=JobId(_text(fields["job"])),
        fingerprint=Fingerprint(_hash(fields["fingerprint"])),
        wish=_read_wish(fields),
        sha256=Sha256(_hash(fields["output"]["sha256"])),
        calls=_read_calls(fields),
        save_path=_text(fields["request"]["save_path"] or ""),
        seen=_moment(timing["seen"]),
        settled=_moment(timing["settled"]),
        delivered=_moment(timing["delivered"]),
    )


def _read_wish(fields: _Fields) -> Wish:
    request, pictures = fields["request"], tuple(_read_picture(one) for one in fields["source"])
    compression = request["output_compression"]
    return Wish(
        request=EditRequest(
            prompt=_text(request["prompt"]),
            size=_read_size(_text(request["size"])),
            quality=Quality(request["quality"]),
            format=PictureFormat(request["format"]),
            background=Background(request["background"]),
            output_compression=None if compression is None else int(compression),
            image_count=len(pictures),
        ),
        take=int(fields["take"]),
        pictures=pictures,
        # The first metadata files knew of none.
        mask=_read_picture(fields["mask"]["source"]) if fields.get("mask") else None,
        origins={_text(name): _text(origin) for name, origin in request["origins"].items()},
    )


def _read_size(text: str) -> Size | AutoSize:
    return AutoSize.AUTO if text == AutoSize.AUTO else Size.parse(text)


def _read_picture(fields: _Fields) -> SourcePicture:
    return SourcePicture(
        path=PurePosixPath(_text(fields["path"])),
        sha256=Sha256(_hash(fields["sha256"])),
        bytes=int(fields["bytes"]),
        width=int(fields["width"]),
        height=int(fields["height"]),
        format=PhotoFormat(fields["format"]),
    )


def _read_calls(fields: _Fields) -> tuple[RecordedCall, ...]:
    """Give the calls; the first metadata files had only the sum of their money."""
    cost, calls = fields["cost"], fields["attempts"]
    last = {"charged_usd": cost["estimated_usd"]}
    known = [{"number": number, **one} for number, one in enumerate(calls, 1)]
    known[-1:] = [{**last, **one} for one in known[-1:]]
    return tuple(_read_call(one, cost) for one in known)


def _read_call(fields: _Fields, cost: _Fields) -> RecordedCall:
    ended, outcome = fields["ended"], fields["outcome"]
    unclear = cost["reserved_usd"] if outcome == OutcomeKind.UNKNOWN else 0
    return RecordedCall(
        number=int(fields["number"]),
        permission=int(fields.get("permission", 1)),
        started=_moment(fields["started"]),
        ended=None if ended is None else _moment(ended),
        outcome=None if outcome is None else OutcomeKind(outcome),
        reserved=_money(fields.get("reserved_usd", unclear)),
        charged=_money(fields.get("charged_usd", 0)),
    )


def _money(amount: float) -> Money:
    return Money.from_usd(amount) if amount else NOTHING


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text} has no time zone"
        raise ValueError(message)
    return moment


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"{type(value).__name__} is no text"
        raise TypeError(message)
    return value


def _hash(value: object) -> str:
    text = _text(value)
    if len(text) != _HEX_DIGITS:
        message = f"{text!r} is no hash"
        raise ValueError(message)
    return text
