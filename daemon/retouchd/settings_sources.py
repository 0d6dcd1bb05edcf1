"""Where settings come from: the file, the environment and the folders that other values are relative to.

Knows no key by name but the folders; whether a value is good is decided in settings_sections.py.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable

PREFIX: Final = "RETOUCHD_"
CONFIG_VARIABLE: Final = "RETOUCHD_CONFIG"
_SYSTEM_FILE: Final = Path("/etc/retouchd/config.toml")
_BELOW_ROOT: Final = ("inbox", "outbox", "done", "failed")
_PRIVATE_FILES: Final = {"endpoint": ("api_key_file",), "notify": ("hook", "urls_file")}
_SECRET_WORDS: Final = ("key", "token", "secret", "password")

Table = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """What the file said.

    Attributes:
        path: The file, or None when there is none.
        table: Its content; empty when there is none.
    """

    path: Path | None
    table: Table


def read_file(config: Path | None, environ: Mapping[str, str]) -> ConfigurationFile:
    """Read the file that is named, else the first of the usual ones that exists.

    Raises:
        ConfigurationError: A named file does not exist, or a file cannot be read or is no TOML.
    """
    named = config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is not None:
        return ConfigurationFile(path=named, table=_read_table(named))
    for path in _usual_files(environ):
        if is_there(path):
            return ConfigurationFile(path=path, table=_read_table(path))
    return ConfigurationFile(path=None, table={})


def _usual_files(environ: Mapping[str, str]) -> Iterator[Path]:
    user = user_configuration_file(environ)
    if user is not None:
        yield user
    yield _SYSTEM_FILE


def user_configuration_file(environ: Mapping[str, str]) -> Path | None:
    """Give where the user's own configuration is looked for, or None without a home folder."""
    user = _user_folder(environ, "XDG_CONFIG_HOME", ".config")
    return None if user is None else user / "retouchd" / "config.toml"


def _user_folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """Give one of the user's base folders; a relative one counts as not set, as the XDG standard says."""
    chosen = environ.get(variable, "")
    if chosen.startswith("/"):
        return Path(chosen)
    home = environ.get("HOME", "")
    return Path(home, below_home) if home.startswith("/") else None


def is_there(path: Path) -> bool:
    """Say whether there is such a file; one that may not be looked at is, and reading it will tell why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read_table(path: Path) -> Table:
    shown = printable(path)
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as exc:
        fault = f"{shown} cannot be read: {exc.strerror}"
    except UnicodeDecodeError:
        fault = f"{shown} is not UTF-8 text"
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        fault = f"{shown} is not valid TOML: {printable(exc)}"
    raise ConfigurationError(fault)


def find_faulty_variables(environ: Mapping[str, str], keys: Collection[str]) -> list[str]:
    """Give one fault for each variable of ours that sets nothing: a mistyped cap must not be ignored."""
    known = {variable_of(key): key for key in keys}
    ours = sorted(name for name in environ if name.startswith(PREFIX) and name != CONFIG_VARIABLE)
    return [
        f"{printable(name)} (in the environment): {describe_unknown(name, known)}"
        for name in ours
        if name not in known
    ]


def variable_of(key: str) -> str:
    """Give the variable that overrides a key."""
    return PREFIX + key.replace(".", "__").upper()


def describe_unknown(name: str, known: Collection[str]) -> str:
    """Say that a key or variable is not known, and which one was perhaps meant."""
    if _looks_like_secret(name):
        return (
            "a key does not belong here; put it into a file of its own (mode 0600) and name that file in "
            "endpoint.api_key_file"
        )
    guess = _guess(name, known)
    return f"unknown; did you mean {guess}?" if guess else "unknown"


def _looks_like_secret(name: str) -> bool:
    folded = name.casefold()
    return not folded.endswith("file") and any(word in folded for word in _SECRET_WORDS)


def _guess(name: str, known: Collection[str]) -> str | None:
    """Give the known name that is nearest, in whole or, where the section is wrong, by its last part."""
    by_whole = {one.casefold(): one for one in known}
    by_last = {_last_part(one): one for one in known}
    whole = difflib.get_close_matches(name.casefold(), by_whole, n=1, cutoff=0.75)
    last = difflib.get_close_matches(_last_part(name), by_last, n=1, cutoff=0.75)
    return by_whole[whole[0]] if whole else by_last[last[0]] if last else None


def _last_part(name: str) -> str:
    return name.casefold().replace("__", ".").rpartition(".")[2]


def complete_folders(folders: Table, base: Path, environ: Mapping[str, str]) -> Table:
    """Give the section with whole paths, and with those that follow from the root and from the user."""
    whole = {name: whole_path(value, base, environ) for name, value in folders.items()}
    root = whole.get("root")
    below_root = {name: f"{root}/{name}" for name in _BELOW_ROOT} if isinstance(root, str) and root else {}
    state = _default_state_folder(environ)
    return below_root | ({} if state is None else {"state": str(state)}) | whole


def find_missing_folders(folders: object) -> list[str]:
    """Give the keys that must still be set before every folder is known."""
    if not isinstance(folders, dict):
        return []
    root_needed = any(name not in folders for name in _BELOW_ROOT)
    return ["folders.root"] * root_needed + ["folders.state"] * ("state" not in folders)


def with_whole_paths(given: Table, file: ConfigurationFile, environ: Mapping[str, str]) -> Table:
    """Give all that the sources say with every path absolute, as far as that is possible."""
    base = file.path.absolute().parent if file.path else Path.cwd()
    folders, metrics = (given.get(name, {}) for name in ("folders", "metrics"))
    if isinstance(folders, dict):
        folders = complete_folders(folders, base, environ)
    if isinstance(metrics, dict) and "textfile" in metrics:
        metrics = metrics | {"textfile": whole_path(metrics["textfile"], base, environ)}
    private = {name: _with_whole_files(given.get(name, {}), name, base, environ) for name in _PRIVATE_FILES}
    return given | private | {"folders": folders, "metrics": metrics}


def _with_whole_files(section: object, name: str, base: Path, environ: Mapping[str, str]) -> object:
    """Give a section with whole paths of the files that secrets stand in.

    What has no slash is perhaps the secret itself: it is refused as it is, before it shows up in a path.
    """
    if not isinstance(section, dict):
        return section
    named = [key for key in _PRIVATE_FILES[name] if "/" in str(section.get(key))]
    return section | {key: whole_path(section[key], base, environ) for key in named}


def whole_path(value: object, base: Path, environ: Mapping[str, str]) -> object:
    """Give a path as absolute text; what is no path stays as it is, to be refused.

    Args:
        value: What the configuration says.
        base: The folder that relative paths are relative to.
        environ: Says where the user's home is.
    """
    if not isinstance(value, str) or not value.strip():
        return value
    if value == "~" or value.startswith("~/"):
        return environ.get("HOME", "~") + value[1:]
    return value if value.startswith("~") else str(base / value)


def _default_state_folder(environ: Mapping[str, str]) -> Path | None:
    """Give the folder of the service manager (the first that it names), else the user's own."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    user = _user_folder(environ, "XDG_STATE_HOME", ".local/state")
    return None if user is None else user / "retouchd"
