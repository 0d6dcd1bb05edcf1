"""The documents name nothing that does not exist."""

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from documents import (
    DOCUMENTS,
    MANUAL,
    PACKAGE,
    PAGES,
    ROOT,
    anchors,
    blocks,
    links,
    terms,
    text_of,
    typed,
)
from retouchd.cli.main import app
from retouchd.core.options import OPTION_NAMES, Options
from retouchd.core.sidecars import read_json, read_preset, read_text, read_toml
from retouchd.settings import all_keys, load_settings

PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml)")
# What documents show as a user's own files and folders.
EXAMPLES = re.compile(
    r"inbox|outbox|failed/|done/|spool/|beach|mug|lake|trip|wedding|logo|photo|_p|retouchd\.result|name\.job/|job\.toml|config\.toml"
    r"|~|/etc|https?:|\./|/state|/run|bench-output/"
)
EXAMPLE_FILE = re.compile(r"[Tt]his is\s`([^`]+)`[^\n]*:\n\n```\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_exists(document: str) -> None:
    """Every path of the project that a document names is there."""
    named = {term for term in terms(document) if PATH.fullmatch(term) and not EXAMPLES.search(term)}

    missing = sorted(name for name in named if not any((base / name).exists() for base in (ROOT, PACKAGE)))

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """Every link between documents leads to a file that is there, and to a heading that it has."""
    here = PurePosixPath(document).parent
    dead = []
    for link in links(document):
        place, _, anchor = link.partition("#")
        target = os.path.normpath(here / place) if place else document
        is_dead = not place.startswith("https:") and not (
            (ROOT / target).exists() and (not anchor or anchor in anchors(target))
        )
        dead += [link] if is_dead else []

    assert dead == []


def test_every_page_of_the_manual_is_found_from_its_index() -> None:
    """Whoever opens docs/README.md finds each of its pages, and the front page leads there."""
    listed = {f"docs/{link.partition('#')[0]}" for link in links("docs/README.md")}

    assert sorted({*MANUAL, "systemd/README.md"} - {os.path.normpath(one) for one in listed}) == [
        "docs/README.md"
    ]
    assert "docs/README.md" in links("README.md")


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
    assert re.findall(r"^(?:<{7}|={7}|>{7})(?: .*)?$", text_of(document), re.MULTILINE) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_exists(document: str) -> None:
    """Every setting that a document names, by key, with a value, or by variable, is one."""
    known = set(all_keys())
    sections = {key.partition(".")[0] for key in known}
    keys = {found[0] for term in terms(document) if (found := re.match(r"\w+\.\w+(?= = |$)", term))}
    keys = {key for key in keys if key.partition(".")[0] in sections and not key.endswith((".py", ".toml"))}
    variables = set(re.findall(r"RETOUCHD_([A-Z_]+__[A-Z_]+)", text_of(document)))
    headings = {one for term in terms(document) for one in re.findall(r"^\[(\w+)\]$", term)}

    unknown = sorted(keys - known) + sorted(headings - sections)
    unknown += sorted(
        name for name in variables if name.lower().replace("__", ".") not in known | {"section.key"}
    )

    assert unknown == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_and_flag_exists(document: str) -> None:
    """Every command that a document shows is one, with each flag that it shows there."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)

    wrong = [words for words in typed(document) if not _is_understood(group, words)]
    loose = {flag for term in terms(document) for flag in re.findall(r"^--[a-z-]+", term)}

    assert wrong == []
    assert sorted(loose - _all_flags(group) - OTHERS_FLAGS) == []


# Of programs that a document tells to type beside ours.
OTHERS_FLAGS = {"--volumes"}


def _is_understood(group: TyperGroup, words: list[str]) -> bool:
    """Say whether there is such a command, and each of its flags; the first words may be options of all."""
    names = [word for word in words if re.fullmatch(r"[a-z]+", word)]
    if not names:
        return _flags(words) <= _flags_of(group)
    commands = [group.commands[name] for name in words[:1] + words[2:3] if name in group.commands]
    return bool(commands) and _flags(words) <= _flags_of(group) | _flags_of(commands[0])


def _flags(words: list[str]) -> set[str]:
    return {word.rstrip(",") for word in words if word.startswith("--")}


def _flags_of(command: TyperCommand | TyperGroup) -> set[str]:
    return {"--help", *(name for one in command.params for name in one.opts)}


def _all_flags(group: TyperGroup) -> set[str]:
    return {flag for command in (group, *group.commands.values()) for flag in _flags_of(command)}


def test_every_command_is_documented() -> None:
    """The front page shows every command."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    shown = text_of("README.md")
    offered = (name for name, command in group.commands.items() if not command.hidden)

    assert sorted(name for name in offered if not re.search(rf"`(?:retouchd )?{name}\b", shown)) == []


def _reader(name: str) -> Callable[[bytes], object]:
    if name == "config.toml":
        return lambda content: tomllib.loads(content.decode())
    if name.endswith("_preset.toml"):
        return read_preset
    return {".txt": read_text, ".toml": read_toml, ".json": read_json}[PurePosixPath(name).suffix]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_files_are_right(page: str, tmp_path: Path) -> None:
    """Whoever copies a file out of a page has one that is understood, and asks for something."""
    for name, content in EXAMPLE_FILE.findall(text_of(page)):
        assert _reader(name)(content.encode()) not in ({}, None, Options()), name
        if name == "config.toml":
            (tmp_path / name).write_text(content)
            load_settings(tmp_path / name, {"HOME": str(tmp_path)})


def test_there_are_examples() -> None:
    """What the test above looks for is found, so that it proves something."""
    found = {page: [name for name, _ in EXAMPLE_FILE.findall(text_of(page))] for page in PAGES}

    assert found["README.md"] == ["beach.txt"]
    assert len(found["docs/prompts-and-presets.md"]) > len(found["README.md"])
    assert found["docs/get-started.md"] == ["config.toml"]
    assert all(blocks(page) for page in ("docs/get-started.md", "docs/nas-and-dropbox.md"))


def test_every_option_is_documented() -> None:
    """The table of options on the front page has each of them."""
    text = text_of("README.md")
    table = text[text.index("| option | default |") : text.index("The same photo with the same prompt")]

    assert [name for name in OPTION_NAMES if f"`{name}`" not in table] == []
