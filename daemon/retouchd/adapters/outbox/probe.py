"""Trying out, once per mount at the start, whether files can be published there without clobbering.

Which mounts there are, and when to ask, is decided elsewhere.
"""

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import Folder, create_fresh, translated_folder
from retouchd.adapters.outbox.staging import NO_LINK, give_name
from retouchd.core.errors import StartRefusedError
from retouchd.core.values import printable

_TEMPORARY: Final = ".~retouchd-probe.first.tmp"
_PUBLISHED: Final = ".~retouchd-probe.second.tmp"


def ensure_publishing_works(root: Path, durable: Durable) -> None:
    """Publish an empty dot-file twice in this folder, the second time in vain, and clean up.

    Raises:
        StartRefusedError: The file system knows neither hard links nor RENAME_NOREPLACE, or overwrites.
        FolderMissingError: The folder is not there or cannot be written.
        NoRoomError: The disk is full.
    """
    folder = Folder(root)
    with folder.open(PurePosixPath()) as descriptor, translated_folder("write into", folder.root):
        try:
            fault = _find_fault(descriptor, durable)
        finally:
            _clean_up(descriptor)
    if fault is not None:
        message = f"{printable(folder.root)} cannot be used: {fault}"
        raise StartRefusedError(message)


def _find_fault(folder: int, durable: Durable) -> str | None:
    _clean_up(folder)  # What an earlier start left when it was killed.
    try:
        _publish(folder, durable)
    except OSError as exc:
        if exc.errno not in NO_LINK:
            raise
        return "its file system knows neither hard links nor renaming without overwriting"
    try:
        _publish(folder, durable)
    except FileExistsError:
        return None
    return "its file system overwrites files where it was told not to"


def _publish(folder: int, durable: Durable) -> None:
    os.close(create_fresh(_TEMPORARY, folder))
    give_name(_TEMPORARY, _PUBLISHED, earlier_folder=folder, folder=folder, durable=durable)


def _clean_up(folder: int) -> None:
    for name in (_TEMPORARY, _PUBLISHED):
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
