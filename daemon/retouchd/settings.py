"""The settings: read once, valid once made, and known by nobody below the service.

The table itself stands in settings_sections.py, where the values come from in settings_sources.py.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import Enum, StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from retouchd.core.errors import ConfigurationError
from retouchd.core.request import refuse
from retouchd.core.values import printable
from retouchd.settings_faults import reason_of
from retouchd.settings_history import History
from retouchd.settings_log import Log
from retouchd.settings_metrics import Metrics, check_apart
from retouchd.settings_notify import Notify, check_kept
from retouchd.settings_sections import (
    Budget,
    Defaults,
    Duplicates,
    Endpoint,
    Folders,
    Limits,
    Output,
    Retry,
    Sidecars,
    Watch,
)
from retouchd.settings_sources import (
    PREFIX,
    ConfigurationFile,
    Table,
    describe_unknown,
    find_faulty_variables,
    find_missing_folders,
    read_file,
    variable_of,
    with_whole_paths,
)

__all__ = [
    "JOURNAL_NAME",
    "Budget",
    "Defaults",
    "Duplicates",
    "Endpoint",
    "Folders",
    "History",
    "Limits",
    "Log",
    "Metrics",
    "Notify",
    "Origin",
    "Output",
    "Places",
    "Retry",
    "Setting",
    "Settings",
    "Sidecars",
    "Watch",
    "all_keys",
    "describe",
    "load_settings",
]

JOURNAL_NAME: Final = "journal.sqlite3"
_PARTS_OF_A_KEY: Final = 2
_MISSING_FOLDER: Final = {
    "folders.root": 'not set; valid: the folder that holds inbox and outbox, which "retouchd init" makes',
    "folders.state": "not set, and there is no home folder to put it into; valid: a folder on a local disk",
}


class Origin(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


class Setting(NamedTuple):
    """One line of `retouchd config`."""

    key: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Every folder, as an absolute path."""

    inbox: Path
    outbox: Path
    done: Path
    failed: Path
    state: Path

    @property
    def by_name(self) -> dict[str, Path]:
        """Each by its name in the configuration: "inbox", "state"."""
        return asdict(self)

    @property
    def journal(self) -> Path:
        """The history's database."""
        return self.state / JOURNAL_NAME

    @property
    def spool(self) -> Path:
        """The folder of the answers that are kept."""
        return self.state / "spool"


class Settings(BaseSettings):
    """Everything that an owner can set. Made by `load_settings`; by itself it holds the defaults."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, case_sensitive=True, title="retouchd"
    )

    folders: Folders = Field(default=Folders(), description="Where photos come from and where results go.")
    endpoint: Endpoint = Field(default=Endpoint(), description="The paid service.")
    defaults: Defaults = Field(
        default=Defaults(), description="What is asked for where nothing else says it."
    )
    watch: Watch = Field(default=Watch(), description="How the inbox is watched.")
    sidecars: Sidecars = Field(default=Sidecars(), description="How prompts find their photos.")
    duplicates: Duplicates = Field(default=Duplicates(), description="The same photo and prompt again.")
    history: History = Field(default=History(), description="How much is told of what is over.")
    output: Output = Field(default=Output(), description="What lands in the outbox.")
    retry: Retry = Field(default=Retry(), description="When something is tried again.")
    limits: Limits = Field(default=Limits(), description="What nobody who drops files can exceed.")
    budget: Budget = Field(default=Budget(), description="What may be spent.")
    log: Log = Field(default=Log(), description="What the daemon tells the system's log.")
    metrics: Metrics = Field(default=Metrics(), description="Numbers for Prometheus.")
    notify: Notify = Field(default=Notify(), description="Who is told what happens.")

    _file: Path | None = PrivateAttr(default=None)
    _origins: Mapping[str, Origin] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what `load_settings` read: this process's own environment is no source by itself."""
        return (init_settings,)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.defaults.megapixels > self.limits.max_megapixels:
            refuse("defaults.megapixels is above limits.max_megapixels; valid: at most that")
        check_apart(self.metrics, self.folders)
        check_kept(self.notify, self.folders)
        return self

    @classmethod
    def from_sources(cls, values: Table, origins: Mapping[str, Origin], file: Path | None) -> Self:
        """Check the values and keep where they came from."""
        made = cls.model_validate(values)
        made._origins = origins  # noqa: SLF001 - its own class
        made._file = file  # noqa: SLF001
        return made

    @property
    def file(self) -> Path | None:
        """The configuration file that was read, or None."""
        return self._file

    def origin_of(self, key: str) -> Origin:
        """Say where the value of a key ("budget.per_day_usd") comes from."""
        return self._origins.get(key, Origin.DEFAULT)

    def value_of(self, key: str) -> object:
        """Give the value of a key."""
        section, _, name = key.partition(".")
        return getattr(getattr(self, section), name)

    def keeping(self, keys: Collection[str], other: Self) -> Self:
        """Give these settings, but with what these keys are in others, and where that comes from.

        Raises:
            ConfigurationError: They do not go together.
        """
        sections: dict[str, Table] = {name: dict(section) for name, section in self}
        for key in keys:
            section, _, name = key.partition(".")
            sections[section][name] = other.value_of(key)
        origins = {**self._origins, **{key: other.origin_of(key) for key in keys}}
        try:
            return self.from_sources({**sections}, origins, self._file)
        except ValidationError as exc:
            details = exc.errors(include_url=False, include_input=False)
            raise ConfigurationError(*map(reason_of, details)) from None

    def places(self) -> Places:
        """Give every folder; `load_settings` made sure that each is known.

        Raises:
            ConfigurationError: These settings were not loaded, and a folder is not known.
        """
        chosen = self.folders
        folders = (chosen.inbox, chosen.outbox, chosen.done, chosen.failed, chosen.state)
        inbox, outbox, done, failed, state = (_known(folder) for folder in folders)
        return Places(inbox=inbox, outbox=outbox, done=done, failed=failed, state=state)


