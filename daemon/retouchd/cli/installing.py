"""`retouchd config --unit`: a unit file for this very installation, and what to do with it."""

import grp
import pwd
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from retouchd.cli.schemas import Unit
from retouchd.cli.screen import Screen, command_line
from retouchd.cli.unitfiles import Installation, is_hidden, unit_text
from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable
from retouchd.settings import Settings, load_settings
from retouchd.settings_sources import user_configuration_file

_SYSTEM_USER: Final = "retouchd"


def print_unit(config: Path | None, environ: Mapping[str, str], unit: Unit) -> None:
    """Print a unit file, and beside it what to do next."""
    aside = Screen(sys.stderr)
    settings = None
    try:
        settings = load_settings(config, environ)
    except ConfigurationError as exc:
        aside.say("There is no right configuration yet, so the unit names the usual places:")
        aside.say(printable(exc), indent=2)
    installation = _find_installation(unit, settings, environ)
    print(unit_text(unit, installation), end="")
    for line in _advice(config, unit, installation, settings):
        aside.say(f"# {line}", hang=2)


def _find_installation(unit: Unit, settings: Settings | None, environ: Mapping[str, str]) -> Installation:
    program = _find_program()
    if settings is None or unit in {Unit.TEMPLATE, Unit.TIMER}:
        return Installation(program=program)
    places = settings.places()
    is_default = unit is Unit.USER and settings.file == user_configuration_file(environ)
    user, group = _owner_of(places.inbox)
    return Installation(
        program=program,
        config=None if is_default or settings.file is None else settings.file.absolute(),
        user=user,
        group=group,
        folders=(places.inbox, places.outbox, places.done, places.failed),
        state=places.state,
    )


def _find_program() -> Path:
    """Give the program that runs now, as it was installed."""
    beside = Path(sys.executable).with_name("retouchd")
    return beside if beside.exists() else Path(shutil.which("retouchd") or sys.argv[0]).absolute()


def _owner_of(folder: Path) -> tuple[str, str]:
    """Give who owns the inbox, and that one's own group; root has no business with photos."""
    try:
        owner = pwd.getpwuid(folder.stat().st_uid)
        group = grp.getgrgid(owner.pw_gid).gr_name
    except (OSError, KeyError):
        return _SYSTEM_USER, _SYSTEM_USER
    return (owner.pw_name, group) if owner.pw_uid else (_SYSTEM_USER, _SYSTEM_USER)


def _advice(
    config: Path | None, unit: Unit, installation: Installation, settings: Settings | None
) -> Iterator[str]:
    place = f"{unit.folder}/{unit.file_name}"
    command = command_line(config, "config", "--unit", unit.value)
    if unit is Unit.USER:
        yield f"It belongs into {place}: {command} > {place}"
        yield "Then: systemctl --user daemon-reload; systemctl --user enable --now retouchd"
        yield "To have it run while you are logged out: loginctl enable-linger"
    else:
        yield f"It belongs into {place}: {command} | sudo tee {place}"
        yield f"Then: sudo systemctl daemon-reload; sudo systemctl enable --now {_started(unit)}"
    if unit.hides_homes:
        yield from _warnings(unit, installation, settings)


def _started(unit: Unit) -> str:
    names = {
        Unit.TEMPLATE: "retouchd@anna",
        Unit.ONCE: "retouchd-once.timer",
        Unit.TIMER: "retouchd-once.timer",
    }
    return names.get(unit, "retouchd")


def _warnings(unit: Unit, installation: Installation, settings: Settings | None) -> Iterator[str]:
    """Name what would be missing when the unit is started."""
    if is_hidden(installation.program):
        yield (
            f"WARNING: {printable(installation.program)} lies in a home or in /tmp, which this unit hides"
            " (systemd would say 203/EXEC): install it into /opt/retouchd, for example, or use --unit user"
        )
    named = (settings.file, settings.endpoint.api_key_file) if settings else ()
    for file in named:
        if file is not None and is_hidden(file):
            yield (
                f"WARNING: {printable(file)} lies in a home or in /tmp, which this unit hides: put it into"
                " /etc/retouchd, and the key into /etc/credstore/dench-api-key"
            )
    if unit is not Unit.TEMPLATE and not _is_user(installation.user):
        yield (
            f"There is no user {installation.user} yet: sudo useradd --system --home-dir /var/lib/retouchd"
            f" --shell /usr/sbin/nologin {installation.user}"
        )


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
