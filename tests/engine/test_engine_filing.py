"""Filing what several photos share, and folders that are one bundle, cut at every step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from itertools import permutations
from pathlib import Path, PurePosixPath

import pytest
from engine_answers import Desk
from engine_house import POLICY, House, signature_of, wish_of

from durable import every_cut, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.core.bundles import Bundle, Member, Role, Standing
from retouchd.core.errors import SourceGoneError
from retouchd.core.jobs import Job, JobState
from retouchd.core.records import Accepted
from retouchd.core.values import BundleId, Cabinet, Sha256, Signature, fold_name
from retouchd.engine.filing import Clerk
from retouchd.engine.filingorder import open_filing
from retouchd.engine.look import Accept
from retouchd.engine.returning import Porter, check_return

ROLES = {".jpg": Role.PHOTO, ".png": Role.MASK, ".txt": Role.PROMPT, ".toml": Role.PRESET}


class Yard:
    """A house with real folders, and what is done in them by a worker."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        self.place = place
        self.house = House(place, POLICY)
        self.inbox, self.done, self.failed = place / "inbox", place / "done", place / "failed"
        for folder in (self.inbox, self.done, self.failed):
            folder.mkdir()

    def check_mark(self) -> None:
        """Find the inbox in order."""

    @contextmanager
    def open_source(self, path: PurePosixPath) -> Iterator["Yard"]:
        """Open one file, which is what was sent as long as it is there."""
        if not (self.inbox / path).exists():
            raise SourceGoneError(operation="file", path=path, reason="it is not there")
        yield self

    def opened_as(self) -> Signature:
        """Give the signature that was accepted."""
        return signature_of(1)

    def drop(self, *names: str) -> None:
        """Put files into the inbox."""
        for name in names:
            (self.inbox / name).parent.mkdir(parents=True, exist_ok=True)
            (self.inbox / name).write_text(name)

    def take_in(self, *names: str, key: str = "") -> list[Job]:
        """Take in a photo with what belongs to it, as a look found it."""
        self.see(*names, key=key)
        paths = [PurePosixPath(name) for name in names]
        accepted = tuple(
            Accepted(
                path=path,
                role=ROLES[path.suffix],
                sha256=Sha256(sha256(str(path).encode()).hexdigest()),
                signature=signature_of(1),
            )
            for path in paths
        )
        with self.house.act():
            record = self.house.journal.find_live(paths[0].parent, key or fold_name(paths[0].name))
            assert record is not None
            self.house.intake.finish_look(record.id, Accept(wishes=(wish_of(names[0]),), accepted=accepted))
            return self.house.journal.jobs_of_bundle(record.id)

    def see(self, *names: str, key: str = "", standing: Standing = Standing.COMPLETE) -> None:
        """Have the scanner tell of a photo with what belongs to it."""
        paths = [PurePosixPath(name) for name in names]
        members = tuple(Member.at(path, ROLES[path.suffix], signature_of(1)) for path in paths)
        key = key or fold_name(paths[0].name)
        self.house.see(Bundle(folder=paths[0].parent, key=key, members=members, standing=standing))

    def finish(self, *jobs: Job) -> None:
        """Have jobs delivered, so that their bundle ends."""
        for job in jobs:
            received = job if job.state is JobState.RECEIVED else self.house.answer(job)
            self.house.deliver(received)

    def file(self, bundle: BundleId, durable: Durable | None = None) -> None:
        """File one bundle as a new process would."""
        cabinets = FilingCabinets(
            inbox=self.inbox,
            done=self.done,
            failed=self.failed,
            durable=durable or Durable(),
            modes=Modes(),
        )
        clerk = Clerk(
            Desk(self.house),  # type: ignore[arg-type]
            self.house.deliveries,
            self,  # type: ignore[arg-type]
            cabinets,
            lambda _: nullcontext(),
        )
        with self.house.act():
            order = open_filing(self.house.journal, bundle)
        if order is not None:
            clerk.file(order)

    def returns(self) -> FilingCabinets:
        """Give what files from done/ to the inbox."""
        return FilingCabinets(
            inbox=self.done, done=self.inbox, failed=self.inbox, durable=Durable(), modes=Modes()
        )

    def bring_back(self, job: Job) -> None:
        """Bring a filed bundle back."""
        record = self.house.bundle(job)
        cabinets = {Cabinet.DONE: self.returns()}
        porter = Porter(Desk(self.house), self.house.returns, self.check_mark, cabinets)
        assert porter.bring_back(record, Cabinet.DONE) is None

    def files(self, folder: Path) -> list[str]:
        """Give the names below a folder."""
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def open_yard(tmp_path: Path) -> Iterator[Callable[[], Yard]]:
    """Open yards, each in a folder of its own."""
    opened: list[Yard] = []

    def open_one() -> Yard:
        opened.append(Yard(tmp_path / str(len(opened))))
        return opened[-1]

    yield open_one
    for yard in opened:
        yard.house.close()


