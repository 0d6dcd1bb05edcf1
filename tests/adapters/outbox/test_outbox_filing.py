"""Sources are moved so that each exists, whole, at every instant, and nothing is overwritten."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from fcntl import F_GETFL, fcntl
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from filing_house import PHOTO, STRANGER, House, sha256, shown

from durable import (
    CuttingDurable,
    ForgettingDurable,
    KillingDurable,
    NoExclusiveRename,
    TwoFileSystems,
    When,
    WrappingDurable,
    cut_power,
    every_cut,
    every_failure,
    is_killed,
    run_until_cut,
)
from retouchd.adapters.durable import Durable
from retouchd.adapters.modes import Modes
from retouchd.core.errors import (
    FileTroubleError,
    FolderMissingError,
    NameTakenError,
    NoRoomError,
    SourceChangedError,
    SourceGoneError,
)
from retouchd.core.values import Cabinet, Signature


def two_poor_file_systems() -> Durable:
    """Give two file systems, neither of which knows RENAME_NOREPLACE."""
    return TwoFileSystems(NoExclusiveRename())


def no_exclusive_rename_and_no_links_to_others() -> Durable:
    """Give one file system without RENAME_NOREPLACE where a source has too many names already."""
    return LinksWithinAFolder(NoExclusiveRename())


class LinksWithinAFolder(WrappingDurable):
    """Refuses hard links between folders as for a file with too many names."""

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Refuse between folders."""
        if not os.path.samestat(os.fstat(source_folder), os.fstat(target_folder)):
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))
        super().link(source, target, source_folder=source_folder, target_folder=target_folder)


