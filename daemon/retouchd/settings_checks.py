"""What one value of the configuration may be: each check gives the value, or refuses it with a reason.

A reason is one line for people that ends in what is valid. It never repeats the value: somebody may have
pasted a key there.
"""

import json
import math
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from retouchd.core.classification import CodeClass
from retouchd.core.ignore import IgnorePattern
from retouchd.core.naming import NAME_FIELDS, check_template
from retouchd.core.request import Size, check_save_path, refuse

_MODE: Final = re.compile(r"[0-7]{3,4}")
_TIME_OF_DAY: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_OWNER_WRITES_FILE: Final = 0o600
_OWNER_WRITES_FOLDER: Final = 0o700
_MOST_OF_FILE: Final = 0o777
_MOST_OF_FOLDER: Final = 0o7777


def read_dollars(value: object) -> object:
    """Read an amount from 0, or the word "unlimited"."""
    if value == "unlimited":
        return value
    try:
        amount = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        amount = math.nan
    if not math.isfinite(amount) or amount < 0:
        refuse('no amount of money; valid: dollars as a number from 0 (which forbids), or "unlimited"')
    return amount


def read_list(value: object) -> object:
    """Read the list that a variable of the environment spells; the file gives a list already."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        refuse('no list; valid: for example ["*.bak", "drafts/"]')


def read_codes(value: object) -> object:
    """Read a table of error codes, each with the class that it belongs to, from the file or from a variable.

    Codes are compared in lower case.
    """
    try:
        table = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        table = None
    if not isinstance(table, dict) or not all(map(_is_code, table.items())):
        valid = ", ".join(f'"{one}"' for one in CodeClass)
        refuse(f'no table of codes; valid: for example {{ made_up = "credits" }}, with one of {valid}')
    return {code.strip().casefold(): CodeClass(one) for code, one in table.items()}


def _is_code(entry: tuple[str, object]) -> bool:
    code, meaning = entry
    return bool(code.strip()) and isinstance(meaning, str) and meaning in frozenset(CodeClass)


def check_path(value: Path) -> Path:
    """Take an absolute path; relative ones and ~ were made absolute before, where that was possible."""
    if not value.is_absolute() or "\0" in str(value):
        refuse("no path; valid: for example /srv/photos or ~/photos")
    return value


def check_key_file(value: Path) -> Path:
    """Take an absolute path; somebody who wrote the key itself has written no slash."""
    if not value.is_absolute() or "\0" in str(value):
        refuse(
            "no path of a file, or the key itself, which does not belong here; valid: a path with a slash, "
            "such as /etc/retouchd/key or ./key"
        )
    return value


def check_hook(value: Path) -> Path:
    """Take an absolute path of a program; a command line is none."""
    if not value.is_absolute() or "\0" in str(value):
        refuse("no path of a program; valid: a path with a slash, such as /usr/local/bin/tell-me")
    return value


def check_urls_file(value: Path) -> Path:
    """Take an absolute path; whoever wrote an address itself has written a colon before its slashes."""
    if not value.is_absolute() or "\0" in str(value) or ":/" in str(value):
        refuse(
            "no path of a file, or an address itself, which holds secrets and does not belong here; valid: a"
            " path with a slash, such as /etc/retouchd/notify-urls"
        )
    return value


def check_address(value: str) -> str:
    """Take https, or http on this machine, without what could hold or give away a key."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        refuse("no address; valid: for example https://www.dench.com/api/v1")
    if not host or not value.isascii() or not value.isprintable() or set(value) & set(' "<>\\'):
        refuse("no address; valid: for example https://www.dench.com/api/v1")
    if parts.username is not None or parts.password is not None:
        refuse("holds a user or password; valid: the address alone, the key has its own file")
    if "?" in value or "#" in value:
        refuse("holds a query; valid: the address without ? and #")
    _check_scheme(parts, host)
    return value.rstrip("/")


def _check_scheme(parts: SplitResult, host: str) -> None:
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        refuse("would send the key unprotected; valid: https://..., and http://... only on this machine")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_size(value: str) -> str:
    """Take the two words, or a size that the service takes."""
    if value not in {"match", "auto"}:
        try:
            Size.parse(value)
        except ValueError:
            refuse('no size that the service takes; valid: "match", "auto" or for example "1536x1024"')
    return value


def check_save_folder(value: str) -> str:
    """Take an absolute path in the service's workspace."""
    try:
        check_save_path(value)
    except ValueError:
        refuse('no folder of the workspace; valid: for example "/retouchd"')
    return value


def check_name(value: str) -> str:
    """Take text with known fields in braces."""
    try:
        check_template(value)
    except ValueError:
        valid = ", ".join(f"{{{name}}}" for name in NAME_FIELDS)
        refuse(f"an unknown field in braces, or a brace that is not closed; valid: text with {valid}")
    return value


def check_pattern(value: str) -> str:
    """Take a pattern that can fit one name."""
    try:
        IgnorePattern.parse(value)
    except ValueError:
        refuse('no pattern of one name; valid: for example "*.bak", "drafts/" for folders, or "!*.bak"')
    return value


def check_time_of_day(value: str) -> str:
    """Take HH:MM."""
    if not _TIME_OF_DAY.fullmatch(value):
        refuse('no time of day; valid: "00:00" to "23:59"')
    return value


def check_file_mode(value: str) -> str:
    """Take an octal mode with which the owner can write a file."""
    return _check_mode(value, _OWNER_WRITES_FILE, _MOST_OF_FILE)


def check_folder_mode(value: str) -> str:
    """Take an octal mode with which the owner can write into a folder."""
    return _check_mode(value, _OWNER_WRITES_FOLDER, _MOST_OF_FOLDER)


def _check_mode(value: str, needed: int, most: int) -> str:
    """Refuse what would lock retouchd itself out, or lend its own rights to whoever starts a file."""
    if not _MODE.fullmatch(value) or int(value, 8) & needed != needed or int(value, 8) > most:
        refuse(
            f"no usable mode; valid: octal digits in quotes up to {most:o} that include {needed:o}, which"
            f' retouchd itself needs, such as "{needed:o}"'
        )
    return value
