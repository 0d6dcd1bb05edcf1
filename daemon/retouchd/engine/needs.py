"""What the engine needs of the outside world, as Protocols; the adapters fit them without importing them.

The inbox's side stands in sources.py, the journal's in journal.py, what is done with pictures in pictures.py.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.answer import Answer, Unreadable
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.outcomes import Answered, CallEnd
from retouchd.core.pruning import KeptFile
from retouchd.core.records import Label
from retouchd.core.request import Order
from retouchd.core.values import AttemptId, Cabinet, Sha256, Signature
from retouchd.engine.pictures import Image


class AnswerWriter(Protocol):
    """Takes one answer as it comes in."""

    def write(self, piece: bytes) -> None:
        """Append raw bytes of the body.

        Raises:
            NoRoomError: The disk is full; what came so far is kept.
        """
        ...

    def finish(self, head: Answered) -> None:
        """Make the answer durable under its final name, with its status and headers."""
        ...


class Spool(Protocol):
    """Where answers are made durable before anything else is done with them."""

    def begin(self, attempt: AttemptId, label: Label) -> None:
        """Make the file of an attempt durable, with its label alone, before the attempt itself is."""
        ...

    def open_writer(self, attempt: AttemptId) -> AbstractContextManager[AnswerWriter]:
        """Open the attempt's file for the answer."""
        ...

    def find(self, attempt: AttemptId) -> Answered | None:
        """Give the head of the durable answer, or None when there is no whole one."""
        ...

    def read_reply(self, attempt: AttemptId, limit: int) -> bytes:
        """Give at most `limit` bytes of the answer's body, for replies that are no pictures."""
        ...

    def read_answer(self, attempt: AttemptId) -> Answer | Unreadable:
        """Parse a durable 200 answer without its picture."""
        ...

    def picture_pieces(self, attempt: AttemptId) -> Iterator[bytes]:
        """Decode the answer's picture piece by piece.

        Raises:
            ValueError: The base64 is broken, or there is none.
        """
        ...

    def open_picture_writer(self, attempt: AttemptId) -> AbstractContextManager[AnswerWriter]:
        """Open a file for a picture that is downloaded, in place of an earlier try.

        What it is told the end of is kept durably if it is whole and its status is 200, else forgotten.

        Raises:
            NoRoomError: The disk is full, at the end when it filled meanwhile.
        """
        ...

    def is_fetched(self, attempt: AttemptId) -> bool:
        """Say whether a picture that was downloaded for an attempt lies there, whole."""
        ...

    def fetched_pieces(self, attempt: AttemptId) -> Iterator[bytes]:
        """Give the picture that was downloaded for an attempt piece by piece; nothing when there is none."""
        ...

    def adopt(self, attempt: AttemptId) -> bool:
        """Make the picture that a person handed in the attempt's answer; say whether there is a whole one.

        What came for the attempt before is kept under another name.
        """
        ...

    def free_bytes(self) -> int:
        """Give how much room is left for this user."""
        ...

    def kept(self) -> Sequence[KeptFile]:
        """Give the files there are, whatever is in them."""
        ...

    def discard(self, attempt: AttemptId) -> None:
        """Remove what is kept of an attempt, if anything."""
        ...


class Endpoint(Protocol):
    """The paid service."""

    def submit(
        self, order: Order, images: Sequence[Image], mask: Image | None, answer: AnswerWriter
    ) -> CallEnd:
        """Make one call and give how it ended.

        The answer, whatever its status, is durable when this returns an Answered. Nothing that the
        network does raises.
        """
        ...

    def probe(self) -> CallEnd:
        """Ask for the service's status, which costs nothing, and give how that ended."""
        ...

    def has_new_key(self) -> bool:
        """Say whether the key is another than the one that was sent last."""
        ...

    def fetch(self, url: str, picture: AnswerWriter) -> DownloadTrouble | None:
        """Download the picture that an answer links to, or say why that is impossible.

        It costs nothing. The picture is durable when this returns None; nothing that the network does raises.
        """
        ...

    def hurry(self) -> None:
        """End every call under way at once; each then ends as cut."""
        ...

    def close(self) -> None:
        """Stop its threads; no call is under way any more."""
        ...


