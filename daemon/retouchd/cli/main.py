"""The command line: what commands there are, and how an error becomes a sentence and an exit status."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from retouchd.cli.job_commands import add_job_commands
from retouchd.cli.learning_commands import add_learning_commands
from retouchd.cli.options import AsJson, Config, JobName
from retouchd.cli.upkeep_commands import add_upkeep_commands
from retouchd.core.errors import CommandRefusedError, ConfigurationError, RetouchdError
from retouchd.core.jobs import JobState
from retouchd.core.values import printable

# Commands import what they work with only when they are called: help and version need none of it.
# ruff: noqa: PLC0415

_EXAMPLES = """\
Try it, no account, no cost:  retouchd demo

For real:  retouchd init ~/Retouch  and then  retouchd run

Nothing happens?  retouchd explain inbox/beach.jpg  says why, retouchd status  shows everything.
"""

app = typer.Typer(
    name="retouchd",
    help="Drop a photo and a text file that says what to change; the edited photo appears in another folder.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run the command line; what a person can cause ends in a sentence, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # they are text files here
    try:
        app()
    except RetouchdError as exc:
        _tell(exc)
        sys.exit(exc.exit_status)
    finally:
        _flush()


def _tell(error: RetouchdError) -> None:
    """Print an error, each fault on a line of its own."""
    first, *others = str(error).splitlines() or [type(error).__name__]
    if others:
        wrong = "the configuration is wrong" if isinstance(error, ConfigurationError) else "this cannot be"
        others = [first, *others]
        first = f"{wrong}; nothing was done:"
    print(
        "\n".join([f"retouchd: {printable(first)}", *(f"  {printable(one)}" for one in others)]),
        file=sys.stderr,
    )


def _flush() -> None:
    """Hand out what is left to print; whoever stopped reading (`| head`) wants no complaint about it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(is_wrong: bool, why: str) -> None:
    if is_wrong:
        raise CommandRefusedError(why)


def _print_version(*, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        print(f"retouchd {version('retouchd')}")
        raise typer.Exit


@app.callback()
def _take_options(
    context: typer.Context,
    config: Config = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version.",
            callback=lambda value: _print_version(is_wanted=value),
            is_eager=True,
        ),
    ] = False,
) -> None:
    context.obj = config


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Option(help="An empty or new folder to use and keep.", show_default=False)
    ] = None,
) -> None:
    """Show the main job in half a minute: no account, no cost.

    Example: retouchd demo --folder ~/retouchd-demo
    """
    from retouchd.cli.demonstrating import demonstrate

    demonstrate(folder, os.environ)


@app.command()
def init(
    context: typer.Context,
    root: Annotated[
        Path | None,
        typer.Argument(help="Folder that shall hold inbox, outbox, done, failed.", show_default=False),
    ] = None,
    take: Annotated[
        bool, typer.Option("--take-over", help="Take over folders that belong to another machine's retouchd.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before taking over.")] = False,
    config: Config = None,
) -> None:
    """Make the folders and a commented configuration, and ask for the key; safe to repeat.

    Example: retouchd init ~/Retouch
    """
    from functools import partial

    from retouchd.cli.sparing import sparing_screens

    with sparing_screens():
        from retouchd.cli.founding import found
        from retouchd.cli.overtaking import take_over
    found(config or context.obj, root, os.environ, partial(take_over, is_sure=yes) if take else None)


@app.command()
def run(
    context: typer.Context,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Work off what is there, then end.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds after which --until-idle ends anyway.")] = 3600.0,
    config: Config = None,
) -> None:
    """Watch the inbox and edit what arrives, until stopped with Ctrl-C or by the service manager.

    Examples: retouchd run

    retouchd run --until-idle --timeout 600
    """
    from retouchd.api_key import take_environment
    from retouchd.cli.sparing import sparing_screens

    with sparing_screens():
        from retouchd.cli.running import run_daemon
    run_daemon(config or context.obj, take_environment(os.environ), timeout if until_idle else None)


