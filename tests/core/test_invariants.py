"""What must hold of a delivery: each thing that may be wrong with it is told apart."""

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

import pytest

from retouchd.core.edits import fingerprint_of
from retouchd.core.invariants import (
    FoundPicture,
    KnownJob,
    changed_picture,
    judge_delivery,
    left_over,
    not_readable,
    read_description,
    set_aside,
    source_gone,
    unreadable,
)
from retouchd.core.jobs import JobState, Output
from retouchd.core.money import NOTHING, Money
from retouchd.core.periods import Period
from retouchd.core.pictures import Examination, Incomplete, PhotoFormat, Picture
from retouchd.core.records import Attempt
from retouchd.core.values import AttemptId, EditId, JobId, Sha256
from strategies import JOB, NOW, REQUEST, SOURCE, WISH

PLACE: Final = PurePosixPath("trip/x.png.json")
WHOLE: Final = Picture(format=PhotoFormat.PNG, width=8, height=6)
SHA: Final = Sha256("e" * 64)
CALL: Final = Attempt(
    id=AttemptId(1),
    edit=EditId(1),
    job=JobId("k7f3bcdg"),
    number=1,
    permission=1,
    period=Period(day="2026-11-23", month="2026-11"),
    save_path="",
    started=NOW,
    reserved=NOTHING,
    charged=Money(50_000),
)


def content(**output: Any) -> bytes:
    """Give the metadata of a delivery that cost 5 cents."""
    picture = {"sha256": SOURCE.sha256, "bytes": 1, "width": 1, "height": 1, "format": "jpeg"}
    call = {"number": 1, "permission": 1, "started": NOW.isoformat(), "ended": None, "outcome": "answered"}
    fields: dict[str, Any] = {
        "schema": "retouchd.result/1",
        "job": "k7f3bcdg",
        "fingerprint": fingerprint_of(REQUEST, [SOURCE.sha256]),
        "take": 1,
        "source": [{"path": "x.jpg", **picture}],
        "request": {
            **{name: getattr(REQUEST, name) for name in ("prompt", "quality", "format", "background")},
            "size": str(REQUEST.size),
            "output_compression": None,
            "save_path": "/retouchd/x.png",
            "origins": {},
        },
        "output": {
            "path": "trip/x.png",
            "sha256": SHA,
            "bytes": 10,
            "width": 8,
            "height": 6,
            "format": "png",
            **output,
        },
        "cost": {"estimated_usd": 0.05, "reserved_usd": 0.1},
        "attempts": [{**call, "charged_usd": 0.05, "reserved_usd": output.get("unclear", 0)}],
        "timing": dict.fromkeys(("seen", "settled", "delivered"), NOW.isoformat()),
    }
    return json.dumps(fields, indent=2).encode()


def found(sha256: str = SHA, examination: Examination = WHOLE) -> FoundPicture:
    """Give the picture as it lies there."""
    return FoundPicture(sha256=Sha256(sha256), bytes=10, examination=examination)


def known(*attempts: Attempt, sha256: str = SHA, **changes: Any) -> KnownJob:
    """Give what the history knows."""
    job = replace(JOB, wish=WISH, state=JobState.DONE)
    output = Output(path=PurePosixPath("trip/x.png"), sha256=Sha256(sha256))
    return KnownJob(job=replace(job, **changes), output=output, attempts=attempts)


def judge(
    metadata: bytes, picture: FoundPicture | None, what: KnownJob | None, place: PurePosixPath = PLACE
) -> str | None:
    """Give what is wrong, if anything."""
    recorded = read_description(metadata)
    assert recorded is not None
    judged = judge_delivery(place, metadata, recorded, picture, what)
    assert judged is None or judged[1]
    return judged[0] if judged else None


PAST: Final = KnownJob(job=None, output=Output(path=PurePosixPath("trip/x.png"), sha256=SHA))


@pytest.mark.parametrize(
    "what",
    [known(CALL), PAST, known(CALL, wish=None)],
    ids=["in the history", "let go", "read back"],
)
def test_a_delivery_in_order(what: KnownJob) -> None:
    """I4: a whole picture with its hash, known to the history or once known to it, is in order."""
    assert judge(content(), found(), what) is None


def test_what_was_unclear_then_may_be_settled_by_now() -> None:
    """A call that was perhaps paid when the picture came may have been booked since."""
    assert judge(content(unclear=0.5), found(), known(replace(CALL, charged=Money(9)))) is None


@pytest.mark.parametrize(
    ("picture", "what", "wrong"),
    [
        (None, known(CALL), "is not beside it"),
        (found("0" * 64), known(CALL), "is not as it was delivered"),
        (found(examination=Incomplete(reason="cut")), known(CALL), "is not whole"),
        (found(examination=replace(WHOLE, width=9)), known(CALL), "(width)"),
        (replace(found(), bytes=9), known(CALL), "(bytes)"),
        (found(), None, "does not know its job"),
        (found(), replace(known(CALL), output=None), "or none"),
        (found(), known(CALL, sha256="0" * 64), "another picture"),
        (found(), known(CALL, state=JobState.HELD), "was delivered"),
        (found(), known(CALL, wish=replace(WISH, pictures=(replace(SOURCE, sha256=SHA),))), "another wish"),
        (found(), known(), "the history says"),
        (found(), known(replace(CALL, charged=Money(1))), "the history says"),
    ],
)
def test_what_is_wrong(picture: FoundPicture | None, what: KnownJob | None, wrong: str) -> None:
    """I4: whatever does not agree is told."""
    told = judge(content(), picture, what)

    assert told is not None
    assert wrong in told


def test_a_copy_beside_another_picture() -> None:
    """Metadata beside a picture of another name describe that other one."""
    told = judge(content(), found("0" * 64), known(CALL), PurePosixPath("y.png.json"))

    assert told == "it describes another picture than the one beside it"


def test_an_output_without_a_path() -> None:
    """What has lost a part of its description is told as it can be."""
    assert judge(content(path=None), found("0" * 64), known(CALL)) is not None


def test_what_is_broken_off_is_ours_all_the_same() -> None:
    """Half a metadata file is no stranger's; another program's files are nobody's business."""
    with pytest.raises(ValueError, match="broken off"):
        read_description(content()[:300])

    assert read_description(b'{"schema": "theirs"}') is None
    assert read_description(b"{") is None


def test_every_fault_says_what_to_do() -> None:
    """No fault is told without what to do about it."""
    faults = [
        unreadable("a"),
        changed_picture("b"),
        left_over("c"),
        source_gone("d", "k7f3"),
        not_readable("e", "permission denied"),
        set_aside("f"),
    ]

    assert [one.place for one in faults] == list("abcdef")
    assert all(one.wrong and one.remedy for one in faults)
