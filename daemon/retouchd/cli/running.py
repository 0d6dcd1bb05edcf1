"""`retouchd run`."""

import faulthandler
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from retouchd.adapters.coredumps import forbid_core_dumps
from retouchd.adapters.durable import Durable
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.api_key import LiveKey
from retouchd.assembly import Errand
from retouchd.logs import configure_logs
from retouchd.service import run
from retouchd.settings import load_settings
from retouchd.systemlog import ANNOUNCED, SystemLog


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
    # Before the key is known to this process.
    forbid_core_dumps()
    manager = ServiceManager.from_environ(os.environ)
    # What a crash in a library, or the service manager's watchdog, has ended says where each thread was.
    faulthandler.enable()
    settings = load_settings(config, environ)
    key = LiveKey(settings.endpoint, environ)
    configure_logs(
        format=settings.log.format,
        level=settings.log.level,
        stream=sys.stderr,
        redact=lambda: key.last,
        system_log=SystemLog(announced=environ.get(ANNOUNCED, "")),
    )
    errand = None
    if until_idle_seconds is not None:
        errand = Errand(patience=timedelta(seconds=until_idle_seconds))
    run(settings, key, durable or Durable(), errand, manager)
