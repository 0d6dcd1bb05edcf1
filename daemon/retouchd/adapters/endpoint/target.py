"""Where a picture may be downloaded from: https, and no address of this machine or of a network around it.

The link to it comes from outside, and whoever can write one must not reach what only we can reach.
"""

import socket
from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import httpx

from retouchd.adapters.endpoint.address import is_this_machine

_STARTED: Final = "connection.connect_tcp.started"
_CONNECTED: Final = "connection.connect_tcp.complete"
# How networks without IPv4 write the addresses of the others.
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_LOW_BITS: Final = 2**32 - 1


class ForbiddenTargetError(Exception):
    """Raised when nothing may be downloaded from there, for people; not a byte was sent there."""


class Target:
    """One address to download from, and whether that may be.

    A service on this machine (the simulator) may name others here, and in the clear if it is asked so itself.

    Attributes:
        url: Not for people: whoever has it has the picture.

    Args:
        text: From an answer or a redirect.
        base_url: The configured service.

    Raises:
        ForbiddenTargetError: It cannot be, which is known without asking anybody.
    """

    def __init__(self, text: str, base_url: str) -> None:
        base = httpx.URL(base_url)
        try:
            self.url = httpx.URL(text)
            self._host = self.url.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError) as exc:
            message = "it is no address"
            raise ForbiddenTargetError(message) from exc
        self._is_home = is_this_machine(base.host)
        self._is_direct = False
        is_here = self._is_home and is_this_machine(self._host)
        if self.url.scheme != "https" and not (is_here and self.url.scheme == base.scheme):
            message = "it does not begin with https://"
            raise ForbiddenTargetError(message)
        if not is_here and (is_this_machine(self._host) or not _may_be_public(self._host)):
            _refuse()

    def note_event(self, event: str, details: Mapping[str, Any]) -> None:
        """Look, from httpcore's trace, at where a connection is to go and then at where it has got.

        The second look is at the connection itself before a byte goes over it, so that no name can lead to
        something else in between. Through a proxy only names are seen here: where they lead is its affair.

        Raises:
            ForbiddenTargetError: It is a private address.
            OSError: The name cannot be resolved.
        """
        if event == _STARTED:
            self._is_direct = details["host"] == self._host
            if self._is_direct:
                found = socket.getaddrinfo(self._host, details["port"], type=socket.SOCK_STREAM)
                self._check(*(str(address[0]) for *_, address in found))
        if event == _CONNECTED and self._is_direct:
            try:
                self._check(details["return_value"].get_extra_info("server_addr")[0])
            except ForbiddenTargetError:
                details["return_value"].close()
                raise

    def _check(self, *addresses: str) -> None:
        for address in addresses:
            if not _is_public(address) and not (self._is_home and is_this_machine(address)):
                _refuse()


def _may_be_public(host: str) -> bool:
    """Say whether a host is a name, which is looked at when it is resolved, or a public address."""
    try:
        return _is_public(host)
    except ValueError:
        return bool(host)


def _is_public(address: str) -> bool:
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        within = ip_address(int(found) & _LOW_BITS) if found in _TRANSLATED else None
        found = found.ipv4_mapped or within or found
    return found.is_global and not found.is_multicast


def _refuse() -> None:
    message = "it leads into a private network"
    raise ForbiddenTargetError(message)
