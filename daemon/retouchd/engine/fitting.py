"""Makes a job's pictures fit into a request, before anything is reserved for it or sent.

Runs in a worker. Pictures go out untouched unless the request would be too large.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.errors import SourceChangedError, UnsendableError
from retouchd.core.jobs import Job
from retouchd.core.pictures import SentPicture
from retouchd.core.requestsize import Room, request_bytes
from retouchd.engine.desk import Desk
from retouchd.engine.pictures import Image, SmallerImage
from retouchd.engine.requestlimits import RequestLimits
from retouchd.engine.tools import Tools

# More pixels than the service makes of a picture unless it is asked for more.
_LONGEST_EDGE: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is sent.

    Attributes:
        sent: The pictures as they go out; empty where they are the sources' own bytes.
    """

    images: Sequence[Image]
    sent: tuple[SentPicture, ...] = ()


class Fitting:
    """Fits pictures into requests."""

    def __init__(self, desk: Desk, limits: RequestLimits, tools: Tools) -> None:
        self._desk = desk
        self._limits = limits
        self._tools = tools

    def fit(self, job: Job, images: Sequence[Image], opened: ExitStack) -> Fitted:
        """Give the pictures as they are to be sent; what is made for that stays open as long as `opened`.

        Raises:
            UnsendableError: They cannot be made small enough, or cannot be read as pictures.
            SourceChangedError: A photo was changed while it was made smaller.
            FileTroubleError: A photo cannot be read just now, or there is no room.
        """
        wish = job.wish
        if wish is None:
            return Fitted(images=images)
        room = self._desk.ask(self._limits.room_for, job.id)
        whole = _size_of(wish, images)
        if room.takes(whole):
            return Fitted(images=images)
        smaller = self._make_smaller(wish, room, opened)
        size = _size_of(wish, smaller)
        if not room.allows(min(size, whole)):
            raise UnsendableError(room.describe_excess(min(size, whole)))
        if size >= whole:
            return Fitted(images=images)
        return Fitted(images=smaller, sent=tuple(image.facts for image in smaller))

    def _make_smaller(self, wish: Wish, room: Room, opened: ExitStack) -> Sequence[SmallerImage]:
        """Give the pictures with all their pixels if that suits, else smaller ones."""
        with ExitStack() as kept:
            whole = [self._convert(picture, None, kept) for picture in wish.pictures]
            if room.suits(_size_of(wish, whole)):
                opened.push(kept.pop_all())
                return whole
        return [self._convert(picture, _LONGEST_EDGE, opened) for picture in wish.pictures]

    def _convert(self, picture: SourcePicture, longest_edge: int | None, kept: ExitStack) -> SmallerImage:
        with self._tools.inbox.open_source(picture.path) as source:
            smaller = kept.enter_context(self._tools.darkroom.shrink(source.descriptor(), longest_edge))
            # Read again after it was decoded: what goes out is made of the bytes that were hashed.
            if source.sha256() != picture.sha256:
                reason = "it was changed meanwhile"
                raise SourceChangedError(operation="send", path=picture.path, reason=reason)
        return smaller


def _size_of(wish: Wish, images: Sequence[Image]) -> int:
    return request_bytes(wish.request, (image.size for image in images))
