"""Keeps what a process knows, the key above all, out of core dumps and from other processes of its user."""

import ctypes
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_libc = ctypes.CDLL(None, use_errno=True)


def forbid_core_dumps() -> None:
    """Have the kernel write no dump of this process, whatever ends it.

    The limit alone is not enough: dumps that are piped to a program pay no heed to it. What is not dumpable
    cannot be traced by its own user either; files below /proc/self stay readable for the process itself.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It fails only for values that are none.
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
