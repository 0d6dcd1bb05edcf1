"""The benches, which no test runs, still fit the program that they measure."""

import os
import subprocess
import sys

from documents import ROOT, text_of

BENCHES = ROOT / "tests/bench"
# Each bench is imported, and each part of the driver is looked at.
IMPORTING = """
import importlib, sys
modules = {name: importlib.import_module(name) for name in sys.argv[1:]}
print(*(part for part in modules["run"].PARTS if callable(modules[part].run)))
"""


def imported() -> list[str]:
    """Give the parts that the driver can run, by a process of its own that has imported every bench."""
    names = [path.stem for path in BENCHES.glob("*.py")]
    place = os.pathsep.join(map(str, (BENCHES, ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTING, *names],
        env={**os.environ, "PYTHONPATH": place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_every_bench_finds_what_it_measures_and_is_told_of() -> None:
    """Every bench imports without what `make bench` alone installs, and the manual has each part of it."""
    parts = imported()

    assert len(parts) > 1
    assert [part for part in parts if f"`{part}`" not in text_of("docs/performance.md")] == []
