"""The outbox publishes whole files, overwrites nothing and takes back only its own."""

import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from filing_house import IDENTITY, MARK, PICTURE, STRANGER, House, as_nobody, sha256, shown

from durable import (
    ForgettingDurable,
    NoExclusiveRename,
    NoLinks,
    cut_power,
    every_cut,
    every_failure,
    run_until_cut,
)
from retouchd.adapters.durable import Durable
from retouchd.adapters.marks import Mark, write_mark
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.errors import (
    FileTroubleError,
    FolderMissingError,
    NameTakenError,
    NoRoomError,
)
from retouchd.core.values import Cabinet


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Give empty folders."""
    return House(tmp_path)


def test_a_picture_is_published_under_its_name(house: House) -> None:
    """A staged picture gets its name in a sub-folder that is made for it, and no temporary stays."""
    house.deliver("trip/rome/a.png")

    assert (house.outbox / "trip/rome/a.png").read_bytes() == PICTURE
    assert shown(house.outbox / "trip/rome") == ["a.png"]


def test_without_hard_links_a_rename_publishes(house: House) -> None:
    """Where the file system has no hard links, RENAME_NOREPLACE publishes and leaves no temporary."""
    house.deliver("a.png", durable=NoLinks())

    assert (house.outbox / "a.png").read_bytes() == PICTURE
    assert shown(house.outbox) == ["a.png"]


def test_staging_shows_nothing_but_a_dot_name(house: House) -> None:
    """I3: a staged picture is to be seen under its dot-name only, with its size, hash and bytes."""
    with house.open_outbox().stage(PurePosixPath("a.png"), "job1", iter([PICTURE])) as staged:
        during = shown(house.outbox)
        content = os.read(staged.descriptor(), len(PICTURE) + 1)

        assert during == [".~a.png.job1.tmp"]
        assert (staged.size, staged.sha256, content) == (len(PICTURE), sha256(PICTURE), PICTURE)
    assert shown(house.outbox) == []


def test_a_published_file_has_no_second_name(house: House) -> None:
    """The temporary is gone when publishing returns: a kill right after it leaves nothing behind."""
    outbox, path = house.open_outbox(), PurePosixPath("a.png")

    with outbox.stage(path, "job1", iter([PICTURE])) as staged:
        outbox.publish(staged, path)

        assert shown(house.outbox) == ["a.png"]


def test_pieces_that_fail_leave_nothing(house: House) -> None:
    """What the pieces raise goes through, and the temporary is removed."""

    def broken() -> Iterator[bytes]:
        yield b"half"
        message = "broken base64"
        raise ValueError(message)

    with (
        pytest.raises(ValueError, match="broken base64"),
        house.open_outbox().stage(PurePosixPath("a.png"), "job1", broken()),
    ):
        pytest.fail("nothing was staged")

    assert shown(house.outbox) == []


def test_an_earlier_temporary_is_replaced_and_not_followed(house: House) -> None:
    """I10: a link that waits under the temporary's name is replaced; what it points to is not written."""
    victim = house.root / "victim"
    victim.write_bytes(STRANGER)
    (house.outbox / ".~a.png.job1.tmp").symlink_to(victim)

    house.deliver("a.png")

    assert victim.read_bytes() == STRANGER
    assert (house.outbox / "a.png").read_bytes() == PICTURE


def test_a_strangers_file_is_not_overwritten(house: House) -> None:
    """A name that another file has is refused, and that file stays as it is."""
    (house.outbox / "a.png").write_bytes(STRANGER)

    with pytest.raises(NameTakenError):
        house.deliver("a.png")

    assert (house.outbox / "a.png").read_bytes() == STRANGER
    assert shown(house.outbox) == ["a.png"]


@pytest.mark.parametrize("thing", ["link", "loop", "fifo", "folder"])
def test_other_things_have_the_name_too(house: House, thing: str) -> None:
    """A link, even to the very same bytes, a FIFO and a folder count as strangers, and nothing hangs."""
    twin = house.root / "twin"
    twin.write_bytes(PICTURE)
    place = house.outbox / "a.png"
    makers = {
        "link": lambda: place.symlink_to(twin),
        "loop": lambda: place.symlink_to(place),
        "fifo": lambda: os.mkfifo(place),
        "folder": place.mkdir,
    }
    makers[thing]()

    with pytest.raises(NameTakenError):
        house.deliver("a.png")

    assert shown(house.outbox) == ["a.png"]


