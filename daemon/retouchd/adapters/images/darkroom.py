"""Pictures made smaller: the only module of the daemon that decodes any, and the only one that knows Pillow.

What is made lies in a file without a name in the state folder: it takes no memory, and a crash anywhere
leaves nothing of it. It can be made again at any time from the source, so nothing of it need be durable.
"""

import hashlib
import io
import os
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from retouchd.adapters.folder import translate, translated
from retouchd.adapters.images.structure import examine
from retouchd.core.errors import SourceChangedError, UnsendableError
from retouchd.core.pictures import MEGAPIXEL, Incomplete, Picture, PictureFormat, SentPicture
from retouchd.core.values import Sha256

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Above this nobody sees a difference, and files grow fast.
_QUALITY: Final = 92
_READ_BYTES: Final = 1 << 16
_KINDS: Final = tuple(kind.value.upper() for kind in PictureFormat)
# The longest side that the format can have.
_LONGEST: Final = {PictureFormat.JPEG: 65_500, PictureFormat.WEBP: 16_383}
# Everything that Pillow was seen to raise for a file that is no picture, whole as it may look.
_UNDECODABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
# How a stored picture is turned to be seen as its EXIF orientation wants it.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The colour space that a profile speaks of stands in its header; in another one it would spoil the colours.
_PROFILE_SPACE: Final = slice(16, 20)
_SPACES: Final = {"RGB": b"RGB ", "RGBA": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}
# 16 bits a pixel become 8.
_LEVELS_OF_EIGHT_BITS: Final = 256


class SmallerPicture:
    """A picture that was made smaller; fits the engine's SmallerImage.

    Args:
        descriptor: An open file that nobody else knows; it stays the caller's to close.
    """

    def __init__(self, descriptor: int, path: Path, made: tuple[int, int], kind: PictureFormat) -> None:
        self._descriptor = descriptor
        self._path = path
        digest, self._size = hashlib.sha256(), 0
        for piece in self._read(_READ_BYTES):
            digest.update(piece)
            self._size += len(piece)
        width, height = made
        self._facts = SentPicture(
            sha256=Sha256(digest.hexdigest()), bytes=self._size, width=width, height=height, format=kind
        )

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    @property
    def facts(self) -> SentPicture:
        """What it is."""
        return self._facts

    def pieces(self, piece_bytes: int) -> Iterator[bytes]:
        """Give the bytes in pieces of exactly `piece_bytes`, the last one shorter or as long."""
        yield from self._read(piece_bytes)

    def _read(self, piece_bytes: int) -> Iterator[bytes]:
        with translated("read", self._path), os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            yield from iter(lambda: file.read(piece_bytes), b"")


class Darkroom:
    """Makes pictures smaller; fits the engine's Protocol of the same name.

    Args:
        folder: On a local disk, where what is made lies.
        max_pixels: Pictures with more are not decoded.
    """

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        # A decoded photo takes hundreds of megabytes.
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def shrink(self, descriptor: int, longest_edge: int | None) -> Iterator[SmallerPicture]:
        """Make a picture smaller that looks the same: upright, in its colours, with its transparency.

        What is transparent becomes a WebP, everything else a JPEG.

        Raises:
            UnsendableError: It cannot be decoded, or has too many pixels.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        with translated("write", self._folder):
            # Without a name where the file system can do that, else unlinked at once: a crash between those
            # two steps leaves an empty file, which nothing reads.
            file = tempfile.TemporaryFile(dir=self._folder, prefix="smaller-", suffix=".tmp")  # noqa: SIM115 - closed below, outside of this translation
        with file:
            with self._one_at_a_time:
                made, kind = self._convert(descriptor, longest_edge, file.fileno())
            yield SmallerPicture(file.fileno(), self._folder, made, kind)

    def _convert(
        self, descriptor: int, longest_edge: int | None, target: int
    ) -> tuple[tuple[int, int], PictureFormat]:
        picture = examine(descriptor)
        if isinstance(picture, Incomplete):
            raise SourceChangedError(operation="send", path=self._folder, reason=picture.reason)
        if picture.pixels > self._max_pixels:
            message = f"the photo has {picture.pixels / MEGAPIXEL:.1f} megapixels: export it smaller"
            raise UnsendableError(message)
        image, profile = _decode(descriptor, picture, longest_edge)
        with _blaming("write", self._folder):
            kind = _encode(image, profile, target)
        return image.size, kind


def _decode(descriptor: int, picture: Picture, longest_edge: int | None) -> tuple[Image.Image, bytes]:
    """Give the picture as it is to be seen, and its colour profile."""
    with (
        _blaming("read", Path("the photo")),
        os.fdopen(os.dup(descriptor), "rb") as file,
        _open(file) as stored,
    ):
        return _develop(stored, picture, longest_edge), stored.info.get("icc_profile") or b""


@contextmanager
def _blaming(operation: str, path: Path) -> Iterator[None]:
    """Tell what the system refuses from what Pillow cannot do with the photo."""
    try:
        yield
    except _UNDECODABLE as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise translate(exc, operation, path) from exc
        message = "the photo cannot be decoded, so it cannot be made smaller as it must be: export it anew"
        raise UnsendableError(message) from exc


def _develop(stored: Image.Image, picture: Picture, longest_edge: int | None) -> Image.Image:
    image = _in_plain_mode(stored)
    edge = min(longest_edge or max(image.size), _LONGEST[_kind_for(image)])
    # A JPEG that is not decoded yet is decoded at an eighth to a half of its size where that is enough.
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
    image.load()
    turn = _TURNS.get(picture.orientation)
    return image.transpose(turn) if turn is not None else image


def _open(file: io.BufferedReader) -> Image.Image:
    file.seek(0)
    # Pillow's own bound; ours was checked before, and the owner may have set it higher.
    bound, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(file, formats=_KINDS)
    finally:
        Image.MAX_IMAGE_PIXELS = bound


def _in_plain_mode(stored: Image.Image) -> Image.Image:
    """Give a picture in one of the modes that can be saved; transparency stays where there is any."""
    if stored.has_transparency_data:
        image = stored.convert("RGBA")
        is_opaque = image.getchannel("A").getextrema() == (255, 255)
        return image.convert("RGB") if is_opaque else image
    if stored.mode.startswith("I"):
        return stored.convert("I").point(lambda level: level * (1 / _LEVELS_OF_EIGHT_BITS)).convert("L")
    return stored if stored.mode in _SPACES else stored.convert("RGB")


def _kind_for(image: Image.Image) -> PictureFormat:
    return PictureFormat.WEBP if image.mode == "RGBA" else PictureFormat.JPEG


def _encode(image: Image.Image, profile: bytes, target: int) -> PictureFormat:
    kind = _kind_for(image)
    kept = profile if profile[_PROFILE_SPACE] == _SPACES[image.mode] else b""
    # Whatever else was in the file; its orientation would turn the picture once more.
    image.info.clear()
    with io.BufferedWriter(_Sink(target)) as file:
        image.save(file, kind.value, quality=_QUALITY, icc_profile=kept)
    return kind


class _Sink(io.RawIOBase):
    """A file without a descriptor to show: Pillow would write there by itself and hide why it failed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        """Say that it is."""
        return True

    def write(self, piece: "ReadableBuffer") -> int:
        """Write some of the bytes and say how many."""
        return os.write(self._descriptor, piece)
