"""The calls that make something durable or visible, in one place.

Every adapter gets one Durable. Tests hand in one that cuts the process at the n-th call; nothing here
or elsewhere asks whether that is so.
"""

import ctypes
import errno
import os
import sqlite3
from typing import Final

from retouchd.baton import BATON

_RENAME_NOREPLACE: Final = 1
_RENAME_EXCHANGE: Final = 2
_libc = ctypes.CDLL(None, use_errno=True)


class Durable:
    """Carries out the durable steps."""

    def fsync(self, descriptor: int) -> None:
        """Make a file's bytes, or a folder's names, survive a power cut."""
        with BATON.aside():
            os.fsync(descriptor)

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Give a file a second name; FileExistsError when that name is taken."""
        os.link(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder, follow_symlinks=False)

    def rename(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Rename over whatever has the target's name; only for names that are our own."""
        os.rename(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Rename without clobbering: FileExistsError when the target's name is taken.

        OSError with EINVAL or ENOSYS where the file system cannot (some network mounts).
        """
        self._rename_at(source, target, source_folder, target_folder, _RENAME_NOREPLACE)

    def exchange(self, first: str, second: str, *, folder: int) -> None:
        """Exchange two names in one step; FileNotFoundError when one of them is not there.

        OSError with EINVAL or ENOSYS where the file system cannot.
        """
        self._rename_at(first, second, folder, folder, _RENAME_EXCHANGE)

    def _rename_at(self, source: str, target: str, source_folder: int, target_folder: int, how: int) -> None:
        result = _libc.renameat2(source_folder, os.fsencode(source), target_folder, os.fsencode(target), how)
        if result != 0:
            code = ctypes.get_errno() or errno.EINVAL
            raise OSError(code, os.strerror(code), source, None, target)

    def unlink(self, name: str, *, folder: int) -> None:
        """Remove a name; only for temporaries of our own and names whose file is whole elsewhere."""
        os.unlink(name, dir_fd=folder)

    def commit(self, connection: sqlite3.Connection) -> None:
        """Make the open transaction durable."""
        with BATON.aside():
            connection.execute("COMMIT")
