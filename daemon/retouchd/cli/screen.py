"""How a screen is written: styled and folded on a terminal, plain and one line a sentence anywhere else.

What stands on a screen does not come in here. Nothing of it is ever read as markup.
"""

import json
import re
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

from retouchd.core.values import printable

# Longer lines are hard to read, however wide the terminal is.
_WIDEST: Final = 110
_SHORTEST_TEXT: Final = 20
# A command within a sentence is not folded: people copy it. No text that is safe to print has this character.
_COMMAND: Final = re.compile('"retouchd [^"]*"')
_HELD: Final = "\0"


class Tone(StrEnum):
    """How a line is meant, as rich's styles."""

    PLAIN = ""
    HEAD = "bold"
    GOOD = "green"
    WARN = "yellow"
    BAD = "bold red"
    ASIDE = "dim"


class Screen:
    """Writes lines for people to standard output."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        self._width = min(shutil.get_terminal_size().columns, _WIDEST)

    def say(self, text: str, tone: Tone = Tone.PLAIN, *, indent: int = 0, hang: int | None = None) -> None:
        """Write a sentence or more, folded at the width of a terminal.

        Args:
            indent: Blanks before it.
            hang: Blanks before its further lines, as `indent` without it.
        """
        first, further = " " * indent, " " * (indent if hang is None else hang)
        if not self._is_terminal:
            self.line(f"{first}{text}")
            return
        folded = textwrap.wrap(
            _COMMAND.sub(_hold_together, text),
            max(self._width, len(further) + _SHORTEST_TEXT),
            initial_indent=first,
            subsequent_indent=further,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in folded or [""]:
            self.line(line.replace(_HELD, " "), tone)

    def line(self, text: str = "", tone: Tone = Tone.PLAIN) -> None:
        """Write one line that is never folded: what people paste or scripts read."""
        if not self._is_terminal or tone is Tone.PLAIN:
            print(text, file=self._stream, flush=True)
            return
        from rich.console import Console  # noqa: PLC0415 - pipes need none of it
        from rich.text import Text  # noqa: PLC0415

        Console(file=self._stream).print(Text(text, style=tone.value), soft_wrap=True)

    def table(self, rows: Sequence[Sequence[str]], *, indent: int = 2) -> None:
        """Write rows whose columns stand below each other; the last column is as long as it is."""
        widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [
                cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)
            ]
            self.line((" " * indent + "  ".join(cells)).rstrip())


def _hold_together(command: re.Match[str]) -> str:
    return command[0].replace(" ", _HELD)


def display_width(text: str) -> int:
    """Give how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - plain names need none of it

    return cell_len(text)


def shorten(text: str, width: int) -> str:
    """Give a text safe to print that is no longer than `width` characters."""
    shown = printable(text)
    return shown if len(shown) <= width else f"{shown[: width - 1]}…"


def print_json(value: object) -> None:
    """Write JSON for programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def print_json_list(values: Iterable[object]) -> None:
    """Write a JSON list for programs, one value after the other: it may be longer than the memory."""
    before = "["
    for value in values:
        print(f"{before}\n{json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)}", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def command_line(config: Path | None, *words: str) -> str:
    """Give a command to paste into a shell, as this program was started and with its configuration."""
    given = ["--config", str(config)] if config else []
    return printable(shlex.join([*_program(), *given, *words]))


def _program() -> tuple[str, ...]:
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return (sys.executable, "-m", "retouchd")
    found = shutil.which(started.name)
    is_on_path = found is not None and Path(found).resolve() == started.resolve()
    return (started.name if is_on_path else str(started),)
