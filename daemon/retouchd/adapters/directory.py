"""The names in a folder, many at a time: the standard library asks for one and hands the interpreter over.

With other threads at work each name may then cost a change of threads. Alone this takes twice as long as the
standard library (92 and 48 ms for 100 000 names), which is why it is for folders that are read beside others.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final

_libc: Final = ctypes.CDLL(None, use_errno=True)
# Some ten thousand names.
_BUFFER_BYTES: Final = 1 << 18
# Inode, position, length of the entry, and type; then the name, up to its zero.
_ENTRY: Final = struct.Struct("=QqHB")
_OWN: Final = frozenset({b".", b".."})


def read_names(folder: int) -> Iterator[str]:
    """Give every name in a folder in the file system's order, but for its own and its parent's.

    Args:
        folder: Its descriptor, of which the position is neither used nor changed.

    Raises:
        OSError: The folder cannot be read.
    """
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        buffer = ctypes.create_string_buffer(_BUFFER_BYTES)
        while length := _fill(descriptor, buffer):
            yield from _names(bytes(memoryview(buffer)[:length]))
    finally:
        os.close(descriptor)


def _fill(descriptor: int, buffer: ctypes.Array[ctypes.c_char]) -> int:
    length: int = _libc.getdents64(descriptor, buffer, ctypes.c_size_t(len(buffer)))
    if length < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return length


def _names(entries: bytes) -> Iterator[str]:
    at = 0
    while at < len(entries):
        begin = at + _ENTRY.size
        name = entries[begin : entries.index(0, begin)]
        if name not in _OWN:
            yield os.fsdecode(name)
        at += _ENTRY.unpack_from(entries, at)[2]
