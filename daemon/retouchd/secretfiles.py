"""Files that hold a secret: read only where nobody but owner and group can read them."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from retouchd.core.errors import ConfigurationError
from retouchd.core.values import printable

# Docker and Podman put secrets here, readable for everybody inside the container by default.
_SECRETS_FOLDER: Final = Path("/run/secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKind:
    """What a file holds.

    Attributes:
        name: For people, with its article: "the key".
        abuse: What whoever reads it can do: "use the key".
        max_bytes: Whoever names a photo or /dev/zero by mistake must not fill the memory.
    """

    name: str
    abuse: str
    max_bytes: int


def credentials_folder(environ: Mapping[str, str]) -> Path | None:
    """Give the folder in which a service manager hands over secrets."""
    named = environ.get("CREDENTIALS_DIRECTORY")
    return Path(named) if named else None


def read_secret(path: Path, kind: SecretKind, credentials: Path | None) -> bytes:
    """Read a file, and at most one byte more than it may have.

    Args:
        credentials: As `credentials_folder` gives it: who keeps secrets there decides who reads them.

    Raises:
        ConfigurationError: It cannot be read, or everybody can read it.
    """
    try:
        with path.open("rb") as file:
            _check_mode(path, file.fileno(), kind, credentials)
            return file.read(kind.max_bytes + 1)
    except OSError as exc:
        fault = f"{kind.name} cannot be read from {printable(path)}: {exc.strerror}"
        raise ConfigurationError(fault) from exc


def _check_mode(path: Path, descriptor: int, kind: SecretKind, credentials: Path | None) -> None:
    """Refuse a file that others can read; its group may, and whoever keeps secrets decides for himself."""
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    keepers = (credentials, _SECRETS_FOLDER)
    is_kept = any(keeper is not None and _is_below(path, keeper) for keeper in keepers)
    if mode & stat.S_IRWXO and not is_kept:
        shown = printable(path)
        fault = f"everybody on this machine can {kind.abuse} in {shown} (mode {mode:04o}): chmod 600 {shown}"
        raise ConfigurationError(fault)


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
