"""What the engine needs done with pictures, as Protocols; adapters fit them without importing them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from retouchd.core.pictures import Examination, Picture, SentPicture


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


class MadeImage(Image, Protocol):
    """One picture that was made of another."""

    @property
    def facts(self) -> SentPicture:
        """What it is."""
        ...


class Darkroom(Protocol):
    """Makes pictures of pictures, one at a time: the only place where photos and masks are decoded.

    What is made is gone when its context ends, or the process. Descriptors are of open files; their position
    is used.
    """

    def convert(self, descriptor: int, most_bytes: int) -> AbstractContextManager[MadeImage]:
        """Make a picture that the service takes, with all its pixels.

        Args:
            descriptor: An open picture.
            most_bytes: What can be sent; only what would have more is made with loss that was without.

        Raises:
            UnsendableError: It cannot be decoded.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        ...

    def shrink(self, descriptor: int, longest_edge: int | None) -> AbstractContextManager[MadeImage]:
        """Make a picture smaller that looks the same; raises as `convert` does.

        Args:
            descriptor: An open picture.
            longest_edge: At most so many pixels, or None for all of them.
        """
        ...

    def cut_mask(
        self, descriptor: int, photo: Picture, sent_size: tuple[int, int]
    ) -> AbstractContextManager[MadeImage | None]:
        """Make a mask that the service takes, or give None where the file's own bytes will do.

        Args:
            descriptor: An open mask.
            photo: The photo as it was found.
            sent_size: Columns and rows of the photo as it is sent.

        Raises:
            UnsendableError: It is no mask for this photo, as a clause that says why.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        ...

    def sees_through(self, descriptor: int) -> bool | None:
        """Say whether any pixel is not opaque, or None where that cannot be told.

        Raises:
            FileTroubleError: It cannot be read just now.
        """
        ...