@app.command()
def status(
    context: typer.Context,
    seconds: Annotated[
        float | None,
        typer.Argument(
            metavar="[SECONDS]", min=0.1, max=3600, help="With --watch: how often to look.", show_default="1"
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep showing it, until Ctrl-C.")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what is going on, what needs you, and what was spent.

    Examples: retouchd status

    retouchd status --watch
    """
    from retouchd.cli.status import show_status

    if watch:
        from retouchd.cli.following import USUAL_SECONDS, follow_status

        _refuse(as_json, "--watch is for people: programs ask for the status with --json when they want it")
        follow_status(config or context.obj, os.environ, seconds or USUAL_SECONDS)
        return
    _refuse(seconds is not None, "SECONDS goes with --watch")
    show_status(config or context.obj, os.environ, as_json=as_json)


@app.command()
def explain(
    context: typer.Context,
    # With a parser nobody looks at the file before the command does: a share may not answer, and that a photo
    # cannot be read is a reason to tell of, not a wrong command.
    path: Annotated[
        Path, typer.Argument(parser=Path, help="A photo, prompt file or folder, such as inbox/beach.jpg.")
    ],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say why a photo is not done yet, what it will cost and what to do.

    Examples: retouchd explain inbox/beach.jpg

    retouchd explain inbox/wedding
    """
    from retouchd.cli.explaining import explain_path

    explain_path(config or context.obj, os.environ, path, as_json=as_json)


@app.command()
def jobs(  # noqa: PLR0913, PLR0917 - options are arguments to typer
    context: typer.Context,
    state: Annotated[
        JobState | None, typer.Option(help="Only those in this state.", show_default=False)
    ] = None,
    since: Annotated[
        str, typer.Option(help="Only those made since then: 2h, 3d, 2026-01-31.", show_default=False)
    ] = "",
    folder: Annotated[
        Path | None, typer.Option(help="Only those of this folder of the inbox.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV with a header, exact.")] = False,
    config: Config = None,
) -> None:
    """List every picture that was asked for, one line each, the newest last.

    Example: retouchd jobs --since 3d --folder wedding --csv
    """
    from retouchd.cli.listing import Wanted, list_jobs, print_jobs_csv, print_jobs_json

    act = print_jobs_csv if as_csv else print_jobs_json if as_json else list_jobs
    act(config or context.obj, os.environ, Wanted(state=state, since=since, folder=folder))


@app.command()
def show(context: typer.Context, job: JobName, as_json: AsJson = False, config: Config = None) -> None:
    """Show everything about one job: what was asked, what was paid, where it lies.

    Example: retouchd show k7f3
    """
    from retouchd.cli.showing import show_job

    show_job(config or context.obj, os.environ, job, as_json=as_json)


@app.command()
def pause(
    context: typer.Context,
    why: Annotated[str, typer.Argument(help="A note for whoever looks.", show_default=False)] = "",
    config: Config = None,
) -> None:
    """Send nothing any more; what is under way is finished, photos keep arriving.

    Example: retouchd pause "until the prompt is right"
    """
    from retouchd.cli.ordering import pause as order

    order(config or context.obj, os.environ, why)


@app.command()
def resume(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="End this pause alone.", show_default=False)] = "",
    config: Config = None,
) -> None:
    """Go on after a pause.

    Examples: retouchd resume

    retouchd resume refused_alike
    """
    from retouchd.cli.ordering import resume as order

    order(config or context.obj, os.environ, reason)


@app.command()
def costs(
    context: typer.Context,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="As CSV, one row for each day and folder, exact.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show by day, month and folder what was paid, is set aside or unclear.

    Example: retouchd costs --csv > costs.csv
    """
    from retouchd.cli.costs import print_costs_csv, print_costs_json, show_costs

    show = print_costs_csv if as_csv else print_costs_json if as_json else show_costs
    show(config or context.obj, os.environ)


@app.command(context_settings={"ignore_unknown_options": True})
def allow(
    context: typer.Context,
    amount: Annotated[str, typer.Argument(metavar="USD", help="Dollars, such as 25 or 25.50.")],
    today: Annotated[bool, typer.Option("--today", help="For today alone; there is no other way.")] = False,
    config: Config = None,
) -> None:
    """Set another limit for what may be spent today; the month's limit still holds.

    Example: retouchd allow 25 --today
    """
    from retouchd.cli.ordering import allow as order

    order(config or context.obj, os.environ, amount, is_today=today)


add_job_commands(app)
add_upkeep_commands(app)
add_learning_commands(app)
