"""One job in a worker's hands, when the files around it are in trouble."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, ParamSpec, TypeVar

import pytest
from engine_house import House, conflicts_of, kinds, signature_of, wish_of

from retouchd.adapters.spool.store import SpoolWriter
from retouchd.core.errors import (
    FileTroubleError,
    FolderMissingError,
    NoRoomError,
    SourceChangedError,
    SourceGoneError,
    UnsendableError,
)
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.outcomes import Answered, CallEnd, NoAnswer, NotSent, NotSentKind
from retouchd.core.pauses import PauseReason
from retouchd.core.pictures import PhotoFormat, Picture, PictureFormat, SentPicture
from retouchd.core.values import AttemptId, Sha256, Signature
from retouchd.engine.crew import Send
from retouchd.engine.delivery import Delivery
from retouchd.engine.process import Process, Registry
from retouchd.engine.tools import Tools

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
PLACE = PurePosixPath("beach.jpg")


@dataclass
class Print:
    """A picture that was made smaller."""

    size: int

    @property
    def facts(self) -> SentPicture:
        """Give what it is."""
        return SentPicture(
            sha256=Sha256("b" * 64), bytes=self.size, width=4, height=4, format=PictureFormat.JPEG
        )


class FullWriter:
    """A file on a disk that fills while the answer arrives."""

    def __init__(self, writer: SpoolWriter) -> None:
        self._writer = writer

    def write(self, piece: bytes) -> None:
        """Keep a part of it."""
        self._writer.write(piece[:1])
        raise NoRoomError(operation="write", path=PLACE, reason="the disk filled while the answer arrived")


@dataclass
class World:
    """All folders and the service in one: everything is in order, except what a test breaks.

    Attributes:
        source_error: Raised when a source is opened.
        room_error: Raised when the outbox is looked at.
        spool_error: Raised when an answer's file is opened.
        content: The source's signature and hash.
        size: How many bytes each picture has.
        smaller: How many bytes a picture has that was made smaller, by its longest side.
        made: Which pictures were made smaller, by their longest side.
        shrink_error: Raised when a picture is made smaller.
        orders: The sizes of the pictures of each call.
        is_full: The disk fills while an answer arrives.
        end: How each call ends.
        sent: How many calls were made.
    """

    house: House
    source_error: Exception | None = None
    room_error: Exception | None = None
    spool_error: Exception | None = None
    is_full: bool = False
    free: int = 10**12
    content: tuple[Signature, str] = field(default_factory=lambda: (signature_of(1), "a" * 64))
    sent: int = 0
    size: int = 10
    smaller: dict[int | None, int] = field(default_factory=dict)
    made: list[int | None] = field(default_factory=list)
    shrink_error: Exception | None = None
    orders: list[list[int]] = field(default_factory=list)
    end: CallEnd = field(default_factory=lambda: NoAnswer(detail="cut", elapsed_seconds=1.0))

    def ask(self, work: Callable[Asked, Answer], /, *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Do it here and now, as the engine does it."""
        with self.house.act():
            return work(*args, **kwargs)

    def check_mark(self) -> None:
        """Look at a folder."""
        if self.room_error:
            raise self.room_error

    def free_bytes(self) -> int:
        """Give the room that is left."""
        return self.free

    @contextmanager
    def open_source(self, path: PurePosixPath) -> Iterator["World"]:
        """Open one file."""
        if self.source_error:
            raise self.source_error
        yield self

    @contextmanager
    def open_image(self, path: PurePosixPath, expected: Sha256) -> Iterator["World"]:
        """Open one picture."""
        yield self

    def opened_as(self) -> Signature:
        """Give the source's signature."""
        return self.content[0]

    def sha256(self) -> str:
        """Give the source's hash."""
        return self.content[1]

    def descriptor(self) -> int:
        """Give the source's descriptor."""
        return 0

    def examine(self, descriptor: int) -> Picture:
        """Say what picture it is: one that need not be converted."""
        return Picture(format=PhotoFormat.JPEG, width=8, height=8)

    @contextmanager
    def shrink(self, descriptor: int, longest_edge: int | None) -> Iterator["Print"]:
        """Make a picture smaller."""
        if self.shrink_error:
            raise self.shrink_error
        self.made.append(longest_edge)
        yield Print(self.smaller[longest_edge])

    @contextmanager
    def open_writer(self, attempt: AttemptId) -> Iterator[SpoolWriter]:
        """Open an answer's file; a full disk shows when it is written."""
        if self.spool_error:
            raise self.spool_error
        with self.house.spool.open_writer(attempt) as writer:
            yield FullWriter(writer) if self.is_full else writer  # type: ignore[misc]

    def submit(self, order: object, images: Sequence[Any], mask: object, answer: SpoolWriter) -> CallEnd:
        """Make a call; its answer is kept as the endpoint's adapter keeps it."""
        self.sent += 1
        self.orders.append([image.size for image in images])
        try:
            if isinstance(self.end, Answered):
                answer.write(b"{}")
                answer.finish(self.end)
        except NoRoomError as exc:
            return NoAnswer(detail=exc.reason, elapsed_seconds=1.0)
        return self.end

    def discard(self, attempt: object) -> None:
        """Remove what is kept, which is nothing."""

    def send(self, job: Job) -> None:
        """Have a worker send a job."""
        bundle = self.house.journal.get_bundle(job.bundle)
        self.process().process(Send(job=job, bundle=bundle, room=self.house.limits.room_for(job)))

    def process(self) -> Process:
        """Give the worker's way through a job in this world."""
        here: Any = self
        tools = Tools(
            inbox=here,
            outbox=here,
            filing=here,
            returns=here,
            spool=here,
            endpoint=here,
            pictures=here,
            darkroom=here,
        )
        house = self.house
        registry = Registry(
            journal=house.journal,
            moves=house.moves,
            cashier=house.cashier,
            deliveries=house.deliveries,
            calls=house.calls,
            under_way=house.under_way,
        )
        conflicts = conflicts_of(house, here, here)
        delivery = Delivery(
            house.office, here, house.deliveries, replace(tools, spool=house.spool), conflicts
        )
        return Process(here, registry, tools, delivery, conflicts)


