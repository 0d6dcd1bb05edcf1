"""The command line: what commands there are, and how an error becomes a sentence and an exit status."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from retouchd.core.errors import RetouchdError

app = typer.Typer(
    name="retouchd",
    help="Drop a photo and a text file that says what to change; the edited photo appears in another folder.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run the command line; what a person can cause ends in a sentence, never in a traceback."""
    try:
        app()
    except RetouchdError as exc:
        print(f"retouchd: {exc}", file=sys.stderr)
        sys.exit(exc.exit_status)


@app.callback()
def _take_options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="The configuration file.", show_default=False)
    ] = None,
) -> None:
    context.obj = config


@app.command()
def run(
    context: typer.Context,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Work off what is there, then end.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds after which --until-idle ends anyway.")] = 3600.0,
) -> None:
    """Watch the inbox and edit what arrives, until stopped."""
    from retouchd.cli.running import run_daemon  # noqa: PLC0415 - other commands need not load it

    run_daemon(context.obj, os.environ, timeout if until_idle else None)


@app.command()
def init(
    context: typer.Context,
    root: Annotated[
        Path | None, typer.Argument(help="Folder that shall hold inbox, outbox, done, failed.")
    ] = None,
) -> None:
    """Make the folders, their marks and a commented configuration; safe to repeat."""
    from retouchd.cli.founding import found  # noqa: PLC0415 - other commands need not load it

    found(context.obj, root, os.environ)
