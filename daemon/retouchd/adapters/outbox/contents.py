"""What is in a file: its pieces, its hash, and whether a name still leads to what was compared.

Reading alone; nothing here changes a file or a name.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath

from retouchd.adapters.blocks import read_blocks
from retouchd.adapters.folder import find_regular, find_with_status, translated
from retouchd.core.errors import SourceChangedError, SourceGoneError
from retouchd.core.values import Sha256, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An open file that had the expected bytes.

    Attributes:
        descriptor: Open for reading.
        status: As it was before it was read.
        sha256: Of its bytes.
    """

    descriptor: int
    status: os.stat_result
    sha256: Sha256

    def is_at(self, name: str, folder: int) -> bool:
        """Say whether this name leads to that file, or to another one of the same bytes.

        The bytes count too, since some network mounts invent a new inode number at a rename.
        """
        try:
            now = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return _identity(now) == _identity(self.status) or holds(name, folder, self.sha256)


@contextmanager
def compared(
    name: str, folder: int, expected: Sha256, path: PurePath, hashed_as: Signature | None = None
) -> Iterator[Compared]:
    """Open a source and compare its bytes.

    Args:
        name: Its name, as it is in the folder just now.
        folder: The folder's descriptor.
        expected: The hash that it must have.
        path: What errors say that it is called.
        hashed_as: Its signature when it was hashed. It had been quiet by then, so that whoever changed it
            since has changed that, too; where inode numbers are invented times are the server's: it is read.

    Raises:
        SourceGoneError: There is no regular file of this name.
        SourceChangedError: It has other bytes.
        FileTroubleError: It cannot be read.
    """
    with translated("read", path):
        opened = find_with_status(name, folder)
    if opened is None:
        reason = "it is not there any more"
        raise SourceGoneError(operation="file", path=path, reason=reason)
    descriptor, status = opened
    try:
        with translated("read", path):
            found = expected if _has(status, hashed_as) else sha256_of(descriptor)
        if found != expected:
            reason = "it is another file now"
            raise SourceChangedError(operation="file", path=path, reason=reason)
        yield Compared(descriptor=descriptor, status=status, sha256=expected)
    finally:
        os.close(descriptor)


def holds(name: str, folder: int, sha256: Sha256) -> bool:
    """Say whether a regular file of this name has these bytes."""
    file = open_if_alike(name, folder, sha256)
    if file is None:
        return False
    os.close(file)
    return True


def open_if_alike(name: str, folder: int, sha256: Sha256) -> int | None:
    """Open the regular file of this name, or give None unless it has these bytes."""
    file = find_regular(name, folder)
    if file is None:
        return None
    try:
        alike = sha256_of(file) == sha256
    except OSError:
        os.close(file)
        raise
    if alike:
        return file
    os.close(file)
    return None


def sha256_of(descriptor: int) -> Sha256:
    """Hash a whole file."""
    digest = hashlib.sha256()
    for piece in pieces_of(descriptor):
        digest.update(piece)
    return Sha256(digest.hexdigest())


def pieces_of(descriptor: int) -> Iterator[bytes]:
    """Give a whole file in pieces, wherever the descriptor stands; one that grows for ever has an end."""
    # If it grows, one byte more shows that it is not what was hashed, and the rest would not change that.
    return read_blocks(descriptor, 0, os.fstat(descriptor).st_size + 1)


def translated_pieces(pieces: Iterable[bytes], path: PurePath) -> Iterator[bytes]:
    """Give the same pieces; what goes wrong while reading them is raised as ours."""
    with translated("read", path):
        yield from pieces


def _has(status: os.stat_result, known: Signature | None) -> bool:
    if known is None or known.inode == 0:
        return False
    found = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return found == (known.size, known.mtime_ns, known.ctime_ns, known.inode)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
