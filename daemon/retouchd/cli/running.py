"""`retouchd run`."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.api_key import read_key
from retouchd.core.errors import ConfigurationError
from retouchd.logs import configure_logs
from retouchd.service import run
from retouchd.settings import Settings, load_settings


def run_daemon(
    config: Path | None,
    environ: Mapping[str, str],
    until_idle_seconds: float | None,
    durable: Durable | None = None,
) -> None:
    """Load the settings, set up the log and run.

    Args:
        until_idle_seconds: How long a one-shot run may take; None for a daemon.
        durable: Carries out every durable step.
    """
    settings = load_settings(config, environ)
    configure_logs(
        format=settings.log.format,
        level=settings.log.level,
        stream=sys.stderr,
        redact=lambda: _key_or_none(settings, environ),
    )
    until_idle = None if until_idle_seconds is None else timedelta(seconds=until_idle_seconds)
    run(settings, environ, durable or Durable(), until_idle)


def _key_or_none(settings: Settings, environ: Mapping[str, str]) -> str | None:
    try:
        return read_key(settings.endpoint, environ).value
    except ConfigurationError:
        return None
