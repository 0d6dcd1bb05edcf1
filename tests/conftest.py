"""What holds for the whole run: which real writers were met, and whether a real systemd, is told at its end.

Its place alone lets every test import what stands beside it (durable.py).
"""

import os
from collections import Counter
from typing import Final

import pytest

# Set where the programs must be there: with fewer of them the run fails. The daemons that tests start would
# refuse a variable which begins with RETOUCHD_ and is no setting.
_LEAST: Final = "MIN_TEST_WRITERS"
# How the reason begins for which the units were not tried (tests/systemd/).
_NO_BOX: Final = "no box for systemd"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many programs delivered photos (tests/writers/), which are missing, why no unit was tried."""
    for reason, number in _unboxed(terminalreporter).items():
        terminalreporter.write_line(f"systemd: {number} tests of the units skipped ({reason})")
    met, missing = _writers(terminalreporter)
    if met or missing:
        terminalreporter.write_line(_tell(met, missing))
    if len(met) < _least():
        terminalreporter.write_line(
            f"writers: {_LEAST} asks for {_least()}; .ci/run installs the missing ones", red=True
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which fewer programs delivered photos than it was asked for."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # The processes that share the tests of one run have no terminal and see a part each.
    if isinstance(reporter, pytest.TerminalReporter) and not hasattr(session.config, "workerinput"):
        met, _ = _writers(reporter)
        if len(met) < _least() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unboxed(reporter: pytest.TerminalReporter) -> Counter[str]:
    reports = reporter.stats.get("skipped", [])
    reasons = (str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    return Counter(reason for reason in reasons if reason.startswith(_NO_BOX))


def _least() -> int:
    return int(os.environ.get(_LEAST, "0"))


def _writers(reporter: pytest.TerminalReporter) -> tuple[set[str], set[str]]:
    """Give the programs that delivered, well or not, and those of which no manner ran."""
    met, skipped = (
        {
            str(value)
            for outcome in outcomes
            for report in reporter.stats.get(outcome, [])
            for name, value in report.user_properties
            if name == "writer"
        }
        for outcomes in (("passed", "failed"), ("skipped",))
    )
    return met, skipped - met


def _tell(met: set[str], missing: set[str]) -> str:
    names = f" ({', '.join(sorted(missing))})" if missing else ""
    return f"writers: {len(met)} programs ran, {len(missing)} skipped{names}"
