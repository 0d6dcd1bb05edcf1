"""A folder tree that is reached by descriptors, so that no link below its root is ever followed.

Also how a file is opened without following or waiting, and how the system's errors become ours. What is
read from or written to the files belongs to the adapters that use this.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.modes import NOT_OFFERED, make_folder
from retouchd.core.errors import FileTroubleError, FolderMissingError, NameTakenError, NoRoomError

_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: opening a FIFO that nobody writes to would hang the thread for ever.
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE_FILE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_REASONS: Final = {
    errno.ENOENT: "it is not there",
    errno.ELOOP: "it is a link",
    errno.ENOTDIR: "it is not a folder",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EEXIST: "the name is taken",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EILSEQ: "the file system does not take this name",
    errno.ESTALE: "the network mount is stale",
    errno.ENOTCONN: "the network mount is not connected",
}
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
# These speak of the folder or of its mount, whatever file was asked for.
_FOLDER_LOST: Final = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EROFS,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ENODEV,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ETIMEDOUT,
        errno.ESHUTDOWN,
    }
)
# These speak of one name, whatever folder it is in: to wait for the folder would not help.
_NAME_REFUSED: Final = frozenset({errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL})
_NO_REGULAR_FILE: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENXIO})


class Folder:
    """One of the program's folders with all that is below it. No descriptor is kept between calls.

    Args:
        root: The folder; links on the way to it are resolved here, once, and none is followed later.
    """

    def __init__(self, root: Path) -> None:
        # Unlike Path.resolve, realpath raises for no loop of links; opening it says what is wrong.
        self.root: Final = Path(os.path.realpath(root))

    def path_of(self, relative: PurePosixPath) -> Path:
        """Give the whole path of a file below the root, for its name and for errors; nothing is opened.

        Raises:
            ValueError: The path is absolute, has `..` in it, or names the root itself.
        """
        if not _safe_parts(relative):
            message = "a file's name is missing"
            raise ValueError(message)
        return self.root / relative

    @contextmanager
    def open(self, relative: PurePosixPath) -> Iterator[int]:
        """Open a folder for reading and give its descriptor, which is closed at the end.

        Raises:
            FolderMissingError: A part of the path is missing, a link, no folder, or cannot be read.
            ValueError: The path is absolute or has `..` in it.
        """
        descriptor = self._descend(relative, _open_child)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def open_or_make(
        self, relative: PurePosixPath, durable: Durable, mode: int | None = None
    ) -> Iterator[int]:
        """Open a folder as `open` does, and make durably what is missing of it below the root.

        Args:
            relative: The folder.
            durable: Carries out the fsyncs.
            mode: Exactly this mode for what is made; None leaves it to the umask.

        Raises:
            FolderMissingError: As for `open`, or it cannot be made.
            NoRoomError: The disk is full.
            ValueError: The path is absolute or has `..` in it.
        """
        descriptor = self._descend(relative, partial(_open_or_make_child, durable, mode))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def open_if_there(self, relative: PurePosixPath) -> Iterator[int | None]:
        """Open a folder as `open` does, but give None when a part below the root is not there."""
        descriptor = self._find(relative)
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _find(self, relative: PurePosixPath) -> int | None:
        try:
            return self._descend(relative, _open_child)
        except FolderMissingError as exc:
            if exc.path == self.root or not isinstance(exc.__cause__, FileNotFoundError):
                raise
            return None

    def _descend(self, relative: PurePosixPath, step: Callable[[str, int], int]) -> int:
        parts = _safe_parts(relative)
        path = self.root
        with translated_folder("open", path):
            descriptor = _open_child(str(path), None)
        for name in parts:
            path /= name
            try:
                with translated_folder("open", path):
                    child = step(name, descriptor)
            finally:
                os.close(descriptor)
            descriptor = child
        return descriptor


def translate(exc: OSError, operation: str, path: PurePath) -> FileTroubleError:
    """Give our error for the system's, when the operation was on one file.

    What speaks of the folder or its mount becomes a FolderMissingError; a bad sector or a missing
    permission is the one file's trouble.
    """
    if exc.errno in _FOLDER_LOST:
        return FolderMissingError(operation, path, _reason(exc))
    if exc.errno in _FULL:
        return NoRoomError(operation, path, _reason(exc))
    if exc.errno == errno.EEXIST:
        return NameTakenError(operation, path, _reason(exc))
    return FileTroubleError(operation, path, _reason(exc))


def translate_folder(exc: OSError, operation: str, path: PurePath) -> FileTroubleError:
    """Give our error for the system's, when the operation was on a folder or wrote into one.

    There a missing permission or an I/O error is the folder's trouble: all that goes there waits.
    """
    trouble = translate(exc, operation, path)
    if type(trouble) is FileTroubleError and exc.errno not in _NAME_REFUSED:
        return FolderMissingError(operation, path, trouble.reason)
    return trouble


@contextmanager
def translated(operation: str, path: PurePath) -> Iterator[None]:
    """Turn OSErrors into what `translate` gives."""
    try:
        yield
    except OSError as exc:
        raise translate(exc, operation, path) from exc


@contextmanager
def translated_folder(operation: str, path: PurePath) -> Iterator[None]:
    """Turn OSErrors into what `translate_folder` gives."""
    try:
        yield
    except OSError as exc:
        raise translate_folder(exc, operation, path) from exc


def open_regular(name: str, folder: int) -> int:
    """Open a regular file for reading, following no link and waiting for nobody.

    Raises:
        OSError: As the system says; ELOOP for a link, EISDIR for a folder, ENXIO for any other thing.
    """
    descriptor, _status = open_with_status(name, folder)
    return descriptor


def open_with_status(name: str, folder: int) -> tuple[int, os.stat_result]:
    """Open a file as `open_regular` does, and give its status of that moment with it."""
    descriptor = os.open(name, _OPEN_FILE, dir_fd=folder)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return descriptor, status
    os.close(descriptor)
    code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.ENXIO
    raise OSError(code, os.strerror(code), name)


def find_regular(name: str, folder: int) -> int | None:
    """Open a regular file as `open_regular` does, or give None when there is none of this name."""
    found = find_with_status(name, folder)
    return None if found is None else found[0]


def find_with_status(name: str, folder: int) -> tuple[int, os.stat_result] | None:
    """Open a file as `open_with_status` does, or give None when there is no regular one of this name."""
    try:
        return open_with_status(name, folder)
    except OSError as exc:
        if exc.errno not in _NO_REGULAR_FILE:
            raise
        return None


def is_there(name: str, folder: int) -> bool:
    """Say whether anything has this name, be it a link that leads nowhere."""
    return find_status(name, folder) is not None


def find_status(name: str, folder: int) -> os.stat_result | None:
    """Give the status of what has this name, a link's own included, or None when nothing has."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def create_fresh(name: str, folder: int, mode: int = 0o666) -> int:
    """Create a file for writing and reading under a name of our own; what had the name is unlinked.

    The umask applies to the mode.
    """
    try:
        return os.open(name, _CREATE_FILE, mode, dir_fd=folder)
    except FileExistsError:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
    return os.open(name, _CREATE_FILE, mode, dir_fd=folder)


