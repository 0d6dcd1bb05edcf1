"""What the engine needs done with pictures, as Protocols; adapters fit them without importing them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from retouchd.core.pictures import Examination, SentPicture


class Image(Protocol):
    """One picture as it is sent: the bytes that were hashed are the bytes that are sent."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give the bytes in pieces of exactly `piece_bytes`, the last one shorter.

        Before the last piece is given, size, hash and signature are compared with what was hashed.

        Raises:
            SourceChangedError: The file grew, shrank or changed; its last piece has not been given.
        """
        ...


class Pictures(Protocol):
    """The structure walk."""

    def examine(self, descriptor: int) -> Examination:
        """Say, without decoding, what picture the file is, or why it is not a whole one."""
        ...


class SmallerImage(Image, Protocol):
    """One picture that was made smaller."""

    @property
    def facts(self) -> SentPicture:
        """What it is."""
        ...


class Darkroom(Protocol):
    """Makes pictures smaller, one at a time: the only place where photos are decoded."""

    def shrink(self, descriptor: int, longest_edge: int | None) -> AbstractContextManager[SmallerImage]:
        """Make a picture smaller that looks the same; it is gone when the context ends, or the process.

        Args:
            descriptor: An open picture; its position is used.
            longest_edge: At most so many pixels, or None for all of them.

        Raises:
            UnsendableError: It cannot be decoded.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        ...
