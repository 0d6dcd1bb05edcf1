"""The filing folders done/ and failed/: sources are moved there, and notes for people are written there.

How a source is moved stands in moving.py; when it is, and under which name, is decided elsewhere.
"""

import os
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, closing
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path, PurePosixPath
from typing import Final

import structlog

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import Folder, translated, translated_folder
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.contents import compared, holds
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.staging import Dress, publish_staged, staged
from retouchd.adapters.outbox.trolley import Trolley
from retouchd.core.errors import SourceGoneError
from retouchd.core.values import Cabinet, Sha256, printable

_NOTE_TAG: Final = "note"
_parent = attrgetter("parent")

_log = structlog.stdlib.get_logger(__name__)


class FilingCabinets:
    """Moves sources out of the inbox; fits the engine's Protocol Filing.

    Args:
        inbox: Where the sources are.
        done: Where they go if anything was delivered.
        failed: Where they go otherwise.
        durable: Carries out the durable steps.
        modes: Of notes and of folders that are made; what is moved keeps its own.
    """

    def __init__(self, *, inbox: Path, done: Path, failed: Path, durable: Durable, modes: Modes) -> None:
        self._inbox: Final = Folder(inbox)
        self._cabinets: Final = {Cabinet.DONE: Folder(done), Cabinet.FAILED: Folder(failed)}
        self._durable: Final = durable
        self._modes = modes
        self._names: Final = {cabinet: Names() for cabinet in Cabinet}

    def adopt(self, modes: Modes) -> None:
        """Give these modes to what is made from now on; from any thread."""
        self._modes = modes

    def are_free(self, cabinet: Cabinet, paths: Collection[PurePosixPath]) -> bool:
        """Say whether nothing in the cabinet has any of these names, or ones that a share takes for them."""
        inside = sorted(paths, key=_parent)
        return all(self._are_free_in(cabinet, *group) for group in groupby(inside, key=_parent))

    def _are_free_in(self, cabinet: Cabinet, parent: PurePosixPath, paths: Iterable[PurePosixPath]) -> bool:
        folder = self._cabinets[cabinet]
        places = [folder.path_of(path) for path in paths]
        with folder.open_if_there(parent) as descriptor, translated_folder("look into", folder.root / parent):
            return descriptor is None or not any(
                self._names[cabinet].is_taken(place, descriptor) for place in places
            )

    def moving(self, cabinet: Cabinet) -> AbstractContextManager[Trolley]:
        """Give what moves the sources of one bundle to a cabinet; they are durable there when it is left.

        Raises:
            FolderMissingError: When it is left: a folder cannot be synced.
        """
        folder = self._cabinets[cabinet]
        make = partial(folder.open_or_make, durable=self._durable, mode=self._modes.folder)
        return closing(Trolley(self._inbox, folder, make, self._names[cabinet], self._durable))

    def remove_if_empty(self, folder: PurePosixPath) -> None:
        """Remove a folder of the inbox out of which all was moved; one with anything in it stays."""
        path = self._inbox.path_of(folder)
        with self._inbox.open_if_there(folder.parent) as parent:
            if parent is None:
                return
            try:
                os.rmdir(path.name, dir_fd=parent)
            except OSError as exc:
                # Harmless: what is left in it is the owner's, and an empty folder is no bundle.
                _log.debug("folder.left", name=printable(path.name), reason=printable(exc))

    def holds(self, cabinet: Cabinet, path: PurePosixPath, expected: Sha256) -> bool:
        """Say whether the cabinet has a file of this name and hash.

        Raises:
            FileTroubleError: It cannot be read.
        """
        folder = self._cabinets[cabinet]
        place = folder.path_of(path)
        with folder.open_if_there(path.parent) as descriptor, translated("read", place):
            return descriptor is not None and holds(place.name, descriptor, expected)

    def check(self, source: PurePosixPath, expected: Sha256) -> None:
        """Make sure that a source is there and has the expected hash.

        Raises:
            SourceGoneError: It is not there any more.
            SourceChangedError: It is another file now.
            FileTroubleError: It cannot be read.
        """
        path = self._inbox.path_of(source)
        with self._inbox.open_if_there(source.parent) as folder:
            if folder is None:
                reason = "its folder is not there any more"
                raise SourceGoneError(operation="file", path=path, reason=reason)
            with compared(path.name, folder, expected, path):
                return

    def write_note(self, cabinet: Cabinet, path: PurePosixPath, text: str) -> None:
        """Write a text for people durably; a note of the same bytes that is there already will do.

        Raises:
            NameTakenError: Another file has the name, or one that a share takes for the same.
            NoRoomError: The disk is full.
            FolderMissingError: The folder cannot be written.
        """
        folder = self._cabinets[cabinet]
        note = folder.path_of(path)
        # A name in the text may hold bytes that are no UTF-8; the note shows them, and is written.
        content = text.encode(errors="backslashreplace")
        with (
            folder.open_or_make(path.parent, self._durable, self._modes.folder) as descriptor,
            staged(
                folder=descriptor,
                path=note,
                tag=_NOTE_TAG,
                pieces=[content],
                durable=self._durable,
                dress=Dress(mode=self._modes.file),
            ) as written,
        ):
            publish_staged(written, note, self._names[cabinet], self._durable)