@pytest.fixture
def yard(open_yard: Callable[[], Yard]) -> Yard:
    """Open one."""
    return open_yard()


# --- shared files


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_shared_prompt_goes_with_the_last(yard: Yard, order: tuple[int, ...]) -> None:
    """In whichever order three photos end, their prompt and mask stay until the last of them is filed."""
    photos = ["a.jpg", "b/a.jpg", "c.jpg"]
    yard.drop(*photos, "a.txt", "m.png")
    jobs = [yard.take_in(photo, "a.txt", "m.png") for photo in photos]
    for number in order[:-1]:
        yard.finish(*jobs[number])
        yard.file(jobs[number][0].bundle)
        assert {"a.txt", "m.png"} < set(yard.files(yard.inbox))

    yard.finish(*jobs[order[-1]])
    yard.file(jobs[order[-1]][0].bundle)

    assert yard.files(yard.inbox) == []
    assert yard.files(yard.done) == sorted([*photos, "a.txt", "m.png"])


def test_what_still_waits_keeps_a_shared_prompt(yard: Yard) -> None:
    """A photo that was only seen needs it too; one that is ambiguous uses none, one that is gone neither."""
    yard.drop("a.jpg", "a.txt")
    yard.see("b/a.jpg", "a.txt")
    yard.see("c.jpg", "a.txt", standing=Standing.AMBIGUOUS)
    (job,) = yard.take_in("a.jpg", "a.txt")
    yard.finish(job)
    with yard.house.act():
        order = open_filing(yard.house.journal, job.bundle)
    assert order is not None
    assert [one.name for one in order.moving] == ["a.jpg"]

    with yard.house.act():
        live = yard.house.journal.find_live(PurePosixPath("b"), "a.jpg")
        assert live is not None
        yard.house.journal.forget_bundle(live.id)
    yard.file(job.bundle)

    assert yard.files(yard.done) == ["a.jpg", "a.txt"]


def test_a_mask_that_is_a_photo_itself_stays(yard: Yard) -> None:
    """What one photo uses as its mask is not taken away from the bundle whose photo it is."""
    yard.drop("a.jpg", "a.txt", "m.png", "m.png.txt")
    (job,) = yard.take_in("a.jpg", "a.txt", "m.png")
    yard.see("m.png", "m.png.txt")
    yard.finish(job)

    yard.file(job.bundle)

    assert yard.files(yard.inbox) == ["m.png", "m.png.txt"]


def test_common_files_are_never_moved(yard: Yard) -> None:
    """A preset stays although nobody needs it any more."""
    yard.drop("a.jpg", "a.txt", "_preset.toml")
    (job,) = yard.take_in("a.jpg", "a.txt", "_preset.toml")
    yard.finish(job)

    yard.file(job.bundle)

    assert yard.files(yard.inbox) == ["_preset.toml"]


@pytest.mark.parametrize("are_both_over", [True, False])
@pytest.mark.parametrize("opened", list(permutations(range(2))))
@pytest.mark.parametrize("filed", list(permutations(range(2))))
def test_two_that_are_filed_at_once_neither_leave_nor_lose_what_they_share(
    yard: Yard, opened: tuple[int, ...], filed: tuple[int, ...], *, are_both_over: bool
) -> None:
    """I1: two workers file two photos of one prompt; who begins last takes it along, and only that one."""
    yard.drop("a.jpg", "b.jpg", "a.txt")
    jobs = [yard.take_in("a.jpg", "a.txt")[0], yard.take_in("b.jpg", "a.txt")[0]]
    if are_both_over:
        yard.finish(*jobs)
    orders = {}
    for number in opened:
        if not are_both_over:
            yard.finish(jobs[number])
        with yard.house.act():
            orders[number] = open_filing(yard.house.journal, jobs[number].bundle)

    takers = [
        number for number, order in orders.items() if order and "a.txt" in [one.name for one in order.moving]
    ]
    assert takers == [opened[-1]]
    for number in filed:
        yard.file(jobs[number].bundle)
    assert yard.files(yard.inbox) == []
    assert yard.files(yard.done) == ["a.jpg", "a.txt", "b.jpg"]