# Every way in which a source can be moved, by the file system that forces it.
WAYS = {
    "rename": Durable,
    "link": NoExclusiveRename,
    "copy": TwoFileSystems,
    "copy between poor file systems": two_poor_file_systems,
    "copy for want of links": no_exclusive_rename_and_no_links_to_others,
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Give empty folders."""
    return House(tmp_path)


@every_way
def test_a_source_is_moved(house: House, way: Callable[[], Durable]) -> None:
    """A source moves into a sub-folder that is made for it, with its time and mode, and leaves nothing."""
    source = house.drop("trip/a.png")
    source.chmod(0o640)
    os.utime(source, ns=(1_000_000_007, 2_000_000_009))

    house.file("trip/a.png", durable=way())

    filed = house.done / "trip/a.png"
    assert filed.read_bytes() == PHOTO
    assert filed.stat().st_mtime_ns == 2_000_000_009
    assert stat.S_IMODE(filed.stat().st_mode) == 0o640
    assert (shown(house.inbox / "trip"), shown(house.done / "trip")) == ([], ["a.png"])


def test_a_source_moves_between_real_file_systems(tmp_path: Path) -> None:
    """Across two mounted file systems a copy is filed and the source goes."""
    with TemporaryDirectory(dir="/dev/shm") as memory:
        house = House(tmp_path, inbox=Path(memory) / "inbox")
        if house.inbox.stat().st_dev == house.done.stat().st_dev:
            pytest.skip("the memory disk is the same file system")
        house.drop()

        house.file()

        assert (house.done / "a.png").read_bytes() == PHOTO
        assert (shown(house.inbox), shown(house.done)) == ([], ["a.png"])


@every_way
def test_a_failed_bundle_gets_its_own_cabinet(house: House, way: Callable[[], Durable]) -> None:
    """What failed is filed in failed/."""
    house.drop()

    with house.open_cabinets(way()).moving(Cabinet.FAILED) as trolley:
        trolley.move(PurePosixPath("a.png"), sha256(PHOTO), PurePosixPath("a.png"))

    assert (shown(house.failed), shown(house.done)) == (["a.png"], [])


@pytest.mark.parametrize(
    ("change", "is_read"),
    [({}, False), ({"ctime_ns": 1}, True), ({"size": 1}, True), ({"inode": 1}, True), ({"inode": 0}, True)],
)
def test_what_has_not_changed_since_it_was_hashed_is_not_read(
    house: House, change: dict[str, int], *, is_read: bool
) -> None:
    """Only what may be another file is read again: told by a hash that it cannot have."""
    status = house.drop().stat()
    signature = Signature(
        size=status.st_size, mtime_ns=status.st_mtime_ns, ctime_ns=status.st_ctime_ns, inode=status.st_ino
    )
    path = PurePosixPath("a.png")

    with (
        pytest.raises(SourceChangedError) if is_read else nullcontext(),
        house.open_cabinets().moving(Cabinet.DONE) as trolley,
    ):
        trolley.move(path, sha256(b"x"), path, replace(signature, **change))

    assert shown(house.inbox if is_read else house.done) == ["a.png"]


@every_way
def test_i1_a_cut_at_every_step_of_a_move_is_finished(tmp_path: Path, way: Callable[[], Durable]) -> None:
    """I1, I2, I8: cut at any step the source is whole somewhere; the next run files it once."""
    for number, cutting in enumerate(every_cut(way)):
        house = House(tmp_path / str(number))
        house.drop("trip/a.png")

        run_until_cut(partial(house.file, "trip/a.png", durable=cutting))

        assert house.copies(PHOTO)
        house.file("trip/a.png", durable=way())
        assert (shown(house.inbox / "trip"), shown(house.done / "trip")) == ([], ["a.png"])
        assert (house.done / "trip/a.png").read_bytes() == PHOTO


@every_way
def test_i1_a_power_cut_at_every_step_of_a_move_is_finished(
    tmp_path: Path, way: Callable[[], Durable]
) -> None:
    """I1, I2, I8: what was not synced may be gone, what was removed stays so; the source is whole."""
    for number, cutting in enumerate(every_cut(lambda: ForgettingDurable(way()))):
        house = House(tmp_path / str(number))
        house.drop("trip/a.png")

        run_until_cut(partial(house.file, "trip/a.png", durable=cutting))
        cut_power(cutting)

        assert house.copies(PHOTO)
        assert cutting.happened or (house.done / "trip/a.png").exists()
        house.file("trip/a.png", durable=way())
        assert (shown(house.inbox / "trip"), shown(house.done / "trip")) == ([], ["a.png"])


@pytest.mark.parametrize("way", [Durable, NoExclusiveRename, two_poor_file_systems])
def test_i1_a_kill_and_then_a_power_cut_are_finished_by_the_third_run(
    tmp_path: Path, way: Callable[[], Durable]
) -> None:
    """I1, I8: a run that finishes a killed one makes durable what that had not before it removes."""
    for number, first in enumerate(every_cut(way, [When.BEFORE])):
        _drop_and_file(tmp_path / str(number), first)
        for again, second in enumerate(every_cut(lambda: ForgettingDurable(way()))):
            same_cut = CuttingDurable(first.at, first.when, second.inner)
            house = _drop_and_file(tmp_path / f"{number}-{again}", same_cut)

            run_until_cut(partial(house.file, durable=second))
            cut_power(second)

            assert house.copies(PHOTO)
            assert second.happened or (house.done / "a.png").exists()
            house.file(durable=way())
            assert (shown(house.inbox), shown(house.done)) == ([], ["a.png"])


def _drop_and_file(root: Path, cutting: CuttingDurable) -> House:
    house = House(root)
    house.drop()
    run_until_cut(partial(house.file, durable=cutting))
    return house


@every_way
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EIO, FolderMissingError),
        (errno.EROFS, FolderMissingError),
        (errno.EACCES, FolderMissingError),
        (errno.ENOSPC, NoRoomError),
    ],
)
def test_i1_a_failure_at_every_step_of_a_move_is_said_and_mended(
    tmp_path: Path, way: Callable[[], Durable], code: int, error: type[FileTroubleError]
) -> None:
    """I1: whatever step fails, our error says it, the source is whole, and the next try succeeds."""
    for number, failing in enumerate(every_failure(code, way)):
        house = House(tmp_path / str(number))
        house.drop("trip/a.png")

        try:
            house.file("trip/a.png", durable=failing)
        except error:
            assert failing.happened
        else:
            assert (house.done / "trip/a.png").exists()
        assert house.copies(PHOTO)
        house.file("trip/a.png", durable=way())
        assert (shown(house.inbox / "trip"), shown(house.done / "trip")) == ([], ["a.png"])


@every_way
def test_i2_a_taken_name_in_the_cabinet_is_not_overwritten(house: House, way: Callable[[], Durable]) -> None:
    """I2: a stranger's file, a link, a FIFO and a folder keep their names, and the source stays."""
    source = house.drop()
    (house.done / "file.png").write_bytes(STRANGER)
    (house.done / "link.png").symlink_to(source)
    os.mkfifo(house.done / "fifo.png")
    (house.done / "folder.png").mkdir()
    before = shown(house.done)

    for name in [*before, "FILE.png"]:
        with pytest.raises(NameTakenError):
            house.file("a.png", name, way())

    assert source.read_bytes() == PHOTO
    assert (house.done / "file.png").read_bytes() == STRANGER
    assert (shown(house.inbox), shown(house.done)) == (["a.png"], before)


class Racing(WrappingDurable):
    """Lets somebody act right before the first step of a kind, after everything was compared."""

    def __init__(self, kind: str, somebody: Callable[[], object], inner: Durable) -> None:
        super().__init__(inner)
        self.kind = kind
        self.somebody: list[Callable[[], object]] = [somebody]

    def race(self, kind: str) -> None:
        """Let somebody act, once."""
        if kind == self.kind and self.somebody:
            self.somebody.pop()()

    def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Somebody first."""
        self.race("link")
        super().link(source, target, source_folder=source_folder, target_folder=target_folder)

    def rename(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Somebody first."""
        self.race("rename")
        super().rename(source, target, source_folder=source_folder, target_folder=target_folder)

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Somebody first; a step that is about to fail is none."""
        crossing = not os.path.samestat(os.fstat(source_folder), os.fstat(target_folder))
        self.race("cross" if crossing else "aside")
        super().rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)


def swap(house: House, witness: Path | None = None) -> None:
    """Replace the photo, as an uploading program does, and say so in another file."""
    (house.root / "upload").write_bytes(STRANGER)
    (house.root / "upload").rename(house.inbox / "a.png")
    if witness:
        witness.touch()


# At which step of each way a swap does harm if nobody looks.
RACES = [
    ("cross", Durable),
    ("link", NoExclusiveRename),
    ("rename", NoExclusiveRename),
    ("aside", TwoFileSystems),
    ("rename", two_poor_file_systems),
]


@pytest.mark.parametrize(("kind", "way"), RACES)
def test_i2_a_file_that_was_swapped_in_stays(house: House, kind: str, way: Callable[[], Durable]) -> None:
    """I2: a photo that took the source's place after the comparison is in the inbox when all is over."""
    house.drop()

    with pytest.raises(SourceChangedError):
        house.file(durable=Racing(kind, partial(swap, house), way()))

    assert house.copies(STRANGER) == [house.inbox / "a.png"]
    assert shown(house.inbox) == ["a.png"]


@every_way
def test_a_move_that_returned_is_durable_on_both_sides(house: House, way: Callable[[], Durable]) -> None:
    """I1: the filed file and both folders were synced when a move returns."""
    house.drop()
    durable = ForgettingDurable(way())

    house.file(durable=durable)

    assert all(durable.is_synced(path) for path in (house.done / "a.png", house.done, house.inbox))


@pytest.mark.parametrize(("kind", "way"), RACES)
def test_i2_a_swap_and_a_cut_at_every_step_lose_nothing(
    tmp_path: Path, kind: str, way: Callable[[], Durable]
) -> None:
    """I2, I8: the swapped file is whole somewhere after every cut, and after the next run in plain sight."""
    for number, cutting in enumerate(every_cut(way)):
        house = House(tmp_path / str(number))
        house.drop()
        swapped = house.root / "swapped"

        with suppress(SourceChangedError):
            somebody = partial(swap, house, swapped)
            run_until_cut(partial(house.file, durable=Racing(kind, somebody, cutting)))
        remains = STRANGER if swapped.exists() else PHOTO

        assert house.copies(remains)
        with suppress(SourceChangedError, SourceGoneError, NameTakenError):
            house.file(durable=way())
        assert [path for path in house.copies(remains) if not path.name.startswith(".")]


@every_way
def test_a_changed_source_stays(house: House, way: Callable[[], Durable]) -> None:
    """I2: a source with other bytes is not moved."""
    source = house.drop(content=STRANGER)

    with pytest.raises(SourceChangedError):
        house.file(durable=way())

    assert source.read_bytes() == STRANGER
    assert shown(house.done) == []


@pytest.mark.parametrize("thing", ["nothing", "link", "fifo", "folder", "no folder"])
def test_a_source_that_is_no_file_is_gone(house: House, thing: str) -> None:
    """I10: a missing file, a link to the very bytes, a FIFO and a folder are no source; nothing hangs."""
    twin = house.root / "twin"
    twin.write_bytes(PHOTO)
    place = house.inbox / "trip" / "a.png"
    makers: dict[str, Callable[[], object]] = {
        "nothing": place.parent.mkdir,
        "link": lambda: (place.parent.mkdir(), place.symlink_to(twin)),
        "fifo": lambda: (place.parent.mkdir(), os.mkfifo(place)),
        "folder": lambda: place.mkdir(parents=True),
        "no folder": lambda: None,
    }
    makers[thing]()

    with pytest.raises(SourceGoneError):
        house.file("trip/a.png")

    assert twin.read_bytes() == PHOTO
    assert shown(house.done / "trip") == []


def test_modes_of_what_is_made_in_the_cabinets(house: House) -> None:
    """Folders and notes get the modes that were asked for, whatever the umask; a photo keeps its own."""
    house.drop("team/a.png").chmod(0o600)
    cabinets = house.open_cabinets(modes=Modes(file=0o664, folder=0o2775))
    before = os.umask(0o077)
    try:
        path = PurePosixPath("team/a.png")
        with cabinets.moving(Cabinet.FAILED) as trolley:
            trolley.move(path, sha256(PHOTO), path)
        cabinets.write_note(Cabinet.FAILED, PurePosixPath("team/a.png.error.txt"), "why")
    finally:
        os.umask(before)

    names = ("team", "team/a.png", "team/a.png.error.txt")
    modes = [stat.S_IMODE((house.failed / name).stat().st_mode) for name in names]
    assert modes == [0o2775, 0o600, 0o664]


@every_way
def test_an_equal_copy_from_an_earlier_run_will_do(house: House, way: Callable[[], Durable]) -> None:
    """A target with the same bytes is the work of an earlier run: the source goes, the target stays."""
    house.drop()
    (house.done / "a.png").write_bytes(PHOTO)
    before = (house.done / "a.png").stat().st_ino

    house.file(durable=way())

    assert (house.done / "a.png").stat().st_ino == before
    assert (shown(house.inbox), shown(house.done)) == ([], ["a.png"])


def test_what_is_filed_already_is_filed_again_without_a_source(house: House) -> None:
    """After a crash behind the last step, the same call succeeds, even if the source's folder is gone."""
    house.drop("trip/a.png")
    house.file("trip/a.png")

    house.file("trip/a.png")
    (house.inbox / "trip").rmdir()
    house.file("trip/a.png")

    assert (house.done / "trip/a.png").read_bytes() == PHOTO


def test_a_new_photo_at_the_old_place_stays(house: House) -> None:
    """I2: when an earlier run has filed the source, a new photo of that name is left where it is."""
    house.drop()
    house.file()
    new = house.drop(content=STRANGER)

    house.file()

    assert new.read_bytes() == STRANGER


def test_the_same_inode_in_both_places_loses_one_name(house: House) -> None:
    """When an earlier run was cut between link and removal, the inbox's name goes and the file stays."""
    source = house.drop()
    (house.done / "a.png").hardlink_to(source)

    house.file()

    assert (house.done / "a.png").stat().st_nlink == 1
    assert (shown(house.inbox), shown(house.done)) == ([], ["a.png"])


@every_way
def test_a_source_left_aside_is_moved_from_there(house: House, way: Callable[[], Durable]) -> None:
    """I1: a source that a crash left under its dot-name is filed even if its target is gone again."""
    house.drop(".~a.png.aside.tmp")

    house.file(durable=way())

    assert (house.done / "a.png").read_bytes() == PHOTO
    assert shown(house.inbox) == []


@every_way
def test_a_stranger_left_aside_is_put_back(house: House, way: Callable[[], Durable]) -> None:
    """I2: another file that a crash left under the dot-name gets its own name back."""
    house.drop(".~a.png.aside.tmp", STRANGER)
    (house.done / "a.png").write_bytes(PHOTO)

    house.file(durable=way())

    assert (house.inbox / "a.png").read_bytes() == STRANGER
    assert shown(house.inbox) == ["a.png"]


def test_a_stranger_aside_whose_name_is_taken_is_named(house: House) -> None:
    """I2: what cannot be put back stays where it is, and the error says where."""
    house.drop()
    house.drop(".~a.png.aside.tmp", STRANGER)

    with pytest.raises(FileTroubleError, match=r"\.~a\.png\.aside\.tmp: .* is taken again"):
        house.file()

    assert shown(house.inbox) == [".~a.png.aside.tmp", "a.png"]


def test_a_put_back_that_was_cut_is_finished(house: House) -> None:
    """A stranger that has both names, from a cut between link and removal, loses the dot-name."""
    stranger = house.drop(content=STRANGER)
    (house.inbox / ".~a.png.aside.tmp").hardlink_to(stranger)

    with pytest.raises(SourceChangedError):
        house.file(durable=NoExclusiveRename())

    assert shown(house.inbox) == ["a.png"]


def test_a_source_that_vanishes_before_the_move_is_gone(house: House) -> None:
    """A source that is removed after the comparison is gone, and the cabinet gets nothing."""
    for kind, way in (("cross", Durable), ("link", NoExclusiveRename)):
        source = house.drop()
        with pytest.raises(SourceGoneError):
            house.file(durable=Racing(kind, source.unlink, way()))

    assert shown(house.done) == []


def test_a_source_that_vanishes_after_its_copy_was_filed_is_fine(house: House) -> None:
    """When somebody else removes a source which is whole in done/ by then, the move is done."""
    source = house.drop()

    house.file(durable=Racing("aside", source.unlink, TwoFileSystems()))

    assert (house.done / "a.png").read_bytes() == PHOTO


def test_a_cabinet_folder_that_vanishes_is_no_lost_source(house: House) -> None:
    """When the target's folder is removed under the move, it is the folder that is missing."""
    house.drop("trip/a.png")

    with pytest.raises(FolderMissingError):
        house.file("trip/a.png", durable=Racing("cross", (house.done / "trip").rmdir, Durable()))

    assert (house.inbox / "trip/a.png").read_bytes() == PHOTO


def test_a_photo_that_is_removed_from_the_cabinet_at_once_is_no_crash(house: House) -> None:
    """When somebody removes the target right behind the rename, our error says so."""

    class Removing(Durable):
        def rename_exclusive(self, source: str, target: str, **folders: int) -> None:
            super().rename_exclusive(source, target, **folders)
            (house.done / "a.png").unlink()

    house.drop()

    with pytest.raises(FileTroubleError):
        house.file(durable=Removing())


def test_an_unreadable_source_is_one_files_trouble(house: House) -> None:
    """A source on a bad sector fails by itself: the folder is not taken for missing (I11)."""
    broken = House(house.root, inbox=Path("/proc/self"))

    with pytest.raises(FileTroubleError, match="Input/output error") as caught:
        broken.file("mem")

    assert not isinstance(caught.value, FolderMissingError)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_i8_a_killed_process_is_finished_by_the_next(tmp_path: Path, way: Callable[[], Durable]) -> None:
    """I1, I8: a process that is really killed at any step leaves the source whole, and work to finish."""
    at, killed = 1, True
    while killed:
        house = House(tmp_path / str(at))
        house.drop()

        killed = is_killed(partial(house.file, durable=KillingDurable(at, inner=way())))

        assert house.copies(PHOTO)
        house.file(durable=way())
        assert (shown(house.inbox), shown(house.done)) == ([], ["a.png"])
        at += 1
    assert at > 3


def test_a_source_swapped_twice_is_not_overwritten(house: House) -> None:
    """I2: when a swapped file cannot go back since a third has come, both stay and the error says where."""

    class Busy(Racing):
        def rename_exclusive(
            self, source: str, target: str, *, source_folder: int, target_folder: int
        ) -> None:
            super().rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)
            if not (house.inbox / "a.png").exists():
                house.drop(content=b"a third")

    house.drop()

    with pytest.raises(FileTroubleError, match=r"done/a\.png: .* is taken again"):
        house.file(durable=Busy("cross", partial(swap, house), Durable()))

    assert (house.inbox / "a.png").read_bytes() == b"a third"
    assert (house.done / "a.png").read_bytes() == STRANGER


