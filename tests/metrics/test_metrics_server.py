"""The port for Prometheus: it answers who asks well, and nobody can hold it up."""

import http.client
import resource
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from notebook import Notebook
from retouchd.metrics.server import MetricsServer, Patience
from waiting import eventually

PAGE = b"# HELP retouchd_up 1\n"
HANGING = 40


def free_port() -> int:
    """Give a port that nobody has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@contextmanager
def serving(
    page: Callable[[], bytes] = lambda: PAGE, port: int = 0, patience: Patience | None = None
) -> Iterator[tuple[int, Notebook]]:
    """Have a page served for as long as the context lasts."""
    port, log = port or free_port(), Notebook()
    server = MetricsServer(("127.0.0.1", port), "text/plain", page, log, patience or Patience())
    server.start()
    assert eventually(lambda: log.lines)
    yield port, log
    server.finish()


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which the page is served."""
    with serving() as (opened, _log):
        yield opened


def ask(port: int, path: str = "/metrics", method: str = "GET") -> tuple[int, bytes]:
    """Ask as Prometheus does."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, headers={"Accept": "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def say(port: int, words: bytes) -> bytes:
    """Say anything, and give what comes back until the other side ends."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(words)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def server_threads() -> list[str]:
    """Give the names of this companion's threads."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("companion-metrics")]


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/metrics", 200, PAGE),
        ("GET", "/metrics?name=x", 200, PAGE),
        ("GET", "/", 200, b"/metrics"),
        ("GET", "/etc/passwd", 404, b"/metrics"),
        ("GET", "/metrics/../journal", 404, b"/metrics"),
        ("POST", "/metrics", 405, b"only GET"),
        ("DELETE", "/metrics", 405, b"only GET"),
    ],
)
def test_only_the_page_is_given(port: int, method: str, path: str, status: int, words: bytes) -> None:
    """There is one page, a hint to it, and nothing that could be changed."""
    answered, text = ask(port, path, method)

    assert answered == status
    assert words in text


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"\r\n\r\n",
        b"GET /metrics",
        b"GET /metrics HTTP/1.1\r\nHost: a\r\n",
        b"hello\r\n\r\n",
        b"GET /metrics SMTP\r\n\r\n",
        b"\x16\x03\x01\x00\xf8" * 40,
        b"GET /" + b"a" * 20_000,
    ],
    ids=[
        "nothing",
        "blank",
        "half a line",
        "half a request",
        "a word",
        "another protocol",
        "TLS",
        "far too long",
    ],
)
def test_garbage_gets_no_page_and_does_no_harm(port: int, words: bytes) -> None:
    """Whatever is said, the next who asks well is answered."""
    try:
        answer = say(port, words)
    except TimeoutError:
        raise
    except OSError:  # It was cut off in the middle of it.
        answer = b""

    assert PAGE not in answer
    assert ask(port) == (200, PAGE)


def test_who_hangs_up_does_no_harm(port: int) -> None:
    """A caller who ends the connection at once, in order or not, is forgotten."""
    for _ in range(5):
        hasty = socket.create_connection(("127.0.0.1", port))
        hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        hasty.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        hasty.close()

    assert ask(port) == (200, PAGE)


def test_those_who_say_nothing_keep_nobody_waiting(port: int) -> None:
    """More silent callers than there are places, one that drips: who asks well is answered meanwhile."""
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(HANGING)]
    silent[-1].sendall(b"GET /met")

    assert ask(port) == (200, PAGE)
    for one in silent:
        one.close()


def test_who_says_nothing_is_dropped() -> None:
    """A silent connection is ended after a while, so that they do not pile up."""
    with serving(patience=Patience(request=0.05)) as (port, _log):
        silent = socket.create_connection(("127.0.0.1", port), timeout=10)
        silent.sendall(b"GET /metrics HTTP/1.1\r\n")

        assert silent.recv(100) == b""
        silent.close()


def test_without_descriptors_it_rests_and_goes_on(port: int) -> None:
    """While the process can open nothing more, nobody is answered and no processor burnt; later all are."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with closing(socket.socket()) as caller:
        caller.settimeout(10)
        # Nothing new can be opened, whatever is open already.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            caller.connect(("127.0.0.1", port))
            caller.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            before = time.process_time()
            answered, _, _ = select.select([caller], [], [], 0.3)
            burnt = time.process_time() - before
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

        assert answered == []
        assert burnt < 0.1
        assert caller.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_the_end_leaves_nothing() -> None:
    """After the end no thread is left and the port is free, whoever still hangs on it."""
    before = server_threads()
    with serving() as (port, _log):
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        assert ask(port) == (200, PAGE)

    assert server_threads() == before
    with serving(port=port) as (again, log):
        assert ask(again) == (200, PAGE)
        assert log.told("metrics.not_served") == []
    for one in silent:
        one.close()


def test_a_port_that_is_taken_is_told_once_and_tried_again() -> None:
    """Who has the port is not disturbed; the log says what to do; once it is free it is used."""
    with closing(socket.create_server(("127.0.0.1", 0))) as stranger:
        port = int(stranger.getsockname()[1])
        with serving(port=port, patience=Patience(port=0.01)) as (_port, log):
            assert eventually(lambda: log.told("metrics.not_served"))
            stranger.close()
            assert eventually(lambda: log.told("metrics.served"))

            assert ask(port) == (200, PAGE)
            (told,) = log.told("metrics.not_served")
    assert told["level"] == "warning"
    assert f"127.0.0.1, port {port}: Address already in use: set metrics.port to" in str(told["detail"])


def test_the_end_does_not_wait_for_a_port() -> None:
    """While it waits to try again, it can end at once."""
    before = server_threads()
    with closing(socket.create_server(("127.0.0.1", 0))) as stranger:
        with serving(port=int(stranger.getsockname()[1])):
            assert server_threads() != before
        assert server_threads() == before


def test_a_history_that_does_not_answer_is_told() -> None:
    """Where no page can be made in time, the caller is told so, and not kept."""

    def page() -> bytes:
        raise TimeoutError

    with serving(page) as (port, _log):
        status, words = ask(port)

    assert status == 503
    assert b"does not answer" in words


def test_never_started_it_ends_too() -> None:
    """A start that is broken off before ends all that was built."""
    MetricsServer(("127.0.0.1", free_port()), "text/plain", lambda: PAGE, Notebook()).finish()
