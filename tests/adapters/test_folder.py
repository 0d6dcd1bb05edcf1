"""Below its root a folder is reached without following a link, and the system's errors become ours."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from durable import ForgettingDurable, every_cut, every_failure, run_until_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    Folder,
    create_fresh,
    find_regular,
    is_there,
    open_regular,
    translate,
    translate_folder,
    translated,
    write_whole,
)
from retouchd.adapters.modes import set_mode
from retouchd.core.errors import FileTroubleError, FolderMissingError, NameTakenError, NoRoomError

TOP = PurePosixPath()
DEEP = PurePosixPath("one/two/three")


def names(descriptor: int) -> list[str]:
    """Give the names in an open folder."""
    return sorted(os.listdir(descriptor))


def open_descriptors() -> int:
    """Count the descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_folder_is_opened_part_by_part(tmp_path: Path) -> None:
    """The descriptor leads to the folder that was asked for, and is closed afterwards."""
    (tmp_path / DEEP / "four").mkdir(parents=True)
    before = open_descriptors()

    with Folder(tmp_path).open(DEEP) as descriptor:
        found = names(descriptor)

    assert found == ["four"]
    assert open_descriptors() == before


def test_the_root_is_resolved_once(tmp_path: Path) -> None:
    """A root that is given as a link is resolved; a later change of the link has no effect."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    folder = Folder(tmp_path / "link")
    (tmp_path / "link").unlink()

    with folder.open(TOP) as descriptor:
        assert names(descriptor) == []
    assert folder.root == tmp_path / "real"


def test_a_root_that_becomes_a_link_is_refused(tmp_path: Path) -> None:
    """I10: the folder that was checked at the start is not exchanged for another by a link."""
    folder = Folder(tmp_path / "root")
    (tmp_path / "root").symlink_to(tmp_path)

    with pytest.raises(FolderMissingError, match="it is a link"), folder.open(TOP):
        pytest.fail("it was opened")


def test_a_root_that_links_to_itself_is_refused(tmp_path: Path) -> None:
    """A loop of links is an error in words, at the first use."""
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(FolderMissingError, match="it is a link"), Folder(tmp_path / "loop").open(TOP):
        pytest.fail("it was opened")


def test_a_root_behind_a_file_is_missing(tmp_path: Path) -> None:
    """A root whose parent is a file is no folder."""
    (tmp_path / "file").touch()

    with pytest.raises(FolderMissingError, match="not a folder"), Folder(tmp_path / "file/root").open(TOP):
        pytest.fail("it was opened")


@pytest.mark.parametrize("part", ["one", "one/two", "one/two/three"])
def test_a_link_at_any_level_is_refused(tmp_path: Path, part: str) -> None:
    """I10: a link to a folder, wherever below the root, is never followed: neither to open nor to make."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / DEEP).mkdir(parents=True)
    root = tmp_path / "root"
    (root / part).parent.mkdir(parents=True)
    (root / part).symlink_to(elsewhere)
    folder, before = Folder(root), open_descriptors()

    for opening in (folder.open, folder.open_if_there, lambda path: folder.open_or_make(path, Durable())):
        with pytest.raises(FolderMissingError, match="it is a link") as caught, opening(DEEP / "new"):
            pytest.fail("it was followed")
        assert caught.value.path == root / part
    assert open_descriptors() == before
    assert not (elsewhere / DEEP / "new").exists()


