"""The spool's promise: at every instant a file is either no answer or a whole one."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from spool_answers import ATTEMPT, HEAD, receive

from durable import Cut, FailingDurable, ForgettingDurable, every_cut, every_failure
from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.store import AnswerSpool, SpoolWriter
from retouchd.core.errors import FileTroubleError, NameTakenError, NoRoomError
from retouchd.core.outcomes import Answered
from strategies import LABEL

BODY: Final = b'{"ok": true}' * 20_000
PICTURE_BODY: Final = b'{"ok": true, "b64_json": "' + b"AAAA" * 50_000 + b'"}'


def test_an_answer_comes_back_as_it_went_in(spool: AnswerSpool) -> None:
    """Status, headers, times, cut and every byte of the body survive."""
    head = Answered(status=413, headers={"a": "b"}, elapsed_seconds=0.5, body_sent=False, cut="it broke")

    receive(spool, BODY, head)

    assert spool.find(ATTEMPT) == head
    assert spool.read_reply(ATTEMPT, 10) == BODY[:10]
    assert spool.read_reply(ATTEMPT, 10_000_000) == BODY


def test_folder_and_files_are_for_this_user_alone(spool: AnswerSpool, tmp_path: Path) -> None:
    """The folder is 0700 and its files are 0600: answers hold pictures and links to them."""
    receive(spool, BODY)

    modes = [
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool", *(tmp_path / "spool").iterdir())
    ]
    assert modes == [0o700, 0o600]


def test_an_existing_folder_is_used(spool: AnswerSpool, tmp_path: Path) -> None:
    """A second start finds what the first one spooled."""
    receive(spool, BODY)

    again = AnswerSpool(tmp_path / "spool", Durable())

    assert again.find(ATTEMPT) == HEAD


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A spool below a file is refused with its path."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FileTroubleError, match=r"cannot make .*file/spool"):
        AnswerSpool(tmp_path / "file" / "spool", Durable())


def test_nothing_is_no_answer(spool: AnswerSpool) -> None:
    """An attempt that is unknown, begun, or cut off in its body has no answer."""
    unknown = spool.find(ATTEMPT)
    spool.begin(ATTEMPT, LABEL)
    begun = spool.find(ATTEMPT)
    with spool.open_writer(ATTEMPT) as writer:
        writer.write(BODY)

    assert (unknown, begun, spool.find(ATTEMPT)) == (None, None, None)
    with pytest.raises(FileTroubleError, match="there is no whole answer"):
        spool.read_reply(ATTEMPT, 1)


@pytest.mark.parametrize("kept", [None, 0, 3, 8, 12, 16, 100, -1])
@pytest.mark.parametrize("is_zeroed", [False, True])
def test_what_was_only_begun_is_begun_again(
    spool: AnswerSpool, tmp_path: Path, kept: int | None, *, is_zeroed: bool
) -> None:
    """What a crash or a power cut left of a label, before its attempt was in the journal, is used again."""
    spool.begin(ATTEMPT, LABEL)
    path = tmp_path / "spool" / "12.part"
    content = path.read_bytes()[:kept]
    path.write_bytes(bytes(len(content)) if is_zeroed else content)

    spool.begin(ATTEMPT, LABEL)

    assert spool.find(ATTEMPT) is None
    assert spool.label(ATTEMPT) == LABEL


def _open(spool: AnswerSpool) -> None:
    with spool.open_writer(ATTEMPT):
        pass


def _write(spool: AnswerSpool) -> None:
    with spool.open_writer(ATTEMPT) as writer:
        writer.write(BODY)


def _finish(spool: AnswerSpool) -> None:
    with spool.open_writer(ATTEMPT) as writer:
        writer.write(BODY)
        writer.finish(HEAD)


@pytest.mark.parametrize("act", [_open, _write, _finish])
def test_i7_what_may_have_been_sent_is_never_begun_again(
    spool: AnswerSpool, act: Callable[[AnswerSpool], None]
) -> None:
    """I7: with a history older than the spool nothing is overwritten of a call that may have been made."""
    spool.begin(ATTEMPT, LABEL)
    act(spool)

    with pytest.raises(NameTakenError):
        spool.begin(ATTEMPT, LABEL)

    assert spool.find(ATTEMPT) == (HEAD if act is _finish else None)
    assert spool.label(ATTEMPT) == LABEL


def test_a_label_comes_back_as_it_went_in(spool: AnswerSpool) -> None:
    """Whose call it was can be read from a file that was begun, and from a whole answer."""
    nothing = spool.label(ATTEMPT)
    spool.begin(ATTEMPT, LABEL)
    begun = spool.label(ATTEMPT)
    receive(spool, BODY)

    assert (nothing, begun, spool.label(ATTEMPT)) == (None, LABEL, LABEL)


def test_answers_of_the_first_format_are_read(spool: AnswerSpool, tmp_path: Path) -> None:
    """Files that begin with the body, as they once were written, give their answers; they have no label."""
    receive(spool, BODY)
    path = tmp_path / "spool" / "12.answer"
    path.write_bytes(path.read_bytes().partition(b"}\n")[2])

    assert spool.find(ATTEMPT) == HEAD
    assert spool.read_reply(ATTEMPT, 10_000_000) == BODY
    assert spool.label(ATTEMPT) is None
    with pytest.raises(NameTakenError):
        spool.begin(ATTEMPT, LABEL)


@pytest.mark.parametrize(
    "label", [b"[]", b"{}", b"\xff", b"[" * 20_000, b'{"fingerprint": "a", "take": "x"}']
)
def test_a_damaged_label_takes_nothing_from_its_answer(
    spool: AnswerSpool, tmp_path: Path, label: bytes
) -> None:
    """Where the label cannot be read the answer behind it still can."""
    receive(spool, BODY)
    path = tmp_path / "spool" / "12.answer"
    rest = path.read_bytes().partition(b"}\n")[2]
    path.write_bytes(b"rtchd/2\n" + len(label).to_bytes(8, "big") + label + b"\n" + rest)

    assert spool.label(ATTEMPT) is None
    assert spool.read_reply(ATTEMPT, 10_000_000) == BODY


def test_an_answer_that_was_changed_on_the_disk_is_none(spool: AnswerSpool, tmp_path: Path) -> None:
    """A disk that goes bad under a kept answer is noticed: nothing broken is delivered as whole."""
    receive(spool, BODY)
    path = tmp_path / "spool" / "12.answer"
    content = bytearray(path.read_bytes())
    content[5_000] ^= 1
    path.write_bytes(content)

    assert spool.find(ATTEMPT) is None


def test_an_answer_with_a_picture_is_compared_with_its_checksum(spool: AnswerSpool, tmp_path: Path) -> None:
    """All but the first reading by who wrote it compares: a later one, another process, another file."""
    receive(spool, PICTURE_BODY)
    path = tmp_path / "spool" / "12.answer"
    whole = path.read_bytes()

    first, second = spool.find(ATTEMPT), spool.find(ATTEMPT)
    path.write_bytes(whole.replace(b"AAAA", b"AAAB", 1))
    later, other = spool.find(ATTEMPT), AnswerSpool(tmp_path / "spool", Durable()).find(ATTEMPT)
    receive(spool, PICTURE_BODY)
    path.rename(path.with_suffix(".old"))
    path.write_bytes(whole.replace(b"AAAA", b"AAAB", 1))
    replaced = spool.find(ATTEMPT)

    assert (first, second) == (HEAD, HEAD)
    assert (later, other, replaced) == (None, None, None)


def test_discard_removes_whatever_is_there(spool: AnswerSpool, tmp_path: Path) -> None:
    """Discard removes an answer, a begun file, or nothing."""
    receive(spool, BODY)
    spool.discard(ATTEMPT)
    spool.begin(ATTEMPT, LABEL)
    spool.discard(ATTEMPT)
    spool.discard(ATTEMPT)

    assert list((tmp_path / "spool").iterdir()) == []


def test_i8_a_cut_at_every_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    """I8: wherever the process dies, `find` gives the whole answer or none."""
    found = []
    for number, cutting in enumerate(every_cut()):
        folder = tmp_path / str(number)
        with suppress(Cut):
            receive(AnswerSpool(folder, cutting), BODY)
        after = AnswerSpool(folder, Durable())
        found.append(after.find(ATTEMPT))
        if found[-1]:
            assert after.read_reply(ATTEMPT, len(BODY)) == BODY

    assert all(head in (None, HEAD) for head in found)
    assert None in found
    assert found[-1] == HEAD


def test_i8_a_power_cut_at_every_step_loses_no_finished_answer(tmp_path: Path) -> None:
    """I8: names that were not synced may be lost, but an answer that was finished is there."""
    number = 0
    for cutting in every_cut(ForgettingDurable):
        number += 1
        folder = tmp_path / str(number)
        finished = True
        try:
            receive(AnswerSpool(folder, cutting), BODY)
        except Cut:
            finished = False
        assert isinstance(cutting.inner, ForgettingDurable)
        cutting.inner.cut_power()
        if finished:
            assert AnswerSpool(folder, Durable()).find(ATTEMPT) == HEAD

    assert number > 5


def test_i8_a_trailer_without_its_body_is_no_answer(spool: AnswerSpool, tmp_path: Path) -> None:
    """I8: after a power cut that kept the end of a file and not its middle there is no answer."""
    receive(spool, BODY)
    whole = (tmp_path / "spool" / "12.answer").read_bytes()
    (tmp_path / "spool" / "12.answer").unlink()
    (tmp_path / "spool" / "12.part").write_bytes(bytes(4096) + whole[4096:])

    assert spool.find(ATTEMPT) is None


@pytest.mark.parametrize(
    "end",
    [
        b"rtchd/1\n",
        b"\x00" * 8 + b"rtchd/1\n",
        b"{}" + (2).to_bytes(8, "big") + b"rtchd/1\n",
        b"[1]" + (3).to_bytes(8, "big") + b"rtchd/1\n",
        b"!" + (1).to_bytes(8, "big") + b"rtchd/1\n",
        (999).to_bytes(8, "big") + b"rtchd/1\n",
        b"\xff" * 8 + b"rtchd/1\n",
        b" " * 2_000_000 + (1_500_000).to_bytes(8, "big") + b"rtchd/1\n",
    ],
)
def test_what_only_looks_like_a_trailer_is_none(spool: AnswerSpool, tmp_path: Path, end: bytes) -> None:
    """A body that ends in the mark is no answer for it."""
    for name in ("12.part", "12.answer"):
        (tmp_path / "spool" / name).write_bytes(end)

        assert spool.find(ATTEMPT) is None
        (tmp_path / "spool" / name).unlink()


def test_an_answer_of_another_length_is_none(spool: AnswerSpool, tmp_path: Path) -> None:
    """A file that lost bytes at its begin is no answer, though its trailer is whole."""
    receive(spool, BODY)
    path = tmp_path / "spool" / "12.answer"
    path.write_bytes(path.read_bytes()[1:])

    assert spool.find(ATTEMPT) is None


def test_a_full_disk_keeps_what_came(tmp_path: Path) -> None:
    """A disk that is full says so with its own error."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    writer = SpoolWriter(descriptor, ATTEMPT, tmp_path, Durable())

    with pytest.raises(NoRoomError, match=r"cannot write .*12.part: No space left on device"):
        writer.write(b"x")
    with pytest.raises(NoRoomError):
        writer.finish(HEAD)
    os.close(descriptor)