def _known(folder: Path | None) -> Path:
    if folder is None:
        message = f"folders.root: {_MISSING_FOLDER['folders.root']}"
        raise ConfigurationError(message)
    return folder


def load_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file and the environment, which overrides it.

    Args:
        config: The file, which must exist; None looks in $RETOUCHD_CONFIG and the usual places.
        environ: The environment's variables.

    Raises:
        ConfigurationError: Something is wrong; every fault is a line of its own.
    """
    file = read_file(config, environ)
    values = with_whole_paths(_merge(file.table, _read_variables(environ)), file, environ)
    origins = {key: _origin(key, file.table, environ) for key in all_keys()}
    faults = find_faulty_variables(environ, all_keys())
    faults += [
        _line(key, _MISSING_FOLDER[key], origins, file) for key in find_missing_folders(values["folders"])
    ]
    try:
        settings = Settings.from_sources(values, origins, file.path)
    except ValidationError as exc:
        details = exc.errors(include_url=False, include_input=False)
        faults += [_describe_fault(detail, origins, file) for detail in details]
        # The original names no file and no variable, so it would only repeat this in other words.
        raise ConfigurationError(*faults) from None
    if faults:
        raise ConfigurationError(*faults)
    return settings


def all_keys() -> tuple[str, ...]:
    """Give every key, in the order of the table."""
    return tuple(f"{name}.{key}" for name, section in Settings() for key in type(section).model_fields)


def describe(settings: Settings) -> list[Setting]:
    """Give every key with its value as text and its origin, in the order of the table; it holds no secret."""
    return [
        Setting(f"{name}.{key}", _text(value), settings.origin_of(f"{name}.{key}"))
        for name, section in settings
        for key, value in section
    ]


def _text(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case tuple() | dict():
            return json.dumps(value)
        case Enum():
            return str(value.value)
        case _:
            return printable(value)


def _read_variables(environ: Mapping[str, str]) -> Table:
    """Give what the variables of known keys say, as a table like the file's."""
    source = EnvSettingsSource(Settings, case_sensitive=False, env_prefix=PREFIX, env_nested_delimiter="__")
    known = {variable_of(key) for key in all_keys()}
    source.env_vars = {name.lower(): value for name, value in environ.items() if name in known}
    return source()


def _merge(file: Table, variables: Table) -> Table:
    merged = dict(file)
    for name, section in variables.items():
        below = merged.get(name, {})
        if isinstance(below, dict) and isinstance(section, dict):
            merged[name] = below | section
    return merged


def _origin(key: str, table: Table, environ: Mapping[str, str]) -> Origin:
    if variable_of(key) in environ:
        return Origin.ENVIRONMENT
    section, _, name = key.partition(".")
    below = table.get(section)
    return Origin.FILE if isinstance(below, dict) and name in below else Origin.DEFAULT


def _describe_fault(detail: ErrorDetails, origins: Mapping[str, Origin], file: ConfigurationFile) -> str:
    key = ".".join(str(part) for part in detail["loc"][:_PARTS_OF_A_KEY])
    if detail["type"] == "extra_forbidden":
        reason = describe_unknown(key, (*all_keys(), *Settings.model_fields))
        return _line(key, reason, {key: Origin.FILE}, file)
    reason = reason_of(detail)
    return _line(key, reason, origins, file) if key else reason


def _line(key: str, reason: str, origins: Mapping[str, Origin], file: ConfigurationFile) -> str:
    where = _where(key, origins.get(key, Origin.DEFAULT), file.path)
    return f"{printable(key)} (in {printable(where)}): {reason}"


def _where(key: str, origin: Origin, path: Path | None) -> str:
    """Say where a value stands, or where it could be set."""
    variable = variable_of(key) if "." in key else f"{variable_of(key)}__..."
    if origin is Origin.FILE:
        return str(path)
    if origin is Origin.ENVIRONMENT or path is None:
        return variable
    return f"{path} or {variable}"