@pytest.fixture
def world(house: House) -> World:
    """Give a world in which everything is in order."""
    return World(house)


def test_job_in_order_is_sent_once(world: World) -> None:
    """In a world in order the call is made."""
    (job,) = world.house.accept("beach.jpg")

    world.send(job)

    assert world.sent == 1
    assert world.house.job(job).state is JobState.HELD


def test_nothing_is_sent_where_no_answer_can_be_kept(world: World) -> None:
    """When the answer's file cannot be opened no call is made, and nothing stays set aside (I6, I7)."""
    (job,) = world.house.accept("beach.jpg")
    world.spool_error = FileTroubleError("open", PLACE, "too many open files")

    world.send(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.DEFERRED
    assert world.house.reserved(job) == [0]


@pytest.mark.parametrize("error", [SourceGoneError, SourceChangedError])
def test_source_that_is_another_one_is_let_go(world: World, error: type[FileTroubleError]) -> None:
    """A photo that is gone or changed before it is sent is not sent (I5)."""
    (job,) = world.house.accept("beach.jpg")
    world.source_error = error("open", PLACE, "it is not there")

    world.send(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.CANCELLED


def test_source_with_other_bytes_is_let_go(world: World) -> None:
    """A photo of another signature and another hash is not what was looked at."""
    (job,) = world.house.accept("beach.jpg")
    world.content = (signature_of(2), "b" * 64)

    world.send(job)

    assert world.house.job(job).state is JobState.CANCELLED


def test_source_that_was_only_touched_is_sent(world: World) -> None:
    """A photo of another signature and the same bytes is the same photo."""
    (job,) = world.house.accept("beach.jpg")
    world.content = (signature_of(2), "a" * 64)

    world.send(job)

    assert world.sent == 1


def test_source_that_cannot_be_read_waits(world: World) -> None:
    """A photo that cannot be read just now is tried again later; the others go on (I11)."""
    (job,) = world.house.accept("beach.jpg")
    world.source_error = FileTroubleError("open", PLACE, "permission denied")

    world.send(job)

    waiting = world.house.job(job)
    assert (waiting.state, waiting.next_try is not None) == (JobState.READY, True)
    assert world.house.board.pauses == ()


def test_missing_outbox_postpones(world: World) -> None:
    """Nothing is sent while the outbox is not there."""
    (job,) = world.house.accept("beach.jpg")
    world.room_error = FolderMissingError("use", PLACE, "it is not there")

    world.send(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.READY


def test_full_disk_pauses_everything(world: World) -> None:
    """Where the result has no room nothing is paid, for no photo."""
    (job,) = world.house.accept("beach.jpg")
    world.free = 1000

    world.send(job)

    (pause,) = world.house.board.pauses
    assert world.sent == 0
    assert pause.reason == "disk_full"


def test_job_that_may_not_begin_stays(world: World) -> None:
    """A job whose call may not begin is left as it is."""
    (job,) = world.house.accept("beach.jpg")
    world.house.submit(job)

    world.send(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.SUBMITTING


# --- requests that are too large

MEGABYTE = 1_000_000
TOO_LARGE = Answered(status=413, elapsed_seconds=1.0)
BROKEN = NotSent(kind=NotSentKind.INTERRUPTED, detail="reset", elapsed_seconds=1.0)


def drop(world: World, size: int, smaller: int, smallest: int | None = None, name: str = "beach.jpg") -> Job:
    """Drop a photo of this size, and say how large it is with all its pixels and with fewer."""
    world.size = size
    world.smaller = {None: smaller, 2048: smaller if smallest is None else smallest}
    wish = wish_of(f"a prompt for {name}")
    pictures = tuple(replace(picture, bytes=size) for picture in wish.pictures)
    (job,) = world.house.accept(name, replace(wish, pictures=pictures))
    return job


def send(world: World, job: Job, *ends: CallEnd) -> Job:
    """Have one call after the other end so, each when its time has come."""
    for end in ends:
        world.end = end
        world.house.clock.pass_by(200)
        world.send(world.house.job(job))
    return world.house.job(job)


def test_refused_for_its_size_is_sent_smaller_once(world: World) -> None:
    """After a 413 the same call is made once more with a smaller picture, and only that one is paid (I5)."""
    job = drop(world, 3 * MEGABYTE, MEGABYTE)
    key = keys(world, job)

    refused = send(world, job, TOO_LARGE)

    assert (refused.state, refused.attempts) == (JobState.DEFERRED, 1)
    assert "so the photo is made smaller" in refused.detail
    lost = send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))
    assert world.orders == [[3 * MEGABYTE], [MEGABYTE]]
    assert [one.bytes for one in lost.sent] == [MEGABYTE]
    assert [money > 0 for money in world.house.reserved(job)] == [False, True]
    assert keys(world, job) == key


def keys(world: World, job: Job) -> str:
    """Give the idempotency key that a call would carry now."""
    assert job.edit is not None
    return world.house.journal.get_edit(job.edit).idempotency_key


def test_refused_twice_for_its_size_fails_for_nothing(world: World) -> None:
    """A second 413 fails the photo with its size and what to do; there is no third call."""
    job = drop(world, 3 * MEGABYTE, 2 * MEGABYTE, MEGABYTE)

    failed = send(world, job, TOO_LARGE, TOO_LARGE, TOO_LARGE)

    assert failed.state is JobState.FAILED
    assert failed.detail == (
        "the photo is too large for the service (413); the call had 1.3 MB: export the photo smaller"
    )
    assert world.made == [None, 2048]
    assert world.orders == [[3 * MEGABYTE], [MEGABYTE]]
    assert world.house.reserved(job) == [0, 0]


def test_what_cannot_be_made_smaller_is_not_sent_again(world: World) -> None:
    """A picture that is as large as before when it was made smaller fails without another call."""
    job = drop(world, 3 * MEGABYTE, 9 * MEGABYTE, 4 * MEGABYTE)

    failed = send(world, job, TOO_LARGE, TOO_LARGE)

    assert failed.state is JobState.FAILED
    assert failed.detail == (
        "the photo is too large: even made smaller the call has 4.0 MB, and the service has refused 4.0 MB:"
        " export it smaller"
    )
    assert world.sent == 1


def test_large_body_that_broke_twice_is_sent_smaller(world: World) -> None:
    """A large body that was not taken twice running counts as refused for its size."""
    job = drop(world, 3 * MEGABYTE, MEGABYTE)

    broken = send(world, job, BROKEN, BROKEN)

    assert (broken.state, broken.attempts) == (JobState.DEFERRED, 2)
    send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))
    assert world.orders == [[3 * MEGABYTE], [3 * MEGABYTE], [MEGABYTE]]


