"""The section [metrics]: where numbers for Prometheus can be had; off as long as nothing is set."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from retouchd.core.request import refuse
from retouchd.settings_sections import Folders, Place, Section


def check_listening(value: str) -> str:
    """Take an address of this machine as numbers: a name could come to mean another one."""
    try:
        return str(ip_address(value))
    except ValueError:
        refuse('no address as numbers; valid: "127.0.0.1" or "::1", which only this machine reaches')


def check_textfile(value: Path) -> Path:
    """Take the absolute path of a file that node_exporter reads."""
    if not value.is_absolute() or "\0" in str(value) or value.suffix != ".prom" or value.stem.startswith("."):
        refuse("no path of a .prom file; valid: for example /var/lib/node_exporter/retouchd.prom")
    return value


class Metrics(Section):
    """Numbers for Prometheus."""

    port: int = Field(default=0, ge=0, le=65_535, description="Port for GET /metrics; 0: none.")
    address: Annotated[str, AfterValidator(check_listening)] = Field(
        default="127.0.0.1", description="Address that the port is opened on."
    )
    textfile: Annotated[Place, AfterValidator(check_textfile)] | None = Field(
        default=None, description="File for node_exporter's textfile collector; its name ends in .prom."
    )
    interval_seconds: float = Field(
        default=60, ge=15, le=3600, description="How often that file is written anew."
    )

    @property
    def is_wanted(self) -> bool:
        """Whether anything is told at all."""
        return bool(self.port) or self.textfile is not None


def check_apart(metrics: Metrics, folders: Folders) -> None:
    """Refuse a file in a folder of photos: it would be no photo there, and go where results go."""
    file = metrics.textfile
    photos = (folders.root, folders.inbox, folders.outbox, folders.done, folders.failed)
    if file is not None and any(file.is_relative_to(one) for one in photos if one is not None):
        refuse("metrics.textfile lies in a folder of photos; valid: the folder that node_exporter reads")
