"""Two syncthing instances that know each other alone: no discovery, no relays, no reports, nobody outside."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, parse

from slowness import wait_for
from writer_services import Services

from servers import refused_port

_FOLDER: Final = "photos"
_OPTIONS: Final = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "startBrowser": "false",
    "crashReportingEnabled": "false",
    "urAccepted": "-1",
    "autoUpgradeIntervalH": "0",
    "reconnectionIntervalS": "1",
    "limitBandwidthInLan": "true",
}


@dataclass(frozen=True, kw_only=True)
class _Instance:
    home: Path
    number: str
    port: int
    folder: Path
    kilobytes_per_second: int


def carry_by_syncthing(services: Services, files: Sequence[Path], folder: Path) -> None:
    """Have one instance send the files, one after the other, to another one whose folder is this."""
    place = Path(services.words["home"]) / f"syncthing-{folder.name}"
    sender = _make(services, place / "sender", place / "sent", 400)
    receiver = _make(services, place / "receiver", folder, 0)
    sender.folder.mkdir()
    for one in (sender, receiver):
        _configure(one, (sender, receiver))
        services.start(["syncthing", "serve", f"--home={one.home}", "--no-browser"], one.home / "log")
    for file in files:
        shutil.copyfile(file, place / file.name)
        (place / file.name).rename(sender.folder / file.name)
        if file is not files[-1]:
            wait_for((folder / file.name).exists, "syncthing brought nothing")


def _make(services: Services, home: Path, folder: Path, kilobytes_per_second: int) -> _Instance:
    services.programs.quickly(["syncthing", "generate", f"--home={home}", "--no-default-folder"])
    said = subprocess.run(
        ["syncthing", f"--home={home}", "--device-id"],
        env=services.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return _Instance(
        home=home,
        number=said.stdout.strip(),
        port=refused_port(),
        folder=folder,
        kilobytes_per_second=kilobytes_per_second,
    )


def _configure(one: _Instance, both: Sequence[_Instance]) -> None:
    path = one.home / "config.xml"
    tree: ElementTree[Element] = parse(path)  # noqa: S314
    root = tree.getroot()
    for device in root.findall("device"):
        root.remove(device)
    options = root.find("options")
    gui = root.find("gui")
    assert options is not None
    assert gui is not None
    gui.set("enabled", "false")
    wanted = {
        **_OPTIONS,
        "listenAddress": f"tcp://127.0.0.1:{one.port}",
        "maxSendKbps": str(one.kilobytes_per_second),
    }
    for name, value in wanted.items():
        _set(options, name, value)
    _add_folder(root, one, both)
    for other in both:
        device = SubElement(root, "device", id=other.number, name=other.home.name)
        SubElement(device, "address").text = f"tcp://127.0.0.1:{other.port}"
    tree.write(path)


def _add_folder(root: Element, one: _Instance, both: Sequence[_Instance]) -> None:
    folder = SubElement(
        root,
        "folder",
        id=_FOLDER,
        path=str(one.folder),
        type="sendreceive",
        rescanIntervalS="3600",
        fsWatcherEnabled="true",
        fsWatcherDelayS="1",
    )
    for other in both:
        SubElement(folder, "device", id=other.number)


def _set(options: Element, name: str, value: str) -> None:
    element = options.find(name)
    if element is None:
        element = SubElement(options, name)
    element.text = value
