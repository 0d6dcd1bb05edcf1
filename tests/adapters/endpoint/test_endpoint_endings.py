"""Calls that are ended from outside, the probe, and what is refused before there is a call."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint_calls import ATTEMPT, KEY, BytesImage, Caller, MakeCaller

from retouchd.adapters.endpoint.address import check_base_url
from retouchd.adapters.endpoint.client import HttpEndpoint, Terms, Timeouts
from retouchd.adapters.endpoint.deadline import DeadlineThread, Line
from retouchd.core.errors import ConfigurationError
from retouchd.core.outcomes import Answered, CallEnd, NoAnswer, NotSent, NotSentKind
from servers import Certificate, Exchange, ScriptedServer, answering, refused_port, reply_bytes, silent_port

OVERDUE = "it took longer than is allowed in all"
HURRIED = "it was ended because the daemon is stopping"


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def drip_headers(exchange: Exchange) -> None:
    """Send headers without end, byte by byte."""
    exchange.read_request()
    exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Drip: drip\r\n" * 1000, 0.02)


def drip_body(exchange: Exchange) -> None:
    """Send a body without length byte by byte."""
    exchange.read_request()
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    exchange.drip(b"x" * 1000, 0.02)


def drink_slowly(exchange: Exchange) -> None:
    """Take the request a little at a time."""
    exchange.read_head()
    for read in range(100_000, 100_000_000, 100_000):
        exchange.read_body(at_most=read)
        exchange.pause(0.05)


@pytest.mark.parametrize("secure", [False, True])
def test_dripping_headers_hit_the_total_deadline(
    make_caller: MakeCaller, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, *, secure: bool
) -> None:
    """Headers that drip in pass every read timeout but not the total deadline, with and without TLS."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))
    with ScriptedServer(drip_headers, tls=certificate if secure else None) as server:
        end = make_caller(server.url, total=0.4).submit()

    assert isinstance(end, NoAnswer)
    assert end.detail == OVERDUE


def test_a_dripping_body_without_length_is_cut(make_caller: MakeCaller) -> None:
    """A body that would end with its connection is marked as cut when it was we who ended it."""
    with ScriptedServer(drip_body) as server:
        caller = make_caller(server.url, total=0.4)
        end = caller.submit()

    assert isinstance(end, Answered)
    assert end.cut == OVERDUE
    assert caller.body().startswith(b"xxx")


def test_a_slow_taker_hits_the_total_deadline(make_caller: MakeCaller) -> None:
    """A server that takes the body slowly enough is left before it has it all."""
    with ScriptedServer(drink_slowly) as server:
        end = make_caller(server.url, total=0.4).submit(BytesImage(b"x" * 20_000_000))

    assert isinstance(end, NotSent)
    assert (end.kind, end.detail) == (NotSentKind.INTERRUPTED, OVERDUE)
    assert not server.requests[0].complete


def test_a_deadline_while_connecting_is_an_interruption(make_caller: MakeCaller) -> None:
    """A total deadline that passes while connecting leaves nothing sent."""
    with silent_port() as port:
        end = make_caller(f"http://127.0.0.1:{port}", connect=0.4, total=0.1).submit()

    assert isinstance(end, NotSent)
    assert (end.kind, end.detail) == (NotSentKind.INTERRUPTED, OVERDUE)


def test_a_deadline_ends_a_tls_handshake(make_caller: MakeCaller) -> None:
    """The total deadline reaches a connection in the midst of its TLS handshake."""
    with ScriptedServer(Exchange.stall) as server:
        end = make_caller(f"https://127.0.0.1:{server.port}", connect=20.0, total=0.2).submit()

    assert isinstance(end, NotSent)
    assert (end.kind, end.detail) == (NotSentKind.INTERRUPTED, OVERDUE)


def start(caller: Caller) -> tuple[threading.Thread, list[CallEnd]]:
    """Make a call in a thread."""
    ends: list[CallEnd] = []
    thread = threading.Thread(target=lambda: ends.append(caller.submit()))
    thread.start()
    return thread, ends


def test_hurry_ends_a_call_that_waits(make_caller: MakeCaller) -> None:
    """A call that waits for its answer ends at once when it is hurried, and its outcome is unknown."""
    with ScriptedServer(lambda exchange: (exchange.read_request(), exchange.wait_for_end())) as server:
        caller = make_caller(server.url)
        thread, ends = start(caller)
        wait_until(lambda: server.requests and server.requests[0].complete)
        caller.endpoint.hurry()
        thread.join(10)

    assert isinstance(ends[0], NoAnswer)
    assert ends[0].detail == HURRIED


