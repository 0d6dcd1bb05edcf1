"""The API key: where it is read, and the one value that carries it without ever showing it.

It is in no file but its own, no log, no error text and no child's environment.
"""

import os
import stat
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable
from retouchd.settings_sections import Endpoint
from retouchd.settings_sources import is_there

CREDENTIAL: Final = "dench-api-key"
VARIABLE: Final = "DENCH_API_KEY"
# Docker and Podman put secrets here, readable for everybody inside the container by default.
_SECRETS_FOLDER: Final = Path("/run/secrets")
# Far above any key: whoever names a photo or /dev/zero by mistake must not fill the memory.
_MAX_BYTES: Final = 4096
_FROM_MANAGER: Final = f"the service manager's credential {CREDENTIAL}"
_FROM_VARIABLE: Final = f"the environment variable {VARIABLE}"
# These are handed over once, at the start.
_ADVICE: Final = {
    _FROM_MANAGER: f"put a new one into the file of {_FROM_MANAGER}, then: systemctl restart retouchd",
    _FROM_VARIABLE: f"put a new one into {_FROM_VARIABLE} and start retouchd again",
}
_WAYS: Final = (
    "there is no key for the service. Do one of these: put it into a file of its own (mode 0600) and name "
    f"that file in endpoint.api_key_file; or give the service manager's credential {CREDENTIAL}; or set the "
    f"environment variable {VARIABLE}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The key; only whoever asks for its value sees it.

    Attributes:
        value: Printable ASCII without blanks. Never in a text for people.
        source: Where it was read, for people.
    """

    value: str = field(repr=False)
    source: str

    @property
    def advice(self) -> str:
        """What to do when the service refuses it, for people."""
        return _ADVICE.get(self.source, f"put a new one into {self.source} and it goes on within a minute")


def read_key(endpoint: Endpoint, environ: Mapping[str, str]) -> ApiKey:
    """Read the key: the service manager's credential, else the file, else the environment.

    Raises:
        ConfigurationError: There is none, it is none, or others can read its file.
    """
    credentials = _credentials_folder(environ)
    credential = credentials / CREDENTIAL if credentials else None
    if credential is not None and is_there(credential):
        return _key(_read(credential, credentials), _FROM_MANAGER)
    if endpoint.api_key_file is not None:
        return _key(_read(endpoint.api_key_file, credentials), printable(endpoint.api_key_file))
    if environ.get(VARIABLE, "").strip():
        return _key(environ[VARIABLE].encode("utf-8", "surrogateescape"), _FROM_VARIABLE)
    raise ConfigurationError(_WAYS)


class LiveKey:
    """The key as it is now: a new one in its file counts from the next call on.

    Raises:
        ConfigurationError: There is none, it is none, or others can read its file.
    """

    def __init__(self, endpoint: Endpoint, environ: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._environ = environ
        self._last = read_key(endpoint, environ)

    @property
    def advice(self) -> str:
        """What to do when the service refuses it, for people."""
        return self._last.advice

    @property
    def last(self) -> str:
        """The key as it was when it was asked for last, without looking again."""
        return self._last.value

    def __call__(self) -> str:
        """Give the key; the last good one while its file cannot be read."""
        try:
            self._last = read_key(self._endpoint, self._environ)
        except ConfigurationError:
            return self._last.value
        return self._last.value


def take_environment(environ: MutableMapping[str, str]) -> dict[str, str]:
    """Give all of the environment, and take the key out of it, so that no child inherits it."""
    taken = dict(environ)
    environ.pop(VARIABLE, None)
    return taken


def _credentials_folder(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("CREDENTIALS_DIRECTORY")
    return Path(named) if named else None


def _read(path: Path, credentials: Path | None) -> bytes:
    try:
        with path.open("rb") as file:
            _check_mode(path, file.fileno(), credentials)
            return file.read(_MAX_BYTES + 1)
    except OSError as exc:
        fault = f"the key cannot be read from {printable(path)}: {exc.strerror}"
        raise ConfigurationError(fault) from exc


def _check_mode(path: Path, descriptor: int, credentials: Path | None) -> None:
    """Refuse a file that others can read; its group may, and whoever keeps secrets decides for himself."""
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    keepers = (credentials, _SECRETS_FOLDER)
    is_kept = any(keeper is not None and _is_below(path, keeper) for keeper in keepers)
    if mode & stat.S_IRWXO and not is_kept:
        shown = printable(path)
        fault = f"everybody on this machine can use the key in {shown} (mode {mode:04o}): chmod 600 {shown}"
        raise ConfigurationError(fault)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _key(content: bytes, source: str) -> ApiKey:
    text = content.strip()
    is_key = text and len(text) <= _MAX_BYTES and all(0x21 <= byte <= 0x7E for byte in text)  # noqa: PLR2004 - ASCII
    if not is_key:
        what = "holds no key: a key is one line of ordinary letters, digits and signs without blanks"
        fault = f"{source} {'is empty' if not text else what}"
        raise ConfigurationError(fault)
    return ApiKey(value=text.decode("ascii"), source=source)