def test_files_and_fifos_are_no_folders(tmp_path: Path) -> None:
    """A file and a FIFO in a folder's place are refused, and nothing hangs."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")

    for name in ("file", "fifo"):
        with (
            pytest.raises(FolderMissingError, match="not a folder"),
            Folder(tmp_path).open(PurePosixPath(name)),
        ):
            pytest.fail("it was opened")
        with (
            pytest.raises(FolderMissingError, match="not a folder"),
            Folder(tmp_path).open_or_make(PurePosixPath(name, "new"), Durable()),
        ):
            pytest.fail("it was made")


@pytest.mark.parametrize("wrong", ["/", "/etc", "..", "../x", "one/../../x", "one/.."])
def test_nothing_leads_out(tmp_path: Path, wrong: str) -> None:
    """I10: absolute paths and `..` are refused before anything is opened, and no file is named so."""
    folder, path = Folder(tmp_path), PurePosixPath(wrong)

    for opening in (folder.open, folder.open_if_there, lambda it: folder.open_or_make(it, Durable())):
        with pytest.raises(ValueError, match="leads out"), opening(path):
            pytest.fail("it was opened")
    with pytest.raises(ValueError, match="leads out"):
        folder.path_of(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_a_path_below_the_root(tmp_path: Path) -> None:
    """The path of a file lies below the root; the root itself is no file."""
    assert Folder(tmp_path).path_of(PurePosixPath("one/two.png")) == tmp_path / "one/two.png"
    with pytest.raises(ValueError, match="missing"):
        Folder(tmp_path).path_of(TOP)


def test_a_missing_sub_folder_can_be_asked_for(tmp_path: Path) -> None:
    """What is not there below the root is None, what is there is opened; a missing root is an error."""
    (tmp_path / "one").mkdir()

    with Folder(tmp_path).open_if_there(DEEP) as missing, Folder(tmp_path).open_if_there(TOP) as there:
        assert missing is None
        assert there is not None
        assert names(there) == ["one"]
    with (
        pytest.raises(FolderMissingError, match="not there"),
        Folder(tmp_path / "missing").open_if_there(DEEP),
    ):
        pytest.fail("it was opened")


def test_a_missing_sub_folder_is_an_error_otherwise(tmp_path: Path) -> None:
    """Opening what is not there names the part that is missing."""
    with pytest.raises(FolderMissingError, match="not there") as caught, Folder(tmp_path).open(DEEP):
        pytest.fail("it was opened")

    assert caught.value.path == tmp_path / "one"


def test_a_forbidden_folder_is_said_so(tmp_path: Path) -> None:
    """A folder that this user may not read is missing for us, with the reason."""
    with pytest.raises(FolderMissingError, match="permission denied"):
        raise translate_folder(PermissionError(errno.EACCES, ""), "open", tmp_path)


def test_missing_folders_are_made(tmp_path: Path) -> None:
    """What is missing below the root is made, by the umask or exactly as asked; what is there stays."""
    folder = Folder(tmp_path)
    before = os.umask(0o027)
    try:
        with folder.open_or_make(PurePosixPath("one"), Durable()):
            pass
        with folder.open_or_make(DEEP, Durable(), 0o2770) as descriptor:
            assert names(descriptor) == []
    finally:
        os.umask(before)

    modes = [stat.S_IMODE((tmp_path / it).stat().st_mode) for it in ("one", "one/two", "one/two/three")]
    assert modes == [0o750, 0o2770, 0o2770]


def test_a_missing_root_is_not_made(tmp_path: Path) -> None:
    """Nothing is created at the path of a root that is not mounted."""
    with pytest.raises(FolderMissingError), Folder(tmp_path / "root").open_or_make(DEEP, Durable()):
        pytest.fail("it was made")

    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_found_or_made_are_durable(tmp_path: Path) -> None:
    """I8: every folder above the last is synced, also one whose maker was killed before its fsync."""
    (tmp_path / "one").mkdir()
    durable = ForgettingDurable()

    with Folder(tmp_path).open_or_make(DEEP, durable):
        pass

    assert all(durable.is_synced(tmp_path / path) for path in ("", "one", "one/two"))


def test_i8_a_cut_while_folders_are_made_is_finished(tmp_path: Path) -> None:
    """I8: cut at any step, the next call makes what is missing, and no descriptor stays open."""
    for number, cutting in enumerate(every_cut()):
        root = tmp_path / str(number)
        root.mkdir()
        folder = Folder(root)
        before = open_descriptors()

        run_until_cut(lambda: folder.open_or_make(DEEP, cutting).__enter__())  # noqa: B023

        with folder.open_or_make(DEEP, Durable()) as descriptor:
            assert names(descriptor) == []
        assert open_descriptors() == before


def test_failures_while_folders_are_made_are_ours(tmp_path: Path) -> None:
    """A full disk or an I/O error at any step is our error, and no descriptor stays open."""
    for code, error in ((errno.ENOSPC, NoRoomError), (errno.EIO, FolderMissingError)):
        for failing in every_failure(code):
            before = open_descriptors()
            try:
                with Folder(tmp_path).open_or_make(DEEP, failing):
                    assert not failing.happened
            except error:
                assert failing.happened
            assert open_descriptors() == before


@settings(max_examples=60, deadline=None)
@given(
    name=st.binary(min_size=1, max_size=255)
    .map(os.fsdecode)
    .filter(lambda it: it not in {".", ".."} and not set(it) & {"/", "\0"})
)
def test_any_name_is_a_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """I10: newlines, dashes and bytes that are no UTF-8 are made, opened and found under that very name."""
    root = tmp_path_factory.mktemp("names")
    path = PurePosixPath(name)

    with Folder(root).open_or_make(path / name, Durable()), Folder(root).open(path) as descriptor:
        assert names(descriptor) == [name]


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (errno.ENOENT, FolderMissingError, "not there"),
        (errno.EROFS, FolderMissingError, "read-only"),
        (errno.ESTALE, FolderMissingError, "stale"),
        (errno.ENOTCONN, FolderMissingError, "not connected"),
        (errno.ENOSPC, NoRoomError, "disk is full"),
        (errno.EDQUOT, NoRoomError, "quota"),
        (errno.EEXIST, NameTakenError, "taken"),
        (errno.ENAMETOOLONG, FileTroubleError, "too long"),
        (errno.EIO, FileTroubleError, "Input/output error"),
        (errno.EACCES, FileTroubleError, "permission denied"),
        (None, FileTroubleError, "Input/output error"),
    ],
)
def test_errors_become_ours(code: int | None, error: type[FileTroubleError], words: str) -> None:
    """Each errno becomes the class that a caller can act on, with the operation, the path and a reason."""
    trouble = translate(OSError(code, "") if code else OSError(), "read", PurePosixPath("a\n.png"))

    assert type(trouble) is error
    assert words in trouble.reason
    assert (trouble.operation, trouble.path) == ("read", PurePosixPath("a\n.png"))
    assert "\n" not in str(trouble)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EIO, FolderMissingError),
        (errno.EACCES, FolderMissingError),
        (errno.ENOSPC, NoRoomError),
        (errno.EEXIST, NameTakenError),
        (errno.ENAMETOOLONG, FileTroubleError),
        (errno.EILSEQ, FileTroubleError),
    ],
)
def test_writing_into_a_folder_blames_the_folder(code: int, error: type[FileTroubleError]) -> None:
    """In a folder's operation a permission or an I/O error is the folder's; a bad name stays the file's."""
    assert type(translate_folder(OSError(code, ""), "write", PurePosixPath("a"))) is error


