"""What a daemon is configured with, settings and key together: read at its start, and again when asked to."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from retouchd.api_key import LiveKey
from retouchd.core.reloading import Change
from retouchd.core.values import printable
from retouchd.settings import Origin, Settings, describe, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Settings, and the key that goes with them.

    They are taken or refused together: a key must never get to another service than the one it is for.
    """

    settings: Settings
    key: LiveKey

    @property
    def file(self) -> str:
        """What was read, for people."""
        return printable(self.settings.file) if self.settings.file else "the environment alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the configuration is read, as often as one likes.

    Attributes:
        config: The file that the command named, if any.
        set_up_log: Has the log go by a configuration.
    """

    config: Path | None
    environ: Mapping[str, str]
    set_up_log: Callable[[Configuration], None]

    def read(self) -> Configuration:
        """Read all of it.

        Raises:
            ConfigurationError: Something is wrong; every fault is a line of its own.
        """
        settings = load_settings(self.config, self.environ)
        return Configuration(settings=settings, key=LiveKey(settings.endpoint, self.environ))


def find_changes(before: Settings, after: Settings) -> list[Change]:
    """Give the settings that differ, in the order of the table; not those that merely follow from others."""
    texts = {one.key: one.value for one in describe(before)}
    return [
        Change(key=one.key, before=texts[one.key], after=one.value)
        for one in describe(after)
        if _is_set(one.key, before, after) and before.value_of(one.key) != after.value_of(one.key)
    ]


def _is_set(key: str, *settings: Settings) -> bool:
    """Say whether a key was written down anywhere: a folder below another root was not."""
    return any(one.origin_of(key) is not Origin.DEFAULT for one in settings)


def running_note(settings: Settings) -> str:
    """Give what counts as text for the journal, so that screens can tell what was not read yet."""
    values = {one.key: one.value for one in describe(settings) if one.origin is not Origin.ENVIRONMENT}
    return json.dumps({"file": str(settings.file), "values": values})


def find_unread(note: str, settings: Settings) -> list[str]:
    """Give the keys that have other values in the file by now than those that count for the daemon.

    Args:
        note: What `running_note` gave.
        settings: As a command has read them just now. Its environment is not the daemon's, and it may have
            been told of another file.
    """
    running = json.loads(note)
    if running["file"] != str(settings.file):
        return []
    return [
        one.key
        for one in describe(settings)
        if one.origin is not Origin.ENVIRONMENT and running["values"].get(one.key, one.value) != one.value
    ]
