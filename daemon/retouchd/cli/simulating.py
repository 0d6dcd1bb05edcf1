"""`retouchd simulate`: the service's stand-in on this machine, in the foreground."""

import shlex
from pathlib import Path
from typing import Final

from retouchd.cli.screen import Screen, Tone, command_line
from retouchd.core.errors import CommandRefusedError
from retouchd.simulator.server import Simulator, serve_forever

_PLAYGROUND: Final = "retouchd-test"


def simulate(port: int, latency_seconds: float, key: str) -> None:
    """Serve until Ctrl-C.

    Raises:
        CommandRefusedError: The port is taken.
    """
    simulator = Simulator(port=port, api_key=key, latency_seconds=latency_seconds)
    try:
        serve_forever(simulator, lambda url: _announce(url, key, latency_seconds))
    except OSError as exc:
        message = f"port {port} cannot be used ({exc.strerror}): name another one with --port, or 0 for any"
        raise CommandRefusedError(message) from exc


def _announce(base_url: str, key: str, latency_seconds: float) -> None:
    screen, folder = Screen(), Path.cwd() / _PLAYGROUND
    screen.line(f"Simulator: {base_url}   key: {key}", Tone.HEAD)
    screen.say(
        "No account, nothing leaves this machine, nothing costs anything;"
        f" each picture takes about {latency_seconds:g} s. Ctrl-C ends it."
    )
    screen.line()
    # A configuration and a history of their own: whoever tries this may have real photos and a real key.
    screen.line("In another terminal, with folders of their own:")
    screen.line(f"  export RETOUCHD_ENDPOINT__BASE_URL={base_url} DENCH_API_KEY={shlex.quote(key)}")
    screen.line(f"  export RETOUCHD_FOLDERS__STATE={shlex.quote(str(folder / 'state'))}")
    config = folder / "config.toml"
    screen.line(f"  {command_line(config, 'init', str(folder))}")
    screen.line(f"  {command_line(config, 'run')}")