def test_small_body_that_broke_is_sent_as_it_is(world: World) -> None:
    """A small body that is not taken says nothing about its size: a line that breaks breaks anything."""
    job = drop(world, 100_000, 50_000)

    failed = send(world, job, BROKEN, BROKEN, BROKEN, BROKEN)

    assert failed.state is JobState.FAILED
    assert world.orders == [[100_000]] * 4
    assert world.made == []


def test_what_was_refused_before_is_made_smaller_at_once(world: World) -> None:
    """The next photo of that size is made smaller before its first call; a smaller one goes untouched."""
    send(world, drop(world, 3 * MEGABYTE, MEGABYTE), TOO_LARGE)

    large = drop(world, 3 * MEGABYTE, MEGABYTE, name="large.jpg")
    send(world, large, NoAnswer(detail="cut", elapsed_seconds=1.0))
    small = drop(world, 2 * MEGABYTE, MEGABYTE, name="small.jpg")
    send(world, small, NoAnswer(detail="cut", elapsed_seconds=1.0))

    assert world.orders == [[3 * MEGABYTE], [MEGABYTE], [2 * MEGABYTE]]
    assert world.house.job(small).sent == ()


def test_broken_connections_count_for_others_when_the_smaller_one_was_taken(world: World) -> None:
    """That two connections broke is a guess about one photo until a smaller call proves it right."""
    job = drop(world, 3 * MEGABYTE, MEGABYTE)
    other = drop(world, 3 * MEGABYTE, MEGABYTE, name="other.jpg")

    send(world, job, BROKEN, BROKEN)
    assert world.house.limits.room_for(other).refused_before is None
    send(world, job, Answered(status=202, elapsed_seconds=1.0))

    assert world.house.limits.room_for(other).refused_before == world.house.job(job).shrunk > 0


