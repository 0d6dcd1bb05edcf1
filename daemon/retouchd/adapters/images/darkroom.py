"""Pictures made as the service takes them: the only place of the daemon where photos and masks are decoded.

Each is decoded in a process of its own, one at a time (developer.py). What is made lies in a file without a
name in the state folder: it takes no memory, and a crash anywhere leaves nothing of it. It can be made again
at any time from the source, so nothing of it need be durable.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from retouchd.adapters.folder import translate, translated
from retouchd.adapters.images.orders import (
    BROKE_DOWN,
    Conversion,
    MaskCut,
    Order,
    Reduction,
    Report,
    Subject,
    TransparencyTest,
    dump_order,
    load_report,
)
from retouchd.adapters.images.structure import examine
from retouchd.core.errors import FileTroubleError, SourceChangedError, UnsendableError
from retouchd.core.masks import fit_mask
from retouchd.core.pictures import MEGAPIXEL, Incomplete, Picture, PictureFormat, SentPicture
from retouchd.core.values import Sha256

_READ_BYTES: Final = 1 << 16
# -P: no module from the folder that the daemon happens to be in.
_DEVELOPER: Final = ("-P", "-m", "retouchd.adapters.images.developer")
# What a Python in an unusual place needs to find its libraries; above all not the key.
_KEPT_ENVIRONMENT: Final = frozenset({"HOME", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH"})
_ASKED_TO_END: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class MadePicture:
    """A picture that was made of another; fits the engine's MadeImage.

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
    """Makes pictures of pictures; fits the engine's Protocol of the same name.

    Args:
        folder: On a local disk, where what is made lies.
        max_pixels: Pictures with more are not decoded.
    """

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._folder = folder
        self._max_pixels = max_pixels
        # A decoded photo takes hundreds of megabytes.
        self._one_at_a_time = threading.Lock()

    def adopt(self, max_pixels: int) -> None:
        """Decode from now on what has at most so many pixels; from any thread."""
        self._max_pixels = max_pixels

    @contextmanager
    def convert(self, descriptor: int, most_bytes: int) -> Iterator[MadePicture]:
        """Make a picture that the service takes: upright, in sRGB, with its transparency and all its pixels.

        Args:
            descriptor: An open picture.
            most_bytes: What can be sent; what would have more without loss is made with as little as can be
                seen.

        Raises:
            UnsendableError: It cannot be decoded, or has too many pixels.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        picture = self._examine(descriptor, "the photo")
        with self._sheet() as sheet:
            subject = Subject.of(descriptor, picture)
            order = Conversion(subject=subject, target=sheet.fileno(), most_bytes=most_bytes)
            made = self._develop(order, "the photo must be converted, but")
            yield self._picture(sheet, made)

    @contextmanager
    def shrink(self, descriptor: int, longest_edge: int | None) -> Iterator[MadePicture]:
        """Make a picture smaller that looks the same: upright, in its colours, with its transparency.

        What is transparent becomes a WebP, everything else a JPEG. Raises as `convert` does.
        """
        picture = self._examine(descriptor, "the photo")
        with self._sheet() as sheet:
            order = Reduction(
                subject=Subject.of(descriptor, picture), target=sheet.fileno(), longest_edge=longest_edge
            )
            made = self._develop(order, "the photo must be made smaller, but")
            yield self._picture(sheet, made)

    @contextmanager
    def cut_mask(
        self, descriptor: int, photo: Picture, sent_size: tuple[int, int]
    ) -> Iterator[MadePicture | None]:
        """Make a mask that the service takes, or give None where the file's own bytes will do.

        Args:
            descriptor: An open mask.
            photo: The photo as it was found.
            sent_size: Columns and rows of the photo as it is sent.

        Raises:
            UnsendableError: It is no mask for this photo; the message says why, after the file's name.
            NoRoomError: There is no room for it.
            FileTroubleError: It cannot be read just now.
        """
        mask = self._examine(descriptor, "it")
        fit = fit_mask(mask, photo)
        if isinstance(fit, str):
            raise UnsendableError(fit)
        with self._sheet() as sheet:
            order = MaskCut(
                subject=Subject.of(descriptor, mask),
                target=sheet.fileno(),
                bytes=os.fstat(descriptor).st_size,
                turn=fit.turn,
                sent_width=sent_size[0],
                sent_height=sent_size[1],
            )
            made = self._develop(order, "")
            yield self._picture(sheet, made) if made.is_made else None

    def sees_through(self, descriptor: int) -> bool | None:
        """Say whether any pixel of a picture is not opaque, or None where that cannot be told.

        Raises:
            FileTroubleError: It cannot be read just now.
        """
        try:
            order = TransparencyTest(subject=Subject.of(descriptor, self._examine(descriptor, "it")))
            return self._develop(order, "").sees_through
        except (UnsendableError, SourceChangedError):
            return None

    def _examine(self, descriptor: int, name: str) -> Picture:
        picture = examine(descriptor)
        if isinstance(picture, Incomplete):
            raise SourceChangedError(operation="send", path=self._folder, reason=picture.reason)
        if picture.pixels > self._max_pixels:
            message = f"{name} has {picture.pixels / MEGAPIXEL:.1f} megapixels: export it smaller"
            raise UnsendableError(message)
        return picture

    @contextmanager
    def _sheet(self) -> Iterator[IO[bytes]]:
        """Give a new file, without a name where the file system can do that, else unlinked at once.

        A crash between those two steps leaves an empty file, which nothing reads.
        """
        with translated("write", self._folder):
            file = tempfile.TemporaryFile(dir=self._folder, prefix="made-", suffix=".tmp")  # noqa: SIM115 - closed below, outside of this translation
        with file:
            yield file

    def _picture(self, sheet: IO[bytes], made: Report) -> MadePicture:
        return MadePicture(sheet.fileno(), self._folder, (made.width, made.height), made.format)

    def _develop(self, order: Order, lead: str) -> Report:
        """Have an order carried out; `lead` begins the sentence of why it could not be."""
        with self._one_at_a_time, translated("start the developer for", self._folder):
            report = _run(order, self._folder)
        if report.errno:
            path = self._folder if report.operation == "write" else Path("the photo")
            raise translate(OSError(report.errno, os.strerror(report.errno)), report.operation, path)
        if report.fault:
            raise UnsendableError(f"{lead} {report.fault}".strip())
        return report


def _run(order: Order, folder: Path) -> Report:
    """Carry out an order in a process of its own."""
    ended = subprocess.run(  # noqa: S603 - our own module, and figures
        [sys.executable, *_DEVELOPER, dump_order(order)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=_descriptors(order),
        env={name: value for name, value in os.environ.items() if name in _KEPT_ENVIRONMENT},
        # A Ctrl-C is the daemon's alone.
        start_new_session=True,
        check=False,
    )
    if ended.returncode < 0 and -ended.returncode not in _ASKED_TO_END:
        # It crashed, took more memory or time than any photo needs, or the machine ran out of memory.
        return Report(fault=BROKE_DOWN)
    if ended.returncode:
        # Not the photo's fault: a stop of the whole service, or a program that was exchanged under way.
        raise FileTroubleError(operation="decode in", path=folder, reason="the decoder was interrupted")
    return load_report(ended.stdout)


def _descriptors(order: Order) -> tuple[int, ...]:
    if isinstance(order, TransparencyTest):
        return (order.subject.descriptor,)
    return (order.subject.descriptor, order.target)
