"""Who is measured: the daemon with everything durable, and what people would write instead.

Not run by itself. Each is a process of its own that watches a folder `inbox`, writes a picture and its JSON
into `outbox`, moves the photo to `done`, and makes eight calls at once.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installations import environment, install, running

AT_ONCE: Final = 8
# So short that arrival does not count; all else of the daemon is as it comes.
SETTLE_SECONDS: Final = 0.02
_PEERS: Final = Path(__file__).parent / "peers"
_FOLDERS: Final = ("inbox", "outbox", "done")
_READY: Final = (b"ready", b"Watches established.")
_PATIENCE_SECONDS: Final = 20.0
# What each program of a peer is called, and the Debian package that has it.
_PACKAGES: Final = {"inotifywait": "inotify-tools", "jq": "jq", "curl": "curl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Something that edits photos.

    Attributes:
        running: Runs it in an empty folder against a base URL for as long as the context lasts; gives its
            process id when it watches. Its `inbox`, `outbox` and `done` lie in the folder's `root`.
        missing: Says what to install before it can run; empty if nothing.
    """

    name: str
    running: Callable[[Path, str], AbstractContextManager[int]]
    missing: Callable[[], str]


@contextmanager
def _run_daemon(place: Path, base_url: str) -> Iterator[int]:
    settings = {"watch.settle_seconds": SETTLE_SECONDS}
    installation = install(place, base_url, concurrency=AT_ONCE, settings=settings)
    with running(installation) as process:
        yield process.pid


def _run_peer(*command: str) -> Callable[[Path, str], AbstractContextManager[int]]:
    @contextmanager
    def run(place: Path, base_url: str) -> Iterator[int]:
        root, log = place / "root", place / "log"
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True)
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*command, str(root), base_url],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=environment(),
                start_new_session=True,
            )
        try:
            _wait_ready(log)
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(_PATIENCE_SECONDS)

    return run


def _wait_ready(log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not any(word in log.read_bytes() for word in _READY):
        if time.monotonic() > deadline:
            message = f"a peer did not get ready: {log.read_text()}"
            raise RuntimeError(message)
        time.sleep(0.01)


def _missing_for_script() -> str:
    try:
        import requests  # noqa: F401, PLC0415 - whether it can be had is the question
    except ImportError:
        return "needs requests: pip install --group bench"
    return ""


def _missing_for_shell() -> str:
    lacking = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    return f"needs {', '.join(lacking)}: apt install {' '.join(lacking)}" if lacking else ""


def _missing_for_none() -> str:
    return ""


DAEMON: Final = Contender(name="retouchd", running=_run_daemon, missing=_missing_for_none)
SCRIPT: Final = Contender(
    name="script with a thread pool",
    running=_run_peer(sys.executable, str(_PEERS / "script.py")),
    missing=_missing_for_script,
)
SHELL: Final = Contender(
    name="shell loop", running=_run_peer("bash", str(_PEERS / "shell.sh")), missing=_missing_for_shell
)
CEILING: Final = Contender(
    name="bare httpx loop",
    running=_run_peer(sys.executable, str(_PEERS / "ceiling.py")),
    missing=_missing_for_none,
)
