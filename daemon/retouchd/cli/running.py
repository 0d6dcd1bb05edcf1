"""`retouchd run`."""

import faulthandler
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from retouchd.adapters.allocator import keep_heap_small
from retouchd.adapters.coredumps import forbid_core_dumps
from retouchd.adapters.durable import Durable
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.assembly import Errand
from retouchd.configuration import Configuration, Source
from retouchd.logs import configure_logs
from retouchd.service import run
from retouchd.systemlog import ANNOUNCED, SystemLog


def run_daemon(
    config: Path | None,
    environ: Mapping[str, str],
    until_idle_seconds: float | None,
    durable: Durable | None = None,
) -> None:
    """Run with the log on standard error.

    Args:
        until_idle_seconds: How long a one-shot run may take; None for a daemon.
        durable: Carries out every durable step.
    """
    # Before the key is known to this process.
    forbid_core_dumps()
    keep_heap_small()
    manager = ServiceManager.from_environ(os.environ)
    # What a crash in a library, or the service manager's watchdog, has ended says where each thread was.
    faulthandler.enable()
    system_log = SystemLog(announced=environ.get(ANNOUNCED, ""))

    def set_up_log(configuration: Configuration) -> None:
        configure_logs(
            format=configuration.settings.log.format,
            level=configuration.settings.log.level,
            stream=sys.stderr,
            redact=lambda: configuration.key.last,
            system_log=system_log,
        )

    errand = None
    if until_idle_seconds is not None:
        errand = Errand(patience=timedelta(seconds=until_idle_seconds))
    source = Source(config=config, environ=environ, set_up_log=set_up_log)
    run(source, durable or Durable(), errand, manager)
