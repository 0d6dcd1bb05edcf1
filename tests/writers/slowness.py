"""Slow delivery: real programs that stand still in the middle, are broken off, or get their input slowly.

A program that is fast enough is no test: whatever watches a folder gets a file right that is whole at once.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from servers import Exchange, Script, relay_both_ways
from waiting import eventually

BYTES_PER_SECOND: Final = 400_000
# Longer than the debounce that plain_debounce.py plays, and than the quiet that the daemon is set to here.
STALL_SECONDS: Final = 1.0
# A truncated file lies there as long; the daemon has looked at it by then.
BROKEN_OFF_SECONDS: Final = 1.5
# What arrived by then is in a place that is not looked at, such as a server's own temporary folder.
_BLIND_SECONDS: Final = 1.5
# Prompts are written at once.
_WORTH_STALLING_BYTES: Final = 100_000
_PIECE: Final = 40_000
# Often enough at the pace; a hundred programs are watched at the same time.
_LOOK_EVERY_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 60.0


class Programs:
    """Runs programs slowly, each in a session of its own, with one environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def run(self, words: Sequence[str], file: Path, folder: Path) -> None:
        """Run a program that carries a file into a folder, and have it stand still in the middle of it."""
        size = file.stat().st_size
        if size < _WORTH_STALLING_BYTES:
            self.quickly(words)
            return
        process = self._midway(words, folder, size // 4, _BLIND_SECONDS)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGSTOP)
            time.sleep(STALL_SECONDS)
            os.killpg(process.pid, signal.SIGCONT)
        _finish(process)

    def break_off(self, words: Sequence[str], file: Path, folder: Path) -> None:
        """Run a program that carries a file into a folder, and end it in the middle as a person does."""
        process = self._midway(words, folder, file.stat().st_size // 3, _PATIENCE_SECONDS)
        assert process.poll() is None, f"{words} was too fast"
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=_PATIENCE_SECONDS)
        time.sleep(BROKEN_OFF_SECONDS)

    def feed(self, words: Sequence[str], content: bytes) -> None:
        """Run a program that reads this from its standard input, which comes slowly."""
        process = self._start(words, stdin=subprocess.PIPE)
        assert process.stdin is not None
        # One that has ended says why.
        with suppress(BrokenPipeError):
            for piece in slowly(content):
                process.stdin.write(piece)
                process.stdin.flush()
        _finish(process)

    def quickly(self, words: Sequence[str]) -> None:
        """Run a program that takes no time."""
        _finish(self._start(words))

    def _start(self, words: Sequence[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environ,
            start_new_session=True,
        )

    def _midway(
        self, words: Sequence[str], folder: Path, there: int, most_seconds: float
    ) -> subprocess.Popen[bytes]:
        """Start a program and wait until so many bytes more lie in the folder, or it has ended."""
        wanted = _bytes_below(folder) + there
        process = self._start(words)
        eventually(
            lambda: process.poll() is not None or _bytes_below(folder) >= wanted,
            most_seconds,
            every_seconds=_LOOK_EVERY_SECONDS,
        )
        return process


def slowly(content: bytes) -> Iterator[bytes]:
    """Give content in pieces, at the pace, with one stand-still in the middle of what is long."""
    middle = len(content) // 2 // _PIECE * _PIECE
    for offset in range(0, len(content), _PIECE):
        yield content[offset : offset + _PIECE]
        if len(content) > _PIECE:
            time.sleep(_PIECE / BYTES_PER_SECOND)
        if offset == middle and len(content) > _WORTH_STALLING_BYTES:
            time.sleep(STALL_SECONDS)


def slow_lane(port: int) -> Script:
    """Give a script that forwards every byte to a port of this machine, and back, at the pace."""

    def script(exchange: Exchange) -> None:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as upstream:
            relay_both_ways(exchange.connection, upstream, note=_take_time)

    return script


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: It does not become so.
    """
    assert eventually(condition, _PATIENCE_SECONDS, every_seconds=_LOOK_EVERY_SECONDS), what


def _take_time(piece: bytes) -> None:
    time.sleep(len(piece) / BYTES_PER_SECOND)


def _finish(process: subprocess.Popen[bytes]) -> None:
    said, _ = process.communicate(timeout=_PATIENCE_SECONDS)
    assert process.returncode == 0, f"{process.args!r} ended with {process.returncode}: {said!r}"


def _bytes_below(folder: Path) -> int:
    """Give how much lies below a folder, whatever the names; what goes away meanwhile does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total
