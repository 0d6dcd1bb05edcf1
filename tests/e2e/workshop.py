"""A workshop for end-to-end tests: real folders, a real configuration, real daemon processes.

Nothing here asserts what the product promises: that stands in invariants.py and in the tests.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Self

from PIL import Image

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.control import poke
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.cli.founding import found
from retouchd.core.records import Verb
from retouchd.core.statusfile import STATUS_FILE_NAME
from retouchd.settings import JOURNAL_NAME
from waiting import eventually

KEY: Final = "workshop-key"
PATIENCE_SECONDS: Final = 20.0
_RETOUCHD: Final = Path(sys.executable).with_name("retouchd")

# Small and cheap, so that a test takes a second; the files settle quickly since nobody writes slowly here.
_QUICK: Final[Mapping[str, object]] = {
    "watch.settle_seconds": 0.15,
    "defaults.size": "816x816",
    "defaults.quality": "low",
    "defaults.format": "jpeg",
    "retry.base_seconds": 0.05,
    "retry.ceiling_seconds": 0.1,
    "endpoint.connect_timeout_seconds": 2,
}


def picture(seed: int = 0, kind: str = "JPEG", size: tuple[int, int] = (48, 48)) -> bytes:
    """Give a small picture; another seed gives other bytes."""
    image = Image.new("RGB", size, (seed * 37 % 256, seed * 11 % 256, seed % 256))
    buffer = BytesIO()
    image.save(buffer, kind, comment=str(seed).encode()) if kind == "JPEG" else image.save(buffer, kind)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A daemon process that has ended: its exit code and what it said."""

    code: int
    lines: tuple[dict[str, Any], ...]
    text: str

    def told(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """Give the log lines of this event with these fields."""
        return select(self.lines, event, fields)


def select(lines: Any, event: str, fields: Mapping[str, object]) -> list[dict[str, Any]]:
    """Give the lines of an event that have these fields."""
    return [
        line
        for line in lines
        if line.get("event") == event and all(line.get(name) == value for name, value in fields.items())
    ]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Give the log's whole JSON lines."""
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


class Running:
    """A daemon process under way."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def told(self, event: str, **fields: object) -> list[dict[str, Any]]:
        """Give the log lines of this event with these fields so far."""
        return select(read_lines(self._log), event, fields)

    def wait_for(self, event: str, seconds: float = PATIENCE_SECONDS, **fields: object) -> dict[str, Any]:
        """Wait until a line was told, and give it."""
        assert eventually(lambda: self.told(event, **fields), seconds), self._log.read_text("utf-8")
        return self.told(event, **fields)[0]

    def wait(self, seconds: float = PATIENCE_SECONDS) -> Finished:
        """Wait for its end."""
        code = self.process.wait(seconds)
        text = self._log.read_text("utf-8")
        return Finished(code=code, lines=tuple(read_lines(self._log)), text=text)

    def stop(self, number: int = signal.SIGTERM, seconds: float = PATIENCE_SECONDS) -> Finished:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def cpu_seconds(self) -> float:
        """Give the processor time it has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Workshop:
    """Folders, configuration and daemons of one test; a context manager that leaves no process behind.

    Args:
        place: An empty folder.
        base_url: The service; a test may exchange it by `configure`.
        settings: By key ("budget.per_day_usd").
    """

    def __init__(self, place: Path, base_url: str, settings: Mapping[str, object] | None = None) -> None:
        self.place = place
        self.root = place / "root"
        self.inbox = self.root / "inbox"
        self.outbox = Path(str((settings or {}).get("folders.outbox", self.root / "outbox")))
        self.done, self.failed = self.root / "done", self.root / "failed"
        self.state = place / "state"
        self.config = place / "config.toml"
        self.dropped: dict[str, bytes] = {}
        self.settings: dict[str, object] = {
            **_QUICK,
            "folders.root": str(self.root),
            "folders.state": str(self.state),
            "endpoint.base_url": base_url,
            **(settings or {}),
        }
        self._runs: list[subprocess.Popen[bytes]] = []
        # Words before the daemon's own, of a program that changes the system's limits for it.
        self.before: list[str] = []
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("RETOUCHD_")}
        self.environ["DENCH_API_KEY"] = KEY

    def __enter__(self) -> Self:
        self.configure()
        found(self.config, None, self.environ)
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._runs:
            if process.poll() is None:
                process.kill()
                process.wait()

    def configure(self, **settings: object) -> None:
        """Write the configuration with these changes; `__` in a name stands for the dot."""
        self.settings |= {name.replace("__", "."): value for name, value in settings.items()}
        sections: dict[str, list[str]] = {}
        for name, value in self.settings.items():
            section, _, key = name.partition(".")
            sections.setdefault(section, []).append(f"{key} = {json.dumps(value)}")
        text = "\n".join(f"[{section}]\n" + "\n".join(lines) for section, lines in sections.items())
        self.config.write_text(text + "\n")

    def drop(self, name: str, photo: bytes, prompt: str | None = None, sidecar: str | None = None) -> Path:
        """Put a photo into the inbox, its prompt first, as a careful person does."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if prompt is not None:
            beside = self.inbox / sidecar if sidecar else path.with_suffix(".txt")
            self.put(beside, prompt.encode())
        return self.put(path, photo)

    def put(self, path: Path, content: bytes) -> Path:
        """Put one file below the inbox and remember it as one that must never be lost."""
        place_file(path, content)
        self.dropped[str(path.relative_to(self.root))] = content
        return path

    def start(self, *arguments: str, **environ: str) -> Running:
        """Start a daemon."""
        log = self.place / f"log-{len(self._runs)}.jsonl"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*self.before, str(_RETOUCHD), "--config", str(self.config), "run", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**self.environ, **environ},
                cwd=self.place,
            )
        self._runs.append(process)
        return Running(process, log)

    def until_idle(self, timeout: float = 30.0) -> Finished:
        """Run a daemon until it is idle and give how it ended."""
        return self.start("--until-idle", "--timeout", str(timeout)).wait(timeout + PATIENCE_SECONDS)

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Run a daemon for as long as the context lasts; it must be working by then."""
        daemon = self.start()
        daemon.wait_for("watch.started")
        yield daemon
        if daemon.process.poll() is None:
            assert daemon.stop().code == 0

    def command(self, verb: Verb, argument: str = "") -> str:
        """Give a command the way the command line does, and wait for its answer."""
        journal = SqliteJournal.open(self.state / JOURNAL_NAME, Durable())
        with closing(journal):
            with journal.transaction():
                number = journal.give_command(verb, argument, SystemClock().now())
            poke(self.state)
            if any(process.poll() is None for process in self._runs):
                assert eventually(lambda: journal.command_answer(number) is not None)
            return journal.command_answer(number) or ""

    def type(self, *arguments: str) -> str:
        """Type a command, and give what it prints."""
        done = subprocess.run(
            [str(_RETOUCHD), "--config", str(self.config), *arguments],
            env=self.environ,
            cwd=self.place,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return (done.stdout + done.stderr).decode()

    def status(self) -> dict[str, Any]:
        """Give the status as a program reads it."""
        fields: dict[str, Any] = json.loads(self.type("status", "--json"))
        return fields

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the journal."""
        path = self.state / JOURNAL_NAME
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def change(self, statement: str, *values: object) -> None:
        """Change the journal behind the daemon's back, as a crash would have left it."""
        with closing(sqlite3.connect(self.state / JOURNAL_NAME, timeout=10)) as connection, connection:
            connection.execute(statement, values)

    def jobs(self) -> list[dict[str, Any]]:
        """Give all jobs, the oldest first."""
        return self.rows("SELECT * FROM jobs ORDER BY number")

    def bundles(self) -> list[dict[str, Any]]:
        """Give all bundles, the oldest first."""
        return self.rows("SELECT * FROM bundles ORDER BY id")

    def attempts(self) -> list[dict[str, Any]]:
        """Give all attempts, the oldest first."""
        return self.rows("SELECT * FROM attempts ORDER BY id")

    def pauses(self) -> list[str]:
        """Give the reasons for which nothing is sent."""
        return [row["reason"] for row in self.rows("SELECT reason FROM pauses ORDER BY reason")]

    def states(self) -> list[str]:
        """Give the state of each job, a held one with its reason."""
        return [job["hold"] if job["state"] == "held" else job["state"] for job in self.jobs()]

    def metadata(self, name: str) -> dict[str, Any]:
        """Give the metadata beside an output."""
        fields: dict[str, Any] = json.loads((self.outbox / f"{name}.json").read_text("utf-8"))
        return fields

    def outputs(self) -> list[str]:
        """Give the names of the delivered pictures, below the outbox."""
        return names_below(self.outbox, ".jpg", ".png", ".webp")

    def in_folder(self, folder: Path) -> list[str]:
        """Give the names below a folder but for marks and the status file, whatever they are."""
        names = [name for name in names_below(folder) if name != STATUS_FILE_NAME]
        return [name for name in names if not Path(name).name.startswith(".")]


OpenShop = Callable[..., Workshop]
"""Opens a workshop for a base URL, with settings by key: `open_shop(url, budget__per_day_usd=1.0)`."""


def names_below(folder: Path, *suffixes: str) -> list[str]:
    """Give the files below a folder, relative to it."""
    found_files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    names = [str(path.relative_to(folder)) for path in found_files]
    return sorted(name for name in names if not suffixes or name.lower().endswith(suffixes))


def place_file(path: Path, content: bytes) -> Path:
    """Write a file beside its place and rename it there."""
    temporary = path.with_name(f".{len(path.name)}.{time.monotonic_ns()}.tmp")
    temporary.write_bytes(content)
    temporary.rename(path)
    return path
