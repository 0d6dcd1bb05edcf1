"""The move of one source out of the inbox: at every instant it exists whole in one place, or in both.

Three ways, tried in this order: rename without clobbering; hard link, then removal; copy, then removal. In
the first nothing is ever removed. In the others the source goes only after the target is durable.
"""

import errno
import os
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import is_there, sync_folder, translated_folder
from retouchd.adapters.modes import NOT_OFFERED
from retouchd.adapters.outbox.contents import (
    Compared,
    compared,
    pieces_of,
    sha256_of,
    translated_pieces,
)
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.removal import is_aside, is_one_file, put_back, recover_name, remove
from retouchd.adapters.outbox.staging import (
    NO_LINK,
    Dress,
    StagedFile,
    adopt,
    publish_staged,
    remove_temporary,
    staged,
    sync_read_only,
    temporary_name,
)
from retouchd.core.errors import FileTroubleError, NameTakenError, SourceChangedError, SourceGoneError
from retouchd.core.values import Sha256, Signature

_TAG: Final = "filing"
_NO_RENAME: Final = NOT_OFFERED | {errno.EXDEV}
_PERMISSIONS: Final = 0o777


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a source goes to.

    Attributes:
        path: What it will be called, for its name and for errors.
        folder: Descriptor of the folder, which is there.
        names: What the folder is known to hold.
    """

    path: Path
    folder: int
    names: Names

    def finish_if_filed(self, expected: Sha256, durable: Durable) -> bool:
        """Say whether an earlier run has filed these bytes here; if so, make that durable.

        Raises:
            NameTakenError: Another file has the name, or one that a share takes for the same.
        """
        with translated_folder("file", self.path):
            if not self.names.is_taken(self.path, self.folder):
                return False
            if not adopt(self.path.name, self.folder, expected, durable):
                raise NameTakenError(operation="file", path=self.path, reason="the name is taken")
            sync_folder(self.folder, durable)
            # A run that was killed between publishing a copy and removing its temporary left that.
            remove_temporary(temporary_name(self.path.name, _TAG, self.folder), self.folder, durable)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One source and where it goes to.

    Attributes:
        source: What the source is called, for its name and for errors.
        source_folder: Descriptor of its folder.
        target: Where it goes to.
        expected: The hash of the bytes that may be moved.
        hashed_as: The signature that the source had when it was hashed; None where that is not known.
        durable: Carries out the durable steps.
    """

    source: Path
    source_folder: int
    target: Target
    expected: Sha256
    hashed_as: Signature | None
    durable: Durable

    def carry_out(self) -> bool:
        """Move the source, or finish what an earlier run began; raises as `Trolley.move` says.

        The target's folder is synced before the source's here, too: an earlier move between the two may be
        in neither yet.

        Returns:
            Whether both folders are still to be synced, the target's first.
        """
        with translated_folder("file", self.source):
            name = self._recover_name()
        if not self.target.finish_if_filed(self.expected, self.durable):
            with self._compared(name) as source:
                return self._file(name, source)
        # What has the name now, if anything, need not be ours: an earlier run may have been killed after
        # its last step, and somebody dropped a new photo of that name.
        with suppress(SourceGoneError, SourceChangedError), self._compared(name) as source:
            self._remove(name, source)
        return False

    def _recover_name(self) -> str:
        if not is_aside(self.source, self.source_folder):
            return self.source.name
        sync_folder(self.target.folder, self.durable)
        return recover_name(self.source, self.source_folder, self.expected, self.durable)

    def _compared(self, name: str) -> AbstractContextManager[Compared]:
        return compared(name, self.source_folder, self.expected, self.source, self.hashed_as)

    def _file(self, name: str, source: Compared) -> bool:
        with translated_folder("file", self.target.path):
            # The bytes may still be only in memory: they are made durable before their name moves.
            sync_read_only(source.descriptor, self.durable)
            if self._rename(name, source):
                return True
            if not self._link(name, source):
                self._copy(source)
        # A crash before this line leaves the source in both places, whole; the next call removes it here.
        self._remove(name, source)
        return False

    def _rename(self, name: str, source: Compared) -> bool:
        """Move in one step, of which neither folder is synced yet; False where the system cannot."""
        if not self._try(self.durable.rename_exclusive, name, _NO_RENAME):
            return False
        # A crash before the next line leaves it filed, or filed what somebody put in its place a moment
        # before: whole in either case, and in one place.
        if not source.is_at(self.target.path.name, self.target.folder):
            put_back(self.target.path, self.target.folder, self.source, self.source_folder, self.durable)
            sync_folder(self.target.folder, self.durable)
            sync_folder(self.source_folder, self.durable)
            raise self._changed()
        return True

    def _link(self, name: str, source: Compared) -> bool:
        """Give the source its second name, durably; False where the system cannot."""
        if not self._try(self.durable.link, name, NO_LINK):
            return False
        if not source.is_at(self.target.path.name, self.target.folder):
            self._unlink_stranger(name)
            raise self._changed()
        sync_folder(self.target.folder, self.durable)
        return True

    def _try(self, act: Callable[..., None], name: str, impossible: Container[int | None]) -> bool:
        """Carry out a rename or a link to the target; False where the system has no such thing."""
        folders = {"source_folder": self.source_folder, "target_folder": self.target.folder}
        try:
            act(name, self.target.path.name, **folders)
        except FileNotFoundError as exc:
            if is_there(name, self.source_folder):
                raise  # It is the target's folder that went away.
            raise self._gone() from exc
        except OSError as exc:
            if exc.errno not in impossible:
                raise
            return False
        self.target.names.add(self.target.path)
        return True

    def _unlink_stranger(self, name: str) -> None:
        """Take the second name back from what was put in the source's place, if the first is still there.

        If it is not, the second name is the only one, and stays: nothing is lost.
        """
        target = self.target
        if is_there(name, self.source_folder) and is_one_file(
            name, self.source_folder, target.path.name, target.folder
        ):
            self.durable.unlink(target.path.name, folder=target.folder)
            sync_folder(target.folder, self.durable)

    def _copy(self, source: Compared) -> None:
        """Publish a durable copy that was read back and compared."""
        pieces = translated_pieces(pieces_of(source.descriptor), self.source)
        with staged(
            folder=self.target.folder,
            path=self.target.path,
            tag=_TAG,
            pieces=pieces,
            durable=self.durable,
            dress=_dress_of(source.status),
        ) as copy:
            if copy.sha256 != self.expected:
                raise self._changed()
            self._read_back(copy)
            publish_staged(copy, self.target.path, self.target.names, self.durable)

    def _read_back(self, copy: StagedFile) -> None:
        # Dropped from memory first: it is the disk's or the server's bytes that are compared.
        os.posix_fadvise(copy.file, 0, 0, os.POSIX_FADV_DONTNEED)
        if sha256_of(copy.file) != self.expected:
            reason = "the copy reads differently from what was written; the disk may be failing"
            raise FileTroubleError(operation="file", path=self.target.path, reason=reason)

    def _remove(self, name: str, source: Compared) -> None:
        with translated_folder("file", self.source):
            remove(name, self.source, self.source_folder, source, self.durable)

    def _gone(self) -> SourceGoneError:
        return SourceGoneError(operation="file", path=self.source, reason="it is not there any more")

    def _changed(self) -> SourceChangedError:
        reason = "another file has taken its place"
        return SourceChangedError(operation="file", path=self.source, reason=reason)


def _dress_of(status: os.stat_result) -> Dress:
    """Give the times and permissions of a source, for its copy; setuid and its like stay behind."""
    return Dress(mode=status.st_mode & _PERMISSIONS, times=(status.st_atime_ns, status.st_mtime_ns))
