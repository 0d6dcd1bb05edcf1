"""config.example.toml tells the truth about the defaults."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from retouchd.settings import Settings, all_keys, load_settings

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"
_SETTING = re.compile(r"# (\w+ = .+)")


def _uncommented() -> dict[str, dict[str, Any]]:
    lines = EXAMPLE.read_text().splitlines()
    return tomllib.loads("\n".join(_SETTING.sub(r"\1", line) for line in lines))


def _values() -> dict[str, Any]:
    return {
        f"{section}.{key}": value for section, keys in _uncommented().items() for key, value in keys.items()
    }


def _default_of(key: str) -> object:
    section, _, name = key.partition(".")
    return Settings().model_dump(mode="json")[section][name]


def test_every_key_stands_in_the_example() -> None:
    """The example holds every key, in the order of the table, and no other."""
    values = _values()

    assert tuple(values) == all_keys()


@pytest.mark.parametrize("key", [key for key in all_keys() if _default_of(key) is not None])
def test_the_example_shows_the_default(key: str) -> None:
    """What stands commented out in the example is what counts without it."""
    shown = _values()[key]

    assert shown == _default_of(key)


def test_the_example_changes_nothing_as_it_is() -> None:
    """The example as it is delivered sets no key."""
    table = tomllib.loads(EXAMPLE.read_text())

    assert list(table) == list(Settings.model_fields)
    assert not any(table.values())


def test_every_line_of_the_example_is_valid(tmp_path: Path) -> None:
    """Who takes away every # gets a configuration that loads, but for output_compression with png."""
    everything = tmp_path / "config.toml"
    lines = [_SETTING.sub(r"\1", line) for line in EXAMPLE.read_text().splitlines()]
    everything.write_text("\n".join(line for line in lines if not line.startswith("output_compression")))

    settings = load_settings(everything, {"HOME": "/home/anna"})

    assert settings.places().inbox == Path("/home/anna/Retouch/inbox")
    assert settings.places().state == Path("/home/anna/.local/state/retouchd")


def test_every_key_of_the_example_has_its_reason() -> None:
    """Above each key, or above the group that it stands in, there is a line of plain words."""
    groups = EXAMPLE.read_text().split("\n\n")
    with_keys = [group.splitlines() for group in groups if _SETTING.search(group)]

    assert all(
        any(line.startswith("# ") and not _SETTING.match(line) for line in group) for group in with_keys
    )
