"""`retouchd init`: folders, marks, a commented configuration, and the key."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

import typer

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.endpoint.client import HttpEndpoint
from retouchd.api_key import read_key
from retouchd.cli.screen import Screen, command_line
from retouchd.core.errors import ConfigurationError, StartRefusedError
from retouchd.core.outcomes import Answered, NotSent
from retouchd.core.values import printable
from retouchd.damage import open_journal
from retouchd.ownership import take_ownership
from retouchd.premises import check_places, prepare_state
from retouchd.settings import Settings, load_settings
from retouchd.settings_sources import user_configuration_file
from retouchd.terms import endpoint_terms

_ROOT_VARIABLE: Final = "RETOUCHD_FOLDERS__ROOT"
_KEY_NAME: Final = "api-key"


def found(
    config: Path | None,
    root: Path | None,
    environ: Mapping[str, str],
    own: Callable[[Settings], None] | None = None,
) -> None:
    """Make what a first start needs; what is there already is used as it is.

    Args:
        own: Makes the folders this machine's; unless given, only folders that are nobody else's.

    Raises:
        ConfigurationError: An existing configuration is wrong, or there is no home folder for a new one.
        AlreadyOwnedError: The folders belong to another machine's retouchd.
        StartRefusedError: Folders cannot be made or used.
    """
    given = dict(environ)
    if root is not None:
        given[_ROOT_VARIABLE] = str(root.expanduser().absolute())
    place = config or user_configuration_file(environ)
    is_new = not _has_configuration(config, environ)
    settings = _load_fresh(given) if is_new else load_settings(config, given)
    make_folders(settings)
    (own or own_folders)(settings)
    screen, places = Screen(), settings.places()
    screen.line(f"Folders are ready: {printable(places.inbox.parent)}")
    screen.line("  inbox/ for your photos, outbox/ for the results, done/ and failed/ for the originals")
    if is_new and place is not None:
        key_file = _ask_for_key(settings, place.parent, environ)
        _write_configuration(place, settings, key_file)
        screen.line(f"Configuration written: {printable(place)}")
    screen.line(f"Next: {command_line(config, 'run')}")
    screen.say(
        f"Then drop a photo and a text file of the same name into {printable(places.inbox)}. At most"
        f" {_limit(settings)} until you change it."
    )


def _has_configuration(config: Path | None, environ: Mapping[str, str]) -> bool:
    if config is not None:
        return config.exists()
    if environ.get("RETOUCHD_CONFIG"):
        return True
    user = user_configuration_file(environ)
    return (user is not None and user.exists()) or Path("/etc/retouchd/config.toml").exists()


def _load_fresh(environ: Mapping[str, str]) -> Settings:
    """Give the settings of a configuration that is about to be written: no other file has a say in it."""
    if not any(name.startswith("RETOUCHD_FOLDERS__") for name in environ):
        message = "name the folder that shall hold inbox and outbox, such as: retouchd init ~/Retouch"
        raise ConfigurationError(message)
    return load_settings(Path(os.devnull), environ)


def _limit(settings: Settings) -> str:
    cap = settings.budget.caps().per_day
    return f"{cap} a day are spent" if cap else "what you allow is spent"


def make_folders(settings: Settings) -> None:
    """Make the folders; what is there already stays as it is.

    Raises:
        StartRefusedError: They cannot be made or used.
    """
    places = settings.places()
    for folder in (places.inbox, places.outbox, places.done, places.failed):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            message = f"the folder {printable(folder)} cannot be made: {exc.strerror}"
            raise StartRefusedError(message) from exc
    prepare_state(places)
    check_places(places, Durable())


def own_folders(settings: Settings) -> None:
    """Make the history and the marks; what is there already stays as it is.

    Raises:
        AlreadyOwnedError: The folders belong to another machine's retouchd.
        JournalError: The history cannot be opened.
    """
    places, durable, now = settings.places(), Durable(), SystemClock().now()
    with closing(open_journal(places, durable, now)) as journal:
        take_ownership(places, journal, now, durable)


def _ask_for_key(settings: Settings, folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Ask for the key on a terminal, keep it for its owner alone, and try it."""
    if not sys.stdin.isatty() or _has_key(settings, environ):
        return None
    key = typer.prompt(
        "Key of the service (not shown, empty for later)", hide_input=True, default="", show_default=False
    )
    if not key.strip():
        return None
    path = folder / _KEY_NAME
    with _refusing(path):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, 0o600)
            file.write(key.strip() + "\n")
    print(f"Key written: {printable(path)}. {_try_key(settings, path)}")
    return path


def _has_key(settings: Settings, environ: Mapping[str, str]) -> bool:
    try:
        read_key(settings.endpoint, environ)
    except ConfigurationError:
        return False
    return True


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        message = f"{printable(path)} cannot be written: {exc.strerror}"
        raise StartRefusedError(message) from exc


def _try_key(settings: Settings, path: Path) -> str:
    section = settings.endpoint.model_copy(update={"api_key_file": path})
    try:
        value = read_key(section, {}).value
    except ConfigurationError as exc:
        return str(exc)
    endpoint = HttpEndpoint(endpoint_terms(settings, lambda: value))
    try:
        end = endpoint.probe()
    finally:
        endpoint.close()
    match end:
        case Answered(status=200):
            return "The service accepts it."
        case Answered():
            return f"The service answered {end.status}; check the key before you start."
        case NotSent():
            return f"It could not be tried: {end.detail}."
        case _:
            return "It could not be tried: no answer came."


def _write_configuration(path: Path, settings: Settings, key_file: Path | None) -> None:
    with _refusing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(_configuration_lines(settings, key_file)) + "\n", encoding="utf-8")


def _configuration_lines(settings: Settings, key_file: Path | None) -> Iterator[str]:
    """Give a configuration in which every default stands as a comment, ready to be changed."""
    yield "# retouchd. Remove the # of a line to change its value; config.example.toml has the reasons."
    written = {"folders.root": settings.folders.root, "endpoint.api_key_file": key_file}
    for name, section in settings:
        yield f"\n[{name}]"
        for key, value in section:
            chosen = written.get(f"{name}.{key}")
            yield f"{key} = {_toml(chosen)}" if chosen else _comment(key, value)


def _comment(key: str, value: object) -> str:
    return f"# {key} is not set" if value is None else f"# {key} = {_toml(value)}"


def _toml(value: object) -> str:
    """Give a value as TOML, which writes numbers, truth, lists and text as JSON does."""
    plain = value.value if isinstance(value, Enum) else value
    return json.dumps(str(plain) if isinstance(plain, Path) else plain, ensure_ascii=False)
