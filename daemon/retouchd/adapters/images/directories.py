"""The directories of a TIFF, of the classic kind and of the one for large files, and the numbers in them.

Nothing in here knows what a tag means, except for the few that point to further directories.
"""

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from retouchd.adapters.blocks import BLOCK_BYTES
from retouchd.adapters.images.window import MOST_PARTS, Window, damaged, too_many_parts

_BYTE_ORDERS: Final = {b"II": "<", b"MM": ">"}
_LARGE: Final = 43
# Bytes of one value of each type.
_TYPE_BYTES: Final = {
    **dict.fromkeys((1, 2, 6, 7), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}
# The types that are whole numbers without a sign.
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
# Copies in small and what a RAW keeps; EXIF, GPS and the one that belongs to EXIF.
_POINTERS: Final = (0x014A, 0x8769, 0x8825, 0xA005)
_MOST_POINTERS: Final = 100
# All directories are in memory together, so each counts as so many parts: no file has more than 2500.
_PARTS_OF_DIRECTORY: Final = 100
# Read at once, so that two lists can be read side by side.
_NUMBERS_AT_ONCE: Final = BLOCK_BYTES // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A tag's values, wherever in the file they lie."""

    type: int
    count: int
    start: int

    @property
    def end(self) -> int:
        """Position after the last value's last byte."""
        return self.start + self.count * _TYPE_BYTES[self.type]


Fields = Mapping[int, Field]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the numbers of one of the two kinds of TIFF are laid out."""

    count: struct.Struct
    entry: struct.Struct
    offset: struct.Struct
    first: int


class Directories:
    """The directories of one file, within one allowance for all that is read of it.

    Args:
        wanted: The tags that are kept.
    """

    def __init__(self, window: Window, wanted: Collection[int]) -> None:
        self._window = window
        self._wanted = {*wanted, *_POINTERS}
        self._left = MOST_PARTS
        self._seen: set[int] = set()
        head = window.read(0, 4)
        self._order = _BYTE_ORDERS[head[:2]]
        count, offset, first = ("Q", "Q", 8) if _LARGE in head[2:] else ("H", "I", 4)
        self._layout = _Layout(
            count=struct.Struct(self._order + count),
            entry=struct.Struct(f"{self._order}HH{offset}{offset}"),
            offset=struct.Struct(self._order + offset),
            first=first,
        )

    def main(self) -> Iterator[Fields]:
        """The directories of the pages, in the file's order."""
        offset = self._unpack(self._layout.offset, self._layout.first)[0]
        while offset:
            fields, end = self._read(offset)
            yield fields
            offset = self._unpack(self._layout.offset, end)[0]

    def inner(self, outer: Iterable[Fields]) -> Iterator[Fields]:
        """The directories that others point to, and those that these point to."""
        waiting = list(outer)
        while waiting:
            for offset in self._pointers(waiting.pop()):
                found, _ = self._read(offset)
                yield found
                waiting.append(found)

    def numbers(self, field: Field | None, most: int) -> tuple[int, ...]:
        """The first so many numbers of a tag; none where it is missing or holds something else."""
        if field is None or field.type not in _NUMBERS:
            return ()
        return self._slice(field, 0, min(field.count, most))

    def number(self, field: Field | None, default: int) -> int:
        """The first number of a tag, or a default where it has none."""
        return next(iter(self.numbers(field, 1)), default)

    def pairs(self, first: Field, second: Field) -> Iterator[tuple[int, int]]:
        """The numbers of two tags side by side, however many; they must be as many in both."""
        if not {first.type, second.type} <= _NUMBERS.keys() or first.count != second.count:
            raise damaged(min(first.start, second.start))
        self._spend(first.count)
        for start in range(0, first.count, _NUMBERS_AT_ONCE):
            count = min(first.count - start, _NUMBERS_AT_ONCE)
            yield from zip(self._slice(first, start, count), self._slice(second, start, count), strict=True)

    def _slice(self, field: Field, start: int, count: int) -> tuple[int, ...]:
        layout = struct.Struct(f"{self._order}{count}{_NUMBERS[field.type]}")
        return self._unpack(layout, field.start + start * _TYPE_BYTES[field.type])

    def _pointers(self, fields: Fields) -> list[int]:
        """Where directories lie that were not read yet."""
        found = {offset for tag in _POINTERS for offset in self.numbers(fields.get(tag), _MOST_POINTERS)}
        return sorted(found - self._seen)

    def _read(self, offset: int) -> tuple[Fields, int]:
        """The tags of a directory, all of whose values are there, and where their list ends."""
        if offset in self._seen:
            raise damaged(offset)
        self._seen.add(offset)
        (count,) = self._unpack(self._layout.count, offset)
        self._spend(count + _PARTS_OF_DIRECTORY)
        start = offset + self._layout.count.size
        fields: dict[int, Field] = {}
        for at in range(start, start + count * self._layout.entry.size, self._layout.entry.size):
            tag, kind, values, place = self._unpack(self._layout.entry, at)
            field = self._locate(kind, values, at, place) if kind in _TYPE_BYTES else None
            if field and tag in self._wanted:
                fields.setdefault(tag, field)
        return fields, start + count * self._layout.entry.size

    def _locate(self, kind: int, values: int, at: int, place: int) -> Field:
        """Where a tag's values lie: few in its own entry, many at the place that stands there instead."""
        inline_bytes = self._layout.offset.size
        inline = at + self._layout.entry.size - inline_bytes
        start = inline if values * _TYPE_BYTES[kind] <= inline_bytes else place
        field = Field(type=kind, count=values, start=start)
        self._window.require(field.end)
        return field

    def _unpack(self, layout: struct.Struct, offset: int) -> tuple[int, ...]:
        return layout.unpack(self._window.read(offset, layout.size))

    def _spend(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise too_many_parts(MOST_PARTS)
