"""The request's body: JSON around streamed base64, its length known before, and whether it went out whole.

The line after the last yield divides "nothing can have been paid" from "perhaps paid": it runs exactly when
the last piece was taken to the socket. Nothing here knows HTTP.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final, NoReturn, Protocol

import pybase64

from retouchd.core.errors import FileTroubleError, SourceChangedError, SourceGoneError
from retouchd.core.outcomes import NotSentKind
from retouchd.core.request import Order

# A multiple of three, so that pieces of base64 can be put behind each other: 256 KiB of text each.
PIECE_BYTES: Final = 192 * 1024
_QUOTE: Final = b'"'
_COMMA: Final = b","
_IMAGES_END: Final = b"]"
_MASK: Final = b', "mask_base64": '
_END: Final = b"}"


class Image(Protocol):
    """One picture as it is sent, as the engine hands it over."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give the bytes in pieces of exactly `piece_bytes`, the last one shorter."""
        ...


class Body:
    """One request's body, which is sent once.

    Attributes:
        length: Bytes, exactly what iterating gives.
        sent: The whole body was taken to the socket.
        trouble: Why a picture could not be sent to its end, or None: it is another file now, or it cannot be
            read at the moment, which says nothing about the file.
    """

    def __init__(self, order: Order, images: Sequence[Image], mask: Image | None = None) -> None:
        self._parts: list[bytes | Image] = [_pack_fields(order), *_with_commas(images), _IMAGES_END]
        if mask is not None:
            self._parts += [_MASK, mask]
        self._parts.append(_END)
        self.length = sum(map(_length, self._parts))
        self.sent = False
        self.trouble: tuple[NotSentKind, str] | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Give the body once, in pieces of about 256 KiB.

        Raises:
            FileTroubleError: A picture is not what it was, as SourceChangedError, or cannot be read.
            OSError: A picture cannot be read.
        """
        try:
            for part in self._parts:
                yield from (part,) if isinstance(part, bytes) else _quote(part)
        except (SourceChangedError, SourceGoneError) as exc:
            self.trouble = NotSentKind.SOURCE, str(exc)
            raise
        except FileTroubleError as exc:
            self.trouble = NotSentKind.OBSTRUCTED, str(exc)
            raise
        except OSError as exc:
            self.trouble = NotSentKind.OBSTRUCTED, exc.strerror or "a picture cannot be read"
            raise
        # Runs only when the socket has taken everything; before, Content-Length was not yet fulfilled.
        self.sent = True


def _pack_fields(order: Order) -> bytes:
    """Give the JSON up to the first picture; ASCII, so that not even a lone surrogate in a prompt fails."""
    request = order.request
    fields: dict[str, str | int] = {
        "prompt": request.prompt,
        "size": str(request.size),
        "quality": request.quality.value,
        "format": request.format.value,
        "background": request.background.value,
        "savePath": order.save_path,
    }
    if request.output_compression is not None:
        fields["output_compression"] = request.output_compression
    return json.dumps(fields).removesuffix("}").encode("ascii") + b', "input_images_base64": ['


def _with_commas(images: Sequence[Image]) -> Iterator[bytes | Image]:
    for number, image in enumerate(images):
        if number:
            yield _COMMA
        yield image


def _length(part: bytes | Image) -> int:
    return len(part) if isinstance(part, bytes) else (part.size + 2) // 3 * 4 + 2 * len(_QUOTE)


def _quote(image: Image) -> Iterator[bytes]:
    yield _QUOTE
    yield from _encode(image)
    yield _QUOTE


def _encode(image: Image) -> Iterator[bytes]:
    """Encode a picture, refusing any other length than announced: h11 would raise errors of its own."""
    left = image.size
    for piece in image.pieces(PIECE_BYTES):
        if len(piece) != min(left, PIECE_BYTES):
            _refuse_length()
        left -= len(piece)
        yield pybase64.b64encode(piece)
    if left:
        _refuse_length()


def _refuse_length() -> NoReturn:
    raise SourceChangedError(operation="send", path=PurePath("a picture"), reason="its length has changed")
