"""The file for node_exporter: whole, readable, and nobody else's."""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notebook import Notebook
from retouchd.metrics.textfile import TextFileKeeper, replace_file
from waiting import eventually

FIRST = b"# HELP retouchd_up "
PAGE = FIRST + b"1\n" * 5000
LAST = FIRST + b"0\n"


def the_page() -> bytes:
    """Give the page."""
    return PAGE


def the_last() -> bytes:
    """Give the one that tells the end."""
    return LAST


def never() -> bytes:
    """Give no page."""
    raise TimeoutError


def names_in(folder: Path) -> list[str]:
    """Give the names in a folder."""
    return [path.name for path in folder.iterdir()]


@contextmanager
def kept(
    path: Path, page: Callable[[], bytes] = the_page, last: Callable[[], bytes] = the_last
) -> Iterator[Notebook]:
    """Have a file kept for as long as the context lasts."""
    log = Notebook()
    keeper = TextFileKeeper(path, 0.01, FIRST, page, last, log)
    keeper.start()
    yield log
    keeper.finish()
    assert not any(thread.name == "companion-metrics-file" for thread in threading.enumerate())


def test_it_stays_and_tells_the_end(tmp_path: Path) -> None:
    """node_exporter goes on reading it after the end, and then reads that nothing runs."""
    path = tmp_path / "retouchd.prom"
    with kept(path):
        assert eventually(path.exists)
        assert path.read_bytes() == PAGE

    assert path.read_bytes() == LAST
    assert names_in(tmp_path) == ["retouchd.prom"]


def test_others_can_read_it(tmp_path: Path) -> None:
    """node_exporter is another user, whatever the umask of the service is."""
    path = tmp_path / "retouchd.prom"
    before = os.umask(0o077)
    try:
        replace_file(path, PAGE, FIRST)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_every_reader_sees_a_whole_page(tmp_path: Path) -> None:
    """Who reads at any instant sees a whole page, and no other file that node_exporter would read."""
    path = tmp_path / "retouchd.prom"
    with kept(path):
        assert eventually(path.exists)
        texts = {path.read_bytes() for _ in range(500)}
        names = {name for _ in range(500) for name in names_in(tmp_path) if name.endswith(".prom")}

    assert texts == {PAGE}
    assert names == {"retouchd.prom"}


def test_another_programs_file_stays(tmp_path: Path) -> None:
    """I2: a name that somebody else's numbers have is left alone, and the log says so once."""
    path = tmp_path / "smart.prom"
    path.write_text("# HELP smart_temperature\n")
    with kept(path) as log:
        assert eventually(lambda: log.lines)

    assert path.read_text() == "# HELP smart_temperature\n"
    (told,) = log.told("metrics.not_written")
    assert told["level"] == "warning"
    assert "set metrics.textfile to another one" in str(told["detail"])


@pytest.mark.parametrize("put", [lambda path: path.mkdir(), os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_does_not_hang(tmp_path: Path, put: Callable[[Path], object]) -> None:
    """A folder or a pipe of that name is told, or replaced, and never waited for."""
    path = tmp_path / "retouchd.prom"
    put(path)
    with kept(path) as log:
        assert eventually(lambda: log.lines or path.is_file())


def test_a_missing_folder_is_told_once_and_waited_for(tmp_path: Path) -> None:
    """A folder that comes later gets the file then."""
    path = tmp_path / "later" / "retouchd.prom"
    with kept(path) as log:
        assert eventually(lambda: log.lines)
        path.parent.mkdir()
        assert eventually(path.exists)

    assert len(log.lines) == 1
    assert "No such file" in str(log.lines[0][1]["detail"])


def test_what_a_crash_left_is_replaced(tmp_path: Path) -> None:
    """A temporary of an earlier run, or a link that somebody put there, is never written to."""
    path = tmp_path / "retouchd.prom"
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".retouchd.prom.tmp").symlink_to(victim)

    replace_file(path, PAGE, FIRST)

    assert victim.read_text() == "mine"
    assert path.read_bytes() == PAGE
    assert not path.is_symlink()


def test_a_full_disk_leaves_the_page_before(tmp_path: Path) -> None:
    """What cannot be written whole takes no place, and leaves nothing behind."""
    path = tmp_path / "retouchd.prom"
    replace_file(path, PAGE, FIRST)
    path.with_name(".retouchd.prom.tmp").mkdir()

    with pytest.raises(OSError, match="directory"):
        replace_file(path, LAST, FIRST)

    assert path.read_bytes() == PAGE


def test_without_a_page_the_file_grows_old(tmp_path: Path) -> None:
    """Where nothing can be told in time, nothing is written: node_exporter tells how old the file is."""
    path = tmp_path / "retouchd.prom"
    with kept(path, never, never) as log:
        pass

    assert not path.exists()
    assert log.lines == []


def test_never_started_it_writes_nothing(tmp_path: Path) -> None:
    """A start that is broken off before leaves no file."""
    TextFileKeeper(tmp_path / "retouchd.prom", 1, FIRST, the_page, the_last, Notebook()).finish()

    assert names_in(tmp_path) == []
