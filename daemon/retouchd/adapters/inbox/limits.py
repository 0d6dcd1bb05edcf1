"""Whether the system watches one more folder: watchdog does not tell when it refused a sub-folder."""

import ctypes
import errno
import os
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)
_IN_DELETE_SELF: Final = 0x400

WATCHES_USED_UP: Final = (
    "the system watches as many folders as it may; raise fs.inotify.max_user_watches with sysctl"
)
INSTANCES_USED_UP: Final = (
    "the system's limit of watching programs, or this program's of open files, is reached; raise"
    " fs.inotify.max_user_instances with sysctl"
)


def explain_failure(error: OSError) -> str:
    """Say, for people, why events cannot be had."""
    match error.errno:
        case errno.ENOSPC:
            return WATCHES_USED_UP
        case errno.EMFILE | errno.ENFILE:
            return INSTANCES_USED_UP
        case _:
            return f"events cannot be had: {error.strerror}"


def are_watches_used_up() -> bool:
    """Say whether one more folder could not be watched: others may be without a watch already then.

    When even that cannot be found out it is taken for no.
    """
    # A fresh instance each time: in one that is kept the events about its own watch would pile up.
    descriptor = _libc.inotify_init1(os.O_CLOEXEC)
    if descriptor < 0:
        return False
    try:
        watch = _libc.inotify_add_watch(descriptor, b"/", _IN_DELETE_SELF)
        return bool(watch < 0 and ctypes.get_errno() == errno.ENOSPC)
    finally:
        os.close(descriptor)
