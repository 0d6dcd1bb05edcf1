"""The owner's own program, which is told each message as JSON on its standard input."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from retouchd.adapters.notify.program import Ended, Runner, plain_environment
from retouchd.core.outgoing import Outgoing
from retouchd.core.values import printable
from retouchd.core.ways import Failure

HOOK_NAME: Final = "hook"
_SHOWN_OUTPUT: Final = 300


class Hook:
    """Runs the program once for each message; fits the notifier's Protocol Way.

    Args:
        path: Absolute.
        seconds: How long it may take.
    """

    def __init__(self, path: Path, seconds: float, environ: Mapping[str, str], runner: Runner) -> None:
        self._path = path
        self._seconds = seconds
        self._environ = plain_environment(environ)
        self._runner = runner

    @property
    def shown(self) -> str:
        """What people read of it."""
        return f"hook {printable(self._path)}"

    def find_fault(self) -> str:
        """Say what forbids to run it, or nothing."""
        return find_fault(self._path)

    def send(self, outgoing: Outgoing) -> Failure | None:
        """Run it, and say why it did not take the message; it is not run again for that."""
        fault = self.find_fault()
        if fault:
            return Failure(reason=fault, is_final=True)
        document = {**outgoing.message.document, "text": outgoing.text}
        given = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        try:
            ended = self._runner.run([str(self._path)], given, self._environ, self._seconds)
        except OSError as exc:
            return Failure(reason=f"cannot be started: {exc.strerror}", is_final=True)
        return self._judge(ended)

    def _judge(self, ended: Ended) -> Failure | None:
        if ended.status == 0:
            return None
        said = printable(ended.output.decode("utf-8", "replace").strip())[:_SHOWN_OUTPUT]
        if ended.was_hurried:
            return Failure(reason="was ended with retouchd; it is told again at the next start", said=said)
        if ended.status is None:
            return Failure(reason=f"was ended after {self._seconds:g} s", said=said, is_final=True)
        how = f"returned {ended.status}" if ended.status > 0 else f"was killed by signal {-ended.status}"
        return Failure(reason=how, said=said, is_final=True)


def find_fault(path: Path) -> str:
    """Say what forbids to run a program, or nothing: whoever can change it could do all that we can do."""
    try:
        # A link can be exchanged where it stands, and what it leads to where that lies.
        real = path.resolve(strict=True)
        is_ours = all(_is_ours(one) for one in {path.parent, real, real.parent})
    except OSError as exc:
        return f"cannot be used: {exc.strerror}"
    if not path.is_file() or not os.access(path, os.X_OK):
        return "is no program that may be run: chmod +x it"
    if not is_ours:
        return "can be changed by everybody: it and its folder must be yours or root's, and chmod o-w"
    return ""


def _is_ours(path: Path) -> bool:
    found = path.stat()
    is_shared = found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX
    return found.st_uid in {0, os.geteuid()} and not is_shared
