"""The terminal on which this process was started, if there was one: is it still there?"""

import os
from typing import Final

_STANDARD_STREAMS: Final = (0, 1, 2)


class Terminal:
    """Remembers which of the standard streams were a terminal when it was made."""

    def __init__(self) -> None:
        self._streams = [stream for stream in _STANDARD_STREAMS if os.isatty(stream)]

    def has_gone(self) -> bool:
        """Say whether it was closed: the system cuts it off before it tells that by SIGHUP."""
        return not all(os.isatty(stream) for stream in self._streams)
