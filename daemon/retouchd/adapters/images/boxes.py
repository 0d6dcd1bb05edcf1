"""The boxes of which HEIC and AVIF files are made (ISO base media files), found by their lengths.

Nothing in here knows what a box means. Boxes lie in boxes and say themselves how many numbers follow, so one
allowance bounds all that is read of one file.
"""

import struct
from collections.abc import Iterator
from typing import Final

from retouchd.adapters.images.window import Part, Window, damaged, too_many_parts

# A burst of a hundred pictures of two hundred tiles has half as many; many are kept in memory together.
_MOST_PARTS: Final = 50_000
_HEADER_BYTES: Final = 8
_LONG_HEADER_BYTES: Final = 16
# Instead of a length: it stands behind the name; the box goes on to the end of what it lies in.
_LONG, _TO_THE_END = 1, 0


class Boxes:
    """The boxes of one file, each of which is asked for by the range it lies in."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._left = _MOST_PARTS

    def spend(self) -> None:
        """Count one more part of the file; raises NotWholeError when there are more than any picture has."""
        self._left -= 1
        if self._left < 0:
            raise too_many_parts(_MOST_PARTS)

    def within(self, start: int, end: int) -> Iterator[Part]:
        """The boxes side by side in a range; one that is not all there raises NotWholeError."""
        while start < end:
            self.spend()
            box = self._read(start, end)
            if box.end > end:
                raise damaged(start)
            yield box
            start = box.end

    def first_of_each(self, start: int, end: int) -> dict[bytes, Part]:
        """The first box of every name in a range."""
        firsts: dict[bytes, Part] = {}
        for box in self.within(start, end):
            firsts.setdefault(box.kind, box)
        return firsts

    def _read(self, start: int, end: int) -> Part:
        length, kind = struct.unpack(">I4s", self.window.read(start, _HEADER_BYTES))
        body = start + _HEADER_BYTES
        if length == _LONG:
            body = start + _LONG_HEADER_BYTES
            length = int.from_bytes(self.window.read(start + _HEADER_BYTES, 8), "big")
        elif length == _TO_THE_END:
            length = end - start
        if start + length < body or not kind.isascii() or not kind.decode().isprintable():
            raise damaged(start)
        self.window.require(start + length)
        return Part(kind=kind, start=body, end=start + length)


class Cursor:
    """Goes through the numbers in a box, one after the other."""

    def __init__(self, window: Window, box: Part) -> None:
        self._window = window
        self._at = box.start
        self._end = box.end

    def take(self, length: int) -> int:
        """The number in the next so many bytes; none of them is zero. Behind the end it is damaged."""
        return int.from_bytes(self.take_bytes(length), "big")

    def take_bytes(self, length: int) -> bytes:
        """The next so many bytes. Behind the end it is damaged."""
        if self._at + length > self._end:
            raise damaged(self._at)
        content = self._window.read(self._at, length)
        self._at += length
        return content
