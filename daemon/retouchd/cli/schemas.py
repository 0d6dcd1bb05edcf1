"""What `config` can print instead of the settings: schemas and unit files by their names.

Apart, since help shows these names: it loads neither the settings nor what fills in unit files.
"""

from enum import StrEnum
from typing import Final


class Schema(StrEnum):
    """What there are JSON Schemas of."""

    CONFIG = "config"
    RESULT = "result"
    SIDECAR = "sidecar"


class Unit(StrEnum):
    """The units that can be printed."""

    SYSTEM = "system"
    TEMPLATE = "template"
    USER = "user"
    ONCE = "once"
    TIMER = "timer"

    @property
    def file_name(self) -> str:
        """The name that it has where it is put."""
        return _FILE_NAMES.get(self, "retouchd.service")

    @property
    def folder(self) -> str:
        """Where it is put, as a shell understands it."""
        return "~/.config/systemd/user" if self is Unit.USER else "/etc/systemd/system"

    @property
    def hides_homes(self) -> bool:
        """Whether programs and files in homes and in /tmp are hidden from it."""
        return self in {Unit.SYSTEM, Unit.TEMPLATE, Unit.ONCE}


_FILE_NAMES: Final = {
    Unit.TEMPLATE: "retouchd@.service",
    Unit.ONCE: "retouchd-once.service",
    Unit.TIMER: "retouchd-once.timer",
}
