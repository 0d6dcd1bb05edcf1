"""Sees where the picture stands in an answer while it passes into its file, so that nobody reads it for that.

What is seen is a guess, which reading.py tries out; what is unusual is left to its search.
"""

import re
from typing import Final

from retouchd.adapters.spool.reading import ODD, Place

_BEGIN: Final = re.compile(rb'"b64_json"[ \t\r\n]*:[ \t\r\n]*"')


class Spotter:
    """Looks at one body, piece by piece in order."""

    def __init__(self) -> None:
        self._passed = 0
        self._start: int | None = None
        self._place: Place | None = None
        self._is_odd = False

    def look(self, piece: bytes) -> None:
        """Take the next piece."""
        at = self._passed
        self._passed += len(piece)
        if self._place or self._is_odd:
            return
        if self._start is None:
            found = _BEGIN.search(piece)
            self._start = found and at + found.end()
        if self._start is None:
            return
        begin = max(self._start - at, 0)
        quote = piece.find(b'"', begin)
        stop = len(piece) if quote < 0 else quote
        self._is_odd = any(piece.find(sign, begin, stop) >= 0 for sign in ODD)
        if quote >= 0:
            end = at + quote
            self._place = Place(start=self._start, end=end, is_plain=(end - self._start) % 4 == 0)

    def place_in(self, body_bytes: int) -> Place | None:
        """Give the place of a picture in a body of this length, or None."""
        # A piece for which there was no room was not seen.
        return None if self._is_odd or self._passed != body_bytes else self._place