def test_its_own_file_from_before_a_crash_will_do(house: House) -> None:
    """Publishing what is there already with the same bytes succeeds and writes nothing new."""
    house.deliver("a.png")
    before = (house.outbox / "a.png").stat().st_ino

    house.deliver("a.png")

    assert (house.outbox / "a.png").stat().st_ino == before
    assert shown(house.outbox) == ["a.png"]


@pytest.mark.parametrize("there", ["Beach.png", "BEACH.PNG"])
def test_names_that_a_share_takes_for_one_are_taken(house: House, there: str) -> None:
    """`beach.png` is neither free nor published beside `Beach.png`: a share would show one of them."""
    (house.outbox / there).write_bytes(STRANGER)

    assert house.open_outbox().is_taken(PurePosixPath("beach.png"))
    with pytest.raises(NameTakenError):
        house.deliver("beach.png")
    assert shown(house.outbox) == [there]


def test_the_same_umlaut_in_two_encodings_is_one_name(house: House) -> None:
    """A name in NFD takes the same name in NFC."""
    (house.outbox / "Su\u0308d.png").write_bytes(STRANGER)

    assert house.open_outbox().is_taken(PurePosixPath("S\u00fcd.png"))


def test_a_stranger_beside_its_own_file_changes_nothing(house: House) -> None:
    """After a crash its own bytes are recognised even if `Beach.png` has appeared beside `beach.png`."""
    house.deliver("beach.png")
    (house.outbox / "Beach.png").write_bytes(STRANGER)

    house.deliver("beach.png")

    assert shown(house.outbox) == ["Beach.png", "beach.png"]


def test_free_names_are_free(house: House) -> None:
    """A name in a folder that is not there yet is free, and so is one in an empty folder."""
    outbox = house.open_outbox()

    assert not outbox.is_taken(PurePosixPath("a.png"))
    assert not outbox.is_taken(PurePosixPath("not/there/a.png"))
    house.deliver("a.png")
    assert outbox.is_taken(PurePosixPath("a.png"))


def test_a_dangling_link_takes_a_name(house: House) -> None:
    """A link that leads nowhere has its name."""
    (house.outbox / "a.png").symlink_to("nowhere")

    assert house.open_outbox().is_taken(PurePosixPath("a.png"))


def test_a_linked_sub_folder_is_refused(house: House) -> None:
    """I10: nothing is written, looked up or removed through a link to a folder, and the error says link."""
    elsewhere = house.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(PICTURE)
    (house.outbox / "trip").symlink_to(elsewhere)
    outbox, path = house.open_outbox(), PurePosixPath("trip/a.png")

    with pytest.raises(FolderMissingError, match="it is a link"):
        house.deliver("trip/b.png")
    with pytest.raises(FolderMissingError, match="it is a link"):
        outbox.is_taken(path)
    with pytest.raises(FolderMissingError, match="it is a link"):
        outbox.withdraw(path, sha256(PICTURE))
    with pytest.raises(FolderMissingError, match="it is a link"):
        outbox.open_output(path, sha256(PICTURE))
    assert shown(elsewhere) == ["a.png"]


