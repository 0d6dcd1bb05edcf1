"""Proxies of the environment, which fail before, while and after a tunnel stands; none ever sees the key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from certificates import make_in
from invariants import check_all
from misbehaving import Act, MisbehavingService, order_for, paid
from stage import find_word
from workshop import KEY, OpenShop, Workshop, picture

from servers import Certificate, Exchange, Script, ScriptedServer, answering, connect_to, relay_both_ways

_PASSWORD: Final = "secret-of-the-proxy"  # noqa: S105 - of a proxy that lives as long as a test
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that everybody here trusts."""
    return make_in(tmp_path_factory.mktemp("certificates") / "good")


class Proxy:
    """A CONNECT proxy that treats its first connections as told, and remembers every byte that it sees.

    Attributes:
        seen: What went through it, both ways.
        gone: When it is set, tunnels that stand are cut.
    """

    def __init__(self, *first: Script) -> None:
        self.seen: list[bytes] = []
        self.gone = threading.Event()
        self.server = ScriptedServer(*first, self._tunnel)

    def _tunnel(self, exchange: Exchange) -> None:
        request = exchange.read_head()
        with connect_to(request.path) as upstream:
            exchange.send(_ESTABLISHED)
            relay_both_ways(exchange.connection, upstream, self.seen.append, self.gone)

    def saw(self, word: str) -> bool:
        """Say whether this word went by in the clear, in a request's head or in a tunnel."""
        heads = [f"{one.path}{one.headers}{one.body!r}" for one in self.server.requests]
        return word in "".join(heads) or word.encode() in b"".join(self.seen)


@contextmanager
def open_way(
    open_shop: OpenShop, place: Path, certificate: Certificate, proxy: Proxy, *acts: Act
) -> Iterator[tuple[Workshop, MisbehavingService]]:
    """Open a workshop with a photo, its service behind TLS, and the proxy between them."""
    service = MisbehavingService({"beach": acts}, place / "ledger.jsonl", tls=certificate)
    with service.server, proxy.server:
        shop = open_shop(service.base_url, endpoint__connect_timeout_seconds=1)
        shop.environ |= {
            "SSL_CERT_FILE": str(certificate.certificate),
            "HTTPS_PROXY": f"http://owner:{_PASSWORD}@127.0.0.1:{proxy.server.port}",
            "NO_PROXY": "",
        }
        shop.drop("beach.jpg", picture(1), order_for("beach"))
        yield shop, service


def check_secrets(shop: Workshop, proxy: Proxy) -> None:
    """The proxy never saw the key, and nobody else the proxy's password (I9)."""
    assert not proxy.saw(KEY)
    assert find_word(shop, KEY) == find_word(shop, _PASSWORD) == []
    check_all(shop)


def test_proxy_that_works_sees_nothing(open_shop: OpenShop, tmp_path: Path, certificate: Certificate) -> None:
    """Through a proxy with a password the photo is delivered; what goes by says nothing (I9)."""
    proxy = Proxy()
    with open_way(open_shop, tmp_path, certificate, proxy) as (shop, service):
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(service.ledger.charges()) == len(shop.attempts()) == len(proxy.server.requests) == 1
    assert "proxy-authorization" in proxy.server.requests[0].headers
    assert sum(map(len, proxy.seen)) > 1000
    check_secrets(shop, proxy)


def end_the_tunnel(exchange: Exchange) -> None:
    """Open a tunnel and close it at once."""
    exchange.read_head()
    exchange.send(_ESTABLISHED)


def reset_the_tunnel(exchange: Exchange) -> None:
    """Open a tunnel, wait for what comes through it, and reset."""
    exchange.read_head()
    exchange.send(_ESTABLISHED)
    exchange.connection.recv(100)
    exchange.reset()


BEFORE = [
    pytest.param(answering(403, b"<html>no</html>"), "unreachable", id="403"),
    pytest.param(answering(407, b"", {"Proxy-Authenticate": "Basic"}), "unreachable", id="407"),
    pytest.param(answering(502, b"<html>bad gateway</html>"), "unreachable", id="502"),
    pytest.param(answering(302, b"", {"Location": "https://elsewhere.example/"}), "unreachable", id="302"),
    pytest.param(Exchange.reset, None, id="reset at once"),
    pytest.param(Exchange.read_head, None, id="close without a word"),
    pytest.param(Exchange.stall, None, id="silence"),
    pytest.param(lambda one: one.send(b"SSH-2.0-OpenSSH\r\n"), None, id="garbage"),
    pytest.param(end_the_tunnel, None, id="tunnel that ends"),
    pytest.param(reset_the_tunnel, None, id="tunnel that is reset"),
]


@pytest.mark.parametrize(("script", "outcome"), BEFORE)
def test_proxy_that_fails_before_the_request_costs_nothing(
    open_shop: OpenShop, tmp_path: Path, certificate: Certificate, script: Script, outcome: str | None
) -> None:
    """Whatever a proxy does before it has the request, the photo goes on by itself, paid once (I5)."""
    proxy = Proxy(script)
    with open_way(open_shop, tmp_path, certificate, proxy) as (shop, service):
        shop.configure(endpoint__answer_timeout_seconds=2)
        ended = shop.until_idle()

    first, second = (one["outcome"] for one in shop.attempts())
    assert ended.code == 0, ended.text
    assert first == outcome or (outcome is None and first in {"unreachable", "interrupted"})
    assert second == "answered"
    assert len(service.ledger.charges()) == len(service.calls("beach")) == 1
    check_secrets(shop, proxy)


def test_proxy_that_dies_after_the_request_leaves_it_open(
    open_shop: OpenShop, tmp_path: Path, certificate: Certificate
) -> None:
    """When the proxy dies while the service works, the answer is lost and perhaps paid: held (I5, I7)."""
    proxy = Proxy()

    def cut(exchange: Exchange) -> None:
        exchange.read_request()
        proxy.gone.set()
        exchange.wait_for_end()

    with open_way(open_shop, tmp_path, certificate, proxy, paid(cut)) as (shop, service):
        ended = shop.until_idle()
        proxy.gone.clear()
        again = shop.until_idle()

    (attempt,) = shop.attempts()
    assert (ended.code, again.code) == (1, 1), ended.text
    assert shop.states() == ["unknown_outcome"]
    assert attempt["reserved"] == attempt["first_reserved"] > 0
    assert len(service.ledger.charges()) == len(service.calls("beach")) == 1
    check_secrets(shop, proxy)


def test_no_proxy_is_honoured(open_shop: OpenShop, tmp_path: Path, certificate: Certificate) -> None:
    """A host that NO_PROXY names is called without the proxy."""
    proxy = Proxy()
    with open_way(open_shop, tmp_path, certificate, proxy) as (shop, service):
        shop.environ["NO_PROXY"] = "localhost,127.0.0.1"
        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(service.ledger.charges()) == 1
    assert proxy.server.requests == []
    check_secrets(shop, proxy)


def test_plain_http_goes_past_a_proxy_elsewhere(open_shop: OpenShop, tmp_path: Path) -> None:
    """The key goes in the clear to this machine only: a proxy elsewhere would read it on its way (I9)."""
    service = MisbehavingService({}, tmp_path / "ledger.jsonl")
    with service.server:
        shop = open_shop(service.base_url, endpoint__connect_timeout_seconds=1)
        shop.environ |= dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://198.51.100.7:3128")
        shop.environ["NO_PROXY"] = ""
        shop.drop("beach.jpg", picture(1), "make it evening")

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert [one["outcome"] for one in shop.attempts()] == ["answered"]
    check_all(shop)
