"""The status file in the outbox: replaced in one step, so that nobody ever reads or syncs half of it.

It is the only file there that is overwritten, and only while it is our own. What it says comes from core/.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import Folder, find_regular, sync_folder, translated_folder
from retouchd.adapters.identity import Identity
from retouchd.adapters.marks import check_mark_in
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.staging import Dress, StagedFile, give_name, staged
from retouchd.core.errors import NameTakenError
from retouchd.core.statusfile import FIRST_LINE, STATUS_FILE_NAME

_TAG: Final = "status"
_TOP: Final = PurePosixPath()
# Ours is bounded to a small part of this.
_MOST_BYTES: Final = 1024 * 1024


class StatusFile:
    """`_STATUS.txt` of one outbox.

    Args:
        root: The outbox.
        durable: Carries out the durable steps.
        identity: What the outbox's mark must say: nothing is made where a share is not mounted.
        file_mode: Exactly this mode; None leaves it to the umask.
    """

    def __init__(self, root: Path, durable: Durable, identity: Identity, file_mode: int | None) -> None:
        self._folder: Final = Folder(root)
        self._path: Final = self._folder.path_of(PurePosixPath(STATUS_FILE_NAME))
        self._durable: Final = durable
        self._identity: Final = identity
        self._file_mode: Final = file_mode

    def read(self) -> str:
        """Give the text that is there, or nothing when there is none of ours.

        Raises:
            FileTroubleError: The outbox or the file cannot be read.
        """
        with self._folder.open(_TOP) as folder, translated_folder("read", self._path):
            return _read_ours(folder) or ""

    def write(self, text: str) -> None:
        """Replace the text.

        Raises:
            NameTakenError: A file that is not ours has the name, or one that a share takes for the same.
            NoRoomError: The disk is full.
            FolderMissingError: The outbox is not there, not ours, or cannot be written.
        """
        with self._folder.open(_TOP) as folder:
            check_mark_in(folder, self._folder.root, self._identity)
            put = self._way_to_name(folder)
            with self._staged(folder, text) as complete, translated_folder("write", self._path):
                # A crash before this leaves the earlier text and a dot-name, which the next writing replaces.
                put(complete.temporary)
                # A power cut before this line may bring back the earlier text, which is whole too.
                sync_folder(folder, self._durable)

    def _staged(self, folder: int, text: str) -> AbstractContextManager[StagedFile]:
        return staged(
            folder=folder,
            path=self._path,
            tag=_TAG,
            pieces=[encode(text)],
            durable=self._durable,
            dress=Dress(mode=self._file_mode),
        )

    def _way_to_name(self, folder: int) -> Callable[[str], None]:
        """Give what puts a whole file in the place of an earlier one of ours, or of none.

        Raises:
            NameTakenError: The name is a stranger's.
            FolderMissingError: The outbox cannot be read.
        """
        with translated_folder("read", self._path):
            if _read_ours(folder) is not None:
                return partial(
                    self._durable.rename, target=STATUS_FILE_NAME, source_folder=folder, target_folder=folder
                )
            if not Names().is_taken(self._path, folder):
                return partial(
                    give_name,
                    name=STATUS_FILE_NAME,
                    earlier_folder=folder,
                    folder=folder,
                    durable=self._durable,
                )
        reason = "a file that is not retouchd's has this name: rename it to have the status there"
        raise NameTakenError(operation="write", path=self._path, reason=reason)

    def remove(self) -> None:
        """Remove the text if it is ours: one that nobody keeps up would mislead.

        Raises:
            FolderMissingError: The outbox is not there, not ours, or cannot be written.
        """
        with self._folder.open(_TOP) as folder, translated_folder("remove", self._path):
            check_mark_in(folder, self._folder.root, self._identity)
            if _read_ours(folder) is not None:
                self._durable.unlink(STATUS_FILE_NAME, folder=folder)


def encode(text: str) -> bytes:
    """Give a text as a file that every system's editor shows rightly.

    Plain ASCII as it is. Editors of macOS and of older Windows take UTF-8 for something else unless a mark
    at its begin says so. Line feeds alone are shown rightly by all that are still kept up.
    """
    return text.encode("ascii" if text.isascii() else "utf-8-sig")


def _read_ours(folder: int) -> str | None:
    """Give the text that is there, or None when there is none, or one that is not ours."""
    file = find_regular(STATUS_FILE_NAME, folder)
    if file is None:
        return None
    with os.fdopen(file, "rb") as opened:
        text = opened.read(_MOST_BYTES).decode("utf-8-sig", "replace")
    return text if text.startswith(f"{FIRST_LINE}\n") else None
