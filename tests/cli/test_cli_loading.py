"""What a command does not load: starts are short, and a daemon's memory is its own."""

import json
import subprocess
import sys
from typing import Final

# Each step adds to what is loaded before; one process for all, since that is what takes the time.
_STEPS: Final = """
import json, sys

# Whoever measures this process has loaded some already.
before = set(sys.modules)

def note(name):
    new = set(sys.modules) - before
    told[name] = sorted({module.partition(".")[0] for module in new} | {
        module for module in new if module.startswith("retouchd.")})

told = {}
import retouchd.cli.main
note("help")
import retouchd.cli.status
note("status")
from retouchd.cli.sparing import sparing_screens
with sparing_screens():
    import retouchd.cli.running
note("run")
import rich.console
note("later")
print(json.dumps(told))
"""


def test_commands_load_only_what_they_need() -> None:
    """Help loads no settings, status neither what sends nor what watches, the daemon nothing for screens."""
    ran = subprocess.run([sys.executable, "-c", _STEPS], check=True, capture_output=True, timeout=60)
    loaded = {step: set(modules) for step, modules in json.loads(ran.stdout).items()}

    assert not loaded["help"] & {"pydantic", "httpx", "watchdog", "structlog", "rich", "sqlite3"}
    assert not loaded["status"] & {"httpx", "watchdog", "structlog", "rich", "retouchd.policies"}
    assert loaded["run"] >= {"httpx", "watchdog", "structlog"}
    assert not loaded["run"] & {"rich", "click", "pygments", "retouchd.notifier", "prometheus_client", "PIL"}
    assert "rich" in loaded["later"]