def test_a_cut_orphans_and_loses_nothing(open_yard: Callable[[], Yard]) -> None:
    """I1, I8: wherever filing two that share a prompt is cut, all is there, and the next start ends it."""
    wanted = ["a.jpg", "a.txt", "b.jpg"]
    steps = 0
    for cutting in every_cut():
        yard = open_yard()
        yard.drop(*wanted)
        jobs = [yard.take_in("a.jpg", "a.txt")[0], yard.take_in("b.jpg", "a.txt")[0]]
        yard.finish(*jobs)

        def file_both(yard: Yard = yard, jobs: list[Job] = jobs, durable: Durable | None = None) -> None:
            for job in jobs:
                yard.file(job.bundle, durable)

        run_until_cut(lambda file_both=file_both, cutting=cutting: file_both(durable=cutting))
        there = {
            path.read_text() for path in yard.place.rglob("*.*") if path.suffix in {".jpg", ".txt", ".tmp"}
        }
        assert there >= set(wanted)
        file_both()

        assert yard.files(yard.inbox) == []
        assert yard.files(yard.done) == wanted
        steps += 1

    assert steps > 10


# --- folders that are one bundle


def drop_album(yard: Yard, *more: str) -> Job:
    """Drop a folder that is one bundle, and have it delivered."""
    names = ("trip/album.job/1.jpg", "trip/album.job/2.jpg", "trip/album.job/prompt.txt")
    yard.drop(*names, *more)
    (job,) = yard.take_in(*names, key="album.job")
    yard.finish(job)
    return job


def test_a_whole_folder_is_filed_as_one(yard: Yard) -> None:
    """Its files lie in a folder of its name, a second one gets a number, and none is left empty."""
    first = drop_album(yard)
    yard.file(first.bundle)
    second = drop_album(yard)
    yard.file(second.bundle)

    folders = ("trip/album-2.job", "trip/album.job")
    names = ("1.jpg", "2.jpg", "prompt.txt")
    assert yard.files(yard.done) == [f"{folder}/{name}" for folder in folders for name in names]
    assert not (yard.inbox / "trip/album.job").exists()
    assert (yard.inbox / "trip").is_dir()


def test_a_folder_with_more_in_it_stays(yard: Yard) -> None:
    """I2: what does not belong to the bundle is never removed, nor the folder around it."""
    job = drop_album(yard, "trip/album.job/notes.rtf")

    yard.file(job.bundle)

    assert yard.files(yard.inbox) == ["trip/album.job/notes.rtf"]


def test_a_cut_leaves_a_folder_whole(open_yard: Callable[[], Yard]) -> None:
    """I1, I8: wherever the filing of a folder is cut, the next start finishes it in one folder."""
    for cutting in every_cut():
        yard = open_yard()
        job = drop_album(yard)
        run_until_cut(lambda yard=yard, job=job, cutting=cutting: yard.file(job.bundle, cutting))
        yard.file(job.bundle)

        names = ("1.jpg", "2.jpg", "prompt.txt")
        assert yard.files(yard.done) == [f"trip/album.job/{name}" for name in names]
        assert not (yard.inbox / "trip/album.job").exists()


def test_a_whole_folder_comes_back_as_one(yard: Yard) -> None:
    """Another version of a folder that is one bundle begins with all of it in the inbox again."""
    yard.file(drop_album(yard).bundle)
    second = drop_album(yard)
    yard.file(second.bundle)

    yard.bring_back(second)

    assert yard.files(yard.inbox) == [f"trip/album.job/{name}" for name in ("1.jpg", "2.jpg", "prompt.txt")]
    assert not (yard.done / "trip/album-2.job").exists()
    assert (yard.done / "trip/album.job").is_dir()


def test_what_others_still_use_need_not_come_back(yard: Yard) -> None:
    """A photo comes back to the prompt that stayed in the inbox for another one."""
    yard.drop("a.jpg", "b.jpg", "a.txt")
    (job,) = yard.take_in("a.jpg", "a.txt")
    yard.take_in("b.jpg", "a.txt")
    yard.finish(job)
    yard.file(job.bundle)

    check_return(yard.house.bundle(job), yard.returns())
    yard.bring_back(job)

    assert yard.files(yard.inbox) == ["a.jpg", "a.txt", "b.jpg"]
