"""A plain debounce, as most watched folders have it: what has not changed for half a second is taken.

It only takes notes, so that the writers' tests can show that they are too hard for it.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

from invariants import digest

_QUIET_SECONDS: Final = 0.5
_LOOK_EVERY_SECONDS: Final = 0.1
_PHOTOS: Final = (".jpg", ".png")


class PlainDebounce:
    """Watches a folder while its context lasts.

    Attributes:
        taken: The hash of what it would have taken, by path.
    """

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}
        self._ended = Event()
        self._thread = Thread(target=self._watch, name="plain debounce")
        self.taken: dict[Path, str] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            for path in self._photos():
                try:
                    self._look(path)
                except FileNotFoundError:
                    continue  # The daemon has filed it.

    def _look(self, path: Path) -> None:
        status, now = path.stat(), time.monotonic()
        state = (status.st_size, status.st_mtime_ns)
        before, since = self._seen.get(path, (None, now))
        if before != state:
            self._seen[path] = (state, now)
        elif status.st_size and now - since >= _QUIET_SECONDS:
            self.taken[path] = digest(path.read_bytes())

    def _photos(self) -> Iterator[Path]:
        for place, _, names in os.walk(self._inbox):
            for name in names:
                path = Path(place) / name
                if name.endswith(_PHOTOS) and not name.startswith(".") and path not in self.taken:
                    yield path
