"""The endpoint as the engine sees it: what is asked of it, and with which headers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import httpx

from retouchd.adapters.endpoint.address import check_base_url
from retouchd.adapters.endpoint.answers import AnswerWriter
from retouchd.adapters.endpoint.body import Body, Image
from retouchd.adapters.endpoint.call import Call
from retouchd.adapters.endpoint.channel import Allowance, Channel
from retouchd.adapters.endpoint.download import Downloader, Service
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.outcomes import Answered, CallEnd, NotSentKind
from retouchd.core.request import Order

# A probe asks for a few bytes; whoever takes longer over them is not well.
_PROBE_SECONDS: Final = 30.0
# What a service says of itself is short.
_MAX_STATUS_BYTES: Final = 65_536
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each part of a call may take, in seconds.

    Attributes:
        connect: For each of TCP and TLS.
        write: Until the other side takes the next piece.
        answer: Of silence: generating a picture takes minutes.
        total: From the call's begin to its end, which holds even when bytes drip in one by one.
    """

    connect: float = 10.0
    write: float = 60.0
    answer: float = 600.0
    total: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """With whom calls are made, and how. A call keeps those under which it was begun.

    Attributes:
        base_url: https, unless the host is this machine.
        key: Gives the key that is valid now, printable ASCII; must not raise.
        timeouts: How long each part of a call may take.
        max_answer_bytes: What comes beyond is not kept.
        max_request_bytes: A request beyond is not sent.

    Raises:
        ConfigurationError: The base URL is none, or would show the key to the network.
    """

    base_url: str
    key: Callable[[], str]
    timeouts: Timeouts
    max_answer_bytes: int
    max_request_bytes: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", check_base_url(self.base_url))


class HttpEndpoint:
    """The endpoint over HTTP/1.1; fits the engine's Endpoint."""

    def __init__(self, terms: Terms) -> None:
        # Each call reads them once: no key may ever get to another service than the one it is for.
        self._terms = terms
        self._channel = Channel()
        self._always = {
            # 200 kB of gzip can unpack to hundreds of megabytes.
            "Accept-Encoding": "identity",
            "User-Agent": f"retouchd/{version('retouchd')}",
        }
        self._sent_key: str | None = None
        self._downloader = Downloader(self._channel, self._always)

    def adopt(self, terms: Terms) -> None:
        """Make calls under these terms from now on; from any thread."""
        self._terms = terms

    def submit(
        self, order: Order, images: Sequence[Image], mask: Image | None, answer: AnswerWriter
    ) -> CallEnd:
        """Make one call and give how it ended; an answer is durable before it is given."""
        terms, body = self._terms, Body(order, images, mask)
        call = Call(body, terms.key(), _form_timeout(terms.timeouts))
        if body.length > terms.max_request_bytes:
            size, limit = body.length / _MEGABYTE, terms.max_request_bytes / _MEGABYTE
            detail = f"the request has {size:.1f} MB, allowed are {limit:.1f} MB (endpoint.max_request_bytes)"
            return call.not_sent(NotSentKind.TOO_LARGE, detail)
        request = self._form_edit(order, body, call, terms.base_url)
        allowance = Allowance(seconds=terms.timeouts.total, answer_bytes=terms.max_answer_bytes)
        return self._channel.make(call, request, answer, allowance)

    def fetch(self, url: str, picture: AnswerWriter) -> DownloadTrouble | None:
        """Download the picture that an answer links to, or say why that is impossible; it costs nothing."""
        terms = self._terms
        service = Service(
            base_url=terms.base_url,
            connect_seconds=terms.timeouts.connect,
            max_bytes=terms.max_answer_bytes,
        )
        return self._downloader.fetch(url, service, terms.key(), picture)

    def probe(self) -> CallEnd:
        """Ask for the service's status, which costs nothing: it says whether the key and the way are good."""
        return self._ask_status(_Dropped(), _PROBE_SECONDS, self._terms.max_answer_bytes)

    def ask_status(self, seconds: float) -> tuple[CallEnd, bytes]:
        """Do the same within a time, and give what was answered as well, or its beginning."""
        kept = _Kept()
        return self._ask_status(kept, seconds, _MAX_STATUS_BYTES), bytes(kept.body)

    def _ask_status(self, answer: AnswerWriter, seconds: float, answer_bytes: int) -> CallEnd:
        terms = self._terms
        call = Call(None, terms.key(), _form_timeout(terms.timeouts))
        request = self._form("GET", f"{terms.base_url}/status", call, {}, None)
        return self._channel.make(
            call, request, answer, Allowance(seconds=seconds, answer_bytes=answer_bytes)
        )

    def has_new_key(self) -> bool:
        """Say whether the key is another than the one that was sent last."""
        return self._terms.key() != self._sent_key

    def hurry(self) -> None:
        """End every call under way at once; each then ends as cut."""
        self._channel.hurry()

    def close(self) -> None:
        """Stop the deadline thread; no call is made after this."""
        self._channel.close()

    def _form_edit(self, order: Order, body: Body, call: Call, base_url: str) -> httpx.Request:
        headers = {
            "Content-Type": "application/json",
            # Known before, never chunked: an incomplete body is then provably not processed.
            "Content-Length": str(body.length),
            "Idempotency-Key": order.idempotency_key,
        }
        return self._form("POST", f"{base_url}/images/edits", call, headers, body)

    def _form(
        self, method: str, url: str, call: Call, headers: dict[str, str], body: Body | None
    ) -> httpx.Request:
        self._sent_key = call.key
        own = {"Authorization": f"Bearer {call.key}", "Accept": "application/json"}
        encoded = [
            (name.encode(), _encode(value)) for name, value in {**own, **self._always, **headers}.items()
        ]
        extensions = {"trace": call.note_event, "timeout": call.timeouts}
        return httpx.Request(method, url, headers=encoded, content=body, extensions=extensions)


def _form_timeout(times: Timeouts) -> dict[str, float | None]:
    return httpx.Timeout(
        connect=times.connect, write=times.write, read=times.answer, pool=times.connect
    ).as_dict()


def _encode(value: str) -> bytes:
    """Encode a header's value; httpx and h11 raise errors that quote a key which is no header value."""
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in value).encode("ascii")


class _Dropped:
    """Takes an answer that nobody reads."""

    def write(self, piece: bytes) -> None:
        """Forget the piece."""

    def finish(self, head: Answered) -> None:
        """Keep nothing."""


class _Kept:
    """Takes a short answer."""

    def __init__(self) -> None:
        self.body = bytearray()

    def write(self, piece: bytes) -> None:
        """Keep the piece."""
        self.body += piece

    def finish(self, head: Answered) -> None:
        """Have nothing more to do."""
