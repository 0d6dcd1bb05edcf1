"""Manners in which a program carries files into a folder: typed, broken off and resumed, or fed slowly.

Commands are templates: `{file}` is what is carried, `{name}` its name, `{source}` the folder where it lies,
`{folder}` where to, `{path}` the same below the inbox; the other words are those of Services.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from writer_services import Services, has_program


class Manner(Protocol):
    """One program in one manner of carrying."""

    @property
    def name(self) -> str:
        """Unique among all, and good in a file name."""
        ...

    @property
    def programs(self) -> Sequence[str]:
        """What must be on the machine, the tested program first; none that every machine has."""
        ...

    @property
    def in_place(self) -> bool:
        """Say whether a half file has its own name meanwhile and could be mistaken for a whole one."""
        ...

    def carry(self, services: Services, files: Sequence[Path], folder: Path) -> None:
        """Carry the files into the folder, one after the other."""
        ...


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A command that carries one file and stands still in the middle of it."""

    name: str
    programs: Sequence[str]
    command: str
    in_place: bool = False

    def carry(self, services: Services, files: Sequence[Path], folder: Path) -> None:
        """Carry the files into the folder, one after the other."""
        for file in files:
            services.programs.run(fill_in(self.command, services, file, folder), file, folder)


@dataclass(frozen=True, kw_only=True)
class BrokenOff:
    """A command that is broken off in the middle, and another one that goes on later."""

    name: str
    programs: Sequence[str]
    first: str
    then: str
    in_place: bool = True

    def carry(self, services: Services, files: Sequence[Path], folder: Path) -> None:
        """Carry the files into the folder, one after the other."""
        for file in files:
            first = fill_in(self.first, services, file, folder)
            if file.suffix == ".txt":
                services.programs.quickly(first)
                continue
            services.programs.break_off(first, file, folder)
            services.programs.run(fill_in(self.then, services, file, folder), file, folder)


@dataclass(frozen=True, kw_only=True)
class Fed:
    """A command that reads from its standard input, which comes slowly.

    Attributes:
        wrap: Makes of a file what the command reads; without it that is the file's content.
    """

    name: str
    programs: Sequence[str]
    command: str
    in_place: bool = True
    wrap: Callable[[Path], bytes] = Path.read_bytes

    def carry(self, services: Services, files: Sequence[Path], folder: Path) -> None:
        """Carry the files into the folder, one after the other."""
        for file in files:
            services.programs.feed(fill_in(self.command, services, file, folder), self.wrap(file))


@dataclass(frozen=True, kw_only=True)
class Custom:
    """What takes more than one command."""

    name: str
    programs: Sequence[str]
    carry: Callable[[Services, Sequence[Path], Path], None]
    in_place: bool = False


def fill_in(command: str, services: Services, file: Path, folder: Path) -> list[str]:
    """Give the words of a command; no path in them has a space."""
    filled = command.format(
        **services.words,
        file=file,
        name=file.name,
        source=file.parent,
        folder=folder,
        path=folder.relative_to(services.inbox),
        from_sources=file.relative_to(services.words["sources"]),
    )
    return shlex.split(filled)


def missing_programs(manner: Manner) -> list[str]:
    """Give what a manner needs and this machine does not have."""
    return [name for name in manner.programs if not has_program(name)]
