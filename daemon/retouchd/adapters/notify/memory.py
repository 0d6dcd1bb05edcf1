"""What was told and what is still on its way, in a file of the state folder.

It is written before a message leaves and after it was taken: a crash in between repeats that message, and
nothing is ever lost that was to be told.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import TypeAdapter, ValidationError

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    Folder,
    create_fresh,
    find_regular,
    find_status,
    sync_folder,
    translated,
    translated_folder,
    write_whole,
)
from retouchd.core.outgoing import Outgoing
from retouchd.core.telling import Told

MEMORY_NAME: Final = "told.json"
_TEMPORARY_NAME: Final = "told.json.tmp"
_TOP: Final = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """All that is remembered."""

    told: Told
    waiting: tuple[Outgoing, ...] = ()


class MemoryFile:
    """Keeps it."""

    def __init__(self, state: Path, durable: Durable) -> None:
        self._folder = Folder(state)
        self._durable = durable

    @cached_property
    def _form(self) -> TypeAdapter[Memory]:
        """Build it when it is needed: who only forgets does without."""
        return TypeAdapter(Memory)

    def read(self) -> Memory | None:
        """Give what was written, or None when there is nothing or it cannot be understood.

        Raises:
            FileTroubleError: It cannot be read.
        """
        with self._folder.open(_TOP) as descriptor, translated("read", self._folder.root / MEMORY_NAME):
            file = find_regular(MEMORY_NAME, descriptor)
            if file is None:
                return None
            with os.fdopen(file, "rb") as opened:
                content = opened.read()
        try:
            return self._form.validate_json(content)
        except ValidationError:
            return None

    def write(self, memory: Memory) -> None:
        """Write it durably; the earlier is replaced in one step.

        Raises:
            FileTroubleError: It cannot be written.
        """
        path = self._folder.root / MEMORY_NAME
        with self._folder.open(_TOP) as descriptor, translated_folder("write", path):
            file = create_fresh(_TEMPORARY_NAME, descriptor, 0o600)
            try:
                write_whole(file, self._form.dump_json(memory))
                # A crash up to here leaves the earlier one: what was told since is told once more.
                self._durable.fsync(file)
            finally:
                os.close(file)
            self._durable.rename(
                _TEMPORARY_NAME, MEMORY_NAME, source_folder=descriptor, target_folder=descriptor
            )
            sync_folder(descriptor, self._durable)

    def forget(self) -> None:
        """Remove it: whoever wants messages later is not told what happened until then.

        Raises:
            FileTroubleError: It cannot be removed.
        """
        with self._folder.open(_TOP) as descriptor, translated("remove", self._folder.root / MEMORY_NAME):
            if find_status(MEMORY_NAME, descriptor) is not None:
                self._durable.unlink(MEMORY_NAME, folder=descriptor)
