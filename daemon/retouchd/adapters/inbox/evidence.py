"""Files of the inbox opened once, and what an open file tells: who writes to it, and whether it changed.

Nothing here opens for writing, follows a link or waits for anybody. What follows from the evidence is for
the engine.
"""

import errno
import fcntl
import hashlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import Final

from retouchd.adapters.blocks import read_blocks
from retouchd.adapters.folder import Folder, open_with_status, translate, translated
from retouchd.adapters.inbox.signatures import Inodes, signature_of
from retouchd.adapters.writeback import begin_writeback
from retouchd.core.errors import FileTroubleError, FolderMissingError, SourceChangedError, SourceGoneError
from retouchd.core.values import Sha256, Signature

# No picture ends in so many zeros; space that a copier has set aside does.
_TAIL_BYTES: Final = 64
# Not there, or below a link, or something that is no regular file: the name leads to no source.
_NO_SOURCE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENODEV}
)


def ignore_lease_signals() -> None:
    """Make the process survive a lease being broken: SIGIO would end it. Main thread only, at the start."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)


def leads_nowhere(exc: FileTroubleError) -> bool:
    """Say whether an error of Folder.open tells that the folder is not there, rather than unreadable."""
    return isinstance(exc.__cause__, OSError) and exc.__cause__.errno in _NO_SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """One open regular file.

    Attributes:
        descriptor: It is to be closed by who opened it.
        status: As it was then.
    """

    descriptor: int
    status: os.stat_result


def open_file(folder: Folder, path: PurePosixPath) -> OpenFile:
    """Open one regular file for reading; it is the caller's to close.

    Raises:
        SourceGoneError: It is not there, or no regular file, or below a link.
        FileTroubleError: It cannot be read.
    """
    whole = folder.root / path
    try:
        with folder.open(path.parent) as parent:
            descriptor, status = open_with_status(path.name, parent)
    except FolderMissingError as exc:
        if leads_nowhere(exc):
            raise SourceGoneError(operation="open", path=whole, reason=exc.reason) from exc
        raise
    except OSError as exc:
        trouble = translate(exc, "open", whole)
        if exc.errno in _NO_SOURCE:
            raise SourceGoneError(operation="open", path=whole, reason=trouble.reason) from exc
        raise trouble from exc
    return OpenFile(descriptor=descriptor, status=status)


class OpenedSource:
    """One open file of the inbox; fits the engine's Source.

    Args:
        file: It stays the caller's to close.
        folder: The inbox.
        path: Where in the inbox the file was opened.
        inodes: Whether inode numbers mean anything there.
    """

    def __init__(self, file: OpenFile, folder: Folder, path: PurePosixPath, inodes: Inodes) -> None:
        self._descriptor = file.descriptor
        self._opened_as = signature_of(file.status, inodes)
        self._folder = folder
        self._path = path
        self._inodes = inodes

    def descriptor(self) -> int:
        """Give the open file descriptor; its file offset is nobody's."""
        return self._descriptor

    def opened_as(self) -> Signature:
        """Give the signature that the file had when it was opened."""
        return self._opened_as

    def signature(self) -> Signature:
        """Give the signature of the open file as it is now."""
        with translated("look at", self._path):
            return signature_of(os.fstat(self._descriptor), self._inodes)

    def is_still_named(self) -> bool:
        """Say whether the name it was opened by still leads to this very file.

        Where inode numbers are invented, a file with the same size and times passes for the same.
        """
        try:
            named = open_file(self._folder, self._path)
        except SourceGoneError:
            return False
        try:
            with translated("look at", self._path):
                return self._is_same(named.status, os.fstat(self._descriptor))
        finally:
            os.close(named.descriptor)

    def is_being_written(self) -> bool | None:
        """Say whether anybody has it open for writing; None where the system cannot tell.

        A read lease is refused while there is a writer. It is given back at once: meanwhile, for some
        microseconds, an opener who wants to write would have to wait.
        """
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return True
        except OSError:  # Not our file (EACCES), or a file system without leases (EINVAL, ENOLCK).
            return None
        return False

    def ends_in_zeros(self) -> bool:
        """Say whether the last 64 bytes it was opened with are all zero: space that is not filled yet."""
        size = self._opened_as.size
        with translated("read", self._path):
            tail = os.pread(self._descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        return bool(tail) and not any(tail)

    def has_holes(self) -> bool:
        """Say whether parts of what it was opened with were never written.

        No where the file system does not know of holes.
        """
        size = self._opened_as.size
        if not size:
            return False
        with translated("read", self._path):
            hole = os.lseek(self._descriptor, 0, os.SEEK_HOLE)
            # Who reads on from there, as decoders do, begins at the beginning.
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        return hole < size

    def read_text_bytes(self, limit: int) -> bytes:
        """Give the whole content, at most `limit` + 1 bytes."""
        content = bytearray()
        while len(content) <= limit and (piece := self._read(len(content), limit + 1 - len(content))):
            content += piece
        return bytes(content)

    def sha256(self) -> Sha256:
        """Hash the file up to the size that it has now, so that one which grows for ever has an end."""
        digest = hashlib.sha256()
        size = self.signature().size
        with translated("read", self._path):
            for block in read_blocks(self._descriptor, 0, size):
                digest.update(block)
        return Sha256(digest.hexdigest())

    def _read(self, offset: int, most: int) -> bytes:
        with translated("read", self._path):
            return os.pread(self._descriptor, most, offset)

    def _is_same(self, one: os.stat_result, other: os.stat_result) -> bool:
        if self._inodes is Inodes.KEPT:
            return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
        return signature_of(one, self._inodes) == signature_of(other, self._inodes)


class HashedImage:
    """One open picture of which the hash is known; fits the engine's Image.

    Its size and signature are taken when this is made, and nothing after that size is ever read.

    Args:
        descriptor: An open regular file; it stays the caller's to close.
        path: The file, for messages.
        expected: The hash that its bytes must have.
    """

    def __init__(self, descriptor: int, path: PurePath, expected: Sha256) -> None:
        self._descriptor = descriptor
        self._path = path
        self._expected = expected
        self._signature = self._look()

    @property
    def size(self) -> int:
        """Bytes."""
        return self._signature.size

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give the bytes in pieces of exactly `piece_bytes`, the last one shorter or as long.

        Before the last piece is given, size, hash and signature are compared with what was hashed.

        Raises:
            SourceChangedError: The file grew, shrank or changed; its last piece has not been given.
        """
        digest = hashlib.sha256()
        last = max(0, self.size - 1) // piece_bytes * piece_bytes
        for offset in range(0, last, piece_bytes):
            piece = self._read_exactly(offset, piece_bytes)
            digest.update(piece)
            yield piece
        piece = self._read_exactly(last, self.size - last)
        digest.update(piece)
        self._compare(digest.hexdigest())
        if piece:
            yield piece
        # It is synced when it is filed; the disk can do most of that while the service works.
        begin_writeback(self._descriptor)

    def _read_exactly(self, offset: int, length: int) -> bytes:
        piece = b""
        with translated("read", self._path):
            # The system may give less than there is; a network mount does.
            while len(piece) < length and (
                more := os.pread(self._descriptor, length - len(piece), offset + len(piece))
            ):
                piece += more
        if len(piece) < length:
            reason = f"it ended early, at {offset + len(piece)} bytes"
            raise SourceChangedError(operation="send", path=self._path, reason=reason)
        return piece

    def _compare(self, digest: str) -> None:
        """Refuse what is not what was hashed: the endpoint must not get a whole request of it."""
        if self._look() != self._signature:
            reason = "it was written to while it was sent"
        elif digest != self._expected:
            reason = "its content is not what was hashed"
        else:
            return
        raise SourceChangedError(operation="send", path=self._path, reason=reason)

    def _look(self) -> Signature:
        # One open file keeps its inode number even where the number is invented.
        with translated("look at", self._path):
            return signature_of(os.fstat(self._descriptor), Inodes.KEPT)
