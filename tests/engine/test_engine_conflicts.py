"""Names that are taken in the outbox: numbered, not paid for, or exchanged for what is new."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from engine_answers import Desk
from engine_house import IDENTITY, POLICY, House, conflicts_of, make_outbox, outputs_in, wish_of
from PIL import Image

from durable import NoExclusiveRename, every_cut, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.images import structure
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.edits import Wish
from retouchd.core.jobs import Job, JobState, cabinet_of
from retouchd.core.naming import OnConflict
from retouchd.core.outcomes import Answered
from retouchd.core.records import BundleState
from retouchd.core.values import Cabinet
from retouchd.engine.calls import Reply
from retouchd.engine.delivery import Delivery
from retouchd.engine.tools import Tools


def picture(colour: str) -> bytes:
    """Give a picture."""
    buffer = BytesIO()
    Image.new("RGB", (16, 16), colour).save(buffer, "PNG")
    return buffer.getvalue()


OLD, NEW, EDITED = picture("red"), picture("blue"), picture("green")


class Bench:
    """A house with a real outbox, and a policy for names that are taken."""

    def __init__(self, place: Path, on_conflict: OnConflict) -> None:
        self.house = House(place, replace(POLICY, on_conflict=on_conflict))
        self.outbox = make_outbox(place / "outbox")

    def take_in(self, colour: bytes, wish: Wish, name: str = "beach.jpg") -> Job:
        """Take in a photo and have its edit answered."""
        (job,) = self.house.accept(name, wish)
        return self.answer(job, colour)

    def answer(self, job: Job, content: bytes) -> Job:
        """Have a job's call answered with a picture."""
        job, end = self.house.submit(job), Answered(status=200, elapsed_seconds=1.0)
        assert job.answer is not None
        with self.house.spool.open_writer(job.answer) as writer:
            writer.write(json.dumps({"ok": True, "b64_json": base64.b64encode(content).decode()}).encode())
            writer.finish(end)
        with self.house.act():
            return self.house.calls.book(job.id, job.answer, Reply(end=end))

    def deliver(self, job: Job, durable: Durable | None = None) -> Job:
        """Deliver as a new process would."""
        unused: Any = None
        outbox = OutboxFolder(self.outbox, durable or Durable(), IDENTITY, Modes())
        tools = Tools(
            inbox=unused,
            outbox=outbox,
            filing=unused,
            returns=unused,
            spool=self.house.spool,
            endpoint=unused,
            pictures=structure,
            darkroom=unused,
        )
        desk = Desk(self.house)
        conflicts = conflicts_of(self.house, desk, outbox)
        Delivery(self.house.office, desk, self.house.deliveries, tools, conflicts).deliver(
            self.house.job(job)
        )
        return self.house.job(job)

    def finish(self, colour: bytes, wish: Wish, name: str = "beach.jpg") -> Job:
        """Have a photo go all the way."""
        return self.house.file(self.deliver(self.take_in(colour, wish, name)))

    def shown(self) -> dict[str, bytes]:
        """Give the pictures in the outbox."""
        return {path.name: path.read_bytes() for path in self.outbox.glob("[!.]*.png")}

    def check(self) -> None:
        """I3, I4: each picture is whole, and metadata, if there is any, describes it."""
        assert set(self.shown().values()) <= {OLD, NEW, EDITED}
        for path in self.outbox.glob("[!.]*.json"):
            described = json.loads(path.read_bytes())["output"]["sha256"]
            assert sha256(path.with_suffix("").read_bytes()).hexdigest() == described


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[Callable[[OnConflict], Bench]]:
    """Open benches, each in a folder of its own."""
    opened: list[Bench] = []

    def open_one(on_conflict: OnConflict) -> Bench:
        place = tmp_path / str(len(opened))
        place.mkdir()
        opened.append(Bench(place, on_conflict))
        return opened[-1]

    yield open_one
    for bench in opened:
        bench.house.close()


OpenBench = Callable[[OnConflict], Bench]


# --- overwrite


def test_an_earlier_output_is_overwritten(open_bench: OpenBench) -> None:
    """Picture and metadata of our own earlier output make way for the new ones."""
    bench = open_bench(OnConflict.OVERWRITE)
    bench.finish(OLD, wish_of("old"))

    job = bench.finish(NEW, wish_of("new"))

    assert bench.shown() == {"beach.png": NEW}
    assert json.loads((bench.outbox / "beach.png.json").read_bytes())["job"] == job.id
    bench.check()


