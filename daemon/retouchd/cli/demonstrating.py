"""`retouchd demo`: the main job without an account, by the real daemon and the simulator."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Final

import typer

from retouchd.adapters.journal.listing import JobChoice
from retouchd.cli.founding import make_folders, own_folders
from retouchd.cli.opening import House, open_house
from retouchd.cli.screen import Screen, Tone, command_line, shorten
from retouchd.core.errors import CommandRefusedError
from retouchd.core.jobs import Job, JobState
from retouchd.core.metadata import SCHEMA
from retouchd.core.records import BundleState
from retouchd.core.values import printable
from retouchd.settings import load_settings
from retouchd.simulator.samples import write_samples
from retouchd.simulator.server import DEMO_KEY, Simulator

# About what the real service takes at its fastest; a demo that is over at once shows nothing.
LATENCY_SECONDS: Final = 2.5
_TIMEOUT_SECONDS: Final = 120
_DELIVERED: Final = 3
_WAITING: Final = 1
_PROMPT_WIDTH: Final = 24
# WorkLeftError: the photo without a prompt is left, and that is right.
_EXPECTED_STATUS: Final = 1
_KEY_NAME: Final = "api-key"
_PROXY_WORD: Final = "_proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What came of the demo.

    Attributes:
        rows: One for each photo: name, prompt, what became of it, cost and time.
        charged_usd: By the metadata files.
    """

    rows: Sequence[Sequence[str]]
    delivered: Sequence[Job]
    waiting: int
    failed: int
    charged_usd: Decimal


def demonstrate(folder: Path | None, environ: Mapping[str, str]) -> None:
    """Show the main job, and leave everything where it can be looked at.

    Raises:
        CommandRefusedError: The folder is in use.
        Exit: Something was not as it should be; it was told what.
    """
    screen, place = Screen(), _make_place(folder)
    surroundings = _clean(environ)
    config, log = place / "config.toml", place / "daemon.log"
    with Simulator(latency_seconds=LATENCY_SECONDS) as simulator:
        _furnish(place, config, simulator.base_url, surroundings)
        address = simulator.root_url.removeprefix("http://")
        screen.say(f"Simulator on {address}: no account, nothing leaves this machine.", Tone.HEAD)
        screen.line(f"Folder (kept): {printable(place)}")
        screen.say("Four photos lie in inbox/, three with a prompt; retouchd is at work …")
        status = _run_daemon(config, log, surroundings)
        charged = sum((one.cost_usd for one in simulator.calls()), Decimal())
    with open_house(config, surroundings) as house:
        outcomes = _look(house)
    _report(screen, outcomes)
    is_right = status == _EXPECTED_STATUS and outcomes.charged_usd == charged and _is_complete(outcomes)
    if not is_right:
        screen.say(f"Something went wrong; what happened is told in {printable(log)}", Tone.BAD)
        raise typer.Exit(1)
    _invite(screen, config, outcomes)


def _make_place(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="retouchd-demo-")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_used = any(folder.iterdir())
    except OSError as exc:
        message = f"{printable(folder)} cannot be used: {exc.strerror}"
        raise CommandRefusedError(message) from exc
    if is_used:
        message = f"{printable(folder)} is not empty: name a new folder, nothing in it was touched"
        raise CommandRefusedError(message)
    return folder.resolve()


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without this user's settings, key and proxies: nothing leaves this machine."""
    foreign = ("RETOUCHD_", "DENCH_API_KEY", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY")
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(foreign) and not name.casefold().endswith(_PROXY_WORD)
    }


def _furnish(place: Path, config: Path, base_url: str, environ: Mapping[str, str]) -> None:
    key = place / _KEY_NAME
    key.touch(mode=0o600)
    key.write_text(f"{DEMO_KEY}\n")
    folders = {"root": place, "state": place / "state"}
    lines = ["[folders]", *(f"{name} = {_quoted(path)}" for name, path in folders.items())]
    lines += ["[endpoint]", f'base_url = "{base_url}"', f"api_key_file = {_quoted(key)}"]
    # Nothing is still being copied here, and all three go at once: whoever watches waits less.
    lines += ["[watch]", "settle_seconds = 1", "[limits]", f"concurrency = {_DELIVERED}"]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = load_settings(config, environ)
    make_folders(settings)
    own_folders(settings)
    write_samples(settings.places().inbox)