def test_an_error_keeps_its_cause() -> None:
    """The system's error is the cause of ours."""
    with pytest.raises(FileTroubleError) as caught, translated("read", PurePosixPath("a")):
        raise OSError(errno.EIO, "")

    assert isinstance(caught.value.__cause__, OSError)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """I10: links, FIFOs, folders and missing names are told apart, none hangs, and none is found."""
    (tmp_path / "file").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    expected = {"link": errno.ELOOP, "fifo": errno.ENXIO, "folder": errno.EISDIR, "missing": errno.ENOENT}
    before = open_descriptors()

    with Folder(tmp_path).open(TOP) as descriptor:
        for name, code in expected.items():
            with pytest.raises(OSError, check=lambda exc, code=code: exc.errno == code):
                open_regular(name, descriptor)
            assert find_regular(name, descriptor) is None
            assert is_there(name, descriptor) is (name != "missing")
        os.close(open_regular("file", descriptor))
        with pytest.raises(OSError, check=lambda exc: exc.errno == errno.ENAMETOOLONG):
            find_regular("x" * 256, descriptor)
    assert open_descriptors() == before


def test_a_fresh_file_replaces_what_had_its_name(tmp_path: Path) -> None:
    """I10: a link under our own temporary's name is unlinked, not written through."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "new").symlink_to(victim)

    with Folder(tmp_path).open(TOP) as descriptor:
        file = create_fresh("new", descriptor)
        write_whole(file, b"bytes")
        os.close(file)

    assert (victim.read_bytes(), (tmp_path / "new").read_bytes()) == (b"mine", b"bytes")


@contextmanager
def as_somebody_else(descriptor: int) -> Iterator[None]:
    """Go on as a user whom the system denies a change of this file's mode, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(os.fstat(descriptor).st_uid + 1)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_system_without_modes_is_no_hindrance(tmp_path: Path) -> None:
    """A mode that cannot be set (vfat says EPERM) is passed over; a real failure is not."""
    with (tmp_path / "file").open("wb") as file:
        with as_somebody_else(file.fileno()):
            set_mode(file.fileno(), 0o600)
        closed = file.fileno()

    with pytest.raises(OSError, check=lambda exc: exc.errno == errno.EBADF):
        set_mode(closed, 0o600)
