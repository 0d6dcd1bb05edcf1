"""The commands that know all others: shell completion and the man page."""

import os
from typing import Annotated

import typer

from retouchd.cli.shells import Shell

# Commands import what they work with only when they are called: help and version need none of it.
# ruff: noqa: PLC0415


def add_learning_commands(app: typer.Typer) -> None:
    """Add them to the program."""
    for command in (completion, manual):
        app.command()(command)
    app.command(hidden=True)(complete)


def completion(
    shell: Annotated[Shell, typer.Argument(help="Which shell you type into.")],
) -> None:
    """Print the lines by which a shell completes commands, options and jobs when you press Tab.

    Examples: bash: put into ~/.bashrc: eval "$(retouchd completion bash)"

    zsh: put into ~/.zshrc, behind compinit: eval "$(retouchd completion zsh)"

    fish: retouchd completion fish > ~/.config/fish/completions/retouchd.fish
    """
    from retouchd.cli.shells import SCRIPTS

    print(SCRIPTS[shell], end="")


def manual() -> None:
    """Print the man page.

    Example: retouchd manual | man -l -
    """
    from retouchd.cli.grammar import read_commands, read_own_options
    from retouchd.cli.main import app
    from retouchd.cli.manual import manual as page

    print(page(read_commands(app), read_own_options(app)), end="")


def complete(words: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Answer what a shell asks while somebody types."""
    from retouchd.cli.completing import complete as answer
    from retouchd.cli.grammar import read_commands, read_own_options
    from retouchd.cli.main import app

    for line in answer(words or [], read_commands(app), read_own_options(app), os.environ):
        print(line)
