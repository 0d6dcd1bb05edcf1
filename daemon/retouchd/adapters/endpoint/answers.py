"""What takes an answer as it comes in, and what stands before it so that the key never gets there."""

from typing import Protocol

from retouchd.adapters.endpoint.censor import Censor
from retouchd.core.outcomes import Answered


class AnswerWriter(Protocol):
    """Takes one answer as it comes in, as the engine hands it over."""

    def write(self, piece: bytes) -> None:
        """Append raw bytes of the body."""
        ...

    def finish(self, head: Answered) -> None:
        """Make the answer durable."""
        ...


class CensoredWriter:
    """Hands on what an AnswerWriter is given, without the key.

    Args:
        inner: Takes what is left.
        censor: Knows the key.
    """

    def __init__(self, inner: AnswerWriter, censor: Censor) -> None:
        self._inner = inner
        self._censor = censor
        self._carried = b""

    def write(self, piece: bytes) -> None:
        """Hand on all but the end, which may hold the begin of the key."""
        text = self._censor.strike_out(self._carried + piece)
        ready = max(len(text) - self._censor.overlap, 0)
        # What cannot be written leaves a gap, behind which nothing may follow.
        self._carried = b""
        self._inner.write(text[:ready])
        self._carried = text[ready:]

    def flush(self) -> None:
        """Hand on the end."""
        rest, self._carried = self._carried, b""
        if rest:
            self._inner.write(rest)

    def finish(self, head: Answered) -> None:
        """Make durable what was handed on."""
        self._inner.finish(head)
