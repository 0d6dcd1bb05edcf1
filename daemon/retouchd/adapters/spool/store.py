"""Durable answers, one file an attempt: this file says what is on the disk at every instant.

`<attempt>.part` is begun with the label of its call before the attempt is in the journal; behind that it
takes the raw body. Its trailer (status, headers, body length, checksum) makes it whole, the rename to
`<attempt>.answer` says so by name. What an answer means is not known here: reading.py finds the picture.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import free_bytes, write_whole
from retouchd.adapters.spool.fetched import PictureWriter, fetched_name, fetching_name
from retouchd.adapters.spool.files import SAFELY, answer_name, closing, open_folder, part_name, trouble
from retouchd.adapters.spool.known import Known, KnownAnswers
from retouchd.adapters.spool.label import BEGUN, pack_label, read_opening
from retouchd.adapters.spool.reading import Body, find_answer, picture_of
from retouchd.adapters.spool.shelf import Shelf, read_head
from retouchd.adapters.spool.spotting import Spotter
from retouchd.adapters.spool.trailer import Trailer, read_trailer
from retouchd.adapters.writeback import keep_writing
from retouchd.core.answer import Answer, Unreadable
from retouchd.core.errors import FileTroubleError, NameTakenError
from retouchd.core.outcomes import Answered
from retouchd.core.records import Label
from retouchd.core.values import AttemptId


class SpoolWriter:
    """Takes one answer as it comes in; fits the engine's AnswerWriter.

    Attributes:
        known: What is known of the file, once it is an answer with a picture.
    """

    def __init__(self, descriptor: int, name: str, folder: Path, durable: Durable) -> None:
        self._descriptor = descriptor
        self._name = name
        self._folder = folder
        self._durable = durable
        self._body_bytes = 0
        self._checksum = 0
        self._spotter = Spotter()
        self.known: Known | None = None

    def write(self, piece: bytes) -> None:
        """Append raw bytes of the body; NoRoomError keeps what had room."""
        rest = memoryview(piece)
        while rest:
            with trouble("write", self._folder / part_name(self._name)):
                written = os.write(self._descriptor, rest)
            self._checksum = zlib.crc32(rest[:written], self._checksum)
            keep_writing(self._descriptor, self._body_bytes, self._body_bytes + written)
            self._body_bytes += written
            rest = rest[written:]
        self._spotter.look(piece)

    def finish(self, head: Answered) -> None:
        """Make the answer durable under its final name; the last call.

        Raises:
            NoRoomError: The disk is full; the body is kept, but without its trailer it is no answer.
        """
        trailer = Trailer(head=head, body_bytes=self._body_bytes, checksum=self._checksum)
        place = self._spotter.place_in(self._body_bytes)
        # A crash while this is written leaves a .part without a valid trailer: no answer, outcome unknown.
        self.write(trailer.pack())
        with trouble("sync", self._folder / part_name(self._name)):
            # A crash after this leaves a whole .part, which `find` completes.
            self._durable.fsync(self._descriptor)
        _give_name(self._name, self._folder, self._durable)
        if place:
            self.known = Known.of(self._descriptor, head, place)


class AnswerSpool(Shelf):
    """The folder of durable answers; fits the engine's Spool.

    Args:
        folder: On a local disk; made for this user alone when it is missing.
        durable: Carries out the durable steps.
    """

    def __init__(self, folder: Path, durable: Durable) -> None:
        super().__init__(folder)
        self._durable = durable
        self._known = KnownAnswers()
        self._make_folder()

    def _make_folder(self) -> None:
        with trouble("make", self._folder):
            if self._folder.is_dir():
                return
            self._folder.mkdir(mode=0o700)
            # A power cut before this takes the folder away again, when nothing was spooled in it yet.
            with open_folder(self._folder.parent) as parent:
                self._durable.fsync(parent)

    def begin(self, attempt: AttemptId, label: Label) -> None:
        """Make the file of an attempt durable, with nothing in it but its label.

        One in which nothing more stands is left over from a crash before its attempt was in the journal, and
        is used again.

        Raises:
            NameTakenError: A call of this number may have been made: the journal is older than the spool.
            NoRoomError: The disk is full.
        """
        with trouble("begin", self._folder / part_name(attempt)):
            if self.may_have_been_sent(attempt):
                path, reason = self._folder / part_name(attempt), "it holds an earlier answer"
                raise NameTakenError(operation="begin", path=path, reason=reason)
            # A crash from here to the end leaves at most a part of the label, of an attempt nobody knows.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SAFELY
            descriptor = os.open(self._folder / part_name(attempt), flags, 0o600)
            with closing(descriptor):
                write_whole(descriptor, pack_label(label))
                self._durable.fsync(descriptor)
            with open_folder(self._folder) as folder:
                self._durable.fsync(folder)

    @contextmanager
    def open_writer(self, attempt: AttemptId) -> Iterator[SpoolWriter]:
        """Open the attempt's file, begun before, for the answer: from now on its call may be made.

        Raises:
            NoRoomError: The disk is full.
        """
        with trouble("open", self._folder / part_name(attempt)):
            descriptor = os.open(self._folder / part_name(attempt), os.O_WRONLY | os.O_APPEND | SAFELY)
        with closing(descriptor):
            # Not synced: a killed process leaves it, and after a power cut the attempt is in the journal.
            with trouble("write", self._folder / part_name(attempt)):
                write_whole(descriptor, BEGUN)
            writer = SpoolWriter(descriptor, str(attempt), self._folder, self._durable)
            yield writer
            if writer.known:
                self._known.note_written(attempt, writer.known)

    def hand_in(self, attempt: AttemptId, label: Label | None, head: Answered, body: Iterator[bytes]) -> None:
        """Keep an answer that a person hands in beside what came for an attempt, durably; used once adopted.

        Raises:
            NoRoomError: The disk is full.
            FileTroubleError: The spool cannot be written.
        """
        name = _handed(attempt)
        with trouble("open", self._folder / part_name(name)):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SAFELY
            descriptor = os.open(self._folder / part_name(name), flags, 0o600)
        with closing(descriptor):
            # A crash from here to the end leaves a file that nothing uses and the next one replaces.
            if label is not None:
                with trouble("write", self._folder / part_name(name)):
                    write_whole(descriptor, pack_label(label) + BEGUN)
            writer = SpoolWriter(descriptor, name, self._folder, self._durable)
            for piece in body:
                writer.write(piece)
            writer.finish(head)

    def adopt(self, attempt: AttemptId) -> bool:
        """Make what was handed in the attempt's answer; say whether anything whole was.

        What came for the attempt is kept as `<attempt>.came`.
        """
        if self._find_whole(answer_name(_handed(attempt))) is None:
            return False
        with trouble("adopt", self._folder / answer_name(attempt)), open_folder(self._folder) as opened:
            self._keep_what_came(attempt, opened)
            # A crash before this leaves no answer but both files; after it the answer is the one handed in.
            self._durable.rename(
                answer_name(_handed(attempt)),
                answer_name(attempt),
                source_folder=opened,
                target_folder=opened,
            )
            self._durable.fsync(opened)
        return True

    def _keep_what_came(self, attempt: AttemptId, opened: int) -> None:
        if (self._folder / _came(attempt)).exists():
            return  # What is called answer, if anything, was handed in earlier.
        for name in (answer_name(attempt), part_name(attempt)):
            if (self._folder / name).exists():
                self._durable.rename(name, _came(attempt), source_folder=opened, target_folder=opened)
                # Before its old name is given to another file: a power cut must not keep that alone.
                self._durable.fsync(opened)
                return

    def find(self, attempt: AttemptId) -> Answered | None:
        """Give the head of the durable answer, or None when there is no whole one.

        Completes an answer that a crash left between its fsync and its name.
        """
        with self.open(answer_name(attempt)) as descriptor:
            if descriptor is not None:
                head = self._known.find_written(attempt, descriptor) or read_head(descriptor)
                if head:
                    return head
        return self._complete(attempt)

    def _find_whole(self, name: str) -> Answered | None:
        with self.open(name) as descriptor:
            return None if descriptor is None else read_head(descriptor)

    def _complete(self, attempt: AttemptId) -> Answered | None:
        with self.open(part_name(attempt)) as descriptor:
            head = None if descriptor is None else read_head(descriptor)
            if descriptor is None or head is None:
                return None
            # A process that died before its fsync has left everything in memory only.
            self._durable.fsync(descriptor)
        _give_name(str(attempt), self._folder, self._durable)
        return head

    def read_reply(self, attempt: AttemptId, limit: int) -> bytes:
        """Give at most `limit` bytes of the durable answer's body.

        Raises:
            FileTroubleError: There is no durable answer.
        """
        with self._open_body(attempt) as (_, body):
            return body.read(0, min(limit, body.length))

    def read_answer(self, attempt: AttemptId) -> Answer | Unreadable:
        """Parse a durable answer without its picture, in little memory however large it is.

        Raises:
            FileTroubleError: There is no durable answer.
        """
        with self._open_body(attempt) as (head, body):
            answer, place = find_answer(head, body, self._known.take_place(attempt, body.descriptor))
            if place is not None:
                self._known.note_found(attempt, Known.of(body.descriptor, head, place))
            return answer

    def picture_pieces(self, attempt: AttemptId) -> Iterator[bytes]:
        """Decode the answer's picture piece by piece.

        Raises:
            ValueError: The base64 is broken, or there is none.
            FileTroubleError: There is no durable answer.
        """
        with self._open_body(attempt) as (_, body):
            yield from picture_of(body, self._known.take_place(attempt, body.descriptor))

    @contextmanager
    def open_picture_writer(self, attempt: AttemptId) -> Iterator[PictureWriter]:
        """Open a file for a picture that is downloaded, in place of an earlier try.

        Raises:
            NoRoomError: The disk is full, at the end when it filled meanwhile.
            FileTroubleError: The file cannot be written.
        """
        path = self._folder / fetching_name(attempt)
        with trouble("open", path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | SAFELY, 0o600)
        with closing(descriptor):
            writer = PictureWriter(descriptor, attempt, self._folder, self._durable)
            yield writer
            writer.raise_trouble()

    def is_fetched(self, attempt: AttemptId) -> bool:
        """Say whether a picture that was downloaded for an attempt lies there, whole."""
        with self.open(fetched_name(attempt)) as descriptor:
            return descriptor is not None

    def fetched_pieces(self, attempt: AttemptId) -> Iterator[bytes]:
        """Give the picture that was downloaded for an attempt piece by piece; nothing when there is none."""
        with self.open(fetched_name(attempt)) as descriptor:
            if descriptor is not None:
                size = os.fstat(descriptor).st_size
                yield from Body(descriptor, 0, size).blocks(0, size)

    def free_bytes(self) -> int:
        """Give how much room is left for this user.

        Raises:
            FileTroubleError: The folder cannot be looked at.
        """
        with trouble("look at", self._folder):
            return free_bytes(self._folder)

    def discard(self, attempt: AttemptId) -> None:
        """Remove what is kept of an attempt, if anything."""
        self._known.forget(attempt)
        with trouble("discard", self._folder), open_folder(self._folder) as folder:
            # A crash here, or no fsync after it, leaves what is discarded again, and nothing depends on its
            # absence.
            handed = _handed(attempt)
            rare = (_came(attempt), answer_name(handed), part_name(handed))
            there = [name for name in rare if (self._folder / name).exists()]
            usual = (answer_name(attempt), part_name(attempt), fetched_name(attempt), fetching_name(attempt))
            for name in (*usual, *there):
                self._unlink(name, folder)

    def _unlink(self, name: str, folder: int) -> None:
        try:
            self._durable.unlink(name, folder=folder)
        except FileNotFoundError:
            return

    @contextmanager
    def _open_body(self, attempt: AttemptId) -> Iterator[tuple[Answered, Body]]:
        with self.open(answer_name(attempt)) as descriptor:
            begin = 0 if descriptor is None else read_opening(descriptor).body
            trailer = None if descriptor is None else read_trailer(descriptor, begin)
            if descriptor is None or trailer is None:
                path = self._folder / answer_name(attempt)
                raise FileTroubleError(operation="read", path=path, reason="there is no whole answer")
            yield trailer.head, Body(descriptor, begin, trailer.body_bytes)


def _handed(attempt: AttemptId) -> str:
    return f"{attempt}.handed"


def _came(attempt: AttemptId) -> str:
    return f"{attempt}.came"


def _give_name(name: str, folder: Path, durable: Durable) -> None:
    with trouble("name", folder / answer_name(name)), open_folder(folder) as opened:
        # A crash before this leaves the whole .part; between this and the next line a power cut may bring
        # the .part back. `find` completes it either way.
        durable.rename(part_name(name), answer_name(name), source_folder=opened, target_folder=opened)
        durable.fsync(opened)
