"""Refused, reset and silence in every phase of a call, on every way: what was not sent, what is not known."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from endpoint_calls import BytesImage, MakeCaller

from retouchd.core.outcomes import Answered, NoAnswer, NotSent, NotSentKind
from servers import (
    Certificate,
    Exchange,
    Script,
    ScriptedServer,
    answering,
    make_certificate,
    refused_port,
    relay,
    reply_bytes,
    silent_port,
)

# More than any socket buffers, so that a server that does not read it is noticed.
BIG = BytesImage(b"\xff" * 16_000_000)
SHORT = {"write": 0.3, "answer": 0.3}


@dataclass
class Way:
    """One way to a server: the server is started by a test's script, the proxy is there already."""

    stack: ExitStack
    tls: Certificate | None
    name: str

    def serve(self, *scripts: Script) -> ScriptedServer:
        """Start the server at the end of this way."""
        return self.stack.enter_context(ScriptedServer(*scripts, tls=self.tls))


@pytest.fixture(params=["direct", "tls", "proxy", "tunnel"])
def way(
    request: pytest.FixtureRequest, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Way]:
    """Make each way in turn; the certificate is trusted on all of them."""
    name: str = request.param
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with ExitStack() as stack:
        if name in {"proxy", "tunnel"}:
            proxy = stack.enter_context(ScriptedServer(relay))
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield Way(stack, certificate if name in {"tls", "tunnel"} else None, name)


def reset_while_sending(exchange: Exchange) -> None:
    """Reset when a part of the body was read."""
    exchange.read_head()
    exchange.read_body(at_most=100_000)
    exchange.reset()


def close_while_sending(exchange: Exchange) -> None:
    """Close when a part of the body was read."""
    exchange.read_head()
    exchange.read_body(at_most=100_000)


def stall_while_sending(exchange: Exchange) -> None:
    """Stop reading when a part of the body was read."""
    exchange.read_head()
    exchange.read_body(at_most=100_000)
    exchange.stall()


def answer_and_stall(exchange: Exchange) -> None:
    """Answer before the body is read, and leave the connection standing."""
    exchange.read_head()
    exchange.send(reply_bytes(200, b"early"))
    exchange.stall()


def reset_after_sending(exchange: Exchange) -> None:
    """Reset when the whole request was read."""
    exchange.read_request()
    exchange.reset()


def close_after_sending(exchange: Exchange) -> None:
    """Close when the whole request was read."""
    exchange.read_request()


def stall_after_sending(exchange: Exchange) -> None:
    """Say nothing when the whole request was read."""
    exchange.read_request()
    exchange.stall()


def reset_in_head(exchange: Exchange) -> None:
    """Reset within the reply's headers."""
    exchange.read_request()
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Req")
    exchange.reset()


def _begin_answer(exchange: Exchange) -> None:
    exchange.read_request()
    exchange.send(reply_bytes(200, b'{"ok": true}' + b" " * 988)[:-500])


def reset_while_answering(exchange: Exchange) -> None:
    """Reset when half of the reply's body was sent."""
    _begin_answer(exchange)
    exchange.pause(0.2)
    exchange.reset()


def stall_while_answering(exchange: Exchange) -> None:
    """Go silent when half of the reply's body was sent."""
    _begin_answer(exchange)
    exchange.stall()


def close_while_answering(exchange: Exchange) -> None:
    """Close when half of the reply's body was sent."""
    _begin_answer(exchange)


def test_a_whole_answer_comes_back_on_every_way(way: Way, make_caller: MakeCaller) -> None:
    """On every way a whole answer is durable in the spool when submit returns."""
    server = way.serve(answering(200, b'{"ok": true}', {"X-Request-Id": "r1"}))
    caller = make_caller(server.url)

    end = caller.submit()

    assert isinstance(end, Answered)
    assert (end.status, end.body_sent, end.cut) == (200, True, None)
    assert end.headers["x-request-id"] == "r1"
    assert caller.spool.find(7) == end
    assert caller.body() == b'{"ok": true}'
    assert server.requests[0].complete


@pytest.mark.parametrize("script", [reset_while_sending, close_while_sending, stall_while_sending])
def test_what_breaks_while_sending_is_not_sent(way: Way, make_caller: MakeCaller, script: Script) -> None:
    """A call that breaks before its body went out whole is not sent, and the server saw no whole body."""
    server = way.serve(script)

    end = make_caller(server.url, **SHORT).submit(BIG)

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.INTERRUPTED
    assert [request.complete for request in server.requests] == [False]


