"""Nothing grows without bound: what is kept between two looks, and what broken-off work leaves."""

from datetime import timedelta
from pathlib import Path, PurePosixPath

from retouchd.adapters.durable import Durable
from retouchd.adapters.inbox.dirty import DirtyFolders
from retouchd.adapters.journal.files import put_aside
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.values import AttemptId
from strategies import LABEL, NOW


def test_marks_that_nobody_takes() -> None:
    """While a share does not answer, events fill no memory: past ten thousand marks all is looked at."""
    marks = DirtyFolders()
    for number in range(10_000):
        marks.mark(PurePosixPath(f"a/{number}"))
    marks.mark_tree(PurePosixPath("late"))

    taken = marks.take()

    assert taken.everything
    assert len(taken.folders) + len(taken.trees) == 10_000


def test_damaged_journals_are_kept_ten_times(tmp_path: Path) -> None:
    """A disk that fails again and again is not filled with what was put aside; the newest stay."""
    journal = tmp_path / "journal.sqlite3"
    names = []
    for number in range(12):
        journal.write_text(f"damage {number}")
        journal.with_name("journal.sqlite3-wal").write_text("log")
        names.append(put_aside(journal, NOW + timedelta(minutes=number), Durable()))

    left = sorted(one.name for one in tmp_path.iterdir())

    assert left == sorted([*names[2:], *(f"{one}-wal" for one in names[2:])])


def test_what_a_cut_removal_left_is_found(tmp_path: Path) -> None:
    """What lay beside an answer that was removed is told as a rest; beside one that is there it is not."""
    spool = AnswerSpool(tmp_path / "spool", Durable())
    spool.begin(AttemptId(1), LABEL)
    for name in ("1.fetched", "2.fetched", "3.handed.answer", "4.came", "5.fetching", "x.fetched"):
        (tmp_path / "spool" / name).write_bytes(b"x")

    kept = {file.attempt: file.is_rest for file in spool.kept()}

    assert kept == {1: False, 2: True, 3: True, 4: True, 5: True}
    assert spool.attempts() == [1]
