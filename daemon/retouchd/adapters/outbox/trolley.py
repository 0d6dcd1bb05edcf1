"""The moves of one bundle: its folders are opened once, and synced once behind all that went between them.

How one source is moved stands in moving.py.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import PurePosixPath

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import Folder, sync_folder, translated_folder
from retouchd.adapters.outbox.moving import Move, Target
from retouchd.adapters.outbox.names import Names
from retouchd.core.errors import SourceGoneError
from retouchd.core.values import Sha256, Signature

_OpenTarget = Callable[[PurePosixPath], AbstractContextManager[int]]


class Trolley:
    """Moves sources one after the other; what it moved is durable when it is closed. For one thread.

    Args:
        inbox: Where the sources are.
        cabinet: Where they go.
        open_target: Opens a folder of the cabinet, and makes it durably if need be.
        names: What the cabinet is known to hold.
        durable: Carries out the durable steps.
    """

    def __init__(
        self, inbox: Folder, cabinet: Folder, open_target: _OpenTarget, names: Names, durable: Durable
    ) -> None:
        self._inbox = inbox
        self._cabinet = cabinet
        self._open_target = open_target
        self._names = names
        self._durable = durable
        self._opened = ExitStack()
        self._between: tuple[PurePosixPath, PurePosixPath] | None = None
        self._source_folder: int | None = None
        self._target_folder = -1
        self._unsynced: tuple[int, ...] = ()

    def move(
        self,
        source: PurePosixPath,
        expected: Sha256,
        target: PurePosixPath,
        hashed_as: Signature | None = None,
    ) -> None:
        """Move one source if it still has the expected hash, or finish what an earlier run began.

        Killed at any point, the source exists whole in the inbox or the cabinet or both, and the next call
        with the same arguments finishes the work. For an instant it may have the name `.~<name>.aside.tmp`.

        Raises:
            SourceGoneError: It is not in the inbox any more.
            SourceChangedError: It is another file now, and stays.
            NameTakenError: Another file has the target's name, or one that a share takes for the same.
            NoRoomError: No room for a copy across file systems.
            FolderMissingError: A folder cannot be written.
            FileTroubleError: The source cannot be read, or a copy reads differently from what was written.
        """
        source_path, target_path = self._inbox.path_of(source), self._cabinet.path_of(target)
        if self._between != (source.parent, target.parent):
            self.close()
            self._open(source.parent, target.parent)
        place = Target(path=target_path, folder=self._target_folder, names=self._names)
        if self._source_folder is None:
            if not place.finish_if_filed(expected, self._durable):
                reason = "its folder is not there any more"
                raise SourceGoneError(operation="file", path=source_path, reason=reason)
            return
        move = Move(
            source=source_path,
            source_folder=self._source_folder,
            target=place,
            expected=expected,
            hashed_as=hashed_as,
            durable=self._durable,
        )
        if move.carry_out():
            # The target's is first: no name may be gone for good before it is there for good.
            self._unsynced = (self._target_folder, self._source_folder)

    def close(self) -> None:
        """Make durable what was moved, and close the folders.

        Raises:
            FolderMissingError: That is not possible; the same moves again find what was moved.
        """
        self._between = None
        unsynced, self._unsynced = self._unsynced, ()
        with self._opened, translated_folder("file", self._cabinet.root):
            # A power cut before the end leaves each source in one of the two folders, whole; the same moves
            # again go on.
            for folder in unsynced:
                sync_folder(folder, self._durable)

    def _open(self, source: PurePosixPath, target: PurePosixPath) -> None:
        self._source_folder = self._opened.enter_context(self._inbox.open_if_there(source))
        self._target_folder = self._opened.enter_context(self._open_target(target))
        self._between = (source, target)