@pytest.mark.parametrize(
    "script", [reset_after_sending, close_after_sending, stall_after_sending, reset_in_head]
)
def test_what_breaks_after_sending_is_not_known(way: Way, make_caller: MakeCaller, script: Script) -> None:
    """A call that breaks between its body and a status may have been paid for."""
    server = way.serve(script)
    caller = make_caller(server.url, **SHORT)

    end = caller.submit()

    assert isinstance(end, NoAnswer)
    assert server.requests[0].complete
    assert caller.spool.find(7) is None


@pytest.mark.parametrize("script", [reset_while_answering, close_while_answering, stall_while_answering])
def test_what_breaks_while_answering_is_kept(way: Way, make_caller: MakeCaller, script: Script) -> None:
    """Of an answer that breaks off everything that came is durable, and it is marked as cut."""
    server = way.serve(script)
    caller = make_caller(server.url, **SHORT)

    end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut == "the connection was lost"
    assert caller.body() == b'{"ok": true}' + b" " * 488
    assert caller.spool.find(7) == end


def test_a_reset_while_connecting_is_not_sent(way: Way, make_caller: MakeCaller) -> None:
    """A connection that is reset at once is not sent, on whatever way."""
    server = way.serve(Exchange.reset)

    end = make_caller(server.url).submit(BIG)

    assert isinstance(end, NotSent)


def test_refused_is_unreachable(make_caller: MakeCaller) -> None:
    """A port on which nobody listens is unreachable."""
    end = make_caller(f"http://127.0.0.1:{refused_port()}").submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.UNREACHABLE
    assert end.detail == "no connection came about: Connection refused"


def test_silence_while_connecting_is_unreachable(make_caller: MakeCaller) -> None:
    """A host that answers no connection is unreachable after the connect timeout."""
    with silent_port() as port:
        end = make_caller(f"http://127.0.0.1:{port}", connect=0.3).submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.UNREACHABLE


def test_a_name_that_is_unknown_is_unreachable(make_caller: MakeCaller) -> None:
    """A host name that resolves to nothing is unreachable."""
    end = make_caller("https://retouchd.invalid").submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.UNREACHABLE


@pytest.mark.parametrize(
    "script", [Exchange.stall, Exchange.reset, lambda exchange: exchange.send(b"hello!\r\n" * 9)]
)
def test_a_failed_handshake_is_unreachable(
    make_caller: MakeCaller, script: Callable[[Exchange], None]
) -> None:
    """TLS that fails for anything but the certificate is unreachable."""
    with ScriptedServer(script) as server:
        end = make_caller(f"https://127.0.0.1:{server.port}", connect=0.3).submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.UNREACHABLE


def test_an_unknown_certificate_is_named(make_caller: MakeCaller, certificate: Certificate) -> None:
    """A certificate that nobody vouches for ends the call before anything is sent."""
    with ScriptedServer(answering(200), tls=certificate) as server:
        end = make_caller(server.url).submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.CERTIFICATE
    assert end.detail == "no connection came about: self-signed certificate"
    assert server.requests == []


def test_a_certificate_for_another_host_is_refused_through_a_tunnel(
    make_caller: MakeCaller, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted certificate of another host is a certificate error, through a proxy's tunnel too."""
    other = make_certificate(tmp_path_factory.mktemp("other"), names="DNS:other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
    with ScriptedServer(relay) as proxy, ScriptedServer(answering(200), tls=other) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        end = make_caller(server.url).submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.CERTIFICATE


def test_a_proxy_that_refuses_is_unreachable(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that will not open the tunnel means unreachable, and never sees the key."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with ScriptedServer(answering(502, b"no")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        end = make_caller("https://127.0.0.1:9").submit()

    assert isinstance(end, NotSent)
    assert (end.kind, end.detail) == (NotSentKind.UNREACHABLE, "the proxy refused the connection")
    assert "authorization" not in proxy.requests[0].headers


def test_a_silent_proxy_is_not_sent(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that takes the connection and says nothing has not got the body either."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with ScriptedServer(Exchange.stall) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        end = make_caller("https://127.0.0.1:9", **SHORT).submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.INTERRUPTED


@pytest.mark.parametrize("is_tls", [False, True])
def test_an_early_answer_counts_that_leaves_the_connection_standing(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, *, is_tls: bool
) -> None:
    """I5: who answers, takes no more of the request and does not hang up has perhaps charged.

    Not through our relay, which reads nothing while it cannot send.
    """
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with ScriptedServer(answer_and_stall, tls=certificate if is_tls else None) as server:
        caller = make_caller(server.url, write=0.3)
        end = caller.submit(BIG)

    assert isinstance(end, Answered)
    assert (end.status, end.body_sent) == (200, False)
    assert caller.body() == b"early"