@pytest.mark.parametrize("is_first_done", [True, False])
def test_another_photo_of_the_same_stem_keeps_its_output(
    open_bench: OpenBench, *, is_first_done: bool
) -> None:
    """Of two photos of one stem both get their picture, also when one is done before the other is seen."""
    bench = open_bench(OnConflict.OVERWRITE)
    first = bench.deliver(bench.take_in(OLD, wish_of("old")))
    if is_first_done:
        bench.house.file(first)

    bench.finish(NEW, wish_of("new"), "beach.png")

    assert bench.shown() == {"beach.png": OLD, "beach-2.png": NEW}
    bench.finish(EDITED, wish_of("newer"), "beach.png")
    assert bench.shown() == {"beach.png": OLD, "beach-2.png": EDITED}
    bench.check()


@pytest.mark.parametrize("poorer", [Durable, NoExclusiveRename])
def test_a_cut_leaves_one_whole_picture_that_its_metadata_describes(
    open_bench: OpenBench, poorer: Callable[[], Durable]
) -> None:
    """I3, I4, I8: wherever overwriting is cut, nothing is half, and the next start finishes it."""
    steps = 0
    for cutting in every_cut(poorer):
        bench = open_bench(OnConflict.OVERWRITE)
        bench.finish(OLD, wish_of("old"))
        job = bench.take_in(NEW, wish_of("new"))

        run_until_cut(lambda bench=bench, job=job, cutting=cutting: bench.deliver(job, cutting))

        bench.check()
        assert bench.shown() in ([{"beach.png": OLD}, {"beach.png": NEW}, {}])
        # Only where names cannot be exchanged the name is free for a while.
        assert bench.shown() or poorer is NoExclusiveRename
        assert bench.deliver(job).state is JobState.DELIVERED
        assert bench.shown() == {"beach.png": NEW}
        assert outputs_in(bench.outbox) == ["beach.png", "beach.png.json"]
        bench.check()
        steps += 1

    assert steps > 20


@pytest.mark.parametrize("spoiled", ["picture", "metadata", "no metadata"])
def test_what_is_not_ours_is_not_overwritten(open_bench: OpenBench, spoiled: str) -> None:
    """I2: a picture that a person has changed or put there stays, and so does their JSON; the log says so."""
    bench = open_bench(OnConflict.OVERWRITE)
    if spoiled == "no metadata":
        (bench.outbox / "beach.png").write_bytes(EDITED)
    else:
        bench.finish(OLD, wish_of("old"))
        place = bench.outbox / ("beach.png" if spoiled == "picture" else "beach.png.json")
        place.write_bytes(EDITED if spoiled == "picture" else b"[1]")
    before = {path.name: path.read_bytes() for path in bench.outbox.iterdir()}

    job = bench.finish(NEW, wish_of("new"))

    after = {path.name: path.read_bytes() for path in bench.outbox.iterdir()}
    assert after.items() >= before.items()
    assert after["beach-2.png"] == NEW
    assert ("output.kept", job.id) in [(event, said.get("job")) for event, said in bench.house.log.lines]
    # The number that it got is ours, and makes way the next time.
    bench.finish(OLD, wish_of("third"))
    assert (bench.outbox / "beach-2.png").read_bytes() == OLD
    assert not (bench.outbox / "beach-3.png").exists()


def test_metadata_whose_picture_was_taken_away_makes_way(open_bench: OpenBench) -> None:
    """Who has deleted a picture gets the next one under its name."""
    bench = open_bench(OnConflict.OVERWRITE)
    bench.finish(OLD, wish_of("old"))
    (bench.outbox / "beach.png").unlink()

    bench.finish(NEW, wish_of("new"))

    assert bench.shown() == {"beach.png": NEW}
    bench.check()


def test_an_equal_picture_gets_its_own_metadata(open_bench: OpenBench) -> None:
    """The same picture again costs nothing and stays; its metadata tells of the job that asked last."""
    bench = open_bench(OnConflict.OVERWRITE)
    bench.finish(OLD, wish_of("same"))
    (again,) = bench.house.accept("beach.jpg", wish_of("same"))
    assert again.state is JobState.RECEIVED

    bench.deliver(again)

    assert bench.shown() == {"beach.png": OLD}
    assert json.loads((bench.outbox / "beach.png.json").read_bytes())["job"] == again.id


