"""How long starts take: of the daemon, and of the commands that people type most.

Run it by hand: `.venv/bin/python tests/bench/starting.py`. Each command is a whole process, and what is
compared is run by turns: help beside the help of the smallest program made with typer, status beside the mere
import of the packages that the daemon is made of; once while no daemon runs, and once while one does. The
daemon is started with an empty inbox, and with one in which ten thousand files lie. CPU time is that of the
process with all of its children.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from idle import FILES, fill
from installations import Installation, environment, install, running, stop
from tables import Options, Verdict, at_most, main, print_table

# So many starts make one round: a single one differs by a tenth from the next.
_STARTS_A_ROUND: Final = 5
_READY_SECONDS: Final = 60.0
_NOWHERE: Final = "http://127.0.0.1:9"
_SMALLEST: Final = """\
import typer
app = typer.Typer()
@app.command()
def greet(name: str = "you") -> None:
    \"\"\"Greet somebody.\"\"\"
app()
"""
_IMPORTS: Final = "import watchdog.events, watchdog.observers, httpx, pydantic_settings, structlog"
_PYTHON: Final = sys.executable
_RETOUCHD: Final = str(Path(sys.executable).with_name("retouchd"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start: how long it took, by the clock and of the processor."""

    wall_seconds: float
    cpu_seconds: float


def run(options: Options) -> Iterable[Verdict]:
    """Measure all starts by turns, and judge them."""
    with TemporaryDirectory(dir=options.out) as folder:
        daemons = _daemons(Path(folder))
        working = _installation(Path(folder) / "working")
        commands = _commands(Path(folder), daemons[_DAEMON], working)
        starts: dict[str, list[Start]] = {name: [] for name in (*commands, *daemons)}
        with running(working):
            for _ in range(options.rounds * _STARTS_A_ROUND):
                for name, command in commands.items():
                    starts[name].append(_run_command(command))
                for name, installation in daemons.items():
                    starts[name].append(_start_daemon(installation))
    walls = {name: median(one.wall_seconds for one in taken) for name, taken in starts.items()}
    cpu = {name: median(one.cpu_seconds for one in taken) for name, taken in starts.items()}
    print_table(
        f"Starts, medians of {options.rounds * _STARTS_A_ROUND}",
        ["", "by the clock", "of the processor"],
        [(name, f"{walls[name] * 1000:.0f} ms", f"{cpu[name] * 1000:.0f} ms") for name in starts],
    )
    return _judge(walls, cpu)


_HELP, _SMALLEST_HELP, _IMPORT = "retouchd --help", "smallest typer program --help", "import of the packages"
_STATUS, _STATUS_JSON = "retouchd status", "retouchd status --json"
_STATUS_RUNNING = "retouchd status of a daemon that runs"
_DAEMON, _DAEMON_FULL = "daemon until it is ready", f"the same with {FILES} files in the inbox"


def _installation(place: Path) -> Installation:
    place.mkdir()
    return install(place, _NOWHERE)


def _daemons(place: Path) -> Mapping[str, Installation]:
    """Give one with an empty inbox and one with a full one; each has been started before."""
    daemons = {_DAEMON: _installation(place / "empty"), _DAEMON_FULL: _installation(place / "full")}
    fill(daemons[_DAEMON_FULL].inbox, FILES)
    for installation in daemons.values():
        # The first start makes the journal, the second finds it as every later one does.
        _start_daemon(installation)
    return daemons


def _commands(place: Path, resting: Installation, working: Installation) -> Mapping[str, Sequence[str]]:
    smallest = place / "smallest.py"
    smallest.write_text(_SMALLEST)
    status = _retouchd(resting, "status")
    return {
        _SMALLEST_HELP: [_PYTHON, str(smallest), "--help"],
        _HELP: [_RETOUCHD, "--help"],
        _IMPORT: [_PYTHON, "-c", _IMPORTS],
        _STATUS: status,
        _STATUS_JSON: [*status, "--json"],
        _STATUS_RUNNING: _retouchd(working, "status"),
    }


def _retouchd(installation: Installation, command: str) -> list[str]:
    """Give a command line of the script that is installed, as people start it."""
    return [_RETOUCHD, *installation.command(command)[3:]]


def _judge(walls: Mapping[str, float], cpu: Mapping[str, float]) -> Iterable[Verdict]:
    yield at_most("daemon ready", walls[_DAEMON], 0.5, " s")
    yield at_most(f"daemon ready with {FILES} files in the inbox", walls[_DAEMON_FULL], 0.5, " s")
    for kind, times in (("clock", walls), ("CPU", cpu)):
        yield at_most(f"{_HELP} / {_SMALLEST_HELP}, {kind}", times[_HELP] / times[_SMALLEST_HELP], 1.5)
        for status in (_STATUS, _STATUS_JSON, _STATUS_RUNNING):
            yield at_most(f"{status} / {_IMPORT}, {kind}", times[status] / times[_IMPORT], 1.0)


def _run_command(command: Sequence[str]) -> Start:
    """Run a command to its end.

    Raises:
        RuntimeError: It failed, so that its time means nothing.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment()
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{' '.join(command)} ended with {process.returncode}"
        raise RuntimeError(message)
    return Start(wall_seconds=seconds, cpu_seconds=usage.ru_utime + usage.ru_stime)


def _start_daemon(installation: Installation) -> Start:
    """Start the daemon until it tells the service manager, which is played here, that it is ready.

    Raises:
        TimeoutError: It does not.
    """
    path = installation.place / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, installation.log.open("ab") as log:
        manager.bind(str(path))
        manager.settimeout(_READY_SECONDS)
        begun = time.perf_counter()
        process = subprocess.Popen(
            _retouchd(installation, "run"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**environment(), "NOTIFY_SOCKET": str(path)},
            cwd=installation.place,
        )
        try:
            while b"READY=1" not in manager.recv(4096):
                pass
            seconds, cpu = time.perf_counter() - begun, _cpu_seconds(process.pid)
        finally:
            stop(process)
            path.unlink()
    return Start(wall_seconds=seconds, cpu_seconds=cpu)


def _cpu_seconds(pid: int) -> float:
    """Give it to the nanosecond, where the process's own clock ticks at a hundredth of a second."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    sys.exit(main(run))
