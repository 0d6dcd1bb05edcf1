"""The disk that begins early."""

import os
from pathlib import Path

from retouchd.adapters.writeback import begin_writeback, keep_writing

MEGABYTE = 1024 * 1024


def test_what_is_begun_early_stays_as_it_is(tmp_path: Path) -> None:
    """A file that grows holds what was written, and whoever writes on does so where it was."""
    content = os.urandom(5 * MEGABYTE // 2)
    written = 0
    with (tmp_path / "answer").open("wb", buffering=0) as file:
        for at in range(0, len(content), MEGABYTE // 4):
            added = file.write(content[at : at + MEGABYTE // 4])
            keep_writing(file.fileno(), written, written + added)
            written += added

    assert (tmp_path / "answer").read_bytes() == content


def test_a_file_that_is_only_read_is_begun_too(tmp_path: Path) -> None:
    """A photo that somebody else wrote, and that is open for reading, stays as it is."""
    (tmp_path / "photo").write_bytes(b"photo")
    with (tmp_path / "photo").open("rb") as file:
        begin_writeback(file.fileno())

        assert file.read() == b"photo"


def test_what_cannot_be_begun_is_no_trouble() -> None:
    """What is no file on a disk, or one on a disk that knows no beginning, is left as it is."""
    read, write = os.pipe()
    os.write(write, b"x")
    begin_writeback(write)

    assert os.read(read, 1) == b"x"
    os.close(read)
    os.close(write)
