"""Those who work beside the engine begin and end together, and none begins after the end."""

import threading
from pathlib import Path

import structlog

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.servicemanager import ServiceManager
from retouchd.companions import Companions, Surroundings
from retouchd.settings import Settings, load_settings


def _read(place: Path, more: str) -> Settings:
    file = place / "config.toml"
    file.write_text(f'[folders]\nroot = "{place}/root"\nstate = "{place}/state"\n{more}')
    return load_settings(file, {})


def _at_work() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("companion-")]


def test_who_has_ended_is_not_replaced(tmp_path: Path) -> None:
    """Another configuration that is read while the daemon ends has nobody begin anew."""
    (tmp_path / "state").mkdir()
    surroundings = Surroundings(
        settings=_read(tmp_path, ""),
        identity=Identity(inbox_id="i", journal_id="j"),
        durable=Durable(),
        log=structlog.get_logger(),
        errand=None,
        manager=ServiceManager("", None),
    )
    companions = Companions(surroundings)
    companions.start()
    begun = _at_work()
    companions.finish()

    companions.change(_read(tmp_path, f'[metrics]\ntextfile = "{tmp_path}/a.prom"\n'))

    assert begun == ["companion-status"]
    assert _at_work() == []