@pytest.mark.parametrize("path", ["../a.png", "/etc/a.png", "trip/../../a.png", "..", "."])
def test_nothing_leads_out_of_the_outbox(house: House, path: str) -> None:
    """I10: absolute paths, `..` and the outbox itself are refused by every method."""
    outbox, wrong = house.open_outbox(), PurePosixPath(path)
    house.deliver("a.png")

    with pytest.raises(ValueError), outbox.stage(wrong, "job1", iter([PICTURE])):  # noqa: PT011 - any will do
        pytest.fail("it was staged")
    with (
        outbox.stage(PurePosixPath("b.png"), "job1", iter([PICTURE])) as staged,
        pytest.raises(ValueError),  # noqa: PT011 - any will do
    ):
        outbox.publish(staged, wrong)
    for ask in (
        outbox.is_taken,
        lambda it: outbox.withdraw(it, sha256(b"")),
        lambda it: outbox.open_output(it, sha256(b"")),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - any will do
            ask(wrong)
    assert shown(house.root) == ["done", "failed", "inbox", "outbox"]


def test_a_staged_file_takes_another_number_in_its_folder(house: House) -> None:
    """A picture whose name is taken is published under the next one without being written again."""
    (house.outbox / "a.png").write_bytes(STRANGER)
    outbox = house.open_outbox()

    with outbox.stage(PurePosixPath("a.png"), "job1", iter([PICTURE])) as staged:
        with pytest.raises(NameTakenError):
            outbox.publish(staged, PurePosixPath("a.png"))
        outbox.publish(staged, PurePosixPath("a-2.png"))

    assert (house.outbox / "a-2.png").read_bytes() == PICTURE
    assert shown(house.outbox) == ["a-2.png", "a.png"]


def test_a_staged_file_stays_in_its_folder(house: House) -> None:
    """A picture is not published into another folder than its temporary's, nor anything not staged."""
    outbox = house.open_outbox()

    with outbox.stage(PurePosixPath("a.png"), "job1", iter([PICTURE])) as staged:
        with pytest.raises(ValueError, match="another folder"):
            outbox.publish(staged, PurePosixPath("trip/a.png"))
        with pytest.raises(TypeError, match="not str"):
            outbox.publish("a.png", PurePosixPath("a.png"))


def test_modes_are_exactly_as_asked(house: House) -> None:
    """file_mode and folder_mode hold whatever the umask says; without them the umask decides."""
    outbox = house.open_outbox(modes=Modes(file=0o664, folder=0o2775))
    before = os.umask(0o077)
    try:
        with outbox.stage(PurePosixPath("team/a.png"), "job1", iter([PICTURE])) as staged:
            outbox.publish(staged, PurePosixPath("team/a.png"))
        house.deliver("mine/a.png")
    finally:
        os.umask(before)

    modes = [
        stat.S_IMODE((house.outbox / it).stat().st_mode)
        for it in ("team", "team/a.png", "mine", "mine/a.png")
    ]
    assert modes == [0o2775, 0o664, 0o700, 0o600]


def test_a_temporary_is_never_more_open_than_its_picture(house: House) -> None:
    """A picture that is nobody else's to see is not so while it is written either."""
    outbox = house.open_outbox(modes=Modes(file=0o600))
    seen = []

    def pieces() -> Iterator[bytes]:
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in house.outbox.glob(".~*.tmp"))
        yield PICTURE

    before = os.umask(0)
    try:
        with outbox.stage(PurePosixPath("a.png"), "job1", pieces()):
            pass
    finally:
        os.umask(before)

    assert seen == [0o600]


@pytest.mark.parametrize("poorer", [Durable, NoExclusiveRename])
def test_a_crash_leaves_no_folder_with_another_mode(house: House, poorer: Callable[[], Durable]) -> None:
    """Wherever the making of a folder is cut, under its name it has its mode, then or after the next try."""
    modes = Modes(folder=0o2770)
    for number, cutting in enumerate(every_cut(poorer)):
        path = PurePosixPath(f"{number}/deeper/a.png")
        run_until_cut(lambda path=path, cutting=cutting: stage(house.open_outbox(cutting, modes), path))
        found = {stat.S_IMODE(one.stat().st_mode) for one in named_folders(house.outbox)}
        assert found <= {0o2770}
        stage(house.open_outbox(modes=modes), path)
        assert stat.S_IMODE((house.outbox / path).parent.stat().st_mode) == 0o2770

    assert list(house.outbox.rglob(".~*")) == []


def stage(outbox: OutboxFolder, path: PurePosixPath) -> None:
    """Write a temporary, for which folders are made."""
    with outbox.stage(path, "job1", iter([PICTURE])):
        pass


def publish(outbox: OutboxFolder, name: str) -> None:
    """Stage and publish one output."""
    path = PurePosixPath(name)
    with outbox.stage(path, "job1", iter([PICTURE])) as staged:
        outbox.publish(staged, path)


def named_folders(root: Path) -> list[Path]:
    """Give the folders that have their names."""
    return [path for path in root.rglob("*") if path.is_dir() and not path.name.startswith(".~")]


def test_two_workers_make_one_folder(house: House) -> None:
    """Who comes second to a folder that another worker has made meanwhile finds it there, with its mode."""
    outbox = house.open_outbox(OvertakingDurable(house.outbox / "team"), Modes(folder=0o2770))

    stage(outbox, PurePosixPath("team/a.png"))

    assert (house.outbox / "team").is_dir()
    assert list(house.outbox.rglob(".~*")) == []


