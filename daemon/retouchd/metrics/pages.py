"""Makes pages of numbers for whoever asks, each of one moment."""

import time
from typing import Final

from retouchd.metrics.families import Scribe
from retouchd.metrics.gathering import Gatherer

# A storm of questions is answered with one page a second.
_FRESH_SECONDS: Final = 1.0


class Pages:
    """Gives pages; from any thread."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._scribe = Scribe()
        self._page = b""
        self._made_at = 0.0

    def current(self) -> bytes:
        """Give a page that is at most a second old.

        Raises:
            TimeoutError: Somebody else has been gathering for too long.
        """
        if time.monotonic() - self._made_at > _FRESH_SECONDS:
            self._page = self._make(is_running=True)
            self._made_at = time.monotonic()
        return self._page

    def last(self) -> bytes:
        """Give the page that tells that nothing runs any more, and how all was left.

        Raises:
            TimeoutError: Somebody else has been gathering for too long.
        """
        return self._make(is_running=False)

    def _make(self, *, is_running: bool) -> bytes:
        with self._gatherer.gathered() as facts:
            return self._scribe.write(facts, is_running=is_running)
