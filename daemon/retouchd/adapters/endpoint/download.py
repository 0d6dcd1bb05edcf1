"""Downloads a picture by the link in an answer: without the key, and only from where that may be.

Nothing that the network does raises out of here, and no text for people has the link in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx

from retouchd.adapters.endpoint.answers import AnswerWriter
from retouchd.adapters.endpoint.call import Call
from retouchd.adapters.endpoint.channel import Allowance, Channel
from retouchd.adapters.endpoint.target import ForbiddenTargetError, Target
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.outcomes import Answered, CallEnd, NotSent, NotSentKind

# A file that lies ready comes at once or not at all; on a slow line 64 MiB take minutes.
_SILENCE_SECONDS: Final = 60.0
_TOTAL_SECONDS: Final = 600.0
_MAX_ADDRESSES: Final = 4
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What counts for a download of the configured service.

    Attributes:
        connect_seconds: How long a connection may take to come about.
        max_bytes: What comes beyond is not kept.
    """

    base_url: str
    connect_seconds: float
    max_bytes: int


class Downloader:
    """Downloads pictures.

    Args:
        channel: The way out.
        headers: For every request; the key is not among them.
    """

    def __init__(self, channel: Channel, headers: Mapping[str, str]) -> None:
        self._channel = channel
        self._headers = headers

    def fetch(self, url: str, service: Service, key: str, picture: AnswerWriter) -> DownloadTrouble | None:
        """Download what a link leads to, or say why that is impossible.

        Args:
            url: As it stands in the answer.
            service: The configured one.
            key: Is sent to nobody, and struck out of what comes.
            picture: Told the end of each reply, also of those that are only redirects or refusals.
        """
        for _ in range(_MAX_ADDRESSES):
            try:
                target = Target(url, service.base_url)
                end = self._ask(target, service, key, picture)
            except ForbiddenTargetError as exc:
                return DownloadTrouble(detail=str(exc), passes=False)
            if not isinstance(end, Answered) or end.status not in _REDIRECTS:
                return _judge(end)
            url = _join(target.url, end.headers.get("location", ""))
        return DownloadTrouble(detail="it leads from one address to another without end", passes=False)

    def _ask(self, target: Target, service: Service, key: str, picture: AnswerWriter) -> CallEnd:
        timeout = httpx.Timeout(_SILENCE_SECONDS, connect=service.connect_seconds)
        call = Call(None, key, timeout.as_dict())

        def note_event(event: str, details: Mapping[str, Any]) -> None:
            target.note_event(event, details)
            call.note_event(event, details)

        extensions = {"trace": note_event, "timeout": call.timeouts}
        request = httpx.Request("GET", target.url, headers=self._headers, extensions=extensions)
        allowance = Allowance(seconds=_TOTAL_SECONDS, answer_bytes=service.max_bytes)
        return self._channel.make(call, request, picture, allowance)


def _join(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, ValueError):
        # Refused as the next address.
        return ""


def _judge(end: CallEnd) -> DownloadTrouble | None:
    if not isinstance(end, Answered):
        is_final = isinstance(end, NotSent) and end.kind is NotSentKind.CERTIFICATE
        return DownloadTrouble(detail=end.detail, passes=not is_final)
    if end.status != HTTPStatus.OK:
        passes = end.status in _PASSING or end.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return DownloadTrouble(detail=f"the answer to it was {end.status}", passes=passes)
    return DownloadTrouble(detail=f"it did not come whole: {end.cut}", passes=True) if end.cut else None