class OvertakingDurable(Durable):
    """Another worker that makes a folder just before it gets its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rename_exclusive(self, source: str, target: str, *, source_folder: int, target_folder: int) -> None:
        """Make it first."""
        self._folder.mkdir(exist_ok=True)
        super().rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)


def test_what_has_a_stem(house: House) -> None:
    """Whatever a share takes for one of the names counts, and no other; a missing folder has none."""
    outbox, stem = house.open_outbox(), PurePosixPath("trip/beach")
    suffixes = (".png", ".jpg")
    assert outbox.find_taken(stem, suffixes) is None
    (house.outbox / "trip").mkdir()
    for name in ("beach.png.json", "beach", "beach-2.png", ".~beach.png.x.tmp"):
        (house.outbox / "trip" / name).touch()
    assert outbox.find_taken(stem, suffixes) is None
    (house.outbox / "trip/BEACH.JPG").touch()

    assert outbox.find_taken(stem, suffixes) == PurePosixPath("trip/BEACH.JPG")


def test_what_is_no_file_has_no_hash(house: House) -> None:
    """A link is not followed, and what is not there has no hash either."""
    outbox = house.open_outbox()
    (house.outbox / "link.png").symlink_to("/etc/passwd")
    house.deliver("a.png")

    assert outbox.hash_of(PurePosixPath("a.png")) == sha256(PICTURE)
    assert [outbox.hash_of(PurePosixPath(name)) for name in ("link.png", "trip/a.png", "no.png")] == [
        None
    ] * 3


def test_only_what_was_meant_is_replaced(house: House) -> None:
    """A file with other bytes stays, and a name that is free is simply taken."""
    outbox, path = house.open_outbox(), PurePosixPath("a.png")
    (house.outbox / "a.png").write_bytes(STRANGER)

    with outbox.stage(path, "job1", iter([PICTURE])) as staged:
        with pytest.raises(NameTakenError):
            outbox.replace(staged, path, sha256(b"earlier"))
        assert (house.outbox / "a.png").read_bytes() == STRANGER
        outbox.replace(staged, path, sha256(STRANGER))

    assert (house.outbox / "a.png").read_bytes() == PICTURE
    with outbox.stage(PurePosixPath("b.png"), "job1", iter([PICTURE])) as staged:
        outbox.replace(staged, PurePosixPath("b.png"), sha256(STRANGER))
    assert sorted(shown(house.outbox)) == ["a.png", "b.png"]


def test_withdraw_takes_back_its_own(house: House) -> None:
    """A published file of this hash is removed, and nothing else is left or touched."""
    house.deliver("trip/a.png")

    house.open_outbox().withdraw(PurePosixPath("trip/a.png"), sha256(PICTURE))

    assert shown(house.outbox / "trip") == []


def test_withdraw_leaves_what_is_not_its_own(house: House) -> None:
    """A stranger's file, a link, a missing file and a missing folder are left as they are."""
    (house.outbox / "a.png").write_bytes(STRANGER)
    (house.outbox / "b.png").symlink_to("a.png")
    outbox = house.open_outbox()

    for name in ("a.png", "b.png", "c.png", "not/there.png"):
        outbox.withdraw(PurePosixPath(name), sha256(PICTURE))

    assert (house.outbox / "a.png").read_bytes() == STRANGER
    assert shown(house.outbox) == ["a.png", "b.png"]


def test_withdraw_spares_what_was_swapped_in(house: House) -> None:
    """A file that took the output's place after the comparison is put back where it was."""

    class Swapping(Durable):
        def rename_exclusive(
            self, source: str, target: str, *, source_folder: int, target_folder: int
        ) -> None:
            if source == "a.png":
                (house.outbox / "new").write_bytes(STRANGER)
                (house.outbox / "new").rename(house.outbox / "a.png")
            super().rename_exclusive(source, target, source_folder=source_folder, target_folder=target_folder)

    house.deliver("a.png")

    house.open_outbox(Swapping()).withdraw(PurePosixPath("a.png"), sha256(PICTURE))

    assert (house.outbox / "a.png").read_bytes() == STRANGER
    assert shown(house.outbox) == ["a.png"]


def test_an_earlier_output_can_be_read(house: House) -> None:
    """An output that is there with this hash gives its bytes."""
    house.deliver("a.png")

    opened = house.open_outbox().open_output(PurePosixPath("a.png"), sha256(PICTURE))

    assert opened is not None
    with opened as pieces:
        assert b"".join(pieces) == PICTURE


