"""What the engine needs of the inbox's files, as Protocols; the adapter fits them without importing."""

from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.bundles import Bundle
from retouchd.core.values import Sha256, Signature
from retouchd.engine.pictures import Image


class Source(Protocol):
    """One file of the inbox, opened once: no links, not blocking, a regular file."""

    def descriptor(self) -> int:
        """Give the open file descriptor."""
        ...

    def opened_as(self) -> Signature:
        """Give the signature that the file had when it was opened."""
        ...

    def signature(self) -> Signature:
        """Give the signature of the open file as it is now."""
        ...

    def is_still_named(self) -> bool:
        """Say whether the name it was opened by still leads to this very file."""
        ...

    def is_being_written(self) -> bool | None:
        """Say whether another process has it open for writing; None where the system cannot tell."""
        ...

    def ends_in_zeros(self) -> bool:
        """Say whether the last 64 bytes it was opened with are all zero: space that is not filled yet."""
        ...

    def has_holes(self) -> bool:
        """Say whether parts of what it was opened with were never written, as far as the system can tell."""
        ...

    def read_text_bytes(self, limit: int) -> bytes:
        """Give the whole content, at most `limit` + 1 bytes."""
        ...

    def sha256(self) -> Sha256:
        """Hash the whole file."""
        ...


class Inbox(Protocol):
    """The inbox's files, for the worker that claims a bundle."""

    def form_bundle(self, folder: PurePosixPath, key: str) -> Bundle | None:
        """Look at the folder again and give the bundle as it is now, or None when its photo is gone."""
        ...

    def open_source(self, path: PurePosixPath) -> AbstractContextManager[Source]:
        """Open one file.

        Raises:
            SourceGoneError: It is not there, or no regular file, or below a link.
            FileTroubleError: It cannot be read.
        """
        ...

    def open_image(self, path: PurePosixPath, expected: Sha256) -> AbstractContextManager[Image]:
        """Open one picture for sending; raises as `open_source` does."""
        ...

    def check_mark(self) -> None:
        """Make sure that the inbox is there and is ours.

        Raises:
            FolderMissingError: The folder or its mark is missing, or the mark is another inbox's.
        """
        ...

    def quiet_seconds(self, folder: PurePosixPath) -> float:
        """Give how long a bundle in this folder must not have changed: longer on network mounts."""
        ...
