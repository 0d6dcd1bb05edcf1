"""How a command asks before it does what cannot be undone."""

import sys

import typer

from retouchd.cli.screen import Screen
from retouchd.core.errors import CommandRefusedError


def agrees(told: str, question: str) -> bool:
    """Tell what it means and ask on the terminal.

    Raises:
        CommandRefusedError: There is nobody to ask.
    """
    if not sys.stdin.isatty():
        message = f"{told} If you want that, add --yes."
        raise CommandRefusedError(message)
    Screen().say(told)
    return typer.confirm(question)