def test_the_beginning_of_a_file_can_be_read(house: House) -> None:
    """A regular file gives at most so many bytes; a link, a missing file and a missing folder give None."""
    house.deliver("a.png")
    (house.outbox / "link.png").symlink_to("a.png")
    outbox = house.open_outbox()

    read = [outbox.read(PurePosixPath(name), 9) for name in ("a.png", "link.png", "b.png", "c/d.png")]

    assert read == [PICTURE[:9], None, None, None]


def test_an_output_that_is_not_the_same_is_none(house: House) -> None:
    """Other bytes, a missing file and a missing folder give None."""
    (house.outbox / "a.png").write_bytes(STRANGER)
    outbox = house.open_outbox()

    opened = [
        outbox.open_output(PurePosixPath(name), sha256(PICTURE)) for name in ("a.png", "b.png", "c/d.png")
    ]

    assert opened == [None, None, None]


def test_a_marked_outbox_passes(house: House) -> None:
    """An outbox that is there, is ours and can be written raises nothing and is not written to."""
    before = house.outbox.stat().st_mtime_ns

    house.open_outbox().check_mark()

    assert house.outbox.stat().st_mtime_ns == before


def test_a_missing_mark_says_not_mounted(house: House) -> None:
    """Without its mark the outbox counts as not mounted."""
    (house.outbox / ".retouchd-root").unlink()

    with pytest.raises(FolderMissingError, match="not mounted"):
        house.open_outbox().check_mark()


def test_another_inboxs_mark_is_refused(house: House) -> None:
    """The outbox of another inbox is not ours."""
    other = Mark(inbox_id="other", owner=MARK.owner, host=MARK.host, since=MARK.since)
    write_mark(house.outbox, other, Durable())

    with pytest.raises(FolderMissingError, match="another inbox"):
        house.open_outbox().check_mark()


def test_an_outbox_that_may_not_be_written_is_refused() -> None:
    """An outbox which this user may not write to is said so before anything is paid for."""
    with TemporaryDirectory() as root:
        house = House(Path(root))
        house.root.chmod(0o755)
        house.outbox.chmod(0o555)

        with as_nobody(), pytest.raises(FolderMissingError, match="may not write"):
            house.open_outbox().check_mark()


def test_a_read_only_file_system_is_refused(house: House) -> None:
    """An outbox whose mount has become read-only is said so before anything is paid for."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(house.outbox)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting needs more rights")
    try:
        write_mark(house.outbox, MARK, Durable())
        subprocess.run(["mount", "-o", "remount,ro", str(house.outbox)], check=True)

        with pytest.raises(FolderMissingError, match="read-only"):
            house.open_outbox().check_mark()
        with pytest.raises(FolderMissingError, match="read-only"):
            house.deliver("a.png")
    finally:
        subprocess.run(["umount", str(house.outbox)], check=True)


def test_an_output_that_cannot_be_read_is_said_so() -> None:
    """An output on a bad sector is that file's trouble."""
    outbox = OutboxFolder(Path("/proc/self"), Durable(), IDENTITY, Modes())

    with pytest.raises(FileTroubleError, match="Input/output error"):
        outbox.open_output(PurePosixPath("mem"), sha256(PICTURE))
    with pytest.raises(FileTroubleError, match="Input/output error"):
        outbox.read(PurePosixPath("mem"), 9)


def test_room_is_what_this_user_may_use(house: House) -> None:
    """The free room is what the file system gives to ordinary users."""
    status = os.statvfs(house.outbox)

    free = house.open_outbox().free_bytes()

    assert free == pytest.approx(status.f_bavail * status.f_frsize, rel=0.1)


def test_a_missing_outbox_is_said_so(house: House) -> None:
    """When the outbox itself is gone every method says so, and nothing is created at its path."""
    (house.outbox / ".retouchd-root").unlink()
    house.outbox.rmdir()
    outbox, path = house.open_outbox(), PurePosixPath("trip/a.png")

    for ask in (
        outbox.check_mark,
        outbox.free_bytes,
        lambda: outbox.is_taken(path),
        lambda: outbox.withdraw(path, sha256(b"")),
        lambda: outbox.open_output(path, sha256(b"")),
        lambda: house.deliver("trip/a.png"),
    ):
        with pytest.raises(FolderMissingError, match="it is not there"):
            ask()
    assert not house.outbox.exists()


