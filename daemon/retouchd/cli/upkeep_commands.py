"""The commands of whoever looks after the program: settings, the doctor, the simulator."""

import os
from typing import Annotated

import typer

from retouchd.cli.options import AsJson, Config
from retouchd.cli.schemas import Schema, Unit

# Commands import what they work with only when they are called: help and version need none of it.
# ruff: noqa: PLC0415


def add_upkeep_commands(app: typer.Typer) -> None:
    """Add them to the program."""
    for command in (config, reload, doctor, notify, simulate, prune):
        app.command()(command)


def config(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is right.")] = False,
    schema: Annotated[
        Schema | None,
        typer.Option(
            help="Print a JSON Schema instead, for editors that check while you type: of the configuration, "
            "of the JSON file beside each result, or of the options in prompt files and presets.",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            help="Print a unit file for systemd instead, filled in for this installation: the system's, one "
            "for each user (template), your own (user), or those for runs now and then (once, timer).",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Show every setting that counts, and where it comes from.

    Examples: retouchd config --check

    retouchd config --schema sidecar > sidecar.schema.json
    """
    from retouchd.cli.configuration import check_configuration, print_schema, show_configuration
    from retouchd.cli.installing import print_unit

    if unit is not None:
        print_unit(config or context.obj, os.environ, unit)
        return
    if schema is not None:
        print_schema(schema)
        return
    act = check_configuration if check else show_configuration
    act(config or context.obj, os.environ)


def reload(context: typer.Context, config: Config = None) -> None:
    """Have the running daemon read its configuration and key again, and say what counts now."""
    from retouchd.cli.ordering import reload as order

    order(config or context.obj, os.environ)


def doctor(
    context: typer.Context,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild-journal", help="Read back what was paid for into a history that forgot it."),
    ] = False,
    check_all: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check every picture in the outbox, and every photo at work, against the history.",
        ),
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Look at everything that can keep photos from being edited, and say what to do; sends no photo.

    Ends with 0 when nothing is wrong, 1 when something is, 78 when the configuration is.

    Examples: retouchd doctor

    retouchd doctor --verify
    """
    from retouchd.cli.doctoring import rebuild_journal
    from retouchd.cli.examining import examine_all

    if check_all:
        from retouchd.cli.verifying import verify

        verify(config or context.obj, os.environ, as_json=as_json)
        return

    if rebuild:
        rebuild_journal(config or context.obj, os.environ)
        return
    raise typer.Exit(examine_all(config or context.obj, os.environ, as_json=as_json))


def prune(
    context: typer.Context,
    older: Annotated[
        str,
        typer.Option(
            "--older-than", help="Let go of what ended longer ago: 90d, 8w, 2026-01-31.", show_default=False
        ),
    ] = "",
    keep: Annotated[
        int | None, typer.Option(min=0, help="Let go of all but so many of the newest.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much it would be.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
    config: Config = None,
) -> None:
    """Let go of old history and of kept answers now; what was paid for stays known for ever.

    Example: retouchd prune --older-than 90d
    """
    from retouchd.cli.pruning import Limits
    from retouchd.cli.pruning import prune as let_go

    limits = Limits(older_than=older, keep=keep, is_dry_run=dry_run, is_agreed=yes)
    let_go(config or context.obj, os.environ, limits)


def simulate(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes any free port.")
    ] = 8765,
    latency: Annotated[float, typer.Option(min=0, help="Seconds that each picture takes at least.")] = 2.5,
    key: Annotated[str, typer.Option(help="The one key that is accepted.")] = "demo-key",
) -> None:
    """Run a stand-in for the service on this machine: no account, no cost.

    Example: retouchd simulate --port 8765 --latency 0.5
    """
    from retouchd.cli.simulating import simulate as serve

    serve(port, latency, key)


def notify(
    context: typer.Context,
    test: Annotated[bool, typer.Option("--test", help="Send a test message on every way.")] = False,
    config: Config = None,
) -> None:
    """Show who is told what happens, or try it.

    Example: retouchd notify --test
    """
    from retouchd.cli.notifying import send_test, show_ways

    act = send_test if test else show_ways
    act(config or context.obj, os.environ)