@pytest.mark.parametrize(("code", "kind"), [(errno.EDQUOT, NoRoomError), (errno.EIO, FileTroubleError)])
def test_a_failing_step_is_never_called_done(tmp_path: Path, code: int, kind: type[FileTroubleError]) -> None:
    """A disk that fails at a durable step raises our own error, and finish has then not succeeded."""
    kinds = []
    for number, failing in enumerate(every_failure(code)):
        try:
            receive(AnswerSpool(tmp_path / str(number), failing), BODY)
        except FileTroubleError as exc:
            kinds.append(type(exc))

    assert len(kinds) >= 5
    assert set(kinds) == {kind}


def test_recovery_makes_durable_before_it_names(tmp_path: Path) -> None:
    """An answer that a dead process left in memory only is synced before it gets its name."""
    AnswerSpool(tmp_path / "spool", Durable())
    with pytest.raises(FileTroubleError):
        # Steps: four of discard, two of begin, then the fsync of finish; there the process "dies".
        receive(AnswerSpool(tmp_path / "spool", FailingDurable(7, errno.EIO)), BODY)
    power = ForgettingDurable()

    found = AnswerSpool(tmp_path / "spool", power).find(ATTEMPT)
    power.cut_power()

    assert found == HEAD
    assert (tmp_path / "spool" / "12.answer").exists()


def test_no_descriptor_stays_open(spool: AnswerSpool) -> None:
    """Whatever is done, and left half done, no descriptor stays open."""
    before = len(list(Path("/proc/self/fd").iterdir()))

    receive(spool, b'{"b64_json": "' + b"AAAA" * 100_000 + b'"}')
    pieces = spool.picture_pieces(ATTEMPT)
    next(pieces)
    pieces.close()
    spool.read_answer(ATTEMPT)
    spool.read_reply(ATTEMPT, 5)
    spool.find(ATTEMPT)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
