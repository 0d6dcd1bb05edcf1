"""Messages and programs for the tests of the ways."""

from pathlib import Path
from typing import Final

from retouchd.core.messages import Material, Sender, compose
from retouchd.core.outgoing import Outgoing
from retouchd.core.topics import Topic
from strategies import NOW

SENDER: Final = Sender(host="nas", root="/srv/photos")


def outgoing(way: str = "hook", missed: int = 0) -> Outgoing:
    """Give a message on its way."""
    message = compose(Material(topic=Topic.TEST, counts={}), SENDER, "id1", NOW)
    return Outgoing(message=message, way=way, made=NOW, next_try=NOW, missed=missed)


def script(place: Path, body: str, name: str = "hook") -> Path:
    """Make a program."""
    path = place / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def is_running(mark: str) -> bool:
    """Say whether a process has this word among its arguments."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words:
            return True
    return False