def write_whole(descriptor: int, piece: bytes) -> None:
    """Write all of the bytes, however few the system takes at a time."""
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def free_bytes(folder: Path) -> int:
    """Give how many bytes somebody without privileges can still write to a folder's disk.

    Raises:
        OSError: The folder is not there.
    """
    return bytes_left(os.statvfs(folder))


def bytes_left(disk: os.statvfs_result) -> int:
    """Give how many bytes somebody without privileges can still write, by what the system told of a disk."""
    return disk.f_bavail * disk.f_frsize


def sync_folder(descriptor: int, durable: Durable) -> None:
    """Make the names in a folder survive a power cut, as far as the file system offers that."""
    try:
        durable.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in NOT_OFFERED:
            raise


def _safe_parts(relative: PurePosixPath) -> tuple[str, ...]:
    if relative.is_absolute() or ".." in relative.parts:
        message = f"{str(relative)!r} leads out of its folder"
        raise ValueError(message)
    return relative.parts


def _open_child(name: str, parent: int | None) -> int:
    try:
        return os.open(name, _OPEN_FOLDER, dir_fd=parent)
    except NotADirectoryError as exc:
        # The system answers the same for a link and for a file; an owner wants to know which.
        if _is_link(name, parent):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from exc
        raise


def _open_or_make_child(durable: Durable, mode: int | None, name: str, parent: int) -> int:
    try:
        child = _open_child(name, parent)
    except FileNotFoundError:
        child = _make_child(name, parent, mode, durable)
    with ExitStack() as undo:
        undo.callback(os.close, child)
        # A crash before this line leaves an empty folder. It is synced whether or not it was made just
        # now: who made it may have been killed right here, and what is put into it must not go with it.
        sync_folder(parent, durable)
        undo.pop_all()
    return child


def _make_child(name: str, parent: int, mode: int | None, durable: Durable) -> int:
    if mode is not None:
        make_folder(name, parent, mode, durable)
        return _open_child(name, parent)
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
    return _open_child(name, parent)


def _is_link(name: str, parent: int | None) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except OSError:  # It went away meanwhile, or the way to it did: no link then.
        return False


def _reason(exc: OSError) -> str:
    code = exc.errno or errno.EIO
    return _REASONS.get(code, os.strerror(code))
