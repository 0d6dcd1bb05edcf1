"""An endpoint in a process of its own that answers at once and writes down when, and for which photo.

Not run by itself, but by the benches of latency and endurance. Its clock is the machine's monotonic one, so
that its moments can be compared with those of whoever dropped the photo.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

_BLOCK: Final = 256 * 1024
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_KEY: Final = re.compile(rb"\r\nidempotency-key: *(\S+)", re.IGNORECASE)
# What a picture is to be called in the service's workspace: the photo's name, the job's and the attempt.
_NAME: Final = re.compile(rb'"savePath": "[^"]*/([^"/]+)-[^"-]+-a[0-9]+\.[a-z]+"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One call that was taken whole and answered.

    Attributes:
        photo: The photo's name without its suffix.
        key: The idempotency key.
        first: When the request's first byte came, in seconds of the machine's monotonic clock.
        last: When the answer's last byte was taken by the system.
    """

    photo: str
    key: str
    first: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """The endpoint while it runs."""

    base_url: str
    ledger: Path

    def served(self) -> list[Served]:
        """Give all calls so far."""
        whole, _, _ = self.ledger.read_text("utf-8").rpartition("\n")
        return [Served(**json.loads(line)) for line in whole.splitlines()]


@contextmanager
def serving(place: Path, picture: bytes, *, delay_seconds: float = 0.0) -> Iterator[Stopwatch]:
    """Run the endpoint for as long as the context lasts.

    Args:
        place: Where its ledger and the picture are put.
        picture: What each call is answered with.
        delay_seconds: Between a request's end and its answer.
    """
    (place / "answer").write_bytes(picture)
    command = [sys.executable, __file__, str(place), str(delay_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline()) if process.stdout else 0
            yield Stopwatch(base_url=f"http://127.0.0.1:{port}/api/v1", ledger=place / "ledger")
        finally:
            process.kill()


class _Counter:
    """Serves calls, each in a thread of its own."""

    def __init__(self, answer: bytes, ledger: TextIO, delay_seconds: float) -> None:
        self._answer = answer
        self._ledger = ledger
        self._delay_seconds = delay_seconds

    def serve(self, connection: socket.socket) -> None:
        """Take one request, answer it, and write it down if both went well."""
        with connection:
            try:
                self._serve(connection)
            except ConnectionError:
                return  # The daemon was killed: nothing was paid for that it could have counted on.

    def _serve(self, connection: socket.socket) -> None:
        buffer = bytearray(_BLOCK)
        head = b""
        first = 0.0
        while b"\r\n\r\n" not in head or not _NAME.search(head):
            taken = connection.recv_into(buffer)
            first = first or time.monotonic()
            if not taken:
                return
            head += buffer[:taken]
        left = _announced(head) - len(head)
        while left > 0:
            taken = connection.recv_into(buffer)
            if not taken:
                return
            left -= taken
        time.sleep(self._delay_seconds)
        self._finish(connection, head, first)

    def _finish(self, connection: socket.socket, head: bytes, first: float) -> None:
        photo, key = (_find(pattern, head) for pattern in (_NAME, _KEY))
        try:
            connection.sendall(self._answer)
        finally:
            # Also when nobody takes the answer: the request was whole, so that it was paid for.
            served = Served(photo=photo, key=key, first=first, last=time.monotonic())
            self._ledger.write(json.dumps(asdict(served)) + "\n")
            self._ledger.flush()


def _announced(head: bytes) -> int:
    """Give how many bytes a request has, by its head."""
    return head.index(b"\r\n\r\n") + 4 + int(_find(_LENGTH, head))


def _find(pattern: re.Pattern[bytes], head: bytes) -> str:
    found = pattern.search(head)
    return found[1].decode() if found else ""


def _form_answer(picture: bytes) -> bytes:
    fields = {"ok": True, "b64_json": b64encode(picture).decode(), "estimatedCostUsd": 0.01}
    body = json.dumps(fields).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    """Serve until killed; the port is printed first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("place", type=Path)
    parser.add_argument("delay", type=float)
    given = parser.parse_args()
    answer = _form_answer((given.place / "answer").read_bytes())
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as listener,
        (given.place / "ledger").open("a") as ledger,
    ):
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        counter = _Counter(answer, ledger, given.delay)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=counter.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
