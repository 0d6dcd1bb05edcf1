"""An open file seen through one block at a time, and how it is said that something in it is missing.

All walks over files of pictures stand on this; nothing in here knows any of them. Whatever a file contains
and however long it is, one block of it is in memory, and the walk goes forward only.
"""

import os
import re
import struct
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.blocks import BLOCK_BYTES

# A photo's packed data has no such run of zeros; space that a copier reserved and did not fill yet has. A run
# of twice this length is found wherever it lies.
_EMPTY_SPACE: Final = bytes(4096)

# libpng cuts chunks of 8 KiB, so even a PNG of 1 GiB has half as many. A file made of nothing but empty
# parts would otherwise keep a worker busy for minutes.
MOST_PARTS: Final = 250_000

# What can be done about files of other kinds.
AS_PICTURE: Final = "save it as PNG or JPEG"
ONE_FRAME: Final = "export one frame of it"

_UNITS: Final = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


class NotWholeError(Exception):
    """Raised when a picture is found not to be all there; `examine` makes it Incomplete. No money moved."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


def amount(size_bytes: int) -> str:
    """A number of bytes for people: "812 bytes", "81 kB", "1.2 MB"."""
    unit, name = next(((unit, name) for unit, name in _UNITS if size_bytes >= unit), (1, "bytes"))
    digits = 1 if unit > _UNITS[-1][0] else 0
    return f"{size_bytes / unit:.{digits}f} {name}"


def cut_short(size_bytes: int, needed_bytes: int) -> NotWholeError:
    """The error for a file that ends too early, in the largest unit in which the two numbers differ."""
    numbers = f"{size_bytes} of at least {needed_bytes} bytes"
    for unit, name in reversed(_UNITS):
        here, needed = f"{size_bytes / unit:.1f}", f"{needed_bytes / unit:.1f}"
        if needed_bytes >= unit and here != needed:
            numbers = f"{here} of at least {needed} {name}"
    return NotWholeError(f"it ends before its end mark ({numbers} are there)")


def damaged(offset: int) -> NotWholeError:
    """The error for bytes that no program for pictures writes."""
    return NotWholeError(f"it is damaged at {amount(offset)}")


def too_many_parts(most: int) -> NotWholeError:
    """The error for a file that would keep a worker busy, or fill its memory, with nothing."""
    return NotWholeError(f"it has more than {most} parts, which no picture has")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A chunk or segment: what it is, and from where to where its body lies in the file.

    Attributes:
        kind: PNG's or WebP's four letters, or a JPEG segment's name.
        start: Position of the body's first byte.
        end: Position after the body's last byte.
    """

    kind: bytes
    start: int
    end: int


def first_of_each(parts: Iterable[Part], telling: Container[bytes]) -> dict[bytes, Part]:
    """Walk to the last of the parts and give the first of every telling kind, in the file's order."""
    firsts: dict[bytes, Part] = {}
    for number, part in enumerate(parts):
        if number == MOST_PARTS:
            raise too_many_parts(MOST_PARTS)
        if part.kind in telling:
            firsts.setdefault(part.kind, part)
    return firsts


class Window:
    """The bytes of an open file, by position; the descriptor's own position stays where it is.

    The size is that of the beginning: what grows later is not seen, what shrinks ends too early. In
    `has_empty_space` stands whether a search went over space that may be reserved and not written yet.
    """

    __slots__ = ("_block", "_descriptor", "_start", "has_empty_space", "size")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._start = 0
        self._block = b""
        self.has_empty_space = False
        self.size = os.fstat(descriptor).st_size

    def require(self, end: int) -> None:
        """Raise NotWholeError if the file ends before this position."""
        if end > self.size:
            raise cut_short(self.size, end)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly so many bytes, at most a block."""
        at = self._hold(offset, length)
        return self._block[at : at + length]

    def unpack(self, layout: str, part: Part) -> tuple[int, ...]:
        """The numbers at the beginning of a part; a part too short for them is damaged."""
        length = struct.calcsize(layout)
        if part.end - part.start < length:
            raise damaged(part.start)
        return struct.unpack(layout, self.read(part.start, length))

    def beginning(self, part: Part) -> bytes:
        """A part's body, or as much of it as one block takes."""
        return self.read(part.start, min(part.end - part.start, BLOCK_BYTES))

    def piece(self, offset: int, end: int) -> memoryview:
        """At least one byte from an offset and none from the end on; valid until the next call."""
        at = self._hold(offset, 1)
        return memoryview(self._block)[at : at + end - offset]

    def sweep(self, part: Part) -> None:
        """Go over a part of packed data that the walk does not read, for empty space alone."""
        offset = part.start
        while offset < part.end:
            piece = self.piece(offset, part.end)
            self.has_empty_space |= _EMPTY_SPACE in bytes(piece)
            offset += len(piece)

    def find_pair(self, pair: re.Pattern[bytes], offset: int) -> int:
        """Position of the first two bytes, from an offset, that match a pattern for exactly two bytes."""
        while offset + 2 <= self.size:
            at = self._hold(offset, 2)
            found = pair.search(self._block, at)
            passed = found.start() if found else len(self._block)
            self.has_empty_space |= self._block.find(_EMPTY_SPACE, at, passed) >= 0
            if found:
                return self._start + found.start()
            # The block's last byte may be the first of a pair.
            offset = self._start + len(self._block) - 1
        reason = "it ends before its end mark"
        raise NotWholeError(reason)

    def _hold(self, offset: int, length: int) -> int:
        """Bring bytes into the block and give the place of the first in it."""
        self.require(offset + length)
        if not self._start <= offset <= self._start + len(self._block) - length:
            self._start, self._block = offset, os.pread(self._descriptor, BLOCK_BYTES, offset)
        if len(self._block) - (offset - self._start) < length:
            reason = "it became shorter while it was read"
            raise NotWholeError(reason)
        return offset - self._start
