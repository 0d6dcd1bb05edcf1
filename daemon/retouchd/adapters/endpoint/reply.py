"""Takes a reply as it comes into the spool; what it means is decided elsewhere."""

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from retouchd.adapters.endpoint.answers import CensoredWriter
from retouchd.adapters.endpoint.deadline import Line
from retouchd.adapters.endpoint.unpacking import BrokenCompressionError, unpack
from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.outcomes import Answered, NoAnswer

_MEGABYTE: Final = 1_000_000
_HEADERS: Final = "retouchd_headers"
_LENGTH_HEADERS: Final = ("content-length", "transfer-encoding")
# They are kept beside the body; what h11 lets through is 160 kB, of which nobody needs more than this.
_MAX_HEADER_BYTES: Final = 64 * 1024


def keep_headers(response: httpx.Response) -> None:
    """Put the reply's headers aside and take the redirect away from httpx.

    httpx forms the next request even when redirects are not followed, and raises on an absurd Location.
    """
    response.extensions[_HEADERS] = tuple(response.headers.raw)
    response.headers.pop("location", None)


def headers_of(response: httpx.Response, strike_out: Callable[[bytes], bytes]) -> Mapping[str, str]:
    """Give the headers that `keep_headers` put aside, without what is struck out and without end."""
    headers: dict[str, str] = {}
    room = _MAX_HEADER_BYTES
    for name, value in response.extensions[_HEADERS]:
        room -= len(name) + len(value)
        if room >= 0:
            # Latin-1 decodes any byte; of repeated names the last stands.
            headers[strike_out(name).decode("latin-1").lower()] = strike_out(value).decode("latin-1")
    return headers


def copy_body(response: httpx.Response, answer: CensoredWriter, limit: int, line: Line) -> str | None:
    """Copy the body as it comes, unpacked; give why it is not whole, or None when it is."""
    cut = _copy(response, answer, limit, line)
    try:
        answer.flush()
    except FileTroubleError as exc:
        return cut or describe_trouble(exc)
    return cut


def _copy(response: httpx.Response, answer: CensoredWriter, limit: int, line: Line) -> str | None:
    """Copy the body but for what the writer carries.

    Without a chunk size of its own iter_raw gives what the socket gave, at most 64 KiB: httpx would lose
    what it gathers when the connection breaks.
    """
    room = limit
    try:
        for piece in unpack(response.iter_raw()):
            answer.write(piece[:room])
            if len(piece) > room:
                return f"it is larger than {limit / _MEGABYTE:.0f} MB"
            room -= len(piece)
    except FileTroubleError as exc:
        return describe_trouble(exc)
    except BrokenCompressionError as exc:
        return str(exc)
    except httpx.HTTPError:
        return line.ended_by or "the connection was lost"
    # Without a length the end of the connection is the end of the body, also where we have ended it.
    return None if any(name in response.headers for name in _LENGTH_HEADERS) else line.ended_by


def finish(answer: CensoredWriter, head: Answered) -> Answered | NoAnswer:
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
