"""The API key: where it is read, and the one value that carries it without ever showing it.

It is in no file but its own, no log, no error text and no child's environment.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Final

from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable
from retouchd.secretfiles import SecretKind, credentials_folder, read_secret
from retouchd.settings_sections import Endpoint
from retouchd.settings_sources import is_there

CREDENTIAL: Final = "dench-api-key"
VARIABLE: Final = "DENCH_API_KEY"
# Far above any key.
_MAX_BYTES: Final = 4096
_KIND: Final = SecretKind(name="the key", abuse="use the key", max_bytes=_MAX_BYTES)
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
    credentials = credentials_folder(environ)
    credential = credentials / CREDENTIAL if credentials else None
    if credential is not None and is_there(credential):
        return _key(read_secret(credential, _KIND, credentials), _FROM_MANAGER)
    if endpoint.api_key_file is not None:
        return _key(read_secret(endpoint.api_key_file, _KIND, credentials), printable(endpoint.api_key_file))
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


def _key(content: bytes, source: str) -> ApiKey:
    text = content.strip()
    is_key = text and len(text) <= _MAX_BYTES and all(0x21 <= byte <= 0x7E for byte in text)  # noqa: PLR2004 - ASCII
    if not is_key:
        what = "holds no key: a key is one line of ordinary letters, digits and signs without blanks"
        fault = f"{source} {'is empty' if not text else what}"
        raise ConfigurationError(fault)
    return ApiKey(value=text.decode("ascii"), source=source)