def test_larger_call_that_is_taken_ends_what_was_learned(world: World) -> None:
    """What a service took once it did not refuse for its size; nothing is made smaller for it any more."""
    send(world, drop(world, 10_000, 20_000), TOO_LARGE)
    larger = drop(world, 10_000, 20_000, name="larger.jpg")
    assert world.house.limits.room_for(larger).refused_before is not None

    send(world, larger, Answered(status=202, elapsed_seconds=1.0))

    assert world.house.limits.room_for(larger).refused_before is None


def test_own_limit_is_kept_before_anything_is_paid(world: World) -> None:
    """A photo above the owner's limit is made smaller before its first call."""
    job = drop(world, 30 * MEGABYTE, 20 * MEGABYTE, MEGABYTE)

    send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))

    assert world.orders == [[MEGABYTE]]
    assert world.house.job(job).attempts == 1


def test_above_the_own_limit_even_made_smaller(world: World) -> None:
    """A photo above the owner's limit however small it is made fails unsent, with the setting's name."""
    job = drop(world, 40 * MEGABYTE, 30 * MEGABYTE, 30 * MEGABYTE)

    failed = send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))

    assert failed.state is JobState.FAILED
    assert "allowed are 20.0 MB (endpoint.max_request_bytes)" in failed.detail
    assert world.sent == 0
    assert world.house.reserved(job) == []


def test_what_cannot_be_decoded_fails_unsent(world: World) -> None:
    """A photo that would have to be made smaller and cannot be decoded fails with that sentence."""
    job = drop(world, 30 * MEGABYTE, MEGABYTE)
    world.shrink_error = UnsendableError("the photo cannot be decoded")

    failed = send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))

    assert (failed.state, failed.detail) == (JobState.FAILED, "the photo cannot be decoded")
    assert world.sent == 0


