"""How memory is taken from the system."""

import subprocess
import sys

import pytest

# A heap of a thread's own is a reservation of 64 MiB, of which most cannot be accessed yet.
_SCRIPT = """
import threading
from pathlib import Path
from retouchd.adapters.allocator import share_one_heap
%s
def work():
    kept = [bytearray(2000) for _ in range(100)]
    spans = [line.split()[0].split("-") for line in Path("/proc/self/maps").open() if "---p" in line]
    print(sum(int(end, 16) - int(begin, 16) > 60 << 20 for begin, end in spans))
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(("setting", "heaps"), [("share_one_heap()", "0"), ("", "1")])
def test_threads_have_no_heap_of_their_own(setting: str, heaps: str) -> None:
    """A thread takes its memory from the one heap, as it otherwise would not."""
    command = [sys.executable, "-c", _SCRIPT % setting]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == heaps
