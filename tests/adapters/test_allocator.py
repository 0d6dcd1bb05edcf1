"""How memory is taken from the system."""

import subprocess
import sys
from typing import Final

import pytest

# A heap of a thread's own is a reservation of 64 MiB, of which most cannot be accessed yet.
_THREAD: Final = """
import threading
from pathlib import Path
def work():
    kept = [bytearray(2000) for _ in range(100)]
    spans = [line.split()[0].split("-") for line in Path("/proc/self/maps").open() if "---p" in line]
    print(sum(int(end, 16) - int(begin, 16) > 60 << 20 for begin, end in spans))
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
_LARGE_BLOCK: Final = """
import ctypes
from pathlib import Path
bytearray(4 << 20)
block = bytearray(2 << 20)
at = ctypes.addressof(ctypes.c_char.from_buffer(block))
heap = next(line for line in Path("/proc/self/maps").open() if "[heap]" in line)
begin, end = (int(one, 16) for one in heap.split()[0].split("-"))
print(int(begin <= at < end))
"""
_SETTING: Final = "from retouchd.adapters.allocator import keep_heap_small; keep_heap_small()"


@pytest.mark.parametrize("script", [_THREAD, _LARGE_BLOCK])
@pytest.mark.parametrize(("setting", "told"), [(_SETTING, "0"), ("", "1")])
def test_neither_threads_nor_large_blocks_make_the_heap_grow(script: str, setting: str, told: str) -> None:
    """A thread has no heap of its own, nor does a large block lie in the heap, as both else would."""
    command = [sys.executable, "-c", setting + script]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == told