def test_hurry_while_sending_is_our_own_doing(make_caller: MakeCaller) -> None:
    """A call that is hurried before its body is out was not sent, and nobody but the daemon ended it."""
    ends: list[CallEnd] = []
    with ScriptedServer(lambda exchange: (exchange.read_head(), exchange.stall())) as server:
        caller = make_caller(server.url)
        image = BytesImage(b"x" * 20_000_000)
        thread = threading.Thread(target=lambda: ends.append(caller.submit(image)))
        thread.start()
        wait_until(lambda: server.requests and server.requests[0].path)
        caller.endpoint.hurry()
        thread.join(10)

    assert isinstance(ends[0], NotSent)
    assert (ends[0].kind, ends[0].detail) == (NotSentKind.STOPPED, HURRIED)


def test_hurry_leaves_later_calls_alone(make_caller: MakeCaller) -> None:
    """Only calls under way are hurried."""
    with ScriptedServer(answering(200)) as server:
        caller = make_caller(server.url)
        caller.endpoint.hurry()
        end = caller.submit()

    assert isinstance(end, Answered)


def test_a_line_that_was_ended_before_it_stands_is_shut_at_once() -> None:
    """A connection that comes about after its call was ended is shut down, with the first reason."""
    line = Line()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as one,
    ):
        other, _ = listener.accept()
        with other:
            line.end("first")
            line.attach(one)
            line.end("second")
            line.release()
            received = other.recv(1)

    assert received == b""
    assert line.ended_by == "first"


def test_keepalive_is_on_the_socket() -> None:
    """Every connection is kept alive: 60 s idle, 60 s between, 5 probes."""
    line = Line()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as one,
    ):
        line.attach(one)
        line.release()
        options = [
            one.getsockopt(level, name)
            for level, name in (
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
            )
        ]

    assert options == [1, 60, 60, 5]


def test_keepalive_is_on_a_call_s_connection(make_caller: MakeCaller) -> None:
    """The kernel has a keepalive timer on the client's side of a call that waits."""

    def look(exchange: Exchange) -> None:
        exchange.read_request()
        port = exchange.connection.getpeername()[1]
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        # Column 5 is the timer: "02" is the keepalive timer.
        found = [line[5].partition(":")[0] for line in lines if line[1].endswith(f":{port:04X}")]
        exchange.send(reply_bytes(200, ",".join(found).encode()))

    with ScriptedServer(look) as server:
        caller = make_caller(server.url)
        caller.submit()

    assert caller.body() == b"02"


def test_the_deadline_thread_sleeps_and_stops() -> None:
    """One thread serves all lines, earliest first, and ends when it is closed."""
    deadlines = DeadlineThread()
    late, early = Line(), Line()

    with deadlines.watch(late, 60), deadlines.watch(early, 0.01):
        wait_until(lambda: early.ended_by)
        deadlines.end_all("all")
    deadlines.close()

    assert (early.ended_by, late.ended_by) == (OVERDUE, "all")
    assert "deadline" not in [thread.name for thread in threading.enumerate()]


def test_closing_without_a_call_is_nothing() -> None:
    """An endpoint that never called has no thread to stop."""
    DeadlineThread().close()

    assert "deadline" not in [thread.name for thread in threading.enumerate()]


def test_a_probe_asks_for_the_status(make_caller: MakeCaller) -> None:
    """The probe is a GET with the key, and its answer is dropped."""
    with ScriptedServer(answering(401, b'{"error": {"message": "no"}}')) as server:
        caller = make_caller(server.url + "/api/v1")
        end = caller.endpoint.probe()

    request = server.requests[0]
    assert isinstance(end, Answered)
    assert (end.status, end.body_sent) == (401, True)
    assert (request.method, request.path, request.body) == ("GET", "/api/v1/status", b"")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert caller.spool.find(ATTEMPT) is None


