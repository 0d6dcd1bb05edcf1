"""One job in a worker's hands, when the files around it are in trouble."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, ParamSpec, TypeVar

import pytest
from engine_house import House, signature_of

from retouchd.adapters.images import structure
from retouchd.core.errors import (
    FileTroubleError,
    FolderMissingError,
    SourceChangedError,
    SourceGoneError,
)
from retouchd.core.jobs import JobState
from retouchd.core.outcomes import CallEnd, NoAnswer
from retouchd.core.values import Sha256, Signature
from retouchd.engine.delivery import Delivery
from retouchd.engine.process import Process, Registry
from retouchd.engine.tools import Tools

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
PLACE = PurePosixPath("beach.jpg")


@dataclass
class World:
    """All folders and the service in one: everything is in order, except what a test breaks.

    Attributes:
        source_error: Raised when a source is opened.
        room_error: Raised when the outbox is looked at.
        spool_error: Raised when an answer's file is opened.
        content: The source's signature and hash.
        sent: How many calls were made.
    """

    house: House
    source_error: Exception | None = None
    room_error: Exception | None = None
    spool_error: Exception | None = None
    free: int = 10**12
    content: tuple[Signature, str] = field(default_factory=lambda: (signature_of(1), "a" * 64))
    sent: int = 0

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

    def signature(self) -> Signature:
        """Give the source's signature."""
        return self.content[0]

    def sha256(self) -> str:
        """Give the source's hash."""
        return self.content[1]

    @contextmanager
    def open_writer(self, attempt: object) -> Iterator[None]:
        """Open an answer's file."""
        if self.spool_error:
            raise self.spool_error
        yield None

    def submit(self, order: object, images: Sequence[object], answer: object) -> CallEnd:
        """Make a call whose answer is lost."""
        self.sent += 1
        return NoAnswer(detail="cut", elapsed_seconds=1.0)

    def discard(self, attempt: object) -> None:
        """Remove what is kept, which is nothing."""

    def process(self) -> Process:
        """Give the worker's way through a job in this world."""
        here: Any = self
        tools = Tools(
            inbox=here, outbox=here, filing=here, returns=here, spool=here, endpoint=here, pictures=structure
        )
        house = self.house
        registry = Registry(
            journal=house.journal,
            moves=house.moves,
            cashier=house.cashier,
            deliveries=house.deliveries,
            calls=house.calls,
        )
        delivery = Delivery(here, house.deliveries, tools, keep_signed_url=False)
        return Process(here, registry, tools, delivery)


@pytest.fixture
def world(house: House) -> World:
    """Give a world in which everything is in order."""
    return World(house)


def test_job_in_order_is_sent_once(world: World) -> None:
    """In a world in order the call is made."""
    (job,) = world.house.accept("beach.jpg")

    world.process().process(job)

    assert world.sent == 1
    assert world.house.job(job).state is JobState.HELD


def test_nothing_is_sent_where_no_answer_can_be_kept(world: World) -> None:
    """When the answer's file cannot be opened no call is made, and nothing stays set aside (I6, I7)."""
    (job,) = world.house.accept("beach.jpg")
    world.spool_error = FileTroubleError("open", PLACE, "too many open files")

    world.process().process(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.DEFERRED
    assert world.house.reserved(job) == [0]


@pytest.mark.parametrize("error", [SourceGoneError, SourceChangedError])
def test_source_that_is_another_one_is_let_go(world: World, error: type[FileTroubleError]) -> None:
    """A photo that is gone or changed before it is sent is not sent (I5)."""
    (job,) = world.house.accept("beach.jpg")
    world.source_error = error("open", PLACE, "it is not there")

    world.process().process(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.CANCELLED


def test_source_with_other_bytes_is_let_go(world: World) -> None:
    """A photo of another signature and another hash is not what was looked at."""
    (job,) = world.house.accept("beach.jpg")
    world.content = (signature_of(2), "b" * 64)

    world.process().process(job)

    assert world.house.job(job).state is JobState.CANCELLED


def test_source_that_was_only_touched_is_sent(world: World) -> None:
    """A photo of another signature and the same bytes is the same photo."""
    (job,) = world.house.accept("beach.jpg")
    world.content = (signature_of(2), "a" * 64)

    world.process().process(job)

    assert world.sent == 1


def test_source_that_cannot_be_read_waits(world: World) -> None:
    """A photo that cannot be read just now is tried again later; the others go on (I11)."""
    (job,) = world.house.accept("beach.jpg")
    world.source_error = FileTroubleError("open", PLACE, "permission denied")

    world.process().process(job)

    waiting = world.house.job(job)
    assert (waiting.state, waiting.next_try is not None) == (JobState.READY, True)
    assert world.house.board.pauses == ()


def test_missing_outbox_postpones(world: World) -> None:
    """Nothing is sent while the outbox is not there."""
    (job,) = world.house.accept("beach.jpg")
    world.room_error = FolderMissingError("use", PLACE, "it is not there")

    world.process().process(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.READY


def test_full_disk_pauses_everything(world: World) -> None:
    """Where the result has no room nothing is paid, for no photo."""
    (job,) = world.house.accept("beach.jpg")
    world.free = 1000

    world.process().process(job)

    (pause,) = world.house.board.pauses
    assert world.sent == 0
    assert pause.reason == "disk_full"


def test_job_that_may_not_begin_stays(world: World) -> None:
    """A job whose call may not begin is left as it is."""
    (job,) = world.house.accept("beach.jpg")
    world.house.submit(job)

    world.process().process(job)

    assert world.sent == 0
    assert world.house.job(job).state is JobState.SUBMITTING
