"""Where the key may go: to the configured origin, and in the clear to this machine only."""

from ipaddress import ip_address
from typing import Final

import httpx

from retouchd.core.errors import ConfigurationError

# What DNS allows for one part of a name; Python's resolver raises UnicodeError for a longer one.
_MAX_LABEL: Final = 63


def check_base_url(text: str) -> str:
    """Give the base URL without a slash at its end.

    Raises:
        ConfigurationError: It is no URL that the key may be sent to.
    """
    fault = _find_fault(text)
    if fault:
        raise ConfigurationError(fault)
    return text.rstrip("/")


def _find_fault(text: str) -> str | None:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return "endpoint.base_url is no URL"
    # Without what may be a secret in it.
    shown = f'endpoint.base_url = "{url.scheme}://{url.host}…"'
    if url.userinfo:
        return f"{shown} has a name or password in it, which would be sent in place of the key"
    if url.query or url.fragment:
        return f"{shown} must end with its path"
    if not url.host or not all(
        0 < len(label) <= _MAX_LABEL for label in url.raw_host.rstrip(b".").split(b".")
    ):
        return f"{shown} names no host"
    if url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host)):
        return None
    return f"{shown} must begin with https://, or the key could be read on its way"


def is_this_machine(host: str) -> bool:
    """Say whether a host, by its name or address, is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
