"""The addresses that messages are sent to: one a line, in a file that nobody else can read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable
from retouchd.secretfiles import SecretKind, credentials_folder, read_secret

_KIND: Final = SecretKind(
    name="the list of addresses for messages", abuse="use the addresses", max_bytes=64 * 1024
)
_MOST: Final = 20


def read_urls(path: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the addresses; lines that begin with # say nothing.

    Raises:
        ConfigurationError: The file cannot be read, others can read it, or it is no such list; no address is
            in its text.
    """
    content = read_secret(path, _KIND, credentials_folder(environ))
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise ConfigurationError(_fault(path, "is not UTF-8 text")) from None
    urls = [line for line in lines if line and not line.startswith("#")]
    for number, line in enumerate(lines, 1):
        if line in urls and "://" not in line:
            raise ConfigurationError(_fault(path, f"has no address in line {number}: ntfy://host/topic"))
    if not urls or len(urls) > _MOST:
        raise ConfigurationError(
            _fault(path, f"holds {len(urls)} addresses; valid: 1 to {_MOST}, one a line")
        )
    return tuple(dict.fromkeys(urls))


def _fault(path: Path, what: str) -> str:
    return f"notify.urls_file: {printable(path)} {what}"
