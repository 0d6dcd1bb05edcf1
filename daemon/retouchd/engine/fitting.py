"""Makes a job's pictures fit into a request, before anything is reserved for it or sent.

Runs in a worker. Pictures go out untouched unless the service would not take them, or not the whole request.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from retouchd.core.edits import SourcePicture, Wish
from retouchd.core.errors import SourceChangedError, UnsendableError
from retouchd.core.pictures import Incomplete, Picture, PictureFormat, SentPicture, must_convert
from retouchd.core.request import MAX_IMAGE_BYTES
from retouchd.core.requestsize import Room, request_bytes
from retouchd.engine.pictures import Image, MadeImage
from retouchd.engine.sources import Source
from retouchd.engine.tools import Tools

# More pixels than the service makes of a picture unless it is asked for more.
_LONGEST_EDGE: Final = 2048
_TOO_LARGE: Final = "it was too large to be sent"
_CUT: Final = "it was made what the service takes as a mask"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Print:
    """A picture as it would go out."""

    image: Image
    facts: SentPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What is sent.

    Attributes:
        mask: What says where the first picture is edited, in that one's size; None for all of it.
        sent: The pictures and the mask as they go out; empty where all are the sources' own bytes.
    """

    images: Sequence[Image]
    mask: Image | None = None
    sent: tuple[SentPicture, ...] = ()


class Fitting:
    """Fits pictures into requests."""

    def __init__(self, tools: Tools) -> None:
        self._inbox = tools.inbox
        self._pictures = tools.pictures
        self._darkroom = tools.darkroom

    def fit(self, wish: Wish | None, room: Room, opened: ExitStack) -> Fitted:
        """Give the pictures as they are to be sent; they stay open as long as `opened`.

        Args:
            wish: The job's.
            room: How large its request may be.
            opened: Ends when they are sent.

        Raises:
            UnsendableError: They cannot be made small enough, or cannot be read as pictures.
            SourceChangedError: A photo was changed while another was made of it.
            FileTroubleError: A photo cannot be read just now, or there is no room.
        """
        if wish is None:
            return Fitted(images=())
        found = [self._examine(picture) for picture in wish.pictures]
        pairs = list(zip(wish.pictures, found, strict=True))
        prints = [self._convert(source, picture, room, opened) for source, picture in pairs]
        whole = self._with_mask(wish, found[0], prints, opened)
        size = _size_of(wish, whole)
        if room.takes(size) and _are_taken(prints):
            return _fitted(whole)
        smaller = self._with_mask(wish, found[0], self._make_smaller(wish, room, opened), opened)
        least = min(size, _size_of(wish, smaller))
        if not room.allows(least):
            raise UnsendableError(room.describe_excess(least))
        return _fitted(whole if least == size and _are_taken(prints) else smaller)

    def _examine(self, source: SourcePicture) -> Picture:
        with self._inbox.open_source(source.path) as file:
            picture = self._pictures.examine(file.descriptor())
        if isinstance(picture, Incomplete):
            raise SourceChangedError(operation="send", path=source.path, reason=picture.reason)
        return picture

    def _convert(self, source: SourcePicture, picture: Picture, room: Room, opened: ExitStack) -> _Print:
        """Give a picture as the service takes it: its own bytes, unless something in it must change."""
        why, kind = must_convert(picture), picture.format.taken_as
        if why is None and kind is not None:
            return self._as_it_is(source, kind, opened)
        with self._unchanged(source) as file:
            made = opened.enter_context(self._darkroom.convert(file.descriptor(), room.picture_bytes))
        return _made(made, why or "")

    def _make_smaller(self, wish: Wish, room: Room, opened: ExitStack) -> list[_Print]:
        """Give the pictures with all their pixels if that suits, else smaller ones."""
        with ExitStack() as kept:
            whole = [self._shrink(picture, None, kept) for picture in wish.pictures]
            if room.suits(_size_of(wish, whole)) and _are_taken(whole):
                opened.push(kept.pop_all())
                return whole
        return [self._shrink(picture, _LONGEST_EDGE, opened) for picture in wish.pictures]

    def _shrink(self, source: SourcePicture, longest_edge: int | None, kept: ExitStack) -> _Print:
        with self._unchanged(source) as file:
            made = kept.enter_context(self._darkroom.shrink(file.descriptor(), longest_edge))
        return _made(made, _TOO_LARGE)

    def _with_mask(self, wish: Wish, photo: Picture, prints: list[_Print], opened: ExitStack) -> list[_Print]:
        """Give the pictures with the mask that lies on the first of them behind them, if there is one."""
        source = wish.mask
        if source is None:
            return prints
        size = (prints[0].facts.width, prints[0].facts.height)
        try:
            with self._unchanged(source) as file:
                made = opened.enter_context(self._darkroom.cut_mask(file.descriptor(), photo, size))
        except UnsendableError as exc:
            message = f"{source.path.name}: {exc}"
            raise UnsendableError(message) from exc
        return [*prints, self._mask_of(source, made, opened)]

    def _mask_of(self, source: SourcePicture, made: MadeImage | None, opened: ExitStack) -> _Print:
        cut = self._as_it_is(source, PictureFormat.PNG, opened) if made is None else _made(made, _CUT)
        return replace(cut, facts=replace(cut.facts, is_mask=True))

    def _as_it_is(self, source: SourcePicture, kind: PictureFormat, opened: ExitStack) -> _Print:
        image = opened.enter_context(self._inbox.open_image(source.path, source.sha256))
        facts = SentPicture(
            sha256=source.sha256, bytes=source.bytes, width=source.width, height=source.height, format=kind
        )
        return _Print(image=image, facts=facts)

    @contextmanager
    def _unchanged(self, source: SourcePicture) -> Iterator[Source]:
        """Open a source from which another picture is made: of the very bytes that were hashed.

        Raises:
            SourceChangedError: At the end, when it was changed meanwhile.
        """
        with self._inbox.open_source(source.path) as file:
            yield file
            # Read again after it was decoded.
            if file.sha256() != source.sha256:
                reason = "it was changed meanwhile"
                raise SourceChangedError(operation="send", path=source.path, reason=reason)


def _made(image: MadeImage, why: str) -> _Print:
    return _Print(image=image, facts=replace(image.facts, why=why))


def _are_taken(prints: Sequence[_Print]) -> bool:
    """Say whether the service takes pictures of these sizes, whatever the whole request has."""
    return all(one.image.size < MAX_IMAGE_BYTES for one in prints)


def _fitted(prints: Sequence[_Print]) -> Fitted:
    masks = [one.image for one in prints if one.facts.is_mask]
    return Fitted(
        images=[one.image for one in prints if not one.facts.is_mask],
        mask=masks[0] if masks else None,
        sent=tuple(one.facts for one in prints) if any(one.facts.why for one in prints) else (),
    )


def _size_of(wish: Wish, prints: Sequence[_Print]) -> int:
    return request_bytes(wish.request, (one.image.size for one in prints))
