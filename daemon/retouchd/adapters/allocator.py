"""How memory is taken from the system and given back to it: by one heap for all threads, without holes."""

import ctypes
from typing import Final

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
# Above every piece in which pictures are read and sent: with 256 kB those took a tenth more CPU.
_MAPPED_BYTES: Final = 1024 * 1024
# With glibc's 128 kB the end of the heap was given back and taken anew for each photo, 800 pages of it.
_KEPT_BYTES: Final = 2 * 1024 * 1024


def keep_heap_small() -> None:
    """Have the heap of this process take no more than it needs. Before any thread is started.

    Threads share it. Each would else keep to itself what it had taken at its busiest: eight calls with
    pictures of 8 MB took 26 MB more than an idle daemon, and take 14 with one heap.

    Large blocks stay out of it and are given back as soon as they are free. glibc would move them into it as
    soon as one of their size was freed, where what comes to lie behind them keeps their room: Python's table
    of the parts of paths, 1.8 MB, is made anew every 2 000 photos, and left up to 5 MB of holes.

    A C library without such a heap has no such settings.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