def test_job_that_ended_meanwhile_is_not_failed(house: House) -> None:
    """Who was given up by a person meanwhile is not failed as well."""
    (job,) = house.accept("beach.jpg")
    submitting = house.submit(job)

    with house.act():
        assert house.moves.give_up(job.id, "too late") == submitting


def test_photo_that_changed_while_it_was_made_smaller(world: World) -> None:
    """A photo that is another one after it was decoded is not sent (I5)."""
    job = drop(world, 30 * MEGABYTE, MEGABYTE)
    world.content = (signature_of(1), "c" * 64)

    gone = send(world, job, NoAnswer(detail="cut", elapsed_seconds=1.0))

    assert gone.state is JobState.CANCELLED
    assert world.sent == 0


def test_refusal_that_a_crash_cut_off_is_booked_as_any_other(world: World) -> None:
    """A 413 that lies in the spool when the process ends leads to the smaller call after the next start."""
    (job,) = world.house.accept("beach.jpg")
    submitting = world.house.submit(job)
    assert submitting.answer is not None
    with world.house.spool.open_writer(submitting.answer) as writer:
        writer.finish(TOO_LARGE)

    world.house.recover()

    assert world.house.job(job).state is JobState.DEFERRED
    assert world.house.job(job).shrunk > 0


def test_i7_a_disk_that_fills_while_an_answer_arrives_stops_all_calls(world: World) -> None:
    """I7: what came is kept, the job needs a person, its money stays set aside, and nothing else is sent."""
    (job,), (other,) = world.house.accept("beach.jpg"), world.house.accept("other.jpg", wish_of("other"))
    world.end, world.is_full = Answered(status=200, elapsed_seconds=1.0), True

    world.send(job)
    world.send(other)

    held = world.house.job(job)
    assert (held.state, held.hold) == (JobState.HELD, HoldReason.UNKNOWN_OUTCOME)
    assert "the disk filled while the answer arrived" in held.detail
    assert world.house.reserved(job)[0] > 0
    assert world.house.spool.attempts() == [1]
    assert [pause.reason for pause in world.house.board.pauses] == [PauseReason.DISK_FULL]
    assert world.sent == 1
    assert world.house.job(other).state is JobState.READY
    world.house.clock.pass_by(31)
    with world.house.act():
        world.house.board.end_those_over()
    assert world.house.board.pauses == ()


def test_i8_an_answer_that_cannot_be_looked_for_at_the_start_is_looked_for_later(
    world: World, tmp_path: Path
) -> None:
    """I8: a spool that cannot be read just then neither ends the start nor leaves the job without a word."""
    house, world.end = world.house, Answered(status=200, elapsed_seconds=1.0)
    (job,) = house.accept("beach.jpg")
    submitting = house.submit(job)
    assert submitting.answer is not None
    with house.spool.open_writer(submitting.answer) as writer:
        writer.finish(world.end)
    answer = tmp_path / "spool" / "1.answer"
    answer.rename(tmp_path / "elsewhere")
    answer.symlink_to(tmp_path / "elsewhere")

    house.recover()
    (task,) = house.choose()
    world.process().recover(house.job(job))
    house.under_way.end(task)

    waiting = house.job(job)
    assert (kinds([task]), waiting.state) == (["Recover"], JobState.SUBMITTING)
    assert "cannot read" in waiting.detail
    assert house.choose() == []
    answer.unlink()
    (tmp_path / "elsewhere").rename(answer)
    house.clock.pass_by(31)
    assert kinds(house.choose()) == ["Recover"]
    world.process().recover(house.job(job))
    assert house.job(job).state is JobState.RECEIVED


def test_a_call_under_way_is_not_looked_for(world: World) -> None:
    """Whoever makes a call tells how it ended; nobody else books it."""
    house = world.house
    (job,) = house.accept("beach.jpg")
    (task,) = house.choose()
    house.submit(job)

    assert kinds([task]) == ["Send"]
    assert house.choose() == []
