"""Takes a reply as it comes into the spool; what it means is decided elsewhere."""

from collections.abc import Mapping
from typing import Final, Protocol

import httpx

from retouchd.adapters.endpoint.deadline import Line
from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.outcomes import Answered, NoAnswer

_MEGABYTE: Final = 1_000_000
_HEADERS: Final = "retouchd_headers"
_LENGTH_HEADERS: Final = frozenset({"content-length", "transfer-encoding"})


class AnswerWriter(Protocol):
    """Takes one answer as it comes in, as the engine hands it over."""

    def write(self, piece: bytes) -> None:
        """Append raw bytes of the body."""
        ...

    def finish(self, head: Answered) -> None:
        """Make the answer durable."""
        ...


def keep_headers(response: httpx.Response) -> None:
    """Put the reply's headers aside and take the redirect away from httpx.

    httpx forms the next request even when redirects are not followed, and raises on an absurd Location.
    """
    # Latin-1 decodes any byte; of repeated names the last stands.
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    response.extensions[_HEADERS] = {name.lower(): value for name, value in pairs}
    response.headers.pop("location", None)


def headers_of(response: httpx.Response) -> Mapping[str, str]:
    """Give the headers that `keep_headers` put aside."""
    headers: Mapping[str, str] = response.extensions[_HEADERS]
    return headers


def copy_body(response: httpx.Response, answer: AnswerWriter, limit: int, line: Line) -> str | None:
    """Copy the body as it comes; give why it is not whole, or None when it is.

    Without a chunk size of its own iter_raw gives what the socket gave, at most 64 KiB: httpx would lose
    what it gathers when the connection breaks.
    """
    room = limit
    try:
        for piece in response.iter_raw():
            answer.write(piece[:room])
            if len(piece) > room:
                return f"it is larger than {limit / _MEGABYTE:.0f} MB"
            room -= len(piece)
    except FileTroubleError as exc:
        return describe_trouble(exc)
    except httpx.HTTPError:
        return line.ended_by or "the connection was lost"
    # Without a length the end of the connection is the end of the body, also where we have ended it.
    return None if _LENGTH_HEADERS & headers_of(response).keys() else line.ended_by


def finish(answer: AnswerWriter, head: Answered) -> Answered | NoAnswer:
    """Make the answer durable; what cannot be kept may have been paid for, which is no answer at all."""
    try:
        answer.finish(head)
    except FileTroubleError as exc:
        return NoAnswer(detail=describe_trouble(exc), elapsed_seconds=head.elapsed_seconds)
    return head


def describe_trouble(error: FileTroubleError) -> str:
    """Say what the disk did to the answer."""
    if isinstance(error, NoRoomError):
        return "the disk filled while the answer arrived"
    return f"the answer could not be kept: {error.reason}"
