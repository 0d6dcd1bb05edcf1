"""A daemon as an owner has it: folders made by `init`, a configuration, and a process of its own.

Not run by itself. All durable steps are the real ones, on the disk where the folder lies.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Written when the folders were checked and the first scan begins.
READY_EVENT: Final = "watch.started"
_STOP_SECONDS: Final = 60.0
# Unlike anything in a log, where it would be struck out.
_KEY: Final = "sk-0123456789-measured"
_RETOUCHD: Final = (sys.executable, "-m", "retouchd")
# Nothing but calls at once and limits of money differs from the defaults.
_SETTINGS: Final = {
    "budget.per_job_usd": "unlimited",
    "budget.per_day_usd": "unlimited",
    "budget.per_month_usd": "unlimited",
    "limits.max_concurrency": 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One root with its configuration."""

    place: Path

    @property
    def root(self) -> Path:
        """Where inbox, outbox, done and failed lie."""
        return self.place / "root"

    @property
    def inbox(self) -> Path:
        """Where photos are dropped."""
        return self.root / "inbox"

    @property
    def outbox(self) -> Path:
        """Where results come."""
        return self.root / "outbox"

    @property
    def done(self) -> Path:
        """Where photos go."""
        return self.root / "done"

    @property
    def state(self) -> Path:
        """Where the journal and the answers lie."""
        return self.place / "state"

    @property
    def log(self) -> Path:
        """What the daemon wrote, one JSON object a line; of all its runs."""
        return self.place / "log.jsonl"

    def command(self, *arguments: str) -> list[str]:
        """Give a command line for this installation."""
        return [*_RETOUCHD, "--config", str(self.place / "config.toml"), *arguments]


def install(
    place: Path, base_url: str, *, concurrency: int = 8, settings: Mapping[str, object] | None = None
) -> Installation:
    """Make folders and configuration in an empty folder.

    Args:
        settings: More of them by their full names, such as `{"watch.settle_seconds": 0.1}`.
    """
    made = Installation(place=place)
    given = {
        "folders.root": str(made.root),
        "folders.state": str(made.state),
        "endpoint.base_url": base_url,
        "limits.concurrency": concurrency,
        **_SETTINGS,
        **(settings or {}),
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in given.items()]
    (place / "config.toml").write_text("".join(lines))
    subprocess.run(made.command("init"), check=True, stdout=subprocess.DEVNULL, env=environment())
    return made


def environment() -> dict[str, str]:
    """Give an environment with a key, without proxies, in which nothing but the configuration counts."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RETOUCHD_") and not name.lower().endswith("_proxy")
    }
    return {**kept, "DENCH_API_KEY": _KEY}


@contextmanager
def running(installation: Installation, ready_seconds: float = 60.0) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon for as long as the context lasts; it is ready when the context begins.

    Raises:
        RuntimeError: It did not get ready, or did not end well.
    """
    process = start(installation)
    try:
        wait_ready(installation, process, ready_seconds)
        yield process
    finally:
        status = stop(process)
    if status != 0:
        raise _trouble(installation, f"the daemon ended with {status}")


def start(installation: Installation) -> subprocess.Popen[bytes]:
    """Start the daemon, and do not wait for it."""
    with installation.log.open("ab") as log:
        return subprocess.Popen(
            installation.command("run"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            cwd=installation.place,
        )


def wait_ready(installation: Installation, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until this process, the latest run, is ready.

    Raises:
        RuntimeError: It is not within this time.
    """
    deadline = time.monotonic() + seconds
    while not _is_ready(installation.log):
        if process.poll() is not None or time.monotonic() > deadline:
            raise _trouble(installation, "the daemon did not get ready")
        time.sleep(0.005)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Tell the daemon to stop, and give its exit status; one that hangs is killed."""
    process.terminate()
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _trouble(installation: Installation, what: str) -> RuntimeError:
    return RuntimeError(f"{what}; the end of its log: {installation.log.read_text('utf-8')[-2000:]}")


def _is_ready(log: Path) -> bool:
    """Say whether the latest run has told it."""
    _, _, latest = log.read_text("utf-8").rpartition('"daemon.started"')
    return f'"{READY_EVENT}"' in latest
