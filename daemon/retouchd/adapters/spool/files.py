"""How files of the spool are opened and named, and what the system's refusals mean."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from retouchd.core.errors import FileTroubleError, NoRoomError
from retouchd.core.values import AttemptId

# No file of the spool is ever a link.
SAFELY: Final = os.O_CLOEXEC | os.O_NOFOLLOW
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def closing(descriptor: int) -> Iterator[None]:
    """Close a descriptor at the end."""
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def open_folder(folder: Path) -> Iterator[int]:
    """Open a folder for the steps that name files in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with closing(descriptor):
        yield descriptor


@contextmanager
def trouble(operation: str, path: Path) -> Iterator[None]:
    """Turn what the system refuses into our own errors.

    Raises:
        NoRoomError: The disk is full.
        FileTroubleError: Anything else.
    """
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or "the file system refused"
        error = NoRoomError if exc.errno in _FULL else FileTroubleError
        raise error(operation, path, reason) from exc


def part_name(name: AttemptId | str) -> str:
    """Give the name of a file that is not a whole answer."""
    return f"{name}.part"


def answer_name(name: AttemptId | str) -> str:
    """Give the name of a whole answer."""
    return f"{name}.answer"