def test_a_second_name_that_became_the_only_one_stays(house: House) -> None:
    """I2: a swapped file that was linked and whose first name is gone since is not removed."""

    class Vanishing(Racing):
        def link(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
            super().link(source, target, source_folder=source_folder, target_folder=target_folder)
            (house.inbox / "a.png").unlink()

    house.drop()

    with pytest.raises(SourceChangedError):
        house.file(durable=Vanishing("link", partial(swap, house), NoExclusiveRename()))

    assert (house.done / "a.png").read_bytes() == STRANGER


def test_equal_bytes_at_another_inode_are_as_good(house: House) -> None:
    """A mount that gives the file another inode number at a rename (cifs) is filed on all the same."""

    def replace_by_twin() -> None:
        (house.root / "twin").write_bytes(PHOTO)
        (house.root / "twin").rename(house.inbox / "a.png")

    house.drop()

    house.file(durable=Racing("cross", replace_by_twin, Durable()))

    assert (house.done / "a.png").read_bytes() == PHOTO


def test_a_source_that_changes_while_it_is_copied_stays(house: House) -> None:
    """A source that is written to after the comparison is not filed, and no temporary stays."""
    source = house.drop()

    with pytest.raises(SourceChangedError):
        house.file(durable=Racing("cross", partial(source.write_bytes, STRANGER), TwoFileSystems()))

    assert source.read_bytes() == STRANGER
    assert shown(house.done) == []


@every_way
def test_a_mount_that_does_not_flush_what_is_read_is_no_hindrance(
    house: House, way: Callable[[], Durable]
) -> None:
    """Where a file that is open for reading only cannot be synced, sources are filed all the same."""

    class NoFlush(WrappingDurable):
        def fsync(self, descriptor: int) -> None:
            if fcntl(descriptor, F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                raise OSError(
                    errno.EACCES if stat.S_ISREG(os.fstat(descriptor).st_mode) else errno.EINVAL, ""
                )
            super().fsync(descriptor)

    house.drop()

    house.file(durable=NoFlush(way()))

    assert (house.done / "a.png").read_bytes() == PHOTO


def test_a_copy_that_reads_differently_is_not_filed(house: House) -> None:
    """I1: the source stays when its copy, read back, is not the same: the disk may be failing."""

    class BadDisk(TwoFileSystems):
        def fsync(self, descriptor: int) -> None:
            super().fsync(descriptor)
            written = house.done / ".~a.png.filing.tmp"
            if written.exists():
                written.write_bytes(b"\0" * len(PHOTO))

    source = house.drop()

    with pytest.raises(FileTroubleError, match="reads differently"):
        house.file(durable=BadDisk())

    assert source.read_bytes() == PHOTO
    assert shown(house.done) == []


def test_linked_folders_are_refused(house: House) -> None:
    """I10: no source is taken and none filed through a link to a folder."""
    elsewhere = house.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(PHOTO)
    (house.inbox / "trip").symlink_to(elsewhere)
    (house.done / "trip").symlink_to(elsewhere)
    house.drop()

    for source, target in (("trip/a.png", "a.png"), ("a.png", "trip/b.png")):
        with pytest.raises(FolderMissingError, match="it is a link"):
            house.file(source, target)
    with pytest.raises(FolderMissingError, match="it is a link"):
        house.open_cabinets().are_free(Cabinet.DONE, [PurePosixPath("trip/b.png")])
    with pytest.raises(FolderMissingError, match="it is a link"):
        house.open_cabinets().write_note(Cabinet.DONE, PurePosixPath("trip/a.txt"), "text")
    assert shown(elsewhere) == ["a.png"]


@pytest.mark.parametrize("wrong", ["../a.png", "/a.png", "trip/../../a.png", "..", "."])
def test_nothing_leads_out_of_the_folders(house: House, wrong: str) -> None:
    """I10: absolute paths and `..` are refused on both sides, and by the notes."""
    house.drop()
    cabinets, path = house.open_cabinets(), PurePosixPath(wrong)

    for act in (
        lambda: house.file(wrong, "a.png"),
        lambda: house.file("a.png", wrong),
        lambda: cabinets.are_free(Cabinet.DONE, [path]),
        lambda: cabinets.write_note(Cabinet.DONE, path, "text"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - the message differs and does not matter
            act()
    assert shown(house.root) == ["done", "failed", "inbox", "outbox"]


def test_a_missing_inbox_is_not_a_lost_source(house: House) -> None:
    """When the inbox is not mounted the folder is missing, not the source."""
    house.inbox.rmdir()

    with pytest.raises(FolderMissingError):
        house.file()


@every_way
@pytest.mark.parametrize(
    "name", ["new\nline.png", "-rf.png", "\udcff.png", "x" * 251 + ".png", "\u00e4" * 127]
)
def test_hostile_names_are_moved(house: House, name: str, way: Callable[[], Durable]) -> None:
    """I10: newlines, dashes, bytes that are no UTF-8 and 255 bytes are filed under the same name."""
    house.drop(name)

    house.file(name, durable=way())

    assert (shown(house.inbox), shown(house.done)) == ([], [name])


def test_names_are_free_as_a_share_compares(house: House) -> None:
    """A name is free in a folder that is not there yet, and taken by one that differs in case."""
    (house.done / "A.png").write_bytes(STRANGER)
    cabinets, names = house.open_cabinets(), ("a.png", "A.png", "b.png", "no/a.png")

    free = [cabinets.are_free(Cabinet.DONE, [PurePosixPath(name)]) for name in names]

    assert free == [False, False, True, True]


def test_a_note_is_written_once(house: House) -> None:
    """A note of the same text will do; another text under that name is refused."""
    cabinets, path = house.open_cabinets(), PurePosixPath("trip/a.png.error.txt")

    cabinets.write_note(Cabinet.FAILED, path, "not a picture: \udcff\n")
    cabinets.write_note(Cabinet.FAILED, path, "not a picture: \udcff\n")
    with pytest.raises(NameTakenError):
        cabinets.write_note(Cabinet.FAILED, path, "something else")

    assert (house.failed / path).read_text() == "not a picture: \\udcff\n"
    assert shown(house.failed / "trip") == ["a.png.error.txt"]


def test_a_cut_at_every_step_of_a_note_is_finished(tmp_path: Path) -> None:
    """I8: a note shows whole or not at all, also after a power cut, and the next run writes it."""
    path = PurePosixPath("trip/a.png.error.txt")
    for number, cutting in enumerate(every_cut(ForgettingDurable)):
        house = House(tmp_path / str(number))
        note = house.failed / path

        run_until_cut(partial(house.open_cabinets(cutting).write_note, Cabinet.FAILED, path, "why"))
        cut_power(cutting)

        assert not note.exists() or note.read_text() == "why"
        house.open_cabinets().write_note(Cabinet.FAILED, path, "why")
        assert note.read_text() == "why"
        assert shown(note.parent) == [note.name]


# --- several sources of one bundle

PROMPT = b"warmer"
ALL = {"trip/a.png": PHOTO, "trip/a.txt": PROMPT, "masks/a.mask.png": STRANGER}


class Noting(WrappingDurable):
    """Notes what was synced, by its path below a root."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.synced: list[str] = []

    def fsync(self, descriptor: int) -> None:
        """Note it."""
        super().fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.synced.append(str(path.relative_to(self.root)))


def drop_all(house: House) -> House:
    """Drop a photo, its prompt, and its mask in another folder."""
    for name, content in ALL.items():
        house.drop(name, content)
    return house


def file_all(house: House, durable: Durable | None = None) -> None:
    """File what was dropped."""
    with house.open_cabinets(durable).moving(Cabinet.DONE) as trolley:
        for name, content in ALL.items():
            trolley.move(PurePosixPath(name), sha256(content), PurePosixPath(name))


def test_sources_of_one_folder_share_its_syncs(house: House) -> None:
    """Each file is durable before it moves, then the folder it came to, then the one it went from: once."""
    drop_all(house)
    for folder in ("trip", "masks"):
        (house.done / folder).mkdir()
    noting = Noting(house.root)

    file_all(house, noting)

    moves = [place for place in noting.synced if place != "done"]
    assert moves == [
        *("inbox/trip/a.png", "inbox/trip/a.txt", "done/trip", "inbox/trip"),
        *("inbox/masks/a.mask.png", "done/masks", "inbox/masks"),
    ]


def test_a_folder_is_not_synced_before_the_one_that_was_moved_to(house: House) -> None:
    """I1: what is put right for a second source makes no first one's name gone before it is there."""
    house.drop()
    house.drop(".~b.png.aside.tmp", STRANGER)
    noting = Noting(house.root)

    with house.open_cabinets(noting).moving(Cabinet.DONE) as trolley:
        trolley.move(PurePosixPath("a.png"), sha256(PHOTO), PurePosixPath("a.png"))
        with pytest.raises(SourceChangedError):
            trolley.move(PurePosixPath("b.png"), sha256(PHOTO), PurePosixPath("b.png"))

    assert noting.synced[:3] == ["inbox/a.png", "done", "inbox"]


@every_way
def test_i1_a_power_cut_at_every_step_of_a_bundle_is_finished(
    tmp_path: Path, way: Callable[[], Durable]
) -> None:
    """I1, I2, I8: each source of a bundle is whole after every cut, and the next run files them all."""
    for number, cutting in enumerate(every_cut(lambda: ForgettingDurable(way()))):
        house = drop_all(House(tmp_path / str(number)))

        run_until_cut(partial(file_all, house, cutting))
        cut_power(cutting)

        assert all(house.copies(content) for content in ALL.values())
        assert cutting.happened or all((house.done / name).exists() for name in ALL)
        file_all(house, way())
        assert {name: (house.done / name).read_bytes() for name in ALL} == ALL
        assert all(shown(house.inbox / folder) == [] for folder in ("trip", "masks"))


def test_i1_a_failure_at_every_step_of_a_bundle_is_said_and_mended(tmp_path: Path) -> None:
    """I1: whatever step fails, no source is lost, no descriptor stays open, and the next try files all."""
    for number, failing in enumerate(every_failure(errno.EIO)):
        house = drop_all(House(tmp_path / str(number)))
        descriptors = len(list(Path("/proc/self/fd").iterdir()))

        with suppress(FolderMissingError):
            file_all(house, failing)
            assert not failing.happened

        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
        assert all(house.copies(content) for content in ALL.values())
        file_all(house)
        assert all((house.done / name).exists() for name in ALL)
