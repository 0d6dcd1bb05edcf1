"""The handover of what the scanner finds: it waits for the engine, so that no backlog gathers in memory.

Called in the scanner's thread; what is handed over is taken in by the engine's.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from retouchd.core.sightings import News, Sighting

# The engine takes in so many bundles in 20 ms, and answers the workers in between.
_AT_ONCE: Final = 1000


class Handover:
    """Hands sightings to the engine, and no more news than it takes in.

    Args:
        tell: Has something done in the engine's thread, without waiting for it.
        take: Takes a sighting in, in the engine's thread.
    """

    def __init__(self, tell: Callable[..., object], take: Callable[[Sighting], object]) -> None:
        self._tell = tell
        self._take = take
        # While one part of news is taken in, the next is being formed, and no third is there.
        self._room = threading.Semaphore()
        self._is_over = False

    def hand(self, sighting: Sighting) -> None:
        """Hand one over; of news this returns when the engine has taken in all but the last of it."""
        if not isinstance(sighting, News):
            self._tell(self._take, sighting)
            return
        for part in _parts(sighting):
            self._room.acquire()
            if self._is_over:
                self._room.release()
                return
            self._tell(self._take_part, part)

    def end(self) -> None:
        """Wait no more: the engine takes in nothing any more, and the next start finds it again."""
        self._is_over = True
        self._room.release()

    def _take_part(self, part: News) -> None:
        try:
            self._take(part)
        finally:
            self._room.release()


def _parts(news: News) -> Iterator[News]:
    for start in range(0, max(1, len(news.seen)), _AT_ONCE):
        gone = news.gone if start == 0 else ()
        yield replace(news, seen=news.seen[start : start + _AT_ONCE], gone=gone)
