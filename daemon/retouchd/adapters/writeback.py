"""The disk begins to write what is made durable later, so that the fsync then waits for little.

Nothing here makes anything durable or visible; that is in durable.py.
"""

import ctypes
from typing import Final

# After so many bytes. The fsync of 11 MB took 6.0 ms of 14.3 in all, and takes 0.8 of 9.6; every 512 KiB
# brought no more (0.6 of 10.2), every 2 MiB nothing for a picture of 1.5 MB.
_STRETCH_BYTES: Final = 1024 * 1024
_SYNC_FILE_RANGE_WRITE: Final = 2
_TO_ITS_END: Final = 0

_sync_file_range = ctypes.CDLL(None).sync_file_range
_sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


def begin_writeback(descriptor: int) -> None:
    """Have the disk begin with what an open file has in memory only; this waits for nothing.

    A file system that cannot is no trouble: the fsync does all of it.
    """
    _sync_file_range(descriptor, 0, _TO_ITS_END, _SYNC_FILE_RANGE_WRITE)


def keep_writing(descriptor: int, before: int, now: int) -> None:
    """Do so whenever a file that grows has got another megabyte.

    Args:
        descriptor: The file.
        before: Its bytes before the latest were added.
        now: Its bytes.
    """
    if now // _STRETCH_BYTES > before // _STRETCH_BYTES:
        begin_writeback(descriptor)
