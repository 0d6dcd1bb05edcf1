"""The developer: decodes one file and makes one, in a process of its own, then ends. No other imports Pillow.

Decoders are large programs in C that read what anybody put into the inbox. In here one that crashes, hangs or
asks for all memory ends a process that nobody misses, and what a photo took is given back whole.
"""

import io
import os
import resource
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pi_heif  # type: ignore[import-untyped] # it has no types
from PIL import Image, JpegImagePlugin

from retouchd.adapters.images.colours import make_plain, make_srgb
from retouchd.adapters.images.masking import MaskFaultError, cut_mask
from retouchd.adapters.images.orders import (
    TOO_LARGE,
    UNDECODABLE,
    Conversion,
    MaskCut,
    Order,
    Reduction,
    Report,
    Subject,
    dump_report,
    load_order,
)
from retouchd.core.pictures import PhotoFormat, PictureFormat, converted_format, reduced_format
from retouchd.core.request import MAX_MASK_BYTES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Above this nobody sees a difference, and files grow fast.
_REDUCED_QUALITY: Final = 92
# A conversion that nobody asked for must not cost quality.
_CONVERTED_QUALITY: Final = 95
# Packs nearly as well as the highest, which takes minutes over noise in black and white.
_PNG_EFFORT: Final = 4
# The usual effort takes half a minute for 24 megapixels.
_WEBP_EFFORT: Final = 1
# As HEIC, AVIF and nearly all WebP and TIFF photos have it anyway: 4:2:0.
_HALF_COLOURS: Final = 2
# The longest side that the format can have; WebP's could be 16383, but its encoder takes 25 bytes a pixel.
_LONGEST: Final = {PictureFormat.JPEG: 65_500, PictureFormat.WEBP: 4_096, PictureFormat.PNG: 1 << 31}
_DECODERS: Final = {PhotoFormat.HEIC: "HEIF"}
# Their decoders turn what they give as it wants to be seen.
_COME_UPRIGHT: Final = frozenset({PhotoFormat.HEIC, PhotoFormat.TIFF})
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
# Everything that Pillow was seen to raise for a file that is no picture, whole as it may look.
_UNDECODABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
# For the interpreter with its libraries, whatever the picture.
_BASE_BYTES: Final = 768 * 1024 * 1024
# Decoded, turned, its colours changed: what the greediest kinds were seen to take is about two thirds of it.
_BYTES_PER_PIXEL: Final = 24
_PROCESSOR_SECONDS: Final = 600


class _RefusedError(Exception):
    """Raised when the system refuses to read or to write."""

    def __init__(self, errno: int, operation: str) -> None:
        super().__init__(operation)
        self.errno: Final = errno
        self.operation: Final = operation


class _TooLongError(Exception):
    """Raised when a file becomes longer than is of use."""


class _UndecodableError(Exception):
    """Raised when a file is no picture that can be decoded."""


def develop(order: Order) -> Report:
    """Carry out an order; whatever goes wrong with the file is in the report."""
    try:
        return _carry_out(order)
    except MaskFaultError as exc:
        return Report(fault=str(exc))
    except _UndecodableError:
        return Report(fault=UNDECODABLE)
    except _RefusedError as exc:
        return Report(errno=exc.errno, operation=exc.operation)


def _carry_out(order: Order) -> Report:
    match order:
        case Conversion():
            return _convert(order)
        case Reduction():
            return _reduce(order)
        case MaskCut():
            return _cut(order)
        case _:
            with _reading(order.subject) as stored:
                # What is opaque all over has lost its alpha there.
                return Report(sees_through=make_plain(stored, order.subject.depth_bits).mode == "RGBA")


def _convert(order: Conversion) -> Report:
    subject = order.subject
    with _reading(subject) as stored:
        is_jpeg = subject.format is PhotoFormat.JPEG
        sampling = max(0, JpegImagePlugin.get_sampling(stored)) if is_jpeg else _HALF_COLOURS
        image = _finish(make_plain(stored, subject.depth_bits), subject)
        kind = converted_format(subject.format, sees_through=image.mode == "RGBA")
        image.thumbnail((_LONGEST[kind], _LONGEST[kind]))
    if kind is PictureFormat.PNG:
        try:
            return _save(image, kind, order.target, order.most_bytes, compress_level=_PNG_EFFORT)
        except _TooLongError:
            os.ftruncate(order.target, 0)
            os.lseek(order.target, 0, os.SEEK_SET)
            kind = reduced_format(sees_through=image.mode == "RGBA")
            image.thumbnail((_LONGEST[kind], _LONGEST[kind]))
    return _save(
        image, kind, order.target, quality=_CONVERTED_QUALITY, subsampling=sampling, method=_WEBP_EFFORT
    )


