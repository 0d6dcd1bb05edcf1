"""No core dump is written of a process that knows the key, and it still works as before (I9)."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from retouchd.adapters import coredumps

ABORTING = """
import os
forbid_core_dumps()
get_dumpable = 3
print(_libc.prctl(get_dumpable, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
print(len(os.listdir("/proc/self/fd")) > 0, len(open("/proc/self/mountinfo").read()) > 0)
os.abort()
"""
SAID = "0 (0, 0)\nTrue True\n"
SYSTEM_PYTHON = Path("/usr/bin/python3")


def abort(python: str, **options: Any) -> str:
    """Run the module's own code in a process that aborts, and give what that said."""
    program = Path(coredumps.__file__).read_text() + ABORTING
    command = [python, "-u", "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, **options)
    assert ended.returncode < 0, ended.stderr
    return ended.stdout


def test_i9_no_dump_is_written(tmp_path: Path) -> None:
    """I9: the kernel writes no dump, and the process still reads what it needs of itself."""
    assert abort(sys.executable, cwd=tmp_path) == SAID
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or not SYSTEM_PYTHON.exists(), reason="only root can be somebody else")
def test_an_ordinary_user_goes_on_as_before() -> None:
    """For a user without privileges nothing breaks either."""
    assert abort(str(SYSTEM_PYTHON), cwd="/", user=65534, group=65534) == SAID
