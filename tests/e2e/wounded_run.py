"""Runs retouchd and has one of its threads die of a defect when it is told to; not a test.

The thread is named, by its own name or by its class, in a file called `wound` in the working folder.
"""

import ctypes
import sys
import threading
from pathlib import Path

from retouchd.cli.main import main
from waiting import eventually

_WOUND = Path("wound")


def _wait_and_wound() -> None:
    if not eventually(_WOUND.exists, seconds=60):
        return
    named = _WOUND.read_text()
    for thread in threading.enumerate():
        if named in {thread.name, type(thread).__name__} and thread.ident is not None:
            # It is met at the thread's next step.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(ZeroDivisionError)
            )


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    threading.Thread(target=_wait_and_wound, daemon=True).start()
    main()
