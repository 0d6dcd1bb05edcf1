"""What the endpoint answered, as typed values, from JSON that may be anything.

Whatever is wrong with an answer, it was paid for: what cannot be used is an oddity that is recorded,
never an exception. Nothing from an answer ever names a file.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeGuard

from retouchd.core.outcomes import Envelope
from retouchd.core.parsing import NoObject, parse_object
from retouchd.core.values import printable

_MAX_ENVELOPE_BYTES: Final = 65_536
_MAX_TEXT: Final = 2_000
# Such details are no words that a person could read.
_SAYING_NOTHING: Final[tuple[object, ...]] = (None, {}, [], "")
# Numbers of more than twenty digits are no codes, and take long to write down.
_LARGEST_CODE: Final = 10**20 - 1
_HASH = re.compile(r"(?:sha256[:-])?([0-9a-f]{8,64})", re.IGNORECASE)
NOTHING_TRANSPARENT: Final = (
    "a transparent background was asked for, and nothing of the picture is transparent: ask for it in the"
    " prompt"
)
# A header that no service sends: the time at which a person handed the answer in.
HANDED_IN: Final = "x-retouchd-handed-in"
_REQUEST_ID_HEADERS: Final = ("x-request-id", "x-vercel-id", "cf-ray")

_REQUIRED: Final = ("model", "endpoint", "prompt", "path", "signedUrl")
_MAY_BE_NULL: Final = (
    *("signedUrl", "revisedPrompt", "quality", "requestedSize"),
    *("format", "mimeType", "storageId", "contentHash"),
)
# Within JSON strings quotes are escaped, so that none of a prompt's can be taken for the key's.
_SIGNED_URL: Final = re.compile(rb'"signedUrl"[ \t\r\n]*:[ \t\r\n]*("https?:(?:[^"\\]|\\.){1,8000}")')

_SHORTEST_WAIT: Final = timedelta(seconds=1)
_LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The fields of an answer, without its picture.

    Attributes:
        ok: False only when the answer says so itself.
        fields: Everything that came but `b64_json`, as it came.
        oddities: What was not as documented, one sentence each, for the metadata.
    """

    ok: bool = True
    estimated_cost_usd: float | None = None
    prompt: str | None = None
    content_hash: str | None = None
    size_bytes: int | None = None
    mime_type: str | None = None
    signed_url: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    oddities: tuple[str, ...] = ()

    @property
    def reported_cost_usd(self) -> float | None:
        """What it says that it cost, NaN where that is no amount of money; None when it says nothing."""
        is_told = self.fields.get("estimatedCostUsd") is not None
        return math.nan if is_told and self.estimated_cost_usd is None else self.estimated_cost_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An answer that was paid for and out of which no picture comes.

    Attributes:
        reason: For people: "it is no JSON".
        rest: What could be read of it all the same.
    """

    reason: str
    rest: Answer = field(default_factory=Answer)


def parse_answer(fields: Mapping[str, object]) -> Answer:
    """Give the typed answer of the decoded JSON object; `b64_json` is ignored."""
    size = fields.get("sizeBytes")
    return Answer(
        ok=fields.get("ok") is not False,
        estimated_cost_usd=_amount(fields.get("estimatedCostUsd")),
        prompt=_text(fields.get("prompt")),
        content_hash=_text(fields.get("contentHash")),
        size_bytes=size if _is_count(size) else None,
        mime_type=_text(fields.get("mimeType")),
        signed_url=_text(fields.get("signedUrl")) or None,
        fields={key: value for key, value in fields.items() if key != "b64_json"},
        oddities=tuple(_find_oddities(fields)),
    )


def _find_oddities(fields: Mapping[str, object]) -> Iterator[str]:
    if fields.get("ok") is not True:
        yield "ok is not true"
    cost = fields.get("estimatedCostUsd")
    if cost is not None and _amount(cost) is None:
        yield "estimatedCostUsd is no amount of money"
    size = fields.get("sizeBytes")
    if size is not None and not _is_count(size):
        yield "sizeBytes is no number of bytes"
    yield from (f"{name} is missing" for name in _REQUIRED if name not in fields)
    for name in dict.fromkeys(_REQUIRED + _MAY_BE_NULL):
        value = fields.get(name, "")
        if not isinstance(value, str) and not (value is None and name in _MAY_BE_NULL):
            yield f"{name} is no text"


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _amount(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        amount = float(value)
    except OverflowError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def service_words(fields: Mapping[str, object]) -> str:
    """Give what an answer without a picture says for itself, for people, or nothing."""
    error = fields.get("error")
    inner = error if isinstance(error, dict) else fields
    texts = (inner.get("message"), error, inner.get("code"))
    return next((printable(_clip(text)) for text in texts if _clip(text)), "")


def find_signed_url(text: bytes) -> str | None:
    """Give the signed URL out of a part of an answer that cannot be parsed, or None."""
    found = _SIGNED_URL.search(text)
    if found is None:
        return None
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return None


def is_hash_of(announced: str | None, sha256: str) -> bool | None:
    """Compare an announced content hash with the real one; None when it is of an unknown scheme."""
    found = _HASH.fullmatch(announced) if announced else None
    return sha256.startswith(found[1].lower()) if found else None


def parse_envelope(body: bytes) -> Envelope | None:
    """Give the service's error object out of a reply's body, or None when there is none.

    The same keys may stand at the top level, and a `topUpUrl` counts wherever it is. What programs in front
    of a service say for themselves is none: a lone message, a lone type (the form of RFC 9457), a text in
    the object's place, a list of errors, or any other key for the reason.
    """
    fields = _decode_object(body)
    if fields is None:
        return None
    inner = fields.get("error")
    error = inner if isinstance(inner, dict) else fields
    top_up_url = _find_text(fields, "topUpUrl")
    told = {key for key in ("message", "type", "code") if isinstance(error.get(key), str)}
    is_telling = bool(told) if error is inner else "code" in told or told >= {"message", "type"}
    if not top_up_url and not is_telling:
        return None
    details = error.get("details")
    return Envelope(
        message=_clip(error.get("message")),
        type=_clip(error.get("type")),
        code=_code(error.get("code")),
        details="" if details in _SAYING_NOTHING else _clip(json.dumps(details, ensure_ascii=False)),
        top_up_url=_clip(top_up_url),
    )


def reply_words(body: bytes) -> str:
    """Give what a reply without the service's error object says for itself in the usual forms, or nothing."""
    fields = _decode_object(body) or {}
    told = (fields.get(key) for key in ("message", "error", "detail", "title"))
    return next((text for one in told if (text := _clip(one if isinstance(one, str) else _as_json(one)))), "")


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def _decode_object(body: bytes) -> Mapping[str, object] | None:
    if len(body) > _MAX_ENVELOPE_BYTES:
        return None
    parsed = parse_object(body)
    return None if isinstance(parsed, NoObject) else parsed.fields


