"""The commands about single jobs and photos: what a person decides over them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from retouchd.cli.options import AsJson, Config, JobName

# Commands import what they work with only when they are called: help and version need none of it.
# ruff: noqa: PLC0415


def add_job_commands(app: typer.Typer) -> None:
    """Add them to the program."""
    for command in (plan, retry, redo, cancel, resolve):
        app.command()(command)
    app.command(name="try")(try_now)


def plan(
    context: typer.Context,
    # With a parser nobody looks at the file before the command does: a share may not answer.
    path: Annotated[
        Path | None,
        typer.Argument(
            parser=Path, help="A folder of the inbox or a photo; all of it without.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say what would be sent, what it would cost and how long it would take; sends nothing.

    Example: retouchd plan inbox/wedding
    """
    from retouchd.cli.planning import show_plan

    show_plan(config or context.obj, os.environ, path, as_json=as_json)


def try_now(  # noqa: PLR0913, PLR0917 - options are arguments to typer
    context: typer.Context,
    photo: Annotated[Path, typer.Argument(help="The photo; a copy of it is edited.")],
    prompt: Annotated[str, typer.Argument(help="What to change, in quotes.")],
    quality: Annotated[str, typer.Option(help="low, medium or high.", show_default=False)] = "",
    size: Annotated[str, typer.Option(help="Such as 1024x1024.", show_default=False)] = "",
    format: Annotated[str, typer.Option(help="png, jpeg or webp.", show_default=False)] = "",  # noqa: A002 - its name
    config: Config = None,
) -> None:
    """Have one photo edited now, before all others and under the same limits; it is paid for.

    Example: retouchd try beach.jpg "remove the people" --quality low
    """
    from retouchd.api_key import take_environment
    from retouchd.cli.trying import try_photo

    given = {"quality": quality, "size": size, "format": format}
    options = {name: value for name, value in given.items() if value}
    try_photo(config or context.obj, take_environment(os.environ), photo, prompt, options)


def retry(
    context: typer.Context,
    job: JobName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, even if it may be paid once more.")] = False,
    config: Config = None,
) -> None:
    """Try a job again that needs you, failed, or would be tried later.

    Example: retouchd retry k7f3
    """
    from retouchd.cli.deciding import retry as order

    order(config or context.obj, os.environ, job, is_agreed=yes)


def redo(context: typer.Context, job: JobName, config: Config = None) -> None:
    """Have another version made of what is done, from the same photo and prompt; it is paid for.

    Example: retouchd redo k7f3
    """
    from retouchd.cli.deciding import redo as order

    order(config or context.obj, os.environ, job)


def cancel(context: typer.Context, job: JobName, config: Config = None) -> None:
    """Give up a job that waits, tries again later or needs you; its photo goes to failed/ with a note.

    Example: retouchd cancel k7f3
    """
    from retouchd.cli.deciding import cancel as order

    order(config or context.obj, os.environ, job)


def resolve(
    context: typer.Context,
    job: JobName,
    accept: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The picture, which you found in your workspace.", show_default=False
        ),
    ] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Give it up; what was paid is lost.")] = False,
    config: Config = None,
) -> None:
    """Decide over a job whose answer was lost or cannot be read: hand the picture in, or give it up.

    Examples: retouchd resolve k7f3 --accept ~/Downloads/beach-k7f3-a1.png

    retouchd resolve k7f3 --discard
    """
    from retouchd.cli.deciding import resolve as order

    order(config or context.obj, os.environ, job, accept, is_discarded=discard)
