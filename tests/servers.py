"""Scripted servers on loopback: full control of every byte, for what a well-behaved server never does.

A script is a function of one Exchange; it reads and sends what it likes. Nothing here checks anything: a test
reads `server.requests` afterwards.
"""

import contextlib
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
# No test waits longer than this for anything; it only bounds what a broken test costs.
_PATIENCE_SECONDS: Final = 20.0
_BLOCK: Final = 65536


@dataclass(kw_only=True)
class Recorded:
    """One request as far as the script read it.

    Attributes:
        headers: Names in lower case.
        complete: The whole announced body was read.
    """

    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False


def _do_nothing() -> None:
    pass


class Exchange:
    """One connection in the hands of a script."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.connection = connection
        self.request = Recorded()
        self._stopping = stopping
        self._buffer = b""
        self._wanted = 0
        self._when_complete: Callable[[], None] = _do_nothing

    def read_head(self) -> Recorded:
        """Read the request line and the headers, once."""
        if self.request.method:
            return self.request
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        self.request.method, self.request.path, _ = line.split(" ", 2)
        pairs = (one.partition(":") for one in lines)
        self.request.headers = {name.lower(): value.strip() for name, _, value in pairs}
        self._wanted = int(self.request.headers.get("content-length", "0"))
        self._note_if_complete()
        return self.request

    def read_body(self, at_most: int | None = None) -> None:
        """Read the announced body, or only its first bytes."""
        wanted = self._wanted if at_most is None else min(at_most, self._wanted)
        body = bytearray(self.request.body)
        try:
            while len(body) < wanted:
                body += self._buffer or self._receive()
                self._buffer = b""
        finally:
            self.request.body = bytes(body)
        self._note_if_complete()

    def tell_when_complete(self, hook: Callable[[], None]) -> None:
        """Call this once, as soon as the whole request was read, or now if it was."""
        self._when_complete = hook
        if self.request.complete:
            hook()

    def _note_if_complete(self) -> None:
        if not self.request.complete and len(self.request.body) >= self._wanted:
            self.request.complete = True
            self._when_complete()

    def read_request(self) -> Recorded:
        """Read the whole request."""
        self.read_head()
        self.read_body()
        return self.request

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def drip(self, data: bytes, pause_seconds: float) -> None:
        """Send byte by byte until the other side has had enough or the server stops."""
        for at in range(len(data)):
            self.connection.sendall(data[at : at + 1])
            if self._stopping.wait(pause_seconds):
                return

    def wait_for_end(self) -> None:
        """Say nothing until the other side closes or the server stops."""
        while not self._stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self._receive_or_nothing():
                return

    def stall(self) -> None:
        """Neither read nor say anything until the server stops."""
        self._stopping.wait(_PATIENCE_SECONDS)

    def pause(self, seconds: float) -> None:
        """Do nothing for a moment: a reset overtakes what was sent just before it."""
        self._stopping.wait(seconds)

    def take_buffered(self) -> bytes:
        """Give what was received and not read yet."""
        taken, self._buffer = self._buffer, b""
        return taken

    def reset(self) -> None:
        """Cut the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _receive(self) -> bytes:
        piece = self.connection.recv(_BLOCK)
        if not piece:
            raise ConnectionError
        return piece

    def _receive_or_nothing(self) -> bytes:
        try:
            return self.connection.recv(_BLOCK)
        except OSError:
            return b""


Script = Callable[[Exchange], None]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A throw-away certificate for 127.0.0.1 and localhost, which signs itself."""

    certificate: Path
    key: Path


def make_certificate(folder: Path, names: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
    """Make one with the openssl program."""
    made = Certificate(certificate=folder / "certificate.pem", key=folder / "key.pem")
    arguments = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    arguments += ["-days", "2", "-subj", "/CN=retouchd tests", "-addext", f"subjectAltName={names}"]
    arguments += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=_PATIENCE_SECONDS)
    return made


class ScriptedServer:
    """A threaded server that treats the n-th connection by the n-th script, the last one for all others.

    Attributes:
        port: On 127.0.0.1.
        requests: What came, in the order of the connections; each entry grows while it is read.
        context: Of TLS, or None; what is changed in it counts from the next connection on.
    """

    def __init__(self, *scripts: Script, tls: Certificate | None = None) -> None:
        self._scripts = scripts
        self.context = _make_context(tls) if tls else None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.requests: list[Recorded] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening and wait for every script."""
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
        self._listener.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        scripts = iter(self._scripts)
        script = self._scripts[0]
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # It was shut down.
            script = next(scripts, script)
            self._start(self._serve, connection, script)

    def _serve(self, connection: socket.socket, script: Script) -> None:
        # Whatever the client does to the connection is the test's business.
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(_PATIENCE_SECONDS)
            with self._wrap(connection) as wrapped:
                exchange = Exchange(wrapped, self._stopping)
                self.requests.append(exchange.request)
                script(exchange)
        connection.close()

    def _wrap(self, connection: socket.socket) -> socket.socket:
        if self.context is None:
            return connection
        return self.context.wrap_socket(connection, server_side=True)


def _make_context(tls: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    return context


def reply_bytes(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Give a reply's bytes with a Content-Length that fits."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode("latin-1") + body


def answering(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Script:
    """Give a script that reads the whole request and answers it."""
    return sending(reply_bytes(status, body, headers))


def sending(*pieces: bytes) -> Script:
    """Give a script that reads the whole request, sends these bytes and closes."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        for piece in pieces:
            exchange.send(piece)

    return script


def relay(exchange: Exchange) -> None:
    """Be a proxy: a script that opens tunnels for CONNECT and forwards everything else."""
    request = exchange.read_head()
    if request.method == "CONNECT":
        with connect_to(request.path) as upstream:
            exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            relay_both_ways(exchange.connection, upstream)
        return
    target = re.fullmatch(r"http://([^/]+)(/.*)", request.path)
    assert target is not None
    lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    head = f"{request.method} {target[2]} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
    with connect_to(target[1]) as upstream:
        upstream.sendall(head + exchange.take_buffered())
        relay_both_ways(exchange.connection, upstream)


def forwarding_to(port: int) -> Script:
    """Give a script that forwards every byte to another port of this machine, and back."""

    def script(exchange: Exchange) -> None:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as upstream:
            relay_both_ways(exchange.connection, upstream)

    return script


def connect_to(place: str) -> socket.socket:
    """Connect to a host and port, as they stand in a CONNECT."""
    host, _, port = place.rpartition(":")
    return socket.create_connection((host, int(port)), _PATIENCE_SECONDS)


def relay_both_ways(
    one: socket.socket,
    other: socket.socket,
    note: Callable[[bytes], object] = bytes,
    gone: threading.Event | None = None,
) -> None:
    """Forward bytes until one side ends, or until `gone` is set, noting each piece first."""
    peers = {one: other, other: one}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not (gone and gone.is_set()):
        readable, _, _ = select.select(list(peers), [], [], 0.05)
        for side in readable:
            piece = side.recv(_BLOCK)
            if not piece:
                return
            note(piece)
            peers[side].sendall(piece)


def refused_port() -> int:
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Give a port that answers no connection: its queue is full, so the kernel drops what comes."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in _fill(listener.getsockname()):
            stack.enter_context(waiting)
        yield listener.getsockname()[1]


def _fill(address: tuple[str, int]) -> Iterable[socket.socket]:
    for _ in range(4):
        waiting = socket.socket()
        waiting.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            waiting.connect(address)
        yield waiting
