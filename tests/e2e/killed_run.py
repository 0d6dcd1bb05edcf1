"""Starts daemons that kill themselves at a durable step, each in a process of its own; not a test.

A program: reads one order a line from its standard input, as JSON, and answers each with one line. It is
started once for many orders, since a fork of a process that has imported everything is a new process
within milliseconds.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from durable import KillingDurable, When
from retouchd.adapters.durable import Durable
from retouchd.cli.running import run_daemon
from retouchd.core.errors import RetouchdError


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be_a_daemon(json.loads(line))
        _child, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        answer = {"killed": code == -signal.SIGKILL, "code": code}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _be_a_daemon(order: dict[str, Any]) -> None:
    """Run until idle, or until the step at which this process dies; never returns."""
    code = 70
    try:
        _redirect(Path(order["log"]))
        durable = KillingDurable(order["at"], When(order["when"])) if order["at"] else Durable()
        run_daemon(Path(order["config"]), order["environ"], order["timeout"], durable)
        code = 0
    except RetouchdError as exc:
        sys.stderr.write(f"retouchd: {exc}\n")
        code = exc.exit_status
    finally:
        sys.stderr.flush()
        # Not the clean-up of the process that was forked.
        os._exit(code)


def _redirect(log: Path) -> None:
    stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(stream, 1)
    os.dup2(stream, 2)


if __name__ == "__main__":
    main()
