"""Whether the service is reached: proxy, name, connection, certificate."""

import ssl
from datetime import timedelta
from typing import Final

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.endpoint.way import Way, certificate_end, find_way, resolve, try_connection
from retouchd.core.findings import Finding, doubtful, fine, wrong
from retouchd.core.values import printable
from retouchd.doctor.case import Case

NAME: Final = "network"
SUSPECT: Final = "look at this machine's network, its name servers (DNS) and its proxy"
_STEP_SECONDS: Final = 4.0
_CERTIFICATE_SOON: Final = timedelta(days=7)


def examine_network(case: Case) -> list[Finding]:
    """Go the way step by step, up to the first that fails."""
    try:
        way = find_way(case.settings.endpoint.base_url)
    except ValueError as exc:
        remedy = "put the variables HTTPS_PROXY, HTTP_PROXY and ALL_PROXY right"
        return [wrong(NAME, f"the proxy that the environment names cannot be used: {exc}", remedy)]
    through = f" through the proxy {printable(way.proxy)}" if way.proxy else ""
    fault = _find_fault(way)
    if fault is not None:
        return [fault]
    told = f"{printable(way.service)} is reached{through}"
    reached = fine(NAME, told, service=str(way.service), proxy=str(way.proxy) if way.proxy else None)
    return [reached, *(_examine_certificate(way) if way.is_secure and way.proxy is None else [])]


def _find_fault(way: Way) -> Finding | None:
    host = printable(way.first.host)
    try:
        resolve(way.first)
    except (OSError, UnicodeError) as exc:
        reason = getattr(exc, "strerror", None) or "it is no name"
        remedy = (
            "look at the name server (DNS) of this machine, or at endpoint.base_url and the proxy's variable"
        )
        return wrong(NAME, f"the name {host} leads nowhere: {reason}", remedy, host=way.first.host)
    try:
        try_connection(way.first, _STEP_SECONDS)
    except OSError as exc:
        reason = "no answer" if isinstance(exc, TimeoutError) else exc.strerror
        what = "the proxy" if way.proxy else "the service"
        remedy = "look at this machine's network and firewall, and whether a proxy is needed (HTTPS_PROXY)"
        return wrong(NAME, f"{what} at {printable(way.first)} cannot be reached: {reason}", remedy)
    return None


def _examine_certificate(way: Way) -> list[Finding]:
    host = printable(way.service.host)
    try:
        end = certificate_end(way.service, _STEP_SECONDS)
    except ssl.SSLCertVerificationError as exc:
        remedy = (
            "set the clock if it is wrong; behind a proxy that opens https, name its certificate in"
            " SSL_CERT_FILE; otherwise somebody may be listening: wait and ask the service"
        )
        return [wrong(NAME, f"the certificate of {host} is not trusted: {exc.verify_message}", remedy)]
    except OSError as exc:
        return [wrong(NAME, f"no secure connection to {host} comes about: {_reason(exc)}", SUSPECT)]
    if end - SystemClock().now() < _CERTIFICATE_SOON:
        text = f"the certificate of {host} is good until {end:%-d %B %Y} only"
        return [doubtful(NAME, text, "the service will probably renew it; look again")]
    return []


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"{error.reason or 'TLS failed'}".replace("_", " ").lower()
    return error.strerror or "no answer"