class Staged(Protocol):
    """A complete temporary file beside its future name."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def sha256(self) -> Sha256:
        """Hash of the bytes."""
        ...

    def descriptor(self) -> int:
        """Give a descriptor open for reading."""
        ...


class Outbox(Protocol):
    """The outbox: nothing shows partly there, nothing is overwritten."""

    def check_mark(self) -> None:
        """Make sure that the outbox is there, is ours and can be written.

        Raises:
            FolderMissingError: It is not, or not now.
        """
        ...

    def free_bytes(self) -> int:
        """Give how much room is left for this user in an outbox that `check_mark` lets pass; else raise."""
        ...

    def stage(self, path: PurePosixPath, tag: str, pieces: Iterator[bytes]) -> AbstractContextManager[Staged]:
        """Write a durable temporary `.~<name>.<tag>.tmp` beside `path`; it is removed at the end.

        An earlier temporary of that name is ours and is replaced. Folders are made as needed.

        Raises:
            NoRoomError: The disk is full.
            FolderMissingError: The folder cannot be written.
            ValueError: From the pieces themselves.
        """
        ...

    def publish(self, staged: Staged, path: PurePosixPath) -> None:
        """Give the staged file its name, durably and without clobbering.

        Does nothing when the name already shows a file with the staged file's hash: it is ours, from
        before a crash.

        Raises:
            NameTakenError: A stranger's file has the name.
        """
        ...

    def is_taken(self, path: PurePosixPath) -> bool:
        """Say whether anything has this name, compared as the file system compares."""
        ...

    def replace(self, staged: Staged, path: PurePosixPath, earlier: Sha256) -> None:
        """Give the staged file the name of an earlier output that has this hash, durably.

        Raises:
            NameTakenError: Another file has the name by now; it stays.
        """
        ...

    def hash_of(self, path: PurePosixPath) -> Sha256 | None:
        """Hash a regular file, or give None when there is none."""
        ...

    def find_taken(self, stem: PurePosixPath, suffixes: Collection[str]) -> PurePosixPath | None:
        """Give what has this stem with any of these suffixes, or None when nothing has."""
        ...

    def read(self, path: PurePosixPath, limit: int) -> bytes | None:
        """Give the first `limit` bytes of a regular file, or None when there is none."""
        ...

    def withdraw(self, path: PurePosixPath, sha256: Sha256) -> None:
        """Remove a published file again if its hash is still this one."""
        ...

    def bring_back(self, path: PurePosixPath) -> None:
        """Give a file its name again that a crash left aside while it was withdrawn.

        Raises:
            FileTroubleError: The name is taken again.
        """
        ...

    def open_output(
        self, path: PurePosixPath, sha256: Sha256
    ) -> AbstractContextManager[Iterator[bytes]] | None:
        """Open an earlier output for copying, or None unless it is there with this very hash."""
        ...


class Trolley(Protocol):
    """Moves the sources of one bundle so that each exists, whole, at every instant."""

    def move(
        self,
        source: PurePosixPath,
        expected: Sha256,
        target: PurePosixPath,
        hashed_as: Signature | None = None,
    ) -> None:
        """Move one source if it still has the expected hash.

        A target that holds the same bytes already is taken for the work of an earlier run.

        Args:
            hashed_as: Its signature when it was hashed; a file that still has it is not read again.

        Raises:
            SourceGoneError: It is not in the inbox any more.
            SourceChangedError: It is another file now, and stays.
            NameTakenError: Another file has the target's name.
            NoRoomError: No room for a copy across file systems.
            FolderMissingError: A folder cannot be written.
        """
        ...


class Filing(Protocol):
    """Files sources out of the inbox."""

    def are_free(self, cabinet: Cabinet, paths: Collection[PurePosixPath]) -> bool:
        """Say whether nothing has any of these names in the cabinet."""
        ...

    def moving(self, cabinet: Cabinet) -> AbstractContextManager[Trolley]:
        """Give what moves sources to the cabinet; what it moved is durable when the context is left.

        Raises:
            FolderMissingError: When it is left: that is not possible.
        """
        ...

    def remove_if_empty(self, folder: PurePosixPath) -> None:
        """Remove a folder of the inbox out of which all was moved; one with anything in it stays."""
        ...

    def holds(self, cabinet: Cabinet, path: PurePosixPath, expected: Sha256) -> bool:
        """Say whether the cabinet has a file of this name and hash."""
        ...

    def check(self, source: PurePosixPath, expected: Sha256) -> None:
        """Make sure that a source is there and has the expected hash.

        Raises:
            SourceGoneError: It is not there any more.
            SourceChangedError: It is another file now.
        """
        ...

    def write_note(self, cabinet: Cabinet, path: PurePosixPath, text: str) -> None:
        """Write a text for people durably; a note of the same bytes that is there already will do.

        Raises:
            NameTakenError: Another file has the name.
        """
        ...
