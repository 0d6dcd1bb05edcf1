"""The documents name nothing that does not exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from retouchd.core.options import OPTION_NAMES, Options
from retouchd.core.sidecars import read_json, read_preset, read_text, read_toml
from retouchd.settings import all_keys

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "daemon/retouchd"
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/metrics.md")
TERMS = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml)")
# What documents show as a user's own files and folders.
EXAMPLES = re.compile(
    r"inbox|outbox|failed/|done/|spool/|beach|mug|lake|trip|photo|_p|name\.job/|~|/etc|https?:"
)
# What a container is told, and lines of other programs, whose flags are theirs.
INSIDE_A_CONTAINER = re.compile(
    r"^docker compose (?:run --rm retouchd|exec retouchd retouchd) ", re.MULTILINE
)
OTHER_PROGRAMS = re.compile(r"^(?:docker|pipx|uv|python3|make) .*$", re.MULTILINE)


def terms(document: str) -> list[str]:
    """Give what stands between backticks in a document."""
    return TERMS.findall((ROOT / document).read_text())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_exists(document: str) -> None:
    """Every path of the project that a document names is there."""
    named = {term for term in terms(document) if PATH.fullmatch(term) and not EXAMPLES.search(term)}

    missing = sorted(name for name in named if not any((base / name).exists() for base in (ROOT, PACKAGE)))

    assert missing == []


def test_every_module_of_the_rules_and_of_the_engine_has_its_place() -> None:
    """Whoever looks for where to change what finds each module of core and engine in ARCHITECTURE.md."""
    named = set(terms("ARCHITECTURE.md"))
    modules = [
        f"{floor}/{path.name}" for floor in ("core", "engine") for path in (PACKAGE / floor).glob("*.py")
    ]

    assert sorted(one for one in modules if one not in named and not one.endswith("__init__.py")) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_merge_is_left_open(document: str) -> None:
    """No document shows two versions of itself, as an unfinished merge leaves them."""
    text = (ROOT / document).read_text()

    assert re.findall(r"^(?:<{7}|={7}|>{7})(?: .*)?$", text, re.MULTILINE) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_exists(document: str) -> None:
    """Every setting that a document names, by key or by variable, is one."""
    known = set(all_keys())
    sections = {key.partition(".")[0] for key in known}
    text = (ROOT / document).read_text()
    keys = {
        term
        for term in terms(document)
        if term.partition(".")[0] in sections and re.fullmatch(r"\w+\.\w+", term)
    }
    variables = set(re.findall(r"RETOUCHD_(\w+__\w+)", text))

    unknown = sorted(key for key in keys - known if not key.endswith(".py"))
    unknown += sorted(name for name in variables if name.lower().replace("__", ".") not in known)

    assert unknown == []


def test_every_command_and_flag_exists() -> None:
    """Every command and flag that the README names is understood by the program."""
    text = (ROOT / "README.md").read_text()
    code = "\n".join([*terms("README.md"), *re.findall(r"```\n(.*?)```", text, re.DOTALL)])
    code = OTHER_PROGRAMS.sub("", INSIDE_A_CONTAINER.sub("retouchd ", code))
    commands = set(re.findall(r"^retouchd ([a-z]+)\b", code, re.MULTILINE)) | {"jobs", "show", "explain"}
    flags = set(re.findall(r"(--[a-z-]+)", code))

    everything = "\n".join([_help(), *(_help(name) for name in sorted(commands))])

    assert sorted(flag for flag in flags if flag not in everything) == []


def test_examples_of_prompt_files_are_right() -> None:
    """Whoever copies a prompt file out of the README has one that is understood, and asks for something."""
    readers = {
        "beach.txt": read_text,
        "mug.toml": read_toml,
        "mug.json": read_json,
        "trip/_preset.toml": read_preset,
    }
    text = (ROOT / "README.md").read_text()

    examples = dict(re.findall(r"This is\s`([^`]+)`:\n\n```\n(.*?)```", text, re.DOTALL))

    assert set(examples) == set(readers)
    assert all(readers[name](content.encode()) not in {None, Options()} for name, content in examples.items())


def test_every_option_is_documented() -> None:
    """The README's table of options has each of them."""
    text = (ROOT / "README.md").read_text()
    table = text[text.index("| option | default |") : text.index("The same photo with the same prompt")]

    assert [name for name in OPTION_NAMES if f"`{name}`" not in table] == []


def _help(*command: str) -> str:
    words = [sys.executable, "-m", "retouchd", *command, "--help"]
    environ = {**os.environ, "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    return subprocess.run(words, check=True, capture_output=True, text=True, env=environ).stdout