def test_another_key_is_noticed() -> None:
    """A key that was not sent yet is new, until it is sent; the same one again is not."""
    keys = ["one"]
    with ScriptedServer(answering(401)) as server:
        terms = Terms(
            base_url=server.url,
            key=lambda: keys[-1],
            timeouts=Timeouts(),
            max_answer_bytes=1000,
            max_request_bytes=1000,
        )
        endpoint = HttpEndpoint(terms)
        endpoint.probe()
        seen = [endpoint.has_new_key()]
        keys.append("two")
        seen.append(endpoint.has_new_key())
        endpoint.probe()
        seen.append(endpoint.has_new_key())
        endpoint.close()

    assert seen == [False, True, False]
    assert server.requests[1].headers["authorization"] == "Bearer two"


def test_a_probe_that_fails_cost_nothing(make_caller: MakeCaller) -> None:
    """A probe without an answer is never an unknown outcome."""
    with ScriptedServer(Exchange.stall) as server:
        silent = make_caller(server.url, answer=0.2).endpoint.probe()
    refused = make_caller(f"http://127.0.0.1:{refused_port()}").endpoint.probe()

    assert isinstance(silent, NotSent)
    assert silent.kind is NotSentKind.INTERRUPTED
    assert isinstance(refused, NotSent)
    assert refused.kind is NotSentKind.UNREACHABLE


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://[::bad", f"http://{'a' * 70}.example:1"]
)
def test_a_proxy_that_cannot_be_used_is_unreachable(
    make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """A proxy in the environment that is none, or that nobody can talk to, sends nothing."""
    monkeypatch.setenv("HTTP_PROXY", proxy)

    end = make_caller("http://127.0.0.1:9").submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.UNREACHABLE


def test_certificates_that_cannot_be_read_are_named(
    make_caller: MakeCaller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A SSL_CERT_FILE that is not there is a certificate error, not a crash."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    end = make_caller("https://127.0.0.1:9").submit()

    assert isinstance(end, NotSent)
    assert end.kind is NotSentKind.CERTIFICATE
    assert end.detail == "the trusted certificates cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("base_url", "part"),
    [
        ("http://www.dench.com/api/v1", "must begin with https://"),
        ("http://10.0.0.1/api", "must begin with https://"),
        ("ftp://localhost/api", "must begin with https://"),
        ("https://user:pass@www.dench.com", "name or password"),
        ("https://www.dench.com/api?key=1", "must end with its path"),
        ("https://", "names no host"),
        ("www.dench.com/api", "names no host"),
        (f"https://{'a' * 64}.com", "names no host"),
        ("https://[::bad", "is no URL"),
    ],
)
def test_a_base_url_that_would_show_the_key_is_refused(base_url: str, part: str) -> None:
    """The key goes over https or to this machine; anything else is a configuration error without secrets."""
    with pytest.raises(ConfigurationError) as caught:
        check_base_url(base_url)

    assert part in str(caught.value)
    assert "pass" not in str(caught.value).partition("has a name")[0]


@pytest.mark.parametrize(
    "base_url", ["https://www.dench.com/api/v1/", "http://localhost:1/", "http://[::1]:1"]
)
def test_a_base_url_loses_its_last_slash(base_url: str) -> None:
    """A usable base URL is given without a slash at its end."""
    assert check_base_url(base_url) == base_url.rstrip("/")


def test_a_call_keeps_the_terms_under_which_it_was_begun() -> None:
    """What is under way ends as it would have; the next call goes elsewhere, with another key and time."""
    arrived, go_on = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        exchange.read_request()
        arrived.set()
        go_on.wait(10)
        exchange.send(reply_bytes(200, b"{}"))

    with ScriptedServer(wait) as first, ScriptedServer(answering(401)) as second:
        old = Terms(
            base_url=first.url,
            key=lambda: "one",
            timeouts=Timeouts(),
            max_answer_bytes=1000,
            max_request_bytes=1000,
        )
        endpoint = HttpEndpoint(old)
        ends: list[CallEnd] = []
        caller = threading.Thread(target=lambda: ends.append(endpoint.probe()))
        caller.start()
        assert arrived.wait(10)

        endpoint.adopt(replace(old, base_url=second.url, key=lambda: "two", timeouts=Timeouts(answer=0.1)))
        # Longer than the new time allows.
        assert not go_on.wait(0.3)
        go_on.set()
        caller.join(10)
        ends.append(endpoint.probe())
        endpoint.close()

    assert [isinstance(end, Answered) and end.status for end in ends] == [200, 401]
    keys = [server.requests[0].headers["authorization"] for server in (first, second)]
    assert keys == ["Bearer one", "Bearer two"]
    with pytest.raises(ConfigurationError):
        replace(old, base_url="http://192.0.2.1/api")
