"""The way to the service, step by step: proxy, name, connection, certificate; no key is used.

A call goes this way by itself; here each step is tried alone, so that it can be said which one fails.
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.request import getproxies, proxy_bypass

import httpx

from retouchd.adapters.endpoint.channel import is_proxy_here

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a connection goes first: the service itself, or a proxy."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How calls reach the service.

    Attributes:
        service: Where it is.
        proxy: Through which proxy, by the environment's variables; None when straight there.
        is_secure: By TLS; in the clear only to this machine.
    """

    service: Stop
    proxy: Stop | None
    is_secure: bool

    @property
    def first(self) -> Stop:
        """Where the connection itself goes."""
        return self.proxy or self.service


def find_way(base_url: str) -> Way:
    """Give the way to a base URL that was checked.

    Raises:
        ValueError: The proxy that the environment names is no address.
    """
    url = httpx.URL(base_url)
    is_secure = url.scheme == "https"
    service = Stop(host=url.host, port=url.port or _PORTS[url.scheme])
    named = getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    if not proxy or proxy_bypass(url.host) or not (is_secure or is_proxy_here(named)):
        return Way(service=service, proxy=None, is_secure=is_secure)
    return Way(service=service, proxy=_read_proxy(proxy), is_secure=is_secure)


def _read_proxy(text: str) -> Stop:
    """Give where a proxy is, without the name and password that its URL may hold."""
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL as exc:
        message = "it is no address"
        raise ValueError(message) from exc
    if not url.host:
        message = "it names no host"
        raise ValueError(message)
    return Stop(host=url.host, port=url.port or _PORTS.get(url.scheme, 1080))


def resolve(stop: Stop) -> list[str]:
    """Give the addresses of a host.

    Raises:
        OSError: There are none. UnicodeError for a name that is none.
    """
    found = socket.getaddrinfo(stop.host, stop.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def try_connection(stop: Stop, seconds: float) -> None:
    """Open a connection and close it again.

    Raises:
        OSError: None comes about.
    """
    socket.create_connection((stop.host, stop.port), timeout=seconds).close()


def certificate_end(stop: Stop, seconds: float) -> datetime:
    """Give until when the service's certificate, which must be trusted, is good.

    Raises:
        OSError: It is not trusted (ssl.SSLCertVerificationError), or there is no TLS.
    """
    context = httpx.create_ssl_context()
    with (
        socket.create_connection((stop.host, stop.port), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=stop.host) as secure,
    ):
        shown = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
