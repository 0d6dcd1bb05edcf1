"""What an open file tells, on real files."""

import hashlib
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inbox_house import as_nobody, needs_root, open_place

from retouchd.adapters.folder import Folder
from retouchd.adapters.inbox.evidence import HashedImage, OpenedSource, ignore_lease_signals, open_file
from retouchd.adapters.inbox.signatures import Inodes
from retouchd.core.errors import FileTroubleError, FolderMissingError, SourceChangedError, SourceGoneError
from retouchd.core.values import Sha256


@contextmanager
def opened(root: Path, name: str, inodes: Inodes = Inodes.KEPT) -> Iterator[OpenedSource]:
    """Open a source below a root."""
    folder = Folder(root)
    file = open_file(folder, PurePosixPath(name))
    try:
        yield OpenedSource(file, folder, PurePosixPath(name), inodes)
    finally:
        os.close(file.descriptor)


@contextmanager
def hashed(path: Path, expected: str | None = None) -> Iterator[HashedImage]:
    """Open a picture with the hash that it has now, or another one."""
    digest = expected or hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open("rb") as file:
        yield HashedImage(file.fileno(), path, Sha256(digest))


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def _make_device(path: Path) -> None:
    os.mknod(path, 0o20600, os.makedev(1, 3))


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        os.mkdir,
        _make_socket,
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("nowhere"),
        lambda _: None,
        pytest.param(_make_device, marks=needs_root),
    ],
    ids=["fifo", "folder", "socket", "link", "dead link", "nothing", "device"],
)
def test_only_a_regular_file_is_a_source(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Whatever else has a photo's name is told to be gone, at once and without being followed."""
    make(tmp_path / "a.png")

    with pytest.raises(SourceGoneError), opened(tmp_path, "a.png"):
        pass


def test_a_file_with_several_names_is_the_same_when_one_goes(tmp_path: Path) -> None:
    """One photo under three names, say by hard links in three folders, stays as it was when one is filed."""
    path, filed = tmp_path / "a.png", tmp_path / "done.png"
    path.write_bytes(b"x")
    (tmp_path / "b.png").hardlink_to(path)
    (tmp_path / "c.png").hardlink_to(path)
    with opened(tmp_path, "a.png") as source, hashed(path) as image:
        before = source.signature()
        (tmp_path / "b.png").rename(filed)
        filed.unlink()

        assert source.signature() == before
        assert list(image.pieces(1)) == [b"x"]
        path.write_bytes(b"y")
        assert source.signature() != before


def test_nothing_is_opened_below_a_link(tmp_path: Path) -> None:
    """I10: a folder that is a link leads nowhere, wherever it points to."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.png").write_bytes(b"x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sub").symlink_to("../outside")

    with pytest.raises(SourceGoneError, match="link"), opened(tmp_path / "in", "sub/a.png"):
        pass


@needs_root
def test_what_may_not_be_read_is_there_all_the_same() -> None:
    """A file or folder without permission is a trouble, not a source that is gone."""
    with open_place() as place:
        (place / "closed").mkdir(mode=0o700)
        (place / "a.png").touch(mode=0o600)

        with as_nobody():
            with pytest.raises(FileTroubleError, match="permission") as file, opened(place, "a.png"):
                pass
            with pytest.raises(FolderMissingError, match="permission"), opened(place, "closed/a.png"):
                pass

    assert type(file.value) is FileTroubleError


def test_a_source_tells_its_signature_and_content(tmp_path: Path) -> None:
    """Signature, hash and text of an open file are those of the file."""
    content = bytes(range(256)) * 3000
    (tmp_path / "a.png").write_bytes(content)
    status = (tmp_path / "a.png").stat()

    with opened(tmp_path, "a.png") as source:
        signature = source.signature()

        assert os.pread(source.descriptor(), 3, 1) == b"\1\2\3"
        assert (signature.size, signature.mtime_ns) == (status.st_size, status.st_mtime_ns)
        assert (signature.ctime_ns, signature.inode) == (status.st_ctime_ns, status.st_ino)
        assert source.sha256() == hashlib.sha256(content).hexdigest()
        assert source.read_text_bytes(10) == content[:11]
        assert source.read_text_bytes(len(content)) == content


def test_where_inodes_are_invented_the_signature_has_none(tmp_path: Path) -> None:
    """On network mounts the inode number says nothing and is left out."""
    (tmp_path / "a.png").write_bytes(b"x")

    with opened(tmp_path, "a.png", Inodes.INVENTED) as source:
        assert source.signature().inode == 0


@pytest.mark.parametrize("inodes", list(Inodes))
def test_a_name_that_leads_elsewhere_is_noticed(tmp_path: Path, inodes: Inodes) -> None:
    """A file that was replaced, removed or exchanged for a link is no longer the one that is open."""
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    (tmp_path / "b.png").write_bytes(b"newer")

    with opened(tmp_path, "a.png", inodes) as source:
        before = source.is_still_named()
        (tmp_path / "b.png").replace(path)
        replaced = source.is_still_named()
        path.unlink()
        removed = source.is_still_named()
        path.symlink_to("b.png")
        linked = source.is_still_named()

    assert (before, replaced, removed, linked) == (True, False, False, False)


def test_a_writer_is_noticed(tmp_path: Path) -> None:
    """A file is being written while anybody has it open for writing or mapped, and not afterwards."""
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    answers = []

    with opened(tmp_path, "a.png") as source:
        answers.append(source.is_being_written())
        with path.open("ab"):
            answers.append(source.is_being_written())
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 1):
            answers.append(source.is_being_written())
        answers.append(source.is_being_written())

    assert answers == [False, True, True, False]


def test_a_writer_in_another_process_is_noticed(tmp_path: Path) -> None:
    """It does not matter which process writes."""
    (tmp_path / "a.png").write_bytes(b"x")
    writer = subprocess.Popen(
        ["sh", "-c", "exec 3>>a.png; echo open; read line"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    with writer, opened(tmp_path, "a.png") as source:
        assert writer.stdout is not None
        writer.stdout.readline()
        during = source.is_being_written()
        writer.communicate(b"\n")
        after = source.is_being_written()

    assert (during, after) == (True, False)


@needs_root
def test_of_anothers_file_nothing_is_known() -> None:
    """Where the system refuses a lease because the file is not ours, the answer is that nobody can say."""
    with open_place() as place:
        (place / "a.png").write_bytes(b"x")
        (place / "a.png").chmod(0o644)

        with opened(place, "a.png") as source, as_nobody():
            assert source.is_being_written() is None


def test_the_signal_of_a_broken_lease_does_no_harm() -> None:
    """After ignore_lease_signals a SIGIO, which would end the process, is ignored."""
    before = signal.getsignal(signal.SIGIO)
    try:
        ignore_lease_signals()
        os.kill(os.getpid(), signal.SIGIO)

        assert signal.getsignal(signal.SIGIO) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGIO, before)


def test_a_broken_lease_would_end_a_process_that_does_not_ignore_it() -> None:
    """The default really is deadly; this is why the service must call ignore_lease_signals."""
    ended = subprocess.run(
        [sys.executable, "-S", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGIO)"], check=False
    )

    assert ended.returncode == -signal.SIGIO


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", False),
        (b"\0", True),
        (b"x" + bytes(63), False),
        (b"x" + bytes(64), True),
        (bytes(64) + b"x", False),
    ],
)
def test_space_that_was_set_aside_is_noticed(tmp_path: Path, content: bytes, expected: object) -> None:
    """The last 64 bytes tell, or all of a shorter file; an empty one has no end."""
    (tmp_path / "a.png").write_bytes(content)

    with opened(tmp_path, "a.png") as source:
        assert source.ends_in_zeros() is expected


def test_parts_that_were_never_written_are_noticed(tmp_path: Path) -> None:
    """A part that was left out is a hole until it is written; an empty file has none."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"")
    with opened(tmp_path, "a.jpg") as source, path.open("r+b") as file:
        assert not source.has_holes()
        file.seek(1 << 20)
        file.write(b"the end")
    with opened(tmp_path, "a.jpg") as source, path.open("r+b") as file:
        assert source.has_holes()
        assert os.lseek(source.descriptor(), 0, os.SEEK_CUR) == 0
        file.write(b"x" * (1 << 20))
        file.flush()
        assert not source.has_holes()


@given(st.binary(max_size=200), st.integers(1, 70).map(lambda third: 3 * third))
def test_pieces_are_the_file_in_equal_parts(content: bytes, piece_bytes: int) -> None:
    """For any file and piece size the pieces add up to the file, all of one size but the last."""
    descriptor = os.memfd_create("picture")
    try:
        os.write(descriptor, content)
        image = HashedImage(descriptor, Path("a.png"), Sha256(hashlib.sha256(content).hexdigest()))

        pieces = list(image.pieces(piece_bytes))
        again = list(image.pieces(piece_bytes))
    finally:
        os.close(descriptor)

    assert b"".join(pieces) == content
    assert image.size == len(content)
    assert all(len(piece) == piece_bytes for piece in pieces[:-1])
    assert all(0 < len(piece) <= piece_bytes for piece in pieces[-1:])
    assert again == pieces


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _shrink(path: Path) -> None:
    os.truncate(path, 5)


def _rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"?")


@pytest.mark.parametrize("change", [_grow, _shrink, _rewrite])
def test_a_file_that_changes_while_it_is_sent_ends_before_its_end(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """The last piece of a file that grew, shrank or was written to is never given."""
    path = tmp_path / "a.png"
    path.write_bytes(b"0123456789")
    given_pieces = []

    with hashed(path) as image:
        pieces = image.pieces(3)
        given_pieces.append(next(pieces))
        change(path)
        with pytest.raises(SourceChangedError):
            given_pieces.extend(pieces)

    assert sum(map(len, given_pieces)) < 10


def test_a_file_that_is_not_what_was_hashed_is_not_sent_to_its_end(tmp_path: Path) -> None:
    """A file that was exchanged before it was opened, with its times kept, is told by its hash."""
    path = tmp_path / "a.png"
    path.write_bytes(b"0123456789")

    with hashed(path, expected="0" * 64) as image, pytest.raises(SourceChangedError, match="hashed"):
        list(image.pieces(30))