@pytest.mark.parametrize("durable", [Durable, NoLinks, NoExclusiveRename])
def test_i3_a_cut_at_every_step_of_publishing_is_finished(tmp_path: Path, durable: type[Durable]) -> None:
    """I3, I8: cut at any step the name shows nothing or the whole picture; the next run finishes it."""
    for number, cutting in enumerate(every_cut(durable)):
        house = House(tmp_path / str(number))
        output = house.outbox / "trip" / "a.png"

        run_until_cut(partial(house.deliver, "trip/a.png", durable=cutting))

        assert not output.exists() or output.read_bytes() == PICTURE
        house.deliver("trip/a.png")
        assert output.read_bytes() == PICTURE
        assert shown(output.parent) == ["a.png"]


def test_i3_a_power_cut_at_every_step_of_publishing_is_finished(tmp_path: Path) -> None:
    """I3, I8: names that were not synced may be gone after a power cut; the next run publishes again."""
    for number, cutting in enumerate(every_cut(ForgettingDurable)):
        house = House(tmp_path / str(number))
        output = house.outbox / "trip" / "a.png"

        run_until_cut(partial(house.deliver, "trip/a.png", durable=cutting))
        cut_power(cutting)

        assert not output.exists() or output.read_bytes() == PICTURE
        assert output.exists() or cutting.happened
        house.deliver("trip/a.png")
        assert output.read_bytes() == PICTURE
        assert shown(output.parent) == ["a.png"]