def _code(value: object) -> str:
    """Give a code as text: programs in front of a service give a bare status in its place, as a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_CODE
    return str(value) if is_number else _clip(value)


def _clip(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def _find_text(value: object, key: str, depth: int = 8) -> str:
    """Give the first text of this key, the outermost first, at most so deep; empty when there is none."""
    if depth == 0 or not isinstance(value, dict | list):
        return ""
    own = value.get(key) if isinstance(value, dict) else None
    if isinstance(own, str):
        return own
    children = value.values() if isinstance(value, dict) else value
    return next(filter(None, (_find_text(child, key, depth - 1) for child in children)), "")


def request_ids(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers by which the service's support finds this very call."""
    return {name: headers[name][:_MAX_TEXT] for name in _REQUEST_ID_HEADERS if name in headers}


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Give how long the service asks to wait, between 1 s and 1 h, or None when it does not say.

    Understands `retry-after-ms`, seconds, fractions of seconds, HTTP dates, and of several numbers in one
    header (a proxy joins repeated ones) the longest.
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _clamp(milliseconds / 1000)
    value = headers.get("retry-after")
    seconds = _seconds(value)
    if seconds is None and value is not None:
        seconds = _seconds_until(value, now)
    return None if seconds is None else _clamp(seconds)


def _seconds(value: str | None) -> float | None:
    try:
        seconds = max(map(float, value.split(","))) if value is not None else math.nan
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _seconds_until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # A date without a zone is the old asctime form, which HTTP has in UTC.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - now).total_seconds()


def _clamp(seconds: float) -> timedelta:
    bounded = min(max(seconds, _SHORTEST_WAIT.total_seconds()), _LONGEST_WAIT.total_seconds())
    return timedelta(seconds=bounded)
