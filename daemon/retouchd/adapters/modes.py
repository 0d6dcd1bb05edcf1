"""The modes of what is made: exactly those that were asked for, from when it has its name on."""

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from retouchd.adapters.durable import Durable

# So answers a file system that lacks an operation: fsync of folders (9p, vboxsf, older cifs), or
# RENAME_NOREPLACE (nfs, 9p).
NOT_OFFERED: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})

_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What is made has exactly these modes, whatever the umask; None leaves it to the umask."""

    file: int | None = None
    folder: int | None = None


def set_mode(descriptor: int, mode: int) -> None:
    """Give a file or folder of our own exactly this mode, where the file system has modes."""
    try:
        os.fchmod(descriptor, mode)
    except OSError as exc:
        # It is ours, so EPERM says that the file system cannot: to fail would hold back a paid picture.
        if exc.errno not in NOT_OFFERED | {errno.EPERM}:
            raise


def make_folder(name: str, parent: int, mode: int, durable: Durable) -> None:
    """Make a folder with exactly this mode, unless somebody else makes one of this name meanwhile.

    The parent is left to the caller to sync.
    """
    # Short, since the name itself may be as long as the system takes.
    temporary = f".~{sha256(os.fsencode(name)).hexdigest()[:16]}.folder.tmp"
    # A crash from here on leaves an empty folder under a dot-name, which the next call takes for its own.
    with suppress(FileExistsError):
        os.mkdir(temporary, mode, dir_fd=parent)
    # Another worker that makes the same one may have named it already.
    with suppress(FileNotFoundError):
        _set_mode_of(temporary, parent, mode)
        _give_name(temporary, name, parent, durable)


def _set_mode_of(name: str, parent: int, mode: int) -> None:
    folder = os.open(name, _OPEN_FOLDER, dir_fd=parent)
    try:
        set_mode(folder, mode)
    finally:
        os.close(folder)


def _give_name(temporary: str, name: str, parent: int, durable: Durable) -> None:
    try:
        durable.rename_exclusive(temporary, name, source_folder=parent, target_folder=parent)
    except FileExistsError:
        os.rmdir(temporary, dir_fd=parent)
    except OSError as exc:
        if exc.errno not in NOT_OFFERED:
            raise
        # Takes the place of an empty folder at most, which somebody has made this very moment.
        durable.rename(temporary, name, source_folder=parent, target_folder=parent)
