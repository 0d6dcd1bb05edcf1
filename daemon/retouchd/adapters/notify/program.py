"""Other programs, run without a shell and within limits: of time, of output, and of what they are told.

Nothing of the daemon but what is handed over here reaches them: no descriptor, no folder, and of the
environment only what is named below, so never the key.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# What desktops, mail programs, proxies and Python in unusual places need.
_KEPT: Final = frozenset(
    {
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "PATH",
        "TZ",
        "USER",
        "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR",
    }
)
# So much of what it says is kept; the rest is read and forgotten, so that it can go on.
_MOST_OUTPUT: Final = 4096
_READ_BYTES: Final = 1 << 16
# A program that has ended may have left its output open to others, which nobody waits for.
_LOOK_EVERY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended.

    Attributes:
        status: What it returned, negative for a signal; None when it took too long and was killed.
        output: The beginning of what it said.
        was_hurried: It had less time than it was to have, or none.
    """

    status: int | None
    output: bytes = b""
    was_hurried: bool = False


class Runner:
    """Runs one program after the other."""

    def __init__(self) -> None:
        self._latest = float("inf")

    def hurry(self, seconds: float) -> None:
        """Let nothing that runs or is begun go on for longer than this; may be called from any thread."""
        self._latest = time.monotonic() + seconds

    def run(self, command: Sequence[str], given: bytes, environ: Mapping[str, str], seconds: float) -> Ended:
        """Run a program in a group of its own, and kill what is left of that group afterwards.

        Args:
            given: What it can read on its standard input.

        Raises:
            OSError: It cannot be started.
        """
        deadline = time.monotonic() + seconds
        if time.monotonic() >= self._latest:
            return Ended(status=None, was_hurried=True)
        # No pipe: a program that never reads holds up nobody.
        with open(os.memfd_create("message"), "w+b", buffering=0) as paper:  # noqa: PTH123 - a descriptor
            paper.write(given)
            paper.seek(0)
            process = subprocess.Popen(  # noqa: S603 - no shell; the owner's own program
                command,
                stdin=paper,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd="/",
                start_new_session=True,
            )
        with process:
            try:
                output = self._listen(process, deadline)
                has_ended = _has_ended(process)
            finally:
                # Not waited for before, so that its number is nobody else's by now.
                os.killpg(process.pid, signal.SIGKILL)
        if has_ended:
            return Ended(status=process.returncode, output=output)
        return Ended(status=None, output=output, was_hurried=self._latest < deadline)

    def _listen(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        """Read what a program says until it has ended or its time is over."""
        heard, is_open = bytearray(), True
        while not _has_ended(process) and time.monotonic() < min(deadline, self._latest):
            is_open = is_open and _hear(process, heard)
            if not is_open:
                # It has closed its output, and goes on.
                time.sleep(_LOOK_EVERY_SECONDS)
        if is_open:
            _hear(process, heard)
        return bytes(heard)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _hear(process: subprocess.Popen[bytes], heard: bytearray) -> bool:
    """Wait a moment for something to read, and keep its beginning; False at the output's end."""
    stream = process.stdout
    if stream is None or not select.select([stream], [], [], _LOOK_EVERY_SECONDS)[0]:
        return stream is not None
    piece = os.read(stream.fileno(), _READ_BYTES)
    heard += piece[: max(0, _MOST_OUTPUT - len(heard))]
    return bool(piece)


def plain_environment(environ: Mapping[str, str], more: frozenset[str] = frozenset()) -> dict[str, str]:
    """Give what a program may know of an environment.

    Args:
        more: Further names.
    """
    return {name: value for name, value in environ.items() if name in _KEPT | more}
