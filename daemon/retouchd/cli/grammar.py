"""What can be typed: every command with its options and arguments, read off the functions that obey them.

For what is made of the commands: shell completion and the man page.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

# These are folders; other paths are files or either.
_FOLDERS: Final = frozenset({"root", "folder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An option or an argument.

    Attributes:
        names: Of an option, with their dashes; empty for an argument.
        metavar: What stands for its value; empty for a switch.
        choices: The only values that it may have; empty for any.
        default: Its value when it is not given; empty for none.
        is_path: It is a file or folder.
        is_folder: It is a folder.
    """

    names: Sequence[str]
    metavar: str
    help: str
    choices: Sequence[str] = ()
    default: str = ""
    is_required: bool = False
    is_path: bool = False
    is_folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A command.

    Attributes:
        about: Its paragraphs, the first of them in one sentence.
    """

    name: str
    about: Sequence[str]
    parameters: Sequence[Parameter]

    @property
    def options(self) -> list[Parameter]:
        """Its options, in their order."""
        return [one for one in self.parameters if one.names]

    @property
    def arguments(self) -> list[Parameter]:
        """Its arguments, in their order."""
        return [one for one in self.parameters if not one.names]


def read_commands(app: typer.Typer) -> list[Usage]:
    """Give the commands that people are shown, in the order of the help."""
    return [
        Usage(
            name=info.name or info.callback.__name__,
            about=_paragraphs(info.callback),
            parameters=read_parameters(info.callback),
        )
        for info in app.registered_commands
        if info.callback is not None and not info.hidden
    ]


def read_own_options(app: typer.Typer) -> list[Parameter]:
    """Give the options of the program itself, which stand before the command."""
    callback = app.registered_callback and app.registered_callback.callback
    return read_parameters(callback) if callback else []


def read_parameters(callback: Callable[..., Any]) -> list[Parameter]:
    """Give the options and arguments of a command."""
    hints = get_type_hints(callback, include_extras=True)
    defaults = inspect.signature(callback).parameters
    return [
        _read(name, *get_args(hint), default=defaults[name].default)
        for name, hint in hints.items()
        if _is_typed(hint)
    ]


def _is_typed(hint: object) -> bool:
    return any(isinstance(one, OptionInfo | ArgumentInfo) for one in get_args(hint))


def _read(name: str, kind: object, info: OptionInfo | ArgumentInfo, *, default: object) -> Parameter:
    types = {kind, *get_args(kind)}
    enums = [one for one in types if isinstance(one, type) and issubclass(one, Enum)]
    is_switch = bool in types
    return Parameter(
        names=_names(name, info),
        metavar="" if is_switch else (info.metavar or name.upper()).strip("[]"),
        help=info.help or "",
        choices=[str(member.value) for one in enums for member in one],
        default="" if default in {None, "", False, inspect.Parameter.empty} else str(default),
        is_required=default is inspect.Parameter.empty,
        is_path=Path in types,
        is_folder=name in _FOLDERS,
    )


def _names(name: str, info: OptionInfo | ArgumentInfo) -> Sequence[str]:
    if isinstance(info, ArgumentInfo):
        return ()
    # Within Annotated the first name stands where a default would.
    declared = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
    return declared or [f"--{name.replace('_', '-')}"]


def _paragraphs(callback: Callable[..., Any]) -> list[str]:
    text = inspect.getdoc(callback) or ""
    return [" ".join(part.split()) for part in text.split("\n\n")]
