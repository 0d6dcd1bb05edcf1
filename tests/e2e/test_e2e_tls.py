"""TLS that is not as it must be: nothing is sent, nobody pays, and it goes on when it is in order again."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from certificates import bundle, make_expired, make_in, present, speak_only
from invariants import check_all
from misbehaving import MisbehavingService
from stage import find_word
from workshop import KEY, OpenShop, Workshop, picture

from retouchd.core.records import Verb
from servers import Certificate, Exchange, Script, ScriptedServer, forwarding_to

_OLD: Final = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
_NEW: Final = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate with nothing wrong about it, if it is trusted."""
    return make_in(tmp_path_factory.mktemp("certificates") / "good")


@contextmanager
def open_service(place: Path, certificate: Certificate) -> Iterator[MisbehavingService]:
    """Open a service that speaks TLS and is good to everybody."""
    service = MisbehavingService({}, place / "ledger.jsonl", tls=certificate)
    with service.server:
        yield service


def open_trusting(open_shop: OpenShop, url: str, *trusted: Certificate) -> Workshop:
    """Open a workshop with a photo for a service; it trusts these certificates only."""
    shop = open_shop(url, endpoint__connect_timeout_seconds=1)
    shop.environ["SSL_CERT_FILE"] = str(bundle(shop.place / "trusted.pem", *trusted))
    shop.drop("beach.jpg", picture(1), "make it evening")
    return shop


def check_paid_once(shop: Workshop, service: MisbehavingService) -> None:
    """The photo was delivered and paid once, and nothing knows the key but the service (I5, I9)."""
    assert shop.outputs() == ["beach.jpg"]
    assert len(service.ledger.charges()) == 1
    assert sum(one["reserved"] for one in shop.attempts()) == 0
    assert find_word(shop, KEY) == []
    check_all(shop)


def make_for_another(folder: Path) -> Certificate:
    """Make a certificate for another host."""
    return make_in(folder, "DNS:other.example,IP:127.0.0.2")


BAD = [
    pytest.param(make_expired, True, "expired", id="expired"),
    pytest.param(make_for_another, True, "IP address mismatch", id="another host"),
    pytest.param(make_in, False, "self-signed", id="nobody vouches for it"),
]


@pytest.mark.parametrize(("make_bad", "is_trusted", "words"), BAD)
def test_bad_certificate_pauses_before_anything_is_sent(
    open_shop: OpenShop,
    tmp_path: Path,
    good: Certificate,
    make_bad: Callable[[Path], Certificate],
    is_trusted: bool,  # noqa: FBT001 - a column
    words: str,
) -> None:
    """A certificate that cannot be trusted pauses for nothing; a good one and `resume` deliver (I5, I9)."""
    bad = make_bad(tmp_path / "bad")
    with open_service(tmp_path, bad) as service:
        shop = open_trusting(open_shop, service.base_url, good, *([bad] if is_trusted else []))
        with shop.running() as daemon:
            told = daemon.wait_for("pause.began", reason="certificate")
            read = len(service.server.requests)

            present(service.server, good)
            answer = shop.command(Verb.RESUME, "certificate")
            daemon.wait_for("job.done")

    assert words in told["detail"]
    assert (read, answer) == (0, "resumed")
    assert [one["outcome"] for one in shop.attempts()] == ["certificate", "answered"]
    check_paid_once(shop, service)


def test_good_certificate_of_the_owner_is_trusted(
    open_shop: OpenShop, tmp_path: Path, good: Certificate
) -> None:
    """SSL_CERT_FILE names whom to trust: the photo is delivered over TLS at the first call."""
    with open_service(tmp_path, good) as service:
        shop = open_trusting(open_shop, service.base_url, good)

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert len(shop.attempts()) == 1
    check_paid_once(shop, service)


def test_old_tls_is_not_spoken(open_shop: OpenShop, tmp_path: Path, good: Certificate) -> None:
    """A service that speaks TLS 1.0 and 1.1 only is not spoken to; it goes on when it speaks better."""
    with open_service(tmp_path, good) as service:
        speak_only(service.server, *_OLD)
        shop = open_trusting(open_shop, service.base_url, good)
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="offline")
            read = len(service.server.requests)
            speak_only(service.server, *_NEW)
            daemon.wait_for("job.done")

    assert read == 0
    check_paid_once(shop, service)


def say_in_the_clear(exchange: Exchange) -> None:
    """Answer in plain HTTP where TLS is expected."""
    exchange.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


HANDSHAKES = [
    pytest.param(Exchange.reset, id="reset"),
    pytest.param(Exchange.stall, id="silence"),
    pytest.param(lambda _exchange: None, id="close"),
    pytest.param(say_in_the_clear, id="plain HTTP"),
]


@pytest.mark.parametrize("script", HANDSHAKES)
def test_handshake_that_fails_costs_nothing(
    open_shop: OpenShop, tmp_path: Path, good: Certificate, script: Script
) -> None:
    """A handshake that breaks, or is none, pauses as offline; the photo goes on by itself, paid once."""
    with (
        open_service(tmp_path, good) as service,
        ScriptedServer(script, forwarding_to(service.server.port)) as front,
    ):
        shop = open_trusting(open_shop, f"https://127.0.0.1:{front.port}/api/v1", good)

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert ended.told("pause.began", reason="offline")
    assert [one["outcome"] for one in shop.attempts()] == ["unreachable", "answered"]
    check_paid_once(shop, service)


def test_plain_http_to_a_tls_port_gets_no_answer(
    open_shop: OpenShop, tmp_path: Path, good: Certificate
) -> None:
    """What a TLS port says to plain HTTP is no answer: held as soon as a request went out whole (I5).

    The port may hang up before that; then nothing can have been paid, and it is tried again.
    """
    with open_service(tmp_path, good) as service:
        shop = open_trusting(open_shop, service.base_url.replace("https", "http"), good)

        ended = shop.until_idle()

    outcomes = [one["outcome"] for one in shop.attempts()]
    assert ended.code == 1, ended.text
    assert set(outcomes) <= {"unknown", "interrupted"}
    assert "unknown" not in outcomes[:-1]
    assert service.ledger.charges() == []
    check_all(shop)
