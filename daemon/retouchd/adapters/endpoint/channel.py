"""The way out: every call gets a client, a connection and a deadline of its own."""

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.request import getproxies

import httpx

from retouchd.adapters.endpoint.address import is_this_machine
from retouchd.adapters.endpoint.answers import AnswerWriter
from retouchd.adapters.endpoint.call import Call
from retouchd.adapters.endpoint.deadline import DeadlineThread
from retouchd.adapters.endpoint.mapping import SETUP_ERRORS, STOPPING, describe_setup
from retouchd.adapters.endpoint.reply import keep_headers
from retouchd.core.outcomes import CallEnd

_HTTPS: Final = "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one call may take.

    Attributes:
        seconds: In all.
        answer_bytes: What comes beyond is not kept.
    """

    seconds: float
    answer_bytes: int


class Channel:
    """Makes calls; nothing that the network does raises."""

    def __init__(self) -> None:
        self._deadlines = DeadlineThread()
        self._trust = _Trust()

    def make(self, call: Call, request: httpx.Request, answer: AnswerWriter, allowance: Allowance) -> CallEnd:
        """Make one call."""
        with self._deadlines.watch(call.line, allowance.seconds):
            try:
                client = self._make_client(request.url)
            except SETUP_ERRORS as exc:
                return call.not_sent(*describe_setup(exc))
            with client:
                return call.make(client, request, answer, allowance.answer_bytes)

    def _make_client(self, url: httpx.URL) -> httpx.Client:
        named = getproxies()
        # The default transport: one of our own would switch the environment's proxies off. Where it names
        # none, httpx need not look for them again.
        return httpx.Client(
            verify=self._trust.context(url.scheme),
            trust_env=bool(named) and (url.scheme == _HTTPS or is_proxy_here(named)),
            event_hooks={"response": [keep_headers]},
        )

    def hurry(self) -> None:
        """End every call under way at once; each then ends as cut."""
        self._deadlines.end_all(STOPPING)

    def close(self) -> None:
        """Stop the deadline thread; no call is made after this."""
        self._deadlines.close()


def is_proxy_here(named: Mapping[str, str]) -> bool:
    """Say whether what goes out in the clear, to this machine only, stays here through the proxy too.

    Args:
        named: The environment's proxies.
    """
    proxy = named.get("http") or named.get("all") or ""
    try:
        return is_this_machine(httpx.URL(proxy if "://" in proxy else f"http://{proxy}").host)
    except httpx.InvalidURL:
        # A way to nowhere: httpx says so when the client is made.
        return True


class _Trust:
    """The certificates that are trusted, read once and only when they are needed: that takes 35 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, scheme: str) -> ssl.SSLContext:
        """Give the shared context; without https one that trusts nobody and costs a millisecond."""
        with self._lock:
            if scheme not in self._contexts:
                secure = scheme == _HTTPS
                self._contexts[scheme] = (
                    httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                )
            return self._contexts[scheme]
