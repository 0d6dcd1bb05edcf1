"""Whether the numbers for Prometheus can be had, where they are wanted."""

import http.client
from collections.abc import Iterator
from typing import Final

from retouchd.core.findings import Finding, doubtful, fine
from retouchd.core.values import printable
from retouchd.doctor.case import Case
from retouchd.settings_metrics import Metrics

NAME: Final = "metrics"
SUSPECT: Final = "whoever answers on the port of the metrics takes too long: look at metrics.port"
_SECONDS: Final = 4.0
_OURS: Final = b"retouchd_up "
_MANY: Final = 1_000_000


def examine_numbers(case: Case) -> Iterator[Finding]:
    """Ask a running daemon for them, and look whether their file can be written."""
    metrics = case.settings.metrics
    if metrics.port and case.holder is not None:
        yield _examine_port(metrics)
    if metrics.textfile is not None and not metrics.textfile.parent.is_dir():
        text = f"the folder of metrics.textfile ({printable(metrics.textfile)}) is not there"
        yield doubtful(NAME, text, "make it, or name another file")


def _examine_port(metrics: Metrics) -> Finding:
    place = f"{metrics.address}:{metrics.port}"
    connection = http.client.HTTPConnection(metrics.address, metrics.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/metrics")
        is_ours = _OURS in connection.getresponse().read(_MANY)
    except (OSError, http.client.HTTPException):
        is_ours = False
    finally:
        connection.close()
    if is_ours:
        return fine(NAME, f"they can be had on {place}")
    text = f"another program, or nobody, answers on {place} (metrics.port)"
    return doubtful(NAME, text, "name a free port, then: retouchd reload; the log says more")
