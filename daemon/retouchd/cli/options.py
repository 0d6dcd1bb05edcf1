"""Options and arguments that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    # Whether it can be read is found out where it is read, which tells it as any other fault of it.
    typer.Option(
        "--config",
        help="The configuration file, if not the usual one.",
        show_default=False,
        metavar="FILE",
        readable=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
JobName = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, or its first characters.")]
