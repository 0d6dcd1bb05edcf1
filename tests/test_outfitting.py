"""Who works goes by other settings as if it had been outfitted by them."""

from collections.abc import Iterator
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.outfitting import Equipment
from retouchd.settings import Settings, load_settings

OTHER = """
[endpoint]
max_answer_bytes = 20_000_000
[watch]
settle_seconds = 77
[output]
folder_mode = "0770"
[limits]
max_pixels = 1_000_000
"""


# What tells objects apart that are built alike, and what holds such objects.
_BY_IDENTITY = {object.__eq__, dict.__eq__}


def _read(place: Path, more: str) -> Settings:
    file = place / "config.toml"
    file.write_text(f'[folders]\nroot = "{place}"\nstate = "{place}/state"\n{more}')
    return load_settings(file, {})


def _equip(settings: Settings) -> Equipment:
    return Equipment(settings, Identity(inbox_id="i", journal_id="j"), str, Durable())


def _terms(equipment: Equipment) -> Iterator[dict[str, object]]:
    """Give what each one goes by: all of its values that can be compared."""
    tools = equipment.tools
    cabinets = (tools.filing, *tools.returns.values())
    for one in (tools.inbox, tools.outbox, *cabinets, tools.endpoint, tools.darkroom):
        yield {name: value for name, value in vars(one).items() if type(value).__eq__ not in _BY_IDENTITY}


def test_all_of_it_goes_by_other_settings(tmp_path: Path) -> None:
    """None of the tools is forgotten when the configuration is read again."""
    (tmp_path / "state").mkdir()
    settings, other = _read(tmp_path, ""), _read(tmp_path, OTHER)
    equipment, wanted = _equip(settings), list(_terms(_equip(other)))
    before = list(_terms(equipment))

    equipment.adopt(other, str)

    assert all(one != another for one, another in zip(before, wanted, strict=True))
    assert list(_terms(equipment)) == wanted
