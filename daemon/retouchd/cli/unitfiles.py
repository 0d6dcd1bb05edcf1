"""The unit files for systemd: their one source, which lies in units/, filled in for one installation.

What an installation looks like is found out in cli/installing.py.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from retouchd.cli.schemas import Unit

# These are hidden from the system's units: what lies there has to be bound in.
_HIDDEN: Final = tuple(Path(place) for place in ("/home", "/root", "/run/user", "/tmp", "/var/tmp"))  # noqa: S108 - names
# What systemd makes for the unit.
_OWN_STATE: Final = Path("/var/lib/retouchd")
# Where a share that is mounted anew is seen by a service that runs: no path of its own is bound.
_USUAL: Final = (Path("/srv"), Path("/mnt"), Path("/media"))
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@,=")
# What has fewer parts holds much that is not ours: "/", "/tank"; in homes also "/home/anna".
_FEWEST_PARTS: Final = 3


_USUAL_FOLDERS: Final = "ReadWritePaths=-/srv -/mnt -/media"
_FOLDERS: Final = {
    Unit.TEMPLATE: "BindPaths=-/home/%i/Retouch",
    Unit.USER: "ReadWritePaths=-%h/Retouch -%h/.local/state/retouchd",
}
_CONFIGS: Final = {Unit.TEMPLATE: "/etc/retouchd/%i.toml", Unit.USER: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a unit is filled in with; without more it is the one that the guide makes.

    Attributes:
        config: None is the file that the unit's user has by default.
        folders: Inbox, outbox, done and failed, absolute; none takes the usual places.
        state: The state folder, absolute; None takes the usual one.
    """

    program: Path = Path("/opt/retouchd/bin/retouchd")
    config: Path | None = None
    user: str = "retouchd"
    group: str = "retouchd"
    folders: Sequence[Path] = ()
    state: Path | None = None


def unit_text(unit: Unit, installation: Installation) -> str:
    """Give the text of a unit file."""
    source = files("retouchd.units")
    name = "retouchd-user.service" if unit is Unit.USER else unit.file_name
    text = source.joinpath(name).read_text("utf-8")
    for part in ("running.conf", "process.conf", "folders.conf", "hardening.conf"):
        text = text.replace(f"@{part}@\n", source.joinpath(part).read_text("utf-8"))
    for word, value in _values(unit, installation).items():
        text = text.replace(f"@{word}@", value)
    return text


def is_hidden(path: Path) -> bool:
    """Say whether a path lies where system units see nothing: in a home, or in /tmp."""
    return any(path.is_relative_to(place) for place in _HIDDEN)


def outermost(folders: Sequence[Path]) -> list[Path]:
    """Give the one folder that holds all of these, or themselves when that would hold much else, too.

    Within one that is bound into the unit photos are renamed; from one to another they can only be copied.
    """
    if not folders:
        return []
    whole = Path(os.path.commonpath(folders))
    fewest = _FEWEST_PARTS + is_hidden(whole)
    return [whole] if len(whole.parts) >= fewest else sorted(set(folders))


def is_usual(path: Path) -> bool:
    """Say whether a path lies in the usual places for data."""
    return any(path.is_relative_to(usual) for usual in _USUAL)


def _values(unit: Unit, installation: Installation) -> dict[str, str]:
    config = installation.config
    named = _argument(config) if config else _CONFIGS.get(unit, "/etc/retouchd/config.toml")
    mounts = _places(installation) or [Path("/srv/retouchd")]
    return {
        "program": _argument(installation.program),
        "config": f"--config {named} " if named else "",
        "user": installation.user,
        "group": installation.group,
        "mounts": " ".join(_quoted(mount) for mount in mounts),
        "folders": "\n".join(_folder_lines(unit, installation)),
    }


def _places(installation: Installation) -> list[Path]:
    """Give all that is written to; what systemd makes for the unit is there by itself."""
    state = installation.state
    own = [] if state is None or state.is_relative_to(_OWN_STATE) else [state]
    return [*outermost(installation.folders), *own]


def _folder_lines(unit: Unit, installation: Installation) -> list[str]:
    usual = _FOLDERS.get(unit, _USUAL_FOLDERS)
    folders = _places(installation)
    if unit is Unit.USER:
        return [f"ReadWritePaths={_quoted(folder)}" for folder in folders] or [usual]
    # A colon would part the source from where it is bound to.
    homes = [_quoted(folder).replace(":", "\\:") for folder in folders if is_hidden(folder)]
    others = [folder for folder in folders if not (is_hidden(folder) or is_usual(folder))]
    return [
        usual,
        *(f"BindPaths={home}" for home in homes),
        *(f"ReadWritePaths={_quoted(folder)}" for folder in others),
    ]


def _argument(path: Path) -> str:
    """Give a path as a word of a command, where variables are put in."""
    return _quoted(path).replace("$", "$$")


def _quoted(path: Path) -> str:
    """Give a path as unit files take it: % means something there, and blanks part paths."""
    text = str(path)
    if set(text) <= _PLAIN:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
