"""The journal's files as files: what tells damage before SQLite opens them, and how they are put aside.

SQLite takes a log (-wal) whose begin is damaged for an empty one, and goes on with what the database was
before it: the last calls would be forgotten without a word.
"""

import os
import struct
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import is_there, sync_folder, translated_folder

_LOG: Final = "-wal"
# The database first: without it a start sees that it is lost, and puts the others aside as well. The other
# way round a crash would leave a database that looks whole and has forgotten what was in its log.
_PARTS: Final = ("", _LOG, "-shm")
_ASIDE: Final = "journal-damaged-"
_MOST_ASIDE: Final = 10
_SUFFIX: Final = ".sqlite3"
# SQLite's file format: the log begins with eight words of which the last two are a checksum of the others,
# counted in the byte order that the first one names.
_WORDS: Final = 8
_LOG_HEAD_BYTES: Final = 32
_ORDERS: Final = {0x377F0682: "<", 0x377F0683: ">"}
_MASK: Final = 0xFFFFFFFF


def find_damage(path: Path) -> str | None:
    """Say what is wrong with the files of a database that is not open, or None when they look right."""
    log = path.with_name(path.name + _LOG)
    with translated_folder("read", path):
        head = _read_head(log)
        if head and not _has_content(path):
            return "it is empty, and its log is not"
        # One that ends with its head has nothing in it yet.
        is_used = len(head) == _LOG_HEAD_BYTES and log.stat().st_size > _LOG_HEAD_BYTES
        return "its log is damaged" if is_used and not _is_log_head(head) else None


def put_aside(path: Path, now: datetime, durable: Durable) -> str:
    """Rename a database and what belongs to it, within its folder, and give its new name.

    Nothing of it is removed; of those that were put aside the newest ten stay.

    A crash in between leaves a part of it under the old names, of which the next call takes care.

    Raises:
        FileTroubleError: The folder cannot be written.
    """
    with translated_folder("put aside", path):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            name = _free_name(folder, now)
            for part in _PARTS:
                if is_there(path.name + part, folder):
                    _sync(path.name + part, folder, durable)
                    durable.rename(path.name + part, name + part, source_folder=folder, target_folder=folder)
            _remove_oldest(path, folder)
            # A power cut before this may bring the damaged one back, which is then found damaged again.
            sync_folder(folder, durable)
        finally:
            os.close(folder)
    return name


def _remove_oldest(path: Path, folder: int) -> None:
    """Remove what was put aside ten times ago: a disk that fails again and again must not be filled."""
    for name in sorted(one.name for one in path.parent.glob(f"{_ASIDE}*{_SUFFIX}"))[:-_MOST_ASIDE]:
        for part in _PARTS:
            with suppress(FileNotFoundError):
                os.unlink(name + part, dir_fd=folder)


def last_put_aside(path: Path) -> str | None:
    """Give the name of the database that was put aside last, or None when none ever was."""
    names = sorted(one.name for one in path.parent.glob(f"{_ASIDE}*{_SUFFIX}"))
    return names[-1] if names else None


def _sync(name: str, folder: int, durable: Durable) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        durable.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_name(folder: int, now: datetime) -> str:
    stem = f"{_ASIDE}{now:%Y%m%d-%H%M%S}"
    stems = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(
        f"{one}{_SUFFIX}"
        for one in stems
        if not any(is_there(f"{one}{_SUFFIX}{part}", folder) for part in _PARTS)
    )


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _read_head(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(_LOG_HEAD_BYTES)


def _is_log_head(head: bytes) -> bool:
    order = _ORDERS.get(int.from_bytes(head[:4], "big"))
    if order is None:
        return False
    words = struct.unpack(f"{order}{_WORDS}I", head)
    first = second = 0
    for one, other in zip(words[:6:2], words[1:6:2], strict=True):
        first = (first + one + second) & _MASK
        second = (second + other + first) & _MASK
    return struct.unpack(">2I", head[-8:]) == (first, second)
