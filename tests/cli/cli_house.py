"""A house for the commands: folders and a configuration of its own, and the program as a real process."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

from PIL import Image
from typer.testing import CliRunner

from retouchd.cli.main import app
from retouchd.core.errors import RetouchdError
from servers import Exchange, reply_bytes
from waiting import eventually

KEY: Final = "house-key"
# A name that would steer a terminal, a table and a log, if it could.
HOSTILE: Final = "[red]x\u202e\n.jpg"
PATIENCE_SECONDS: Final = 60.0
PROGRAM: Final = (sys.executable, "-m", "retouchd")


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Pretend."""
        return True


def picture(seed: int = 0, kind: str = "JPEG") -> bytes:
    """Give a small picture; another seed gives other bytes."""
    buffer = BytesIO()
    Image.new("RGB", (48, 48), (seed * 37 % 256, seed * 11 % 256, seed % 256)).save(buffer, kind)
    return buffer.getvalue()


def refusing(exchange: Exchange) -> None:
    """Be a service that loses, refuses or postpones by what the prompt says."""
    body = exchange.read_request().body
    if b"lose" in body:
        exchange.reset()
        return
    status, headers = (429, {"Retry-After": "3600"}) if b"later" in body else (400, {})
    error = {"error": {"message": "content rules", "type": "invalid_request", "code": "invalid_prompt"}}
    exchange.send(reply_bytes(status, json.dumps(error).encode(), headers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Give what it printed as JSON."""
        return json.loads(self.out)


class CliHouse:
    """Folders, a configuration, and commands.

    Args:
        place: An empty folder.
    """

    def __init__(self, place: Path, base_url: str) -> None:
        self.place = place
        self.root, self.state, self.config = place / "root", place / "state", place / "config.toml"
        self.inbox, self.outbox = self.root / "inbox", self.root / "outbox"
        self.done, self.failed = self.root / "done", self.root / "failed"
        self.environ = clean_environment(place)
        self.environ["DENCH_API_KEY"] = KEY
        self.configure(base_url)

    def configure(self, base_url: str, more: str = "") -> None:
        """Write the configuration."""
        self.config.write_text(
            f'[folders]\nroot = "{self.root}"\nstate = "{self.state}"\n[endpoint]\nbase_url = "{base_url}"\n'
            '[watch]\nsettle_seconds = 0.1\n[defaults]\nsize = "816x816"\nquality = "low"\nformat = "jpeg"\n'
            f"[limits]\nconcurrency = 3\n{more}"
        )

    def drop(self, name: str, content: bytes | None = None, prompt: str | None = None) -> Path:
        """Put a photo, its prompt first, or any other file into the inbox."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if prompt is not None:
            path.with_suffix(".txt").write_text(prompt)
        temporary = path.with_name(".drop.tmp")
        temporary.write_bytes(picture(len(name)) if content is None else content)
        temporary.rename(path)
        return path

    def run(self, *words: str, **environ: str) -> Ended:
        """Run a command in this process, as the command line would."""
        arguments = ["--config", str(self.config), *words]
        done = CliRunner().invoke(app, arguments, env={**self.environ, **environ})
        if isinstance(done.exception, RetouchdError):
            return Ended(code=done.exception.exit_status, out=done.stdout, err=str(done.exception))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(code=done.exit_code, out=done.stdout, err=done.stderr)

    def process(self, *words: str, **environ: str) -> Ended:
        """Run a command as a process of its own."""
        return run_program(
            "--config", str(self.config), *words, cwd=self.place, environ={**self.environ, **environ}
        )

    def until_idle(self, seconds: float = 15.0, **environ: str) -> Ended:
        """Run the daemon until it is idle."""
        return self.process("run", "--until-idle", "--timeout", str(seconds), **environ)

    @contextmanager
    def daemon(self, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the daemon for as long as the context lasts; it is at work by then."""
        log = self.place / f"daemon-{time.monotonic_ns()}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*PROGRAM, "--config", str(self.config), "run"],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**self.environ, **environ},
            )
        try:
            assert eventually(lambda: b"watch.started" in log.read_bytes(), PATIENCE_SECONDS), log.read_text()
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def status(self) -> Any:
        """Give the status as JSON."""
        return self.run("status", "--json").json()

    def counts(self, *names: str) -> list[int]:
        """Give some of the status's counts."""
        counts = self.status()["counts"]
        return [counts[name] for name in names]


def clean_environment(home: Path) -> dict[str, str]:
    """Give this environment without anything of ours, and with a home of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RETOUCHD_", "DENCH_", "XDG_", "STATE_", "CREDENTIALS_"))
    }
    return {**kept, "HOME": str(home), "COLUMNS": "80"}


def run_program(*words: str, cwd: Path, environ: Mapping[str, str]) -> Ended:
    """Run the program without a terminal."""
    done = subprocess.run(
        [*PROGRAM, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=cwd,
        env=dict(environ),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def run_on_terminal(*words: str, answers: Mapping[str, str], cwd: Path, environ: Mapping[str, str]) -> Ended:
    """Run the program on a terminal of its own."""
    return talk_on_terminal([*PROGRAM, *words], answers, cwd, environ)


def talk_on_terminal(
    command: Sequence[str], answers: Mapping[str, str], cwd: Path, environ: Mapping[str, str]
) -> Ended:
    """Run anything on a terminal of its own.

    Args:
        answers: What to type when the screen shows a text, each once; "hidden" is typed once nothing that is
            typed shows any more.
    """
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=cwd,
        env={**environ, "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(follower)
    shown, waiting, deadline = "", dict(answers), time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for question in [one for one in waiting if _is_asked(leader, one, shown)]:
            os.write(leader, f"{waiting.pop(question)}\n".encode())
        if not select.select([leader], [], [], 0.02)[0]:
            continue
        try:
            shown += os.read(leader, 65536).decode()
        except OSError:  # The last process that had the terminal has ended.
            break
    os.close(leader)
    return Ended(code=process.wait(PATIENCE_SECONDS), out=shown.replace("\r\n", "\n"), err="")


def _is_asked(leader: int, question: str, shown: str) -> bool:
    if question != "hidden":
        return question in shown
    return "not shown" in shown and not termios.tcgetattr(leader)[3] & termios.ECHO
