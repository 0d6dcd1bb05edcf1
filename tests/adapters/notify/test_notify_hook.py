"""The owner's own program, with real ones."""

import json
import os
import threading
import time
from pathlib import Path

import pytest
from notify_samples import is_running, outgoing, script

from retouchd.adapters.notify.hook import Hook
from retouchd.adapters.notify.program import Runner
from retouchd.core.ways import Failure
from waiting import eventually

# Seconds that tell what this run began from what another run left behind: all see the same /proc.
MARK = f"9{os.getpid()}"
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/home/anna",
    "LANG": "C.UTF-8",
    "XDG_RUNTIME_DIR": "/run/user/1000",
    "DENCH_API_KEY": "secret",
    "RETOUCHD_BUDGET__PER_DAY_USD": "1",
    "CREDENTIALS_DIRECTORY": "/run/credentials/x",
    "NOTIFY_SOCKET": "/run/systemd/notify",
}


def run(path: Path, seconds: float = 10.0, runner: Runner | None = None) -> Failure | None:
    """Give a program a message."""
    return Hook(path, seconds, ENVIRON, runner or Runner()).send(outgoing())


def test_it_reads_the_whole_message_and_knows_nothing_else(tmp_path: Path) -> None:
    """I9: a hook gets the JSON and a plain environment: no key, no descriptor, no argument."""
    body = (
        f"cat > {tmp_path}/given; env > {tmp_path}/env; ls /proc/$$/fd > {tmp_path}/fds;"
        f' echo "$PWD $#" > {tmp_path}/at'
    )
    with open("/dev/null", "rb") as secret:  # noqa: PTH123 - only its number matters
        os.dup2(secret.fileno(), 200, inheritable=True)
    try:
        assert run(script(tmp_path, body)) is None
    finally:
        os.close(200)

    given = json.loads((tmp_path / "given").read_text())
    assert given == {**outgoing().message.document}
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "HOME", "LANG", "XDG_RUNTIME_DIR"}
    assert "200" not in (tmp_path / "fds").read_text().split()
    assert (tmp_path / "at").read_text() == "/ 0\n"


def test_it_is_told_what_is_missing(tmp_path: Path) -> None:
    """Where earlier messages were given up the text says so."""
    Hook(script(tmp_path, f"cat > {tmp_path}/given"), 10, ENVIRON, Runner()).send(outgoing(missed=2))

    assert "2 earlier messages could not be sent" in json.loads((tmp_path / "given").read_text())["text"]


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        ("echo no line >&2; exit 3", "returned 3", "no line"),
        ("kill -9 $$", "was killed by signal 9", ""),
        ("exec <&-; exec >&-; exec 2>&-; exit 1", "returned 1", ""),
        ("rm -f $0; exit 2", "returned 2", ""),
        ("printf 'a\\033[31mb'; exit 1", "returned 1", "a\\x1b[31mb"),
    ],
)
def test_what_it_returns_is_told(tmp_path: Path, body: str, reason: str, said: str) -> None:
    """A failure is told with how it ended and what it said; it is not run a second time for it."""
    assert run(script(tmp_path, body)) == Failure(reason=reason, said=said, is_final=True)


def test_one_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """After its time a hook is killed, and so are the programs that it left in the background."""
    body = f"sleep {MARK}1 & sleep {MARK}2 & echo ready > {tmp_path}/ready; wait"

    failure = run(script(tmp_path, body), seconds=0.5)

    assert failure == Failure(reason="was ended after 0.5 s", is_final=True)
    assert (tmp_path / "ready").exists()
    assert eventually(lambda: not is_running(f"{MARK}1") and not is_running(f"{MARK}2"))


def test_what_it_leaves_in_the_background_is_waited_for_by_nobody(tmp_path: Path) -> None:
    """A hook that ends and leaves something behind, with its output open, is over; what it left is ended."""
    assert run(script(tmp_path, f"sleep {MARK}3 & exit 0"), seconds=60) is None
    assert eventually(lambda: not is_running(f"{MARK}3"))


def test_one_that_closes_its_output_may_go_on(tmp_path: Path) -> None:
    """A hook that has closed its output is waited for until it ends."""
    body = f"exec >&- 2>&-; sleep 0.3; echo done > {tmp_path}/done"

    assert run(script(tmp_path, body)) is None

    assert (tmp_path / "done").read_text() == "done\n"


def test_one_that_talks_without_an_end_fills_no_memory(tmp_path: Path) -> None:
    """I12: of 200 MB that a hook prints the beginning is kept."""
    failure = run(script(tmp_path, "head -c 200000000 /dev/zero | tr '\\0' x; exit 1"), seconds=60)

    assert failure is not None
    assert failure.said == "x" * 300


@pytest.mark.parametrize("mode", [0o644, 0o757])
def test_one_that_may_not_be_run_is_not_run(tmp_path: Path, mode: int) -> None:
    """Neither a file that is no program nor one that everybody can change is run; it says what to do."""
    path = script(tmp_path, f"touch {tmp_path}/ran")
    path.chmod(mode)

    failure = run(path)

    assert failure is not None
    assert failure.is_final
    assert "chmod" in failure.reason
    assert not (tmp_path / "ran").exists()


def test_one_in_a_folder_of_everybodys_is_not_run(tmp_path: Path) -> None:
    """Who can exchange the program can exchange what it does."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)

    failure = run(script(shared, f"touch {tmp_path}/ran"))

    assert failure is not None
    assert "can be changed by everybody" in failure.reason


def test_one_that_a_link_in_everybodys_folder_leads_to_is_not_run(tmp_path: Path) -> None:
    """A link counts as what it leads to, and as where it stands."""
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    own.mkdir()
    script(own, f"touch {tmp_path}/ran")
    (shared / "hook").symlink_to(own / "hook")
    assert run(shared / "hook") is None
    (tmp_path / "ran").unlink()

    shared.chmod(0o777)

    failure = run(shared / "hook")
    assert failure is not None
    assert "can be changed by everybody" in failure.reason
    assert not (tmp_path / "ran").exists()


def test_one_that_is_missing_or_no_program_is_told(tmp_path: Path) -> None:
    """A hook that is not there, and one without an interpreter, end in a sentence."""
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/program\n")
    broken.chmod(0o755)

    assert run(tmp_path / "none") == Failure(
        reason="cannot be used: No such file or directory", is_final=True
    )
    assert run(broken) == Failure(reason="cannot be started: No such file or directory", is_final=True)


def test_the_end_of_the_daemon_cuts_it_short(tmp_path: Path) -> None:
    """A hook that runs when the daemon ends has a moment more; its message is told again later."""
    runner = Runner()
    path = script(tmp_path, f"touch {tmp_path}/ran; sleep 60")
    failures: list[Failure | None] = []
    thread = threading.Thread(target=lambda: failures.append(run(path, 60, runner)))
    thread.start()
    assert eventually((tmp_path / "ran").exists)
    runner.hurry(0.2)
    thread.join(10)

    begun = time.monotonic()
    later = run(script(tmp_path, "exit 0", "other"), 60, runner)

    (failure,) = failures
    assert failure is not None
    assert later is not None
    assert not failure.is_final
    assert not later.is_final
    assert time.monotonic() - begun < 60
