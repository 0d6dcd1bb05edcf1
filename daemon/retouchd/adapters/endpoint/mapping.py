"""The one place where what httpx raises becomes a value of ours.

The dividing line is whether the body went out whole, never the kind of exception: the same ReadError comes
on both sides. Texts are our own or the system's, since what libraries say may quote headers or bytes.
"""

import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from retouchd.core.outcomes import NoAnswer, NotSent, NotSentKind

# Everything that was seen to come out of httpx for what the network does. OSError: from a picture or from
# our trace hook (no descriptors left); httpcore maps its own. UnicodeError: from a proxy's impossible name.
NETWORK_ERRORS: Final = (httpx.HTTPError, OSError, UnicodeError)
# Out of making a client: certificates that are not there, a proxy URL that is none, SOCKS without socksio.
SETUP_ERRORS: Final = (OSError, ValueError, ImportError, httpx.InvalidURL)

# Why calls under way end when the daemon is told to stop at once.
STOPPING: Final = "it was ended because the daemon is stopping"

_UNREACHABLE: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, UnicodeError)

# Only h11's own errors carry it; a connection that just ends has none below it.
_PARSER_MARK: Final = "error_status_hint"

# In this order: the first class that fits names the failure.
_DETAILS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (httpx.ConnectTimeout, "no connection came about in time"),
    (httpx.WriteTimeout, "the other side stopped taking the request"),
    (httpx.TimeoutException, "there was only silence"),
    (httpx.ConnectError, "no connection came about"),
    (httpx.ProxyError, "the proxy refused the connection"),
    (httpx.RemoteProtocolError, "the connection was closed without an answer"),
    (httpx.NetworkError, "the connection was lost"),
    (UnicodeError, "the host's name is none"),
    (OSError, "the connection could not be set up"),
    (httpx.HTTPError, "the call could not be made"),
)


def describe_failure(
    error: BaseException, *, sent: bool, ended_by: str | None, elapsed_seconds: float
) -> NotSent | NoAnswer:
    """Give the end of a call to which no reply came.

    Args:
        error: One of NETWORK_ERRORS.
        sent: The whole body had been taken to the socket.
        ended_by: Why the call was ended from outside, or None.
        elapsed_seconds: From the call's begin.
    """
    detail = ended_by or describe(error)
    if sent:
        return NoAnswer(detail=detail, elapsed_seconds=elapsed_seconds)
    return NotSent(kind=_kind_of(error, ended_by), detail=detail, elapsed_seconds=elapsed_seconds)


def describe_setup(error: BaseException) -> tuple[NotSentKind, str]:
    """Say why not even a client could be made: the error is one of SETUP_ERRORS."""
    if isinstance(error, OSError):
        return NotSentKind.CERTIFICATE, f"the trusted certificates cannot be read: {error.strerror}"
    return NotSentKind.UNREACHABLE, "the proxy that the environment names cannot be used"


def describe(error: BaseException) -> str:
    """Say in one sentence what the network did, with the system's own reason where it has one."""
    if isinstance(error, httpx.RemoteProtocolError) and _is_from_parser(error):
        return "what came back is no HTTP"
    general = next(text for kind, text in _DETAILS if isinstance(error, kind))
    reason = next(filter(None, map(_reason_of, _causes(error))), None)
    return f"{general}: {reason}" if reason else general


def _kind_of(error: BaseException, ended_by: str | None) -> NotSentKind:
    if ended_by:
        return NotSentKind.STOPPED if ended_by == STOPPING else NotSentKind.INTERRUPTED
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return NotSentKind.CERTIFICATE
    return NotSentKind.UNREACHABLE if isinstance(error, _UNREACHABLE) else NotSentKind.INTERRUPTED


def _is_from_parser(error: BaseException) -> bool:
    return any(hasattr(cause, _PARSER_MARK) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give the error and what led to it: httpcore's pool cuts `__cause__` off, `__context__` stays."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason_of(error: BaseException) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case ssl.SSLError():
            return error.reason
        case OSError():
            return error.strerror
        case _:
            return None
