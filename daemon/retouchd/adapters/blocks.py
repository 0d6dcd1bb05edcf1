"""Open files read block by block, so that none is ever in memory as a whole."""

import os
from collections.abc import Iterator
from typing import Final

# Every read hands the interpreter to another thread: with 64 KiB a job of 1.5 MB took a fifth more. With
# 1 MiB a job of 10 MB takes as much CPU, and eight at once 20 MB more memory.
BLOCK_BYTES: Final = 256 * 1024


def read_blocks(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    """Give the bytes from start to end in blocks, fewer where the file ends before; its position stays.

    Raises:
        OSError: They cannot be read.
    """
    offset = start
    while offset < end and (block := os.pread(descriptor, min(BLOCK_BYTES, end - offset), offset)):
        yield block
        offset += len(block)
