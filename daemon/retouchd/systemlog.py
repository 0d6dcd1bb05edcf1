"""The system's log, journald, spoken to in its own protocol: one datagram an entry, a field for each fact.

What is told does not come in here. No value is trusted: one that holds line ends begins no field of its own.
"""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TextIO

SOCKET: Final = "/run/systemd/journal/socket"
# By this variable a service manager says which stream it has connected to the log: device and inode.
ANNOUNCED: Final = "JOURNAL_STREAM"
# A daemon that waits for its log does no work.
_PATIENCE_SECONDS: Final = 1.0
# A datagram takes some 200 000 bytes by default; nothing that is worth reading is longer than this.
_LONGEST_VALUE: Final = 12_000
_CUT: Final = " [...] "
_NO_NAME: Final = re.compile(r"[^A-Z0-9_]")
_LONGEST_NAME: Final = 64


def field_name(key: str, prefix: str) -> str:
    """Give the name of a field: capitals, digits and underscores, no more than 64 of them."""
    return f"{prefix}{_NO_NAME.sub('_', key.upper())}"[:_LONGEST_NAME]


def encode(fields: Mapping[str, str]) -> bytes:
    """Give fields as the log wants them: a value with line ends is told by its length."""
    return b"".join(_encode(name.encode(), _shortened(value)) for name, value in fields.items())


def _encode(name: bytes, value: bytes) -> bytes:
    if b"\n" in value:
        return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name + b"=" + value + b"\n"


def _shortened(value: str) -> bytes:
    """Cut the middle out of a text that is too long: a traceback's end is its best part."""
    if len(value) > _LONGEST_VALUE:
        half = (_LONGEST_VALUE - len(_CUT)) // 2
        value = f"{value[:half]}{_CUT}{value[-half:]}"
    return value.encode("utf-8", "backslashreplace")


@dataclass(slots=True, kw_only=True)
class SystemLog:
    """Hands entries over to the system's log, for one thread at a time.

    Attributes:
        announced: Which stream is connected to it, as the environment says; empty when none is.
        path: Where it listens.
    """

    announced: str
    path: str = SOCKET
    _hangs: bool = field(default=False, init=False)

    def is_behind(self, stream: TextIO) -> bool:
        """Say whether what is written to a stream goes to the system's log."""
        try:
            found = os.fstat(stream.fileno())
        except (OSError, ValueError):  # It is closed, or no file at all.
            return False
        return self.announced == f"{found.st_dev}:{found.st_ino}"

    def send(self, fields: Mapping[str, str]) -> bool:
        """Hand an entry over; say whether somebody listens.

        An entry that the log does not take in time is lost: its stream would not take it either.
        """
        # A new socket each time: the log may have been started again.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            # One that hangs is waited for once: a second for each entry would leave no time for the work.
            sender.settimeout(0 if self._hangs else _PATIENCE_SECONDS)
            try:
                sender.sendto(encode(fields), self.path)
            except (TimeoutError, BlockingIOError):
                self._hangs = True
                return True
            except OSError:
                return False
        self._hangs = False
        return True
