"""The companion for metrics: builds its parts and starts and ends them together."""

from collections.abc import Callable, Iterator
from typing import Protocol

from retouchd.engine.herald import Log
from retouchd.metrics.disks import RoomWatch
from retouchd.metrics.families import CONTENT_TYPE, FIRST_WORDS
from retouchd.metrics.gathering import Gatherer
from retouchd.metrics.lookout import Lookout
from retouchd.metrics.pages import Pages
from retouchd.metrics.server import MetricsServer
from retouchd.metrics.textfile import TextFileKeeper
from retouchd.settings import Metrics, Settings


class _Part(Protocol):
    def start(self) -> None: ...

    def finish(self) -> None: ...


class MetricsCompanion:
    """Tells numbers to Prometheus, in the ways that the settings ask for.

    Args:
        settings: Gives them as they are now; in which ways it tells is decided once.
        lookout: What the scanner tells.
    """

    def __init__(self, settings: Callable[[], Settings], lookout: Lookout, log: Log) -> None:
        room = RoomWatch(settings().places().outbox)
        self._gatherer = Gatherer(settings, lookout, room, log)
        self._parts = (room, *_build_tellers(settings().metrics, Pages(self._gatherer), log))

    def start(self) -> None:
        """Begin."""
        for part in self._parts:
            part.start()

    def finish(self) -> None:
        """Have the last word and end."""
        for part in reversed(self._parts):
            part.finish()
        self._gatherer.close()


def _build_tellers(wanted: Metrics, pages: Pages, log: Log) -> Iterator[_Part]:
    if wanted.port:
        yield MetricsServer((wanted.address, wanted.port), CONTENT_TYPE, pages.current, log)
    if wanted.textfile is not None:
        yield TextFileKeeper(
            wanted.textfile, wanted.interval_seconds, FIRST_WORDS, pages.current, pages.last, log
        )
