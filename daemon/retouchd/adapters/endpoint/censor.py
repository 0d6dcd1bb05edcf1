"""Strikes the key out of whatever comes back, before any of it reaches a disk or a log.

A server may echo what it was sent. What is struck out keeps its length, so that nothing else moves.
"""

import re
from string import ascii_letters, digits
from typing import Final

# A shorter one would be found in pictures by chance, and is no secret.
_SHORTEST: Final = 8
# All but the zeros between wide characters, so that they stay characters.
_STRIKE: Final = b"\0" + b"*" * 255
_BASE64: Final = (ascii_letters + digits + "+/=").encode()
# UTF-16 and UTF-32 have up to three of them between two characters.
_BETWEEN: Final = rb"\x00{0,3}"
_LONGEST_ESCAPE: Final = 4 * len(r"\u0000")


class Censor:
    """Knows one key in every form that reading an answer turns back into it: JSON's escapes, wide characters.

    Attributes:
        overlap: So many bytes at the end of a piece can be a part of the key that goes on in the next one.

    Args:
        key: ASCII.
    """

    def __init__(self, key: str) -> None:
        self._plain = key.encode("ascii", "replace") if len(key) >= _SHORTEST else b""
        self._pattern = re.compile(_BETWEEN.join(map(_any_form, self._plain))) if self._plain else None
        # A text without this has no plain key in it. Most keys have a character that base64 has not: for that
        # one is looked twenty times as fast.
        self._telling = self._plain.translate(None, _BASE64)[:1] or self._plain
        self.overlap = max(len(self._plain) * _LONGEST_ESCAPE - 1, 0)

    def strike_out(self, data: bytes) -> bytes:
        """Give the bytes, as many, without the key."""
        if self._pattern is None:
            return data
        if b"\\" not in data and b"\0" not in data:
            # Base64 has neither, and looking for nothing but the plain key is a hundred times faster.
            if self._telling not in data:
                return data
            return data.replace(self._plain, self._plain.translate(_STRIKE))
        return self._pattern.sub(lambda found: found[0].translate(_STRIKE), data)


def _any_form(character: int) -> bytes:
    plain = re.escape(bytes([character]))
    codes = (
        b"[%c%c]" % (digit, digit - 32) if digit > ord("9") else b"%c" % digit
        for digit in b"%02x" % character
    )
    escaped = _BETWEEN.join((rb"\\", b"u", b"0", b"0", *codes))
    return b"(?:%b|%b|%b)" % (plain, escaped, _BETWEEN.join((rb"\\", plain)))
