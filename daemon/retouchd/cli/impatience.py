"""Ending a command that waits for a share which does not answer: nothing else can, not even Ctrl-C."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# A healthy NAS that spins its disks up needs ten.
_PATIENCE_SECONDS: Final = 12
_STATUS: Final = 1


@contextmanager
def ending_when_stuck(doctor: str) -> Iterator[None]:
    """End this process while the calling thread looks at files and one such look does not end.

    However long it takes altogether, it goes on for as long as anything is answered. For commands that
    only read: the process ends on the spot, with status 1.

    Args:
        doctor: The command that looks which folder it is, to paste.
    """
    over = threading.Event()
    looked_at = Path(f"/proc/self/task/{threading.get_native_id()}/status")
    threading.Thread(target=_watch, args=(over, looked_at, doctor), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(over: threading.Event, looked_at: Path, doctor: str) -> None:
    """Wait for the end, or until the thread has slept in one and the same call for too long."""
    last, seconds = "", 0
    while seconds < _PATIENCE_SECONDS:
        if over.wait(1):
            return
        now = _switches(looked_at)
        seconds = seconds + 1 if now == last else 0
        last = now
    message = (
        f"retouchd: there was no answer within {_PATIENCE_SECONDS} s: a share below the inbox probably does"
        f" not answer. Look at its server, or unmount it (umount -l); {doctor} looks at all else\n"
    )
    os.write(sys.stderr.fileno(), message.encode())
    # The other thread hangs in the kernel, where no exception reaches it. It only reads: nothing is left.
    os._exit(_STATUS)


def _switches(looked_at: Path) -> str:
    """Give how often the thread was put to sleep: a call that is answered wakes it, and it sleeps again."""
    return "".join(line for line in looked_at.read_text().splitlines() if "ctxt_switches" in line)
