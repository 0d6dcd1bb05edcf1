"""Shell completion in real shells, and the man page."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_house import CliHouse, talk_on_terminal

from retouchd.cli.completing import read_typed
from retouchd.cli.grammar import Usage, read_commands, read_own_options
from retouchd.cli.main import app
from retouchd.cli.manual import EXIT_STATUSES, manual
from retouchd.cli.shells import SCRIPTS, Shell
from retouchd.core import errors

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/man/share/man/man1/retouchd.1"


def answer(house: CliHouse, *words: str) -> list[str]:
    """Give what a shell is told, without what each candidate means."""
    return [line.partition("\t")[0] for line in house.run("complete", "--", *words).out.splitlines()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["res"], ["words", "resume", "resolve"]),
        (["-"], ["words", "--config", "--version", "--help"]),
        (["jobs", "--s"], ["words", "--state", "--since"]),
        (["jobs", "--state", "de"], ["words", "delivered", "deferred"]),
        (["config", "--schema", "r"], ["words", "result"]),
        (["try", "a.jpg", "warmer", "--quality", ""], ["words", "low", "medium", "high"]),
        (["completion", ""], ["words", "bash", "zsh", "fish"]),
        (["explain", ""], ["files"]),
        (["init", ""], ["folders"]),
        (["--config", ""], ["files"]),
        (["resolve", "k7f3", "--accept", "x"], ["files"]),
        (["pause", "w"], []),
        (["explain", "a.jpg", "b"], []),
        (["nonsense", ""], ["words", *(verb.name for verb in read_commands(app))]),
        ([], ["words", *(verb.name for verb in read_commands(app))]),
    ],
)
def test_words_are_completed(house: CliHouse, words: list[str], told: list[str]) -> None:
    """Commands, options, the values that an option may have, files where a file is meant."""
    assert answer(house, *words) == told


def test_jobs_are_completed_by_what_a_command_can_do(lived_in: CliHouse) -> None:
    """`retry` offers what can be tried again, `resolve` what needs somebody, and each with its photo."""
    config = ("--config", str(lived_in.config))
    listed = lived_in.run("complete", "--", *config, "resolve", "").out

    kind, *jobs = answer(lived_in, *config, "show", "")
    assert kind == "words"
    assert len(jobs) == 10
    assert answer(lived_in, *config, "show", jobs[0][:5]) == ["words", jobs[0]]
    assert "\tlost.jpg (needs you)" in listed
    assert len(listed.splitlines()) == 2
    assert answer(lived_in, *config, "resume", "") == ["words", "rate_limited"]


def test_nothing_is_said_where_nothing_can_be_read(house: CliHouse) -> None:
    """Without a history there are no jobs, and a shell sees no word of it."""
    assert answer(house, "--config", "/nowhere.toml", "show", "") == []


def test_a_command_line_is_understood_word_by_word() -> None:
    """Options may stand anywhere, and their values are no arguments."""
    words = ["--config", "~/c.toml", "resolve", "--accept", "a.png", "k7f3", "--discard", ""]

    typed = read_typed(words, read_commands(app), read_own_options(app))

    assert typed.verb is not None
    assert (typed.verb.name, typed.number, typed.option) == ("resolve", 1, None)
    assert typed.config == Path("~/c.toml").expanduser()


@pytest.fixture
def path(house: CliHouse) -> Mapping[str, str]:
    """An environment in which shells find this program by its name."""
    program = house.place / "bin/retouchd"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m retouchd "$@"\n')
    program.chmod(0o755)
    return {**house.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PS1": "ready> "}


# A second prompt tells that the first line was obeyed; typed like this it does not look like that prompt.
_NEXT = "PS1=second; PS1+='> '"
_SHELLS = {
    Shell.BASH: (["bash", "--norc", "--noprofile", "-i"], f'eval "$(retouchd completion bash)"; {_NEXT}'),
    Shell.ZSH: (
        ["zsh", "-f", "-i"],
        f'autoload -Uz compinit; compinit -u -D; eval "$(retouchd completion zsh)"; {_NEXT}',
    ),
}


@pytest.mark.parametrize("shell", _SHELLS)
def test_a_shell_completes_what_is_typed(house: CliHouse, path: Mapping[str, str], shell: Shell) -> None:
    """In a real shell, Tab makes a command whole; asked for a job where there is none it says nothing."""
    command, setup = _SHELLS[shell]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on this machine")
    typed = "retouchd show k\t; retouchd comple\tbash | head -1; exit"

    ended = talk_on_terminal(command, {"ready> ": setup, "second> ": typed}, house.place, path)

    assert "\n_retouchd() {\n" in ended.out
    assert "Traceback" not in ended.out
    assert "nothing was done here" not in ended.out


def test_fish_completes(house: CliHouse, path: Mapping[str, str]) -> None:
    """Fish shows each candidate with what it means."""
    if shutil.which("fish") is None:
        pytest.skip("fish is not on this machine")
    script = 'retouchd completion fish | source; complete -C "retouchd red"'

    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=path,
        cwd=house.place,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("redo\tHave another version made")


@pytest.mark.parametrize("shell", Shell)
def test_scripts_are_understood_by_their_shells(shell: Shell) -> None:
    """No shell stumbles over its lines."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")

    done = subprocess.run([shell, "-n"], input=SCRIPTS[shell], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_man_page_is_that_of_these_commands() -> None:
    """The page that is installed tells what the program understands now; `make man` writes it anew."""
    assert PAGE.read_text() == manual(read_commands(app), read_own_options(app))


def test_the_man_page_tells_every_exit_status() -> None:
    """Scripts can rely on what stands there."""
    classes = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.RetouchdError)
    ]

    assert {one.exit_status for one in classes} <= set(EXIT_STATUSES)


@pytest.mark.parametrize(
    ("program", "words"),
    [("mandoc", ["-T", "lint", "-W", "error"]), ("groff", ["-man", "-ww", "-z", "-Tascii"])],
)
def test_the_man_page_is_sound(program: str, words: list[str]) -> None:
    """What shows man pages has nothing to say against it."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on this machine")

    done = subprocess.run([program, *words, PAGE], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("", "")


def test_whatever_stands_in_a_help_is_shown_as_it_is() -> None:
    """Dots, backslashes, quotes and letters of other alphabets do not steer the page."""
    verb = Usage(name="x", about=[".so /etc/passwd \\n 'a' \"b\" ~ ü --until-idle"], parameters=[])

    page = manual([verb], [])

    assert "\n\\&.so /etc/passwd \\en \\(aqa\\(aq \\(dqb\\(dq \\(ti \\[u00FC] \\-\\-until\\-idle\n" in page


def test_every_command_teaches_by_example() -> None:
    """The help of each command that takes more than --config shows how it is typed."""
    missing = [
        verb.name
        for verb in read_commands(app)
        if len(verb.parameters) > 1 and not any("retouchd" in paragraph for paragraph in verb.about[1:])
    ]

    assert missing == []
