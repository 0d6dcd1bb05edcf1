"""Writing a file so that its name never shows it partly: a temporary beside it, fsync, then the name.

The outbox, the notes and the copies across file systems all go this way; which name it is they decide.
"""

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    create_fresh,
    sync_folder,
    translated_folder,
    write_whole,
)
from retouchd.adapters.modes import NOT_OFFERED, set_mode
from retouchd.adapters.outbox.contents import open_if_alike
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.writeback import keep_writing
from retouchd.core.errors import NameTakenError
from retouchd.core.values import Sha256, printable

# A file system without hard links says one of these (vfat and vboxsf EPERM, cifs EOPNOTSUPP, FUSE ENOSYS);
# EPERM is also said of a file that belongs to somebody else, EMLINK of one with too many names already.
NO_LINK: Final = NOT_OFFERED | {errno.EPERM, errno.EMLINK, errno.EXDEV}
# What ext4, xfs, btrfs and zfs allow; shares may allow less (eCryptfs 143) and say so.
_NAME_BYTES: Final = 255
# What all of them allow, so that the system need not be asked for each file.
_SURE_BYTES: Final = 128
_DIGEST_LENGTH: Final = 8
# Of which the umask takes away.
_ANY: Final = 0o666
_NO_FLUSH: Final = NOT_OFFERED | {errno.EACCES, errno.EBADF}

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFile:
    """A complete, durable temporary file; open as long as its context lasts.

    Attributes:
        size: Bytes.
        sha256: Hash of the bytes.
        path: The name it is meant for, or another one in the same folder.
        folder: Descriptor of the folder.
        temporary: Its name until it is published.
        file: Its descriptor.
    """

    size: int
    sha256: Sha256
    path: Path
    folder: int
    temporary: str
    file: int

    def descriptor(self) -> int:
        """Give a descriptor open for reading, at the beginning when nobody has read yet."""
        return self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What a file is given beside its bytes.

    Attributes:
        mode: Exactly this one; None leaves it to the umask.
        times: Last access and last change in nanoseconds; None leaves them as they are.
    """

    mode: int | None = None
    times: tuple[int, int] | None = None

    def put_on(self, file: int) -> None:
        """Give it to an open file."""
        if self.mode is not None:
            set_mode(file, self.mode)
        if self.times is not None:
            os.utime(file, ns=self.times)


@contextmanager
def staged(
    *,
    folder: int,
    path: Path,
    tag: str,
    pieces: Iterable[bytes],
    durable: Durable,
    dress: Dress | None = None,
) -> Iterator[StagedFile]:
    """Write a durable temporary `.~<name>.<tag>.tmp`, which is removed at the end unless it was published.

    Args:
        folder: Descriptor of the folder.
        path: What it is meant to become, for its name and for errors.
        tag: Tells whose temporary it is. One that is there already is from before a crash.
        pieces: The bytes; what these raise goes through.
        durable: Carries out the durable steps.
        dress: What the file has before it is made durable.

    Raises:
        NoRoomError: The disk is full.
        FolderMissingError: The folder cannot be written.
    """
    temporary = temporary_name(path.name, tag, folder)
    # A crash from here to the publishing leaves a dot-name that the next staging replaces.
    with translated_folder("write", path):
        # With its own mode from the start, so that it is never more open while it is written.
        file = create_fresh(temporary, folder, _ANY if dress is None or dress.mode is None else dress.mode)
    try:
        size, sha256 = _fill(file, pieces, path)
        with translated_folder("write", path):
            if dress:
                dress.put_on(file)
            durable.fsync(file)
        yield StagedFile(size=size, sha256=sha256, path=path, folder=folder, temporary=temporary, file=file)
    finally:
        os.close(file)
        remove_temporary(temporary, folder, durable)


def publish_staged(complete: StagedFile, path: Path, names: Names, durable: Durable) -> None:
    """Give a staged file its name, durably and without clobbering; fine if its very bytes are there.

    Raises:
        NameTakenError: Another file has the name, or one that a share takes for the same.
        FolderMissingError: The folder cannot be written.
    """
    folder, name = complete.folder, path.name
    with translated_folder("publish", path):
        if names.shows_as_another(path, folder):
            raise NameTakenError(operation="publish", path=path, reason="a name like it is taken")
        try:
            give_name(complete.temporary, name, earlier_folder=folder, folder=folder, durable=durable)
        except FileExistsError:
            if not adopt(name, folder, complete.sha256, durable):
                raise
        names.add(path)
        # A crash before this line: after a power cut the name may be gone again. The caller has not noted
        # yet that it was published, stages again and either publishes or finds its own bytes.
        sync_folder(folder, durable)


def give_name(earlier: str, name: str, *, earlier_folder: int, folder: int, durable: Durable) -> None:
    """Give a file another name without clobbering, in one step where the system can.

    Raises:
        FileExistsError: The name is taken.
        OSError: Neither RENAME_NOREPLACE nor a hard link is possible here, or anything else.
    """
    try:
        durable.rename_exclusive(earlier, name, source_folder=earlier_folder, target_folder=folder)
    except OSError as exc:
        if exc.errno not in NOT_OFFERED:
            raise
        durable.link(earlier, name, source_folder=earlier_folder, target_folder=folder)
        # A crash before this line leaves both names, which lead to one file.
        durable.unlink(earlier, folder=earlier_folder)


def adopt(name: str, folder: int, sha256: Sha256, durable: Durable) -> bool:
    """Make the file of this name durable if it has these bytes, and say whether it has.

    Whoever wrote it need not have synced it. The folder is left to the caller.
    """
    file = open_if_alike(name, folder, sha256)
    if file is None:
        return False
    try:
        sync_read_only(file, durable)
    finally:
        os.close(file)
    return True


def sync_read_only(file: int, durable: Durable) -> None:
    """Make a file durable that is open for reading only, as far as the file system lets us.

    What we write ourselves is synced through the descriptor that wrote it, before it gets its name.
    """
    try:
        durable.fsync(file)
    except OSError as exc:
        # Some mounts do not flush through such a descriptor. To fail would leave the file unfiled for ever.
        if exc.errno not in _NO_FLUSH:
            raise


def temporary_name(name: str, tag: str, folder: int) -> str:
    """Give `.~<name>.<tag>.tmp`, with the name shortened where that is longer than the folder takes."""
    temporary = f".~{name}.{tag}.tmp"
    length = len(os.fsencode(temporary))
    if length <= _SURE_BYTES:
        return temporary
    excess = length - min(_NAME_BYTES, os.fstatvfs(folder).f_namemax or _NAME_BYTES)
    if excess <= 0:
        return temporary
    # The digest keeps apart what is alike once it is shortened: a long name and the same with `.json`.
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGEST_LENGTH]
    kept = os.fsencode(name)[: -excess - len(digest) - 1].decode(errors="ignore")
    return f".~{kept}~{digest}.{tag}.tmp"


def remove_temporary(temporary: str, folder: int, durable: Durable) -> None:
    """Remove what is left under a temporary's name, if anything; that it cannot be is no harm."""
    try:
        durable.unlink(temporary, folder=folder)
    except FileNotFoundError:
        pass  # It was published, or there was none.
    except OSError as exc:
        # Harmless: nothing takes a dot-name for an output, and the next staging replaces it.
        _log.debug("temporary.left", name=printable(temporary), reason=printable(exc))


def _fill(file: int, pieces: Iterable[bytes], path: Path) -> tuple[int, Sha256]:
    digest = hashlib.sha256()
    size = 0
    for piece in pieces:
        digest.update(piece)
        with translated_folder("write", path):
            write_whole(file, piece)
        keep_writing(file, size, size + len(piece))
        size += len(piece)
    os.lseek(file, 0, os.SEEK_SET)
    return size, Sha256(digest.hexdigest())
