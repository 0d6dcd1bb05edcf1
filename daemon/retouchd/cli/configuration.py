"""`retouchd config`: what counts, where it comes from, and what is wrong with it."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.statefolder import read_lock_holder
from retouchd.api_key import read_key
from retouchd.cli.schemas import Schema
from retouchd.cli.screen import Screen, print_json
from retouchd.core.errors import ConfigurationError, JournalError
from retouchd.core.metadata import SCHEMA, Result
from retouchd.core.reloading import unread_line
from retouchd.core.sidecarschema import sidecar_schema
from retouchd.core.values import printable
from retouchd.reporting import read_standing
from retouchd.settings import Settings, describe, load_settings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def show_configuration(config: Path | None, environ: Mapping[str, str]) -> None:
    """Print every value that counts with where it comes from, and what does not count yet.

    Raises:
        ConfigurationError: Something is wrong with it.
    """
    settings, screen = load_settings(config, environ), Screen()
    file = printable(settings.file) if settings.file else "none, so the defaults and the environment count"
    screen.line(f"# file: {file}")
    screen.table(
        [[one.key, f"= {one.value}", f"({one.origin.value})"] for one in describe(settings)], indent=0
    )
    for line in _notes(settings):
        screen.say(f"note: {line}", hang=6)


def _notes(settings: Settings) -> list[str]:
    """Say what of it does not count for the daemon that runs, if one does."""
    places = settings.places()
    if read_lock_holder(places.state) is None:
        return []
    try:
        with closing(JournalView.open_for_reading(places.journal)) as view:
            reading, unread = read_standing(view, settings)
    except JournalError:
        # Another user's: what the file says is told all the same.
        return []
    lines = [change.line for change in reading.pending]
    return [*lines, unread_line(unread)] if unread else lines


def check_configuration(config: Path | None, environ: Mapping[str, str]) -> None:
    """Say that the configuration is right.

    Raises:
        ConfigurationError: It is not; every fault is told.
    """
    settings, screen = load_settings(config, environ), Screen()
    screen.line(f"ok: {printable(settings.file) if settings.file else 'no file, only defaults'}")
    try:
        screen.line(f"ok: the key comes from {read_key(settings.endpoint, environ).source}")
    except ConfigurationError as exc:
        # It may be given to the daemon alone, by the service manager, so it is not this file's fault.
        screen.say(f"note: {exc}", hang=6)


def print_schema(schema: Schema) -> None:
    """Print a JSON Schema."""
    match schema:
        case Schema.CONFIG:
            print_json(Settings.model_json_schema())
        case Schema.RESULT:
            print_json(result_schema())
        case Schema.SIDECAR:
            print_json(sidecar_schema())


class _AsWritten(GenerateJsonSchema):
    """Every key is in the file, also those that have a default for whoever makes a Result."""

    def field_is_required(self, *_field: object, **_total: object) -> bool:
        """Say that it is."""
        return True


def result_schema() -> dict[str, object]:
    """Give the JSON Schema of the metadata files; keys that a later version adds are allowed."""
    content = TypeAdapter(Result).json_schema(mode="serialization", schema_generator=_AsWritten)
    return {"$schema": _DIALECT, "$id": SCHEMA, **content}