def _reduce(order: Reduction) -> Report:
    with _reading(order.subject) as stored:
        image = make_plain(stored, order.subject.depth_bits)
        kind = reduced_format(sees_through=image.mode == "RGBA")
        edge = min(order.longest_edge or max(image.size), _LONGEST[kind])
        # A JPEG that is not decoded yet is decoded at an eighth to a half of its size where that is enough.
        image.thumbnail((edge, edge), Image.Resampling.LANCZOS, reducing_gap=3.0)
        image = _finish(image, order.subject)
    return _save(image, kind, order.target, quality=_REDUCED_QUALITY, method=_WEBP_EFFORT)


def _cut(order: MaskCut) -> Report:
    with _reading(order.subject) as stored:
        mask = cut_mask(stored, order, _TURNS)
    if mask is None:
        return Report()
    report = _save(mask, PictureFormat.PNG, order.target, compress_level=_PNG_EFFORT)
    return Report(fault=TOO_LARGE) if os.fstat(order.target).st_size >= MAX_MASK_BYTES else report


def _finish(image: Image.Image, subject: Subject) -> Image.Image:
    """Give the picture as it is to be seen: its colours in sRGB, upright."""
    image.load()
    coloured = make_srgb(image, subject.colours)
    turn = None if subject.format in _COME_UPRIGHT else _TURNS.get(subject.orientation)
    return coloured if turn is None else coloured.transpose(turn)


@contextmanager
def _reading(subject: Subject) -> Iterator[Image.Image]:
    """Open a picture whose size is the one that was found before: no other is decoded."""
    with _blaming("read"), os.fdopen(os.dup(subject.descriptor), "rb") as file:
        file.seek(0)
        if subject.format is PhotoFormat.HEIC:
            pi_heif.register_heif_opener(thumbnails=False)
        with Image.open(file, formats=(_DECODERS.get(subject.format, subject.format.value),)) as stored:
            if sorted(stored.size) != sorted((subject.width, subject.height)):
                message = "another size than its structure says"
                raise ValueError(message)
            yield stored


@contextmanager
def _blaming(operation: str) -> Iterator[None]:
    """Tell what the system refuses from what Pillow cannot do with the file."""
    try:
        yield
    except _UNDECODABLE as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise _RefusedError(exc.errno, operation) from exc
        raise _UndecodableError from exc


def _save(
    image: Image.Image, kind: PictureFormat, target: int, most_bytes: int = sys.maxsize, **options: int
) -> Report:
    # Whatever else was in the file; its orientation would turn the picture once more.
    image.info.clear()
    with _blaming("write"):
        # Closed by nobody: what is left in a buffer is of no use once something went wrong.
        file = io.BufferedWriter(_Sink(target, most_bytes))
        image.save(file, kind.value, **options)
        file.flush()
    return Report(is_made=True, width=image.width, height=image.height, format=kind)


class _Sink(io.RawIOBase):
    """A file without a descriptor to show: Pillow would write there by itself and hide why it failed."""

    def __init__(self, descriptor: int, most_bytes: int) -> None:
        self._descriptor = descriptor
        self._left = most_bytes

    def writable(self) -> bool:
        """Say that it is."""
        return True

    def write(self, piece: "ReadableBuffer") -> int:
        """Write some of the bytes and say how many.

        Raises:
            _TooLongError: There are more than are of use.
        """
        written = os.write(self._descriptor, piece)
        self._left -= written
        if self._left < 0:
            raise _TooLongError
        return written


def _bound(pixels: int) -> None:
    """Bound what this process may take; when the machine runs out of memory it is the first to end."""
    memory = _BASE_BYTES + _BYTES_PER_PIXEL * pixels
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS + 1))
    # Pillow's own bound; the owner's was checked before, and may be higher.
    Image.MAX_IMAGE_PIXELS = None
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    """Carry out the order that is the only argument, and print the report."""
    order = load_order(sys.argv[1])
    _bound(order.subject.width * order.subject.height)
    print(dump_report(develop(order)))  # noqa: T201 - the daemon reads it there


if __name__ == "__main__":
    main()
