"""The outbox: nothing shows partly there, nothing is overwritten, and only our own is taken back.

What an output is called and when it is delivered is decided elsewhere.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    Folder,
    bytes_left,
    find_regular,
    translate_folder,
    translated,
    translated_folder,
)
from retouchd.adapters.identity import Identity
from retouchd.adapters.marks import check_mark_in
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.contents import open_if_alike, pieces_of, sha256_of, translated_pieces
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.removal import bring_back, withdraw
from retouchd.adapters.outbox.replacing import replace_staged
from retouchd.adapters.outbox.staging import Dress, StagedFile, publish_staged, staged
from retouchd.core.errors import FolderMissingError
from retouchd.core.values import Sha256, fold_name, printable

_TOP: Final = PurePosixPath()
_METADATA_SUFFIX: Final = ".json"


class OutboxFolder:
    """The outbox as a folder tree; fits the engine's Protocol Outbox.

    Args:
        root: The outbox.
        durable: Carries out the durable steps.
        identity: What its mark must say.
        modes: Of outputs and of sub-folders that are made.
    """

    def __init__(
        self,
        root: Path,
        durable: Durable,
        identity: Identity,
        modes: Modes,
    ) -> None:
        self._folder: Final = Folder(root)
        self._durable: Final = durable
        self._identity: Final = identity
        self._modes = modes
        self._names: Final = Names()

    def adopt(self, modes: Modes) -> None:
        """Give these modes to what is made from now on; from any thread."""
        self._modes = modes

    def check_mark(self) -> None:
        """Make sure that the outbox is there, is ours and can be written; nothing is written for that.

        Raises:
            FolderMissingError: It is not, or not now.
        """
        self.free_bytes()

    def free_bytes(self) -> int:
        """Give how much room is left for this user in an outbox that `check_mark` lets pass; else raise."""
        root = self._folder.root
        with self._folder.open(_TOP) as folder, translated_folder("use", root):
            check_mark_in(folder, root, self._identity)
            disk = os.fstatvfs(folder)
            if disk.f_flag & os.ST_RDONLY:
                reason = "the file system is read-only"
                raise FolderMissingError(operation="use", path=root, reason=reason)
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder, effective_ids=True):
                reason = "this user may not write there"
                raise FolderMissingError(operation="use", path=root, reason=reason)
        return bytes_left(disk)

    @contextmanager
    def stage(self, path: PurePosixPath, tag: str, pieces: Iterator[bytes]) -> Iterator[StagedFile]:
        """Write a durable temporary `.~<name>.<tag>.tmp` beside `path`; it is removed at the end.

        An earlier temporary of that name is ours and is replaced. Folders are made as needed.

        Raises:
            NoRoomError: The disk is full.
            FolderMissingError: The folder cannot be written, or is a link.
            ValueError: The path leads out of the outbox; or from the pieces themselves.
        """
        output = self._folder.path_of(path)
        with (
            self._folder.open_or_make(path.parent, self._durable, self._modes.folder) as folder,
            staged(
                folder=folder,
                path=output,
                tag=tag,
                pieces=pieces,
                durable=self._durable,
                dress=Dress(mode=self._modes.file),
            ) as complete,
        ):
            yield complete

    def publish(self, staged: object, path: PurePosixPath) -> None:
        """Give what `stage` gave its name, durably and without clobbering.

        Does nothing when the name already shows a file with the staged file's hash: it is ours, from
        before a crash.

        Raises:
            NameTakenError: A stranger's file has the name, or one that a share takes for the same.
            FolderMissingError: The folder cannot be written.
            ValueError: The path lies in another folder than the one it was staged in.
        """
        publish_staged(_own(staged), self._place_of(staged, path), self._names, self._durable)

    def replace(self, staged: object, path: PurePosixPath, earlier: Sha256) -> None:
        """Give what `stage` gave the name of an earlier output that has this hash, durably.

        Raises:
            NameTakenError: Another file has the name by now; it stays.
            FolderMissingError: The folder cannot be written.
            ValueError: As `publish` raises it.
        """
        replace_staged(
            _own(staged), self._place_of(staged, path), earlier, names=self._names, durable=self._durable
        )

    def hash_of(self, path: PurePosixPath) -> Sha256 | None:
        """Hash a regular file, or give None when there is none.

        Raises:
            FileTroubleError: It cannot be read.
        """
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder, translated("read", output):
            file = None if folder is None else find_regular(output.name, folder)
            if file is None:
                return None
            try:
                return sha256_of(file)
            finally:
                os.close(file)

    def _place_of(self, staged: object, path: PurePosixPath) -> Path:
        output = self._folder.path_of(path)
        if output.parent != _own(staged).path.parent:
            message = f"{printable(output)} is in another folder than its temporary"
            raise ValueError(message)
        return output

    def is_taken(self, path: PurePosixPath) -> bool:
        """Say whether anything has this name, or one that a share takes for the same."""
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder:
            if folder is None:
                return False
            with translated_folder("look at", output):
                return self._names.is_taken(output, folder)

    def find_taken(self, stem: PurePosixPath, suffixes: Collection[str]) -> PurePosixPath | None:
        """Give what has this stem with any of these suffixes, or a name that a share takes for the same.

        Raises:
            FolderMissingError: The folder cannot be read.
        """
        wished = {fold_name(f"{stem.name}{suffix}") for suffix in suffixes}
        with self._folder.open_if_there(stem.parent) as folder:
            if folder is None:
                return None
            with translated_folder("look into", self._folder.path_of(stem)), os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if fold_name(entry.name) in wished)
        return stem.parent / names[0] if names else None

    def read(self, path: PurePosixPath, limit: int) -> bytes | None:
        """Give the first `limit` bytes of a regular file, or None when there is none."""
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder, translated("read", output):
            file = None if folder is None else find_regular(output.name, folder)
            if file is None:
                return None
            with os.fdopen(file, "rb") as opened:
                return opened.read(limit)

    def metadata_files(self) -> Iterator[PurePosixPath]:
        """Give every file whose name is that of metadata, wherever it lies below the outbox.

        Raises:
            FolderMissingError: A folder cannot be read: whoever wants all must not get some.
        """
        for folder, below, names in os.walk(self._folder.root, onerror=self._refuse_walk):
            below[:] = sorted(name for name in below if not name.startswith("."))
            here = PurePosixPath(os.path.relpath(folder, self._folder.root))
            for name in sorted(names):
                if name.endswith(_METADATA_SUFFIX) and not name.startswith("."):
                    yield here / name

    def _refuse_walk(self, error: OSError) -> None:
        raise translate_folder(error, "read", Path(error.filename)) from error

    def withdraw(self, path: PurePosixPath, sha256: Sha256) -> None:
        """Remove a published file again, durably, if its hash is still this one."""
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder:
            if folder is None:
                return
            withdraw(output, folder, sha256, self._durable)

    def bring_back(self, path: PurePosixPath) -> None:
        """Give a file its name again, durably, that a crash left aside while it was withdrawn.

        Raises:
            FileTroubleError: The name is taken again; it is said where the file lies.
        """
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder, translated_folder("bring back", output):
            if folder is not None:
                bring_back(output, folder, self._durable)

    def open_output(
        self, path: PurePosixPath, sha256: Sha256
    ) -> AbstractContextManager[Iterator[bytes]] | None:
        """Open an earlier output for copying, or give None unless it is there with this very hash.

        The context closes the file, so it is to be entered.
        """
        output = self._folder.path_of(path)
        with self._folder.open_if_there(path.parent) as folder:
            if folder is None:
                return None
            with translated("read", output):
                file = open_if_alike(output.name, folder, sha256)
        return None if file is None else _reading(file, output)


def _own(staged: object) -> StagedFile:
    if not isinstance(staged, StagedFile):
        message = f"an outbox publishes what it has staged, not {type(staged).__name__}"
        raise TypeError(message)
    return staged


@contextmanager
def _reading(file: int, path: Path) -> Iterator[Iterator[bytes]]:
    try:
        yield translated_pieces(pieces_of(file), path)
    finally:
        os.close(file)
