"""What this user may do in a folder, tried out: make a file, make it durable, rename it, remove it.

The file has a name of our own that no scan looks at. A crash in between leaves it; the next trial takes its
name anew and removes it.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import create_fresh

_FIRST: Final = ".~retouchd-doctor.first.tmp"
_SECOND: Final = ".~retouchd-doctor.second.tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a folder is.

    Attributes:
        device: The same for two folders between which a file can be renamed.
        mode: Its permission bits.
    """

    device: int
    uid: int
    gid: int
    mode: int


def look_at_folder(path: Path) -> Standing:
    """Give what a folder is.

    Raises:
        OSError: It is not there, is no folder, or cannot be looked at.
    """
    found = path.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, "it is no folder")
    return Standing(device=found.st_dev, uid=found.st_uid, gid=found.st_gid, mode=stat.S_IMODE(found.st_mode))


def try_folder(path: Path, durable: Durable) -> None:
    """Make, rename and remove a file.

    Raises:
        OSError: Something of it is refused.
    """
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _try_names(folder, durable)
    finally:
        for name in (_FIRST, _SECOND):
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
        os.close(folder)


def _try_names(folder: int, durable: Durable) -> None:
    file = create_fresh(_FIRST, folder, 0o600)
    try:
        os.write(file, b"retouchd doctor\n")
        durable.fsync(file)
    finally:
        os.close(file)
    durable.rename(_FIRST, _SECOND, source_folder=folder, target_folder=folder)
    os.unlink(_SECOND, dir_fd=folder)