def test_variants_do_not_overwrite_each_other(open_bench: OpenBench) -> None:
    """Three pictures of one photo are three files, and the same three when it comes again."""
    bench = open_bench(OnConflict.OVERWRITE)
    for prompt in ("old", "new"):
        jobs = bench.house.accept("beach.jpg", *(wish_of(prompt, take) for take in (1, 2, 3)))
        for job in jobs:
            bench.deliver(bench.answer(job, OLD if prompt == "old" else NEW))
        bench.house.file(jobs[0])

    assert bench.shown() == {"beach.png": NEW, "beach-2.png": NEW, "beach-3.png": NEW}


class EditingDurable(Durable):
    """A person who saves an edited picture just before it is replaced."""

    def __init__(self, place: Path, inner: Durable) -> None:
        self.place = place
        self.inner = inner
        self.has_edited = False

    def exchange(self, first: str, second: str, *, folder: int) -> None:
        """Let the person be first, once."""
        if not self.has_edited:
            self.place.write_bytes(EDITED)
        self.has_edited = True
        self.inner.exchange(first, second, folder=folder)


@pytest.mark.parametrize("poorer", [Durable, NoExclusiveRename])
def test_what_is_changed_at_the_last_moment_stays(
    open_bench: OpenBench, poorer: Callable[[], Durable]
) -> None:
    """I2: a person's edit that comes between the look and the exchange is not lost."""
    bench = open_bench(OnConflict.OVERWRITE)
    bench.finish(OLD, wish_of("old"))
    job = bench.take_in(NEW, wish_of("new"))

    bench.deliver(job, EditingDurable(bench.outbox / "beach.png", poorer()))

    assert bench.shown() == {"beach.png": EDITED, "beach-2.png": NEW}
    bench.check()


# --- skip


@pytest.mark.parametrize("name", ["beach.png", "BEACH.JPG", "beach.webp"])
def test_a_result_that_would_be_free_is_skipped_too(open_bench: OpenBench, name: str) -> None:
    """What is there in any kind and spelling is not given again; the photo goes to done/."""
    bench = open_bench(OnConflict.SKIP)
    bench.finish(OLD, wish_of("same"), "other.jpg")
    (bench.outbox / name).write_bytes(EDITED)
    (again,) = bench.house.accept("beach.jpg", wish_of("same"))
    assert again.state is JobState.RECEIVED

    ended = bench.deliver(again)

    assert (ended.state, ended.skipped) == (JobState.CANCELLED, True)
    assert ended.detail.startswith(f"outbox/{name} is there already, so nothing was sent")
    assert bench.house.bundle(ended).state is BundleState.ENDING
    assert cabinet_of([ended]) is Cabinet.DONE


def test_what_was_paid_for_is_never_skipped(open_bench: OpenBench) -> None:
    """I7: a name that is taken after the call gives the picture a number."""
    bench = open_bench(OnConflict.SKIP)
    job = bench.take_in(NEW, wish_of("new"))
    (bench.outbox / "beach.png").write_bytes(EDITED)

    assert bench.deliver(job).state is JobState.DELIVERED
    assert bench.shown() == {"beach.png": EDITED, "beach-2.png": NEW}


def test_a_delivery_that_was_cut_is_not_skipped_for_its_own_picture(open_bench: OpenBench) -> None:
    """I4, I8: a picture that was published before the crash gets its metadata after it."""
    for cutting in every_cut():
        bench = open_bench(OnConflict.SKIP)
        bench.finish(OLD, wish_of("same"), "other.jpg")
        (job,) = bench.house.accept("beach.jpg", wish_of("same"))

        run_until_cut(lambda bench=bench, job=job, cutting=cutting: bench.deliver(job, cutting))

        assert bench.deliver(job).state is JobState.DELIVERED
        assert (bench.outbox / "beach.png.json").exists()


def test_another_version_is_no_conflict(open_bench: OpenBench) -> None:
    """Who asks for another version of a picture gets it beside the first, whatever becomes of taken names."""
    for on_conflict in OnConflict:
        bench = open_bench(on_conflict)
        bench.finish(OLD, wish_of("one"))
        with bench.house.act():
            bench.house.journal.want_take(PurePosixPath(), "beach.jpg", wish_of().pictures[0].sha256, 2)

        (job,) = bench.house.accept("beach.jpg", wish_of("one"))

        assert (str(job.stem), job.state) == ("beach-2", JobState.READY)