@pytest.mark.parametrize("durable", [Durable, NoExclusiveRename])
def test_a_cut_at_every_step_of_withdrawing_is_finished(tmp_path: Path, durable: type[Durable]) -> None:
    """I3, I8: cut at any step the output is there, whole, or gone; the next run leaves nothing of it."""
    for number, cutting in enumerate(every_cut(durable)):
        house = House(tmp_path / str(number))
        house.deliver("a.png")

        run_until_cut(partial(house.open_outbox(cutting).withdraw, PurePosixPath("a.png"), sha256(PICTURE)))

        assert all((house.outbox / name).read_bytes() == PICTURE for name in shown(house.outbox))
        house.open_outbox().withdraw(PurePosixPath("a.png"), sha256(PICTURE))
        assert shown(house.outbox) == []


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EIO, FolderMissingError),
        (errno.EROFS, FolderMissingError),
        (errno.EACCES, FolderMissingError),
        (errno.ESTALE, FolderMissingError),
        (errno.ENOSPC, NoRoomError),
        (errno.EDQUOT, NoRoomError),
    ],
)
def test_a_failure_at_every_step_of_publishing_is_said_and_mended(
    tmp_path: Path, code: int, error: type[FileTroubleError]
) -> None:
    """I3: whatever step fails, our error names it, nothing partial shows, and the next try succeeds."""
    for number, failing in enumerate(every_failure(code)):
        house = House(tmp_path / str(number))
        output = house.outbox / "trip" / "a.png"

        try:
            house.deliver("trip/a.png", durable=failing)
        except error:
            assert failing.happened
        else:
            assert output.exists()
        assert not output.exists() or output.read_bytes() == PICTURE
        house.deliver("trip/a.png")
        assert shown(output.parent) == ["a.png"]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_folders_that_cannot_be_synced_are_no_hindrance(house: House, code: int) -> None:
    """A file system that knows no fsync of folders (9p, older cifs) is published to all the same."""

    class NoFolderSync(Durable):
        def fsync(self, descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(code, os.strerror(code))

    house.deliver("trip/a.png", durable=NoFolderSync())

    assert (house.outbox / "trip/a.png").read_bytes() == PICTURE


def test_a_temporary_that_cannot_be_removed_is_harmless(house: House) -> None:
    """When the cleaning up fails as well, the first error is the one that is raised."""

    class Dying(Durable):
        def fsync(self, descriptor: int) -> None:
            raise OSError(errno.EIO, "")

        def unlink(self, name: str, *, folder: int) -> None:
            raise OSError(errno.EROFS, "")

    with pytest.raises(FolderMissingError, match="Input/output error"):
        house.deliver("a.png", durable=Dying())

    assert shown(house.outbox) == [".~a.png.job1.tmp"]
    house.deliver("a.png")
    assert shown(house.outbox) == ["a.png"]


HOSTILE_NAMES = [
    "-rf.png",
    "new\nline.png",
    "\x1b[2Jclear.png",
    "\u202egnp.exe.png",
    "quote'\".png",
    "\udcff\udcfe.png",
    "CON.png",
    "~.png",
    " .png",
    "*.png",
    "\u00e4" * 125 + ".json",
    "x" * 251 + ".png",
    "\U0001f4f7" * 62 + ".jpeg",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_names(house: House, name: str) -> None:
    """I10: newlines, dashes, bytes that are no UTF-8 and 255 bytes are published, found and withdrawn."""
    path = PurePosixPath("trip", name)
    outbox = house.open_outbox()

    house.deliver(str(path))

    assert shown(house.outbox / "trip") == [name]
    assert outbox.is_taken(path)
    outbox.withdraw(path, sha256(PICTURE))
    assert shown(house.outbox / "trip") == []


def test_a_name_that_is_too_long_is_refused_in_words(house: House) -> None:
    """A name of 256 bytes is that one file's trouble, not the folder's."""
    with pytest.raises(FileTroubleError, match="the name is too long") as caught:
        house.deliver("x" * 252 + ".png")

    assert not isinstance(caught.value, FolderMissingError)
    assert shown(house.outbox) == []


def test_long_names_that_differ_at_their_ends_have_temporaries_of_their_own(house: House) -> None:
    """A picture and its metadata are staged together even if their names differ after 240 bytes only."""
    outbox = house.open_outbox()
    picture, metadata = PurePosixPath("x" * 246 + ".png"), PurePosixPath("x" * 246 + ".png.json")

    with (
        outbox.stage(picture, "job1", iter([PICTURE])) as first,
        outbox.stage(metadata, "job1", iter([b"{}"])) as second,
    ):
        outbox.publish(first, picture)
        outbox.publish(second, metadata)

    assert (house.outbox / picture).read_bytes() == PICTURE
    assert (house.outbox / metadata).read_bytes() == b"{}"


def test_a_temporary_that_vanishes_is_not_published(house: House) -> None:
    """When a cleaner removes the temporary, publishing says so and nothing has the name."""
    outbox = house.open_outbox()

    with outbox.stage(PurePosixPath("a.png"), "job1", iter([PICTURE])) as staged:
        (house.outbox / ".~a.png.job1.tmp").unlink()
        with pytest.raises(FolderMissingError, match="it is not there"):
            outbox.publish(staged, PurePosixPath("a.png"))

    assert shown(house.outbox) == []


def test_metadata_is_found_wherever_it_lies(house: House) -> None:
    """Every name of metadata is given, in order; hidden files and folders, and links, are passed over."""
    for name in (
        "b.png.json",
        "a/c.png.json",
        "a/.~d.png.json",
        ".trash/e.png.json",
        "a/f.png",
        "\udce9.json",
    ):
        path = house.outbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    (house.outbox / "link").symlink_to(house.outbox / "a")

    found = [str(path) for path in house.open_outbox().metadata_files()]

    assert found == ["b.png.json", "\udce9.json", "a/c.png.json"]


def test_a_folder_that_cannot_be_read_is_no_empty_one(house: House) -> None:
    """Whoever wants all metadata must not get some of it without a word."""
    house.outbox.rename(house.outbox.with_name("elsewhere"))

    with pytest.raises(FolderMissingError, match="cannot read"):
        list(house.open_outbox().metadata_files())


def test_other_modes_count_for_what_is_made_from_now_on(house: House) -> None:
    """Outputs, notes and folders get the modes of now; what was made before keeps its own."""
    outbox = house.open_outbox(modes=Modes(file=0o600, folder=0o700))
    cabinets = house.open_cabinets(modes=Modes(file=0o600, folder=0o700))
    publish(outbox, "early/a.png")

    outbox.adopt(Modes(file=0o664, folder=0o775))
    cabinets.adopt(Modes(file=0o664, folder=0o775))
    publish(outbox, "late/b.png")
    cabinets.write_note(Cabinet.FAILED, PurePosixPath("sub/note.txt"), "why")

    made = [
        house.outbox / "early",
        house.outbox / "early/a.png",
        house.outbox / "late",
        house.outbox / "late/b.png",
        house.failed / "sub",
        house.failed / "sub/note.txt",
    ]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in made]
    assert modes == [0o700, 0o600, 0o775, 0o664, 0o775, 0o664]
