"""Runs retouchd and has one of its threads die of a defect when it is told to; not a test.

The thread is named, by its own name or by its class, in a file called `wound` in the working folder.
"""

import sys
import threading
from pathlib import Path
from types import FrameType

from retouchd.cli.main import main
from waiting import eventually

_WOUND = Path("wound")
_wounded: set[str] = set()


def _await_wound() -> None:
    if eventually(_WOUND.exists, seconds=60):
        _wounded.add(_WOUND.read_text())


def _break(_frame: FrameType, _event: str, _argument: object) -> None:
    """Raise in the wounded thread, at the next call that it makes."""
    if not _wounded:
        return
    thread = threading.current_thread()
    if not _wounded.isdisjoint({thread.name, type(thread).__name__}):
        _wounded.clear()
        message = "wounded"
        raise ZeroDivisionError(message)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    threading.Thread(target=_await_wound, daemon=True).start()
    # Not an exception that is sent from another thread: while one is on its way, Python 3.11 hangs for ever
    # when its code is traced, as it is when coverage is measured.
    threading.setprofile(_break)
    main()
