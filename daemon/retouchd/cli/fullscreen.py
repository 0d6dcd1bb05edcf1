"""A terminal as one picture that is drawn again in place, and put back as it was at the end."""

import os
import re
import shutil
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import StringIO
from typing import Final, TextIO

from retouchd.cli.screen import display_width

# The second screen of the terminal, so that what was there before comes back; no cursor, no typed characters.
_ENTER: Final = "\x1b[?1049h\x1b[?25l"
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_REST_OF_LINE: Final = "\x1b[K"
_REST_OF_SCREEN: Final = "\x1b[J"
_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")
_PLAIN: Final = "\x1b[0m"
_CUT: Final = "(There is more than fits: retouchd status shows all of it.)"
# Terminals that cannot go back up.
_DUMB: Final = frozenset({"", "dumb", "unknown"})


def can_redraw(stream: TextIO, term: str) -> bool:
    """Say whether a stream is a terminal on which a picture can be drawn again in its place."""
    return stream.isatty() and term not in _DUMB


class Canvas(StringIO):
    """Takes what a screen writes for a terminal."""

    def isatty(self) -> bool:
        """Say that it is one: styles and folding are wanted."""
        return True

    @property
    def lines(self) -> list[str]:
        """What was written."""
        return self.getvalue().splitlines()


class FullScreen:
    """The terminal behind a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn: tuple[Sequence[str], os.terminal_size] | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the terminal for ourselves; it is put back whatever happens."""
        with _silent_keyboard():
            self._write(_ENTER)
            self._drawn = None
            try:
                yield
            finally:
                # Whoever closed the terminal wants nothing to be put back.
                with suppress(OSError):
                    self._write(_LEAVE)

    def draw(self, lines: Sequence[str]) -> None:
        """Show lines, written over those before; nothing when they are the same."""
        size = shutil.get_terminal_size()
        if self._drawn == (lines, size):
            return
        self._drawn = lines, size
        shown = f"{_REST_OF_LINE}\r\n".join(fit(lines, size))
        self._write(f"{_HOME}{shown}{_PLAIN}{_REST_OF_LINE}{_REST_OF_SCREEN}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def fit(lines: Sequence[str], size: os.terminal_size) -> list[str]:
    """Give as many lines as fit; those that are wider than the terminal take several rows of it."""
    left, shown = size.lines, list[str]()
    for line in lines:
        left -= max(1, -(-display_width(_STYLE.sub("", line)) // size.columns))
        if left < 0:
            return [*shown[:-1], _CUT[: size.columns - 1]]
        shown.append(line)
    return shown


@contextmanager
def _silent_keyboard() -> Iterator[None]:
    """Show nothing of what is typed, and do not hand it to whoever comes after."""
    try:
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (termios.error, OSError, ValueError):  # What is typed comes from no terminal.
        yield
        return
    silent = [*before]
    silent[3] = before[3] & ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSANOW, silent)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
