"""Pictures that people hand in: adopted as an answer, and what came of the call is never thrown away."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from spool_answers import ATTEMPT, receive_json

from durable import Cut, ForgettingDurable, every_cut
from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.answer import HANDED_IN, Answer
from retouchd.core.outcomes import Answered
from strategies import LABEL

HEAD = Answered(status=200, headers={HANDED_IN: "2026-11-23T12:00:00"}, elapsed_seconds=0.0)
BODY = b'{"ok": true, "b64_json": "aGFuZGVk"}'
RAW = {"ok": True, "b64_json": "cmF3"}


def contents(folder: Path) -> list[bytes]:
    """Give what all files of the spool hold."""
    return [path.read_bytes() for path in (folder / "spool").iterdir()]


@pytest.mark.parametrize("has_answer", [True, False])
def test_a_handed_in_picture_becomes_the_answer(
    spool: AnswerSpool, tmp_path: Path, *, has_answer: bool
) -> None:
    """Once adopted it is read like any answer, says that a person handed it in, and the raw one is kept."""
    if has_answer:
        receive_json(spool, RAW)
    else:
        spool.begin(ATTEMPT, LABEL)
    spool.hand_in(ATTEMPT, LABEL, HEAD, iter([BODY[:10], BODY[10:]]))
    before = b"".join(spool.picture_pieces(ATTEMPT)) if has_answer else None

    assert spool.adopt(ATTEMPT)

    answer = spool.read_answer(ATTEMPT)
    assert isinstance(answer, Answer)
    assert any("a person handed this picture in" in one for one in answer.oddities)
    assert b"".join(spool.picture_pieces(ATTEMPT)) == b"handed"
    assert spool.label(ATTEMPT) == LABEL
    assert before == (b"raw" if has_answer else None)
    assert has_answer == any(b"cmF3" in one for one in contents(tmp_path))


def test_nothing_handed_in_is_nothing_adopted(spool: AnswerSpool) -> None:
    """An answer stays what it is when nothing was handed in for it."""
    receive_json(spool, RAW)

    assert not spool.adopt(ATTEMPT)
    assert b"".join(spool.picture_pieces(ATTEMPT)) == b"raw"


def test_the_raw_answer_survives_a_second_handing_in(spool: AnswerSpool, tmp_path: Path) -> None:
    """However often a picture is handed in, what came of the call is still there."""
    receive_json(spool, RAW)
    for _time in range(2):
        spool.hand_in(ATTEMPT, None, HEAD, iter([BODY]))
        assert spool.adopt(ATTEMPT)

    assert any(b"cmF3" in one for one in contents(tmp_path))
    spool.discard(ATTEMPT)
    assert contents(tmp_path) == []


@pytest.mark.parametrize("inner", [Durable, ForgettingDurable])
def test_i7_every_cut_of_a_handing_in_leaves_what_came(tmp_path: Path, inner: Callable[[], Durable]) -> None:
    """I7: killed or without power at any step the raw answer is whole; doing it once more works."""
    number = 0
    for number, cutting in enumerate(every_cut(inner), 1):
        place = tmp_path / str(number)
        place.mkdir()
        receive_json(AnswerSpool(place / "spool", cutting.inner), RAW)
        with suppress(Cut):
            dying = AnswerSpool(place / "spool", cutting)
            dying.hand_in(ATTEMPT, LABEL, HEAD, iter([BODY]))
            dying.adopt(ATTEMPT)
        if isinstance(cutting.inner, ForgettingDurable):
            cutting.inner.cut_power()

        assert any(b"cmF3" in one for one in contents(place))
        after = AnswerSpool(place / "spool", Durable())
        after.hand_in(ATTEMPT, LABEL, HEAD, iter([BODY]))
        assert after.adopt(ATTEMPT)
        assert b"".join(after.picture_pieces(ATTEMPT)) == b"handed"
        assert any(b"cmF3" in one for one in contents(place))

    assert number > 10
