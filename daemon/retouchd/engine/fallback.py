"""The picture behind the link in an answer, for answers that give none themselves.

Runs in a worker. Downloading costs nothing, so that a crash is followed by another download, never by a call.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from retouchd.core.answer import Answer, Unreadable
from retouchd.core.downloads import DownloadTrouble
from retouchd.core.values import AttemptId
from retouchd.engine.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is delivered: the fields of an answer, and the pieces of its picture."""

    answer: Answer
    pieces: Iterator[bytes]


class Fallback:
    """Gets pictures by the link in their answers."""

    def __init__(self, tools: Tools) -> None:
        self._spool = tools.spool
        self._endpoint = tools.endpoint

    def find(
        self, attempt: AttemptId | None, answer: Answer | Unreadable | None, reason: str
    ) -> Finding | DownloadTrouble | None:
        """Give the picture, downloaded now or before, or why it cannot be had; None where there is no link.

        Args:
            attempt: Whose answer it is.
            answer: What could be read of it; None when it is not kept.
            reason: Why it gave no picture itself.

        Raises:
            FileTroubleError: The picture cannot be kept.
        """
        rest = answer.rest if isinstance(answer, Unreadable) else answer
        if attempt is None or rest is None:
            return None
        trouble = None
        if not self.has(attempt):
            if rest.signed_url is None:
                return None
            with self._spool.open_picture_writer(attempt) as picture:
                trouble = self._endpoint.fetch(rest.signed_url, picture)
        oddity = f"the picture was downloaded by the signedUrl: {reason}"
        known = replace(rest, oddities=(*rest.oddities, oddity))
        return trouble or Finding(answer=known, pieces=self._spool.fetched_pieces(attempt))

    def has(self, attempt: AttemptId | None) -> bool:
        """Say whether the picture of an answer was downloaded before."""
        return attempt is not None and self._spool.is_fetched(attempt)
