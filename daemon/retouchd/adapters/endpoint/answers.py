"""What takes an answer as it comes in, and what stands before it so that the key never gets there."""

from typing import Final, Protocol

from retouchd.adapters.endpoint.censor import Censor
from retouchd.core.outcomes import Answered

# A socket gives at most 64 KiB; each piece that is handed on costs several changes of threads.
_GATHERED_BYTES: Final = 256 * 1024


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
        self._carried = bytearray()

    def write(self, piece: bytes) -> None:
        """Take a piece, and hand on what came when it is enough, but for the end: the key may begin there."""
        self._carried += piece
        if len(self._carried) < _GATHERED_BYTES:
            return
        text = self._take()
        ready = max(len(text) - self._censor.overlap, 0)
        self._inner.write(text[:ready])
        self._carried += text[ready:]

    def flush(self) -> None:
        """Hand on the end."""
        if rest := self._take():
            self._inner.write(rest)

    def _take(self) -> bytes:
        """Give what was not handed on yet, without the key, and forget it.

        What then cannot be written leaves a gap, behind which nothing may follow.
        """
        text = self._censor.strike_out(bytes(self._carried))
        self._carried.clear()
        return text

    def finish(self, head: Answered) -> None:
        """Make durable what was handed on."""
        self._inner.finish(head)