def _quoted(path: Path) -> str:
    # A JSON string is a TOML string too.
    return json.dumps(str(path))


def _run_daemon(config: Path, log: Path, environ: Mapping[str, str]) -> int:
    """Run the real daemon until nothing is left to do, and give its exit status."""
    command = [sys.executable, "-m", "retouchd", "--config", str(config), "run", "--until-idle"]
    with ExitStack() as opened:
        file = opened.enter_context(log.open("wb"))
        daemon = opened.enter_context(
            subprocess.Popen(  # noqa: S603 - this very program, with arguments of our own
                [*command, "--timeout", str(_TIMEOUT_SECONDS)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=dict(environ),
            )
        )
        # Left in whatever way: Popen waits, and must not wait for a daemon that nobody stops.
        opened.callback(daemon.terminate)
        return daemon.wait()


def _look(house: House) -> Outcomes:
    """Read what came of it from where a program would: the history and the metadata files."""
    rows, delivered, charged = [], [], Decimal()
    for job in house.view.pages_of_jobs(JobChoice()):
        metadata = _read_metadata(house, job)
        cost = Decimal(str(metadata["cost"]["estimated_usd"])) if metadata else Decimal()
        charged += cost
        rows.append(_row(house, job, f"${cost:.3f}"))
        if metadata:
            delivered.append(job)
    lonely = house.view.bundles_in(BundleState.LACKS_PROMPT)
    rows += [_waiting_row(one.path) for one in lonely]
    return Outcomes(
        rows=rows,
        delivered=delivered,
        waiting=len(lonely),
        failed=house.view.count_jobs().get(JobState.FAILED, 0),
        charged_usd=charged,
    )


def _read_metadata(house: House, job: Job) -> dict[str, dict[str, float]] | None:
    if job.output is None:
        return None
    path = house.places.outbox / job.output.path
    try:
        fields = json.loads(Path(f"{path}.json").read_bytes())
    except (OSError, ValueError):
        return None
    is_ours = path.is_file() and fields.get("schema") == SCHEMA and fields.get("job") == job.id
    return fields if is_ours else None


def _row(house: House, job: Job, cost: str) -> list[str]:
    source = house.view.source_of(job.bundle)
    prompt = shorten(job.wish.request.prompt, _PROMPT_WIDTH) if job.wish else ""
    output = f"outbox/{job.output.path}" if job.output else job.detail
    seconds = (job.received - job.submitted).total_seconds() if job.received and job.submitted else 0.0
    return [str(source), f'"{prompt}"', f"-> {output}", cost, f"{seconds:.1f} s"]


def _waiting_row(path: PurePosixPath) -> list[str]:
    return [str(path), "(no prompt)", f"waits for {path.stem}.txt", "", ""]


def _is_complete(outcomes: Outcomes) -> bool:
    counts = (len(outcomes.delivered), outcomes.waiting, outcomes.failed)
    return counts == (_DELIVERED, _WAITING, 0)


def _report(screen: Screen, outcomes: Outcomes) -> None:
    screen.line()
    screen.table([[printable(cell) for cell in row] for row in outcomes.rows])
    screen.line()
    counts = f"{len(outcomes.delivered)} delivered, {outcomes.waiting} waiting, {outcomes.failed} failed"
    screen.line(f"{counts}; simulated ${outcomes.charged_usd:.3f}, real $0.00", Tone.HEAD)
    screen.say("Beside each picture lies its story, such as outbox/beach.png.json; originals are in done/.")


def _invite(screen: Screen, config: Path, outcomes: Outcomes) -> None:
    """Give commands that work now."""
    screen.line()
    screen.line("Look closer:")
    screen.line(f"  {command_line(config, 'explain', 'inbox/lonely.jpg')}")
    screen.line(f"  {command_line(config, 'show', outcomes.delivered[0].id)}")
    screen.line(f"  {command_line(config, 'status')}")
    screen.line("With your own photos and key:")
    screen.line(f"  {command_line(None, 'init')} ~/Retouch")
