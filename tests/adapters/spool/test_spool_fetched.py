"""A downloaded picture is there whole or not at all, and losing it costs nothing but another download."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from spool_answers import ATTEMPT

from durable import Cut, ForgettingDurable, every_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.fetched import PictureWriter
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.errors import NoRoomError
from retouchd.core.outcomes import Answered

PICTURE = bytes(range(256)) * 1000
WHOLE = Answered(status=200, elapsed_seconds=1)


def download(spool: AnswerSpool, *replies: tuple[bytes, Answered]) -> None:
    """Write what a download gives."""
    with spool.open_picture_writer(ATTEMPT) as writer:
        for content, head in replies:
            writer.write(content)
            writer.finish(head)


def picture_in(spool: AnswerSpool) -> bytes | None:
    """Give the picture, if there is one."""
    return b"".join(spool.fetched_pieces(ATTEMPT)) if spool.is_fetched(ATTEMPT) else None


def test_a_picture_behind_redirects_is_kept(spool: AnswerSpool) -> None:
    """What redirects and refusals say is forgotten, the picture behind them is kept as it came."""
    download(spool, (b"moved", Answered(status=302, elapsed_seconds=1)), (PICTURE, WHOLE))

    assert picture_in(spool) == PICTURE


@pytest.mark.parametrize(
    "head", [Answered(status=404, elapsed_seconds=1), Answered(status=200, elapsed_seconds=1, cut="lost")]
)
def test_what_is_no_whole_picture_is_not_kept(spool: AnswerSpool, head: Answered) -> None:
    """A refusal, and a picture that did not come whole, leave nothing behind that counts."""
    download(spool, (PICTURE, head))

    assert picture_in(spool) is None
    assert list(spool.fetched_pieces(ATTEMPT)) == []


def test_a_download_begins_anew(spool: AnswerSpool) -> None:
    """What an earlier try left is no part of the next one."""
    with spool.open_picture_writer(ATTEMPT) as writer:
        writer.write(b"half")

    download(spool, (PICTURE, WHOLE))

    assert picture_in(spool) == PICTURE


def test_discard_removes_downloads(spool: AnswerSpool, tmp_path: Path) -> None:
    """Discarding an answer discards what was downloaded for it, whole or not."""
    download(spool, (PICTURE, WHOLE))
    with spool.open_picture_writer(ATTEMPT) as writer:
        writer.write(b"half")

    spool.discard(ATTEMPT)

    assert list((tmp_path / "spool").iterdir()) == []


def test_a_full_disk_is_told_at_the_end(tmp_path: Path) -> None:
    """A disk that filled is not mistaken for trouble of the network."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    writer = PictureWriter(descriptor, ATTEMPT, tmp_path, Durable())

    with suppress(NoRoomError):
        writer.write(b"x")
    with pytest.raises(NoRoomError):
        writer.raise_trouble()
    os.close(descriptor)


def test_i8_a_cut_at_every_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    """I8: wherever the process dies or the power fails, the whole picture is there, or none."""
    found = []
    for number, cutting in enumerate(every_cut(ForgettingDurable)):
        folder = tmp_path / str(number)
        finished = True
        try:
            download(AnswerSpool(folder, cutting), (PICTURE, WHOLE))
        except Cut:
            finished = False
        assert isinstance(cutting.inner, ForgettingDurable)
        cutting.inner.cut_power()
        found.append(picture_in(AnswerSpool(folder, Durable())))
        if finished:
            assert found[-1] == PICTURE

    assert set(found) == {None, PICTURE}
