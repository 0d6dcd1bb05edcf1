"""A folder that nobody may look into, with the system's own word on who did."""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final, Self

from workshop import picture

_libc = ctypes.CDLL(None, use_errno=True)
_ALL_EVENTS: Final = 0xFFF
_HEAD: Final = struct.Struct("iIII")
SECRET: Final = b"secret-canary"


class Canary:
    """Files outside of the daemon's folders, which links lead to; a context manager.

    Every opening, reading, writing, renaming or change of modes of anything in there is an event. Making a
    link to it, and asking what a name leads to, is none.

    Args:
        place: A folder that is not there yet.
    """

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self.place = place
        self.photo = place / "secret.jpg"
        self.text = place / "secret.txt"
        self.photo.write_bytes(picture(90) + SECRET)
        self.text.write_bytes(SECRET)
        (place / "_preset.toml").write_bytes(b'prompt = "' + SECRET + b'"\n')
        (place / "mask.png").write_bytes(picture(91, "PNG"))

    def __enter__(self) -> Self:
        self._inotify = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        assert _libc.inotify_add_watch(self._inotify, os.fsencode(self.place), _ALL_EVENTS) >= 0
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._inotify)

    def touched(self) -> list[tuple[str, str]]:
        """Give what was done in there since the last time, as (name, mask); its own name is empty."""
        found = []
        while True:
            try:
                events = os.read(self._inotify, 1 << 16)
            except BlockingIOError:
                return found
            while events:
                _, mask, _, length = _HEAD.unpack_from(events)
                name = events[_HEAD.size : _HEAD.size + length].rstrip(b"\0")
                found.append((os.fsdecode(name), hex(mask)))
                events = events[_HEAD.size + length :]
