"""Settling: a photo is taken only when everything says that it is all there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retouchd.core.pictures import Incomplete, PhotoFormat
from retouchd.core.settling import (
    Evidence,
    LookAgain,
    NeverComplete,
    Settled,
    SettlingVerdict,
    TooLarge,
    decide_settling,
    find_excess,
)
from strategies import NOW, PICTURE, evidences

PATIENCE = timedelta(minutes=30)
WHOLE: dict[str, Any] = {
    "size": 1000,
    "is_being_written": False,
    "ends_in_zeros": False,
    "has_holes": False,
    "examination": PICTURE,
}
CUT = Incomplete(reason="it ends after 12 of 40 kB")
FAULTS = [
    ({"size": 0, "examination": CUT}, "it is empty"),
    ({"size": 0}, "it is empty"),
    ({"examination": CUT}, "it ends after 12 of 40 kB"),
    ({"examination": replace(CUT, advice="copy it anew")}, "it ends after 12 of 40 kB: copy it anew"),
]


def decided(changes: dict[str, Any], *, looks: int = 0, after: float = 0) -> SettlingVerdict:
    """Decide on a whole picture with these changes, so many seconds after the first look."""
    evidence = Evidence(**(WHOLE | changes))
    now = NOW + timedelta(seconds=after)
    return decide_settling(evidence, looks=looks, first_look=NOW, now=now, patience=PATIENCE)


@pytest.mark.parametrize("is_being_written", [False, None])
def test_a_whole_picture_is_settled(is_being_written: bool | None) -> None:  # noqa: FBT001 - the lease's answer
    """A whole picture that nobody writes is taken at the first look, also where nothing tells who writes."""
    assert decided({"is_being_written": is_being_written}) == Settled(picture=PICTURE)


@pytest.mark.parametrize("after", [0, 30, 59.9])
@pytest.mark.parametrize("changes", [{}, *(changes for changes, _ in FAULTS)])
def test_a_writer_is_waited_for(changes: dict[str, Any], after: float) -> None:
    """What another program has open for writing is looked at again in 5 s, whatever it looks like."""
    verdict = decided(changes | {"is_being_written": True}, after=after)

    assert verdict == LookAgain(
        at=NOW + timedelta(seconds=after + 5), reason="another program still writes to it"
    )


@pytest.mark.parametrize(
    ("kind", "waited"),
    [
        (PhotoFormat.JPEG, 5),
        (PhotoFormat.PNG, 5),
        *((kind, 60) for kind in PhotoFormat if not kind.has_end_mark),
    ],
)
def test_zeros_that_stay_belong_to_the_photo(kind: PhotoFormat, waited: int) -> None:
    """Space that a copier reserved is filled; zeros that stay are black rows or were appended."""
    changes = {"ends_in_zeros": True, "examination": replace(PICTURE, format=kind)}
    before = decided(changes, after=waited - 0.1)

    assert isinstance(before, LookAgain)
    assert before.reason == "its end is still empty space"
    assert decided(changes, after=waited) == Settled(picture=replace(PICTURE, format=kind))


def test_holes_that_stay_belong_to_the_photo() -> None:
    """A part that was never written is still to come; a copy that spares zeros keeps its holes."""
    before = decided({"has_holes": True}, after=59.9)

    assert isinstance(before, LookAgain)
    assert before.reason == "parts of it are still empty space"
    assert decided({"has_holes": True}, after=60) == Settled(picture=PICTURE)


def test_zeros_in_packed_data_that_stay_belong_to_the_photo() -> None:
    """Where no hole is seen, zeros tell of a part that is still to come; a white page may be zeros, too."""
    hollow = replace(PICTURE, has_empty_space=True)
    before = decided({"examination": hollow}, after=59.9)

    assert isinstance(before, LookAgain)
    assert before.reason == "parts of it are still empty space"
    assert decided({"examination": hollow}, after=60) == Settled(picture=hollow)


def test_zeros_make_nothing_whole() -> None:
    """A picture that is not all there stays incomplete, however long its zeros stay."""
    verdict = decided({"ends_in_zeros": True, "examination": CUT}, looks=4, after=400)

    assert isinstance(verdict, LookAgain)
    assert verdict.reason == CUT.reason


def test_a_writer_that_never_ends_is_not_waited_for() -> None:
    """After 60 s the evidence decides: a viewer that opened a whole photo for writing blocks it no longer."""
    assert decided({"is_being_written": True}, after=60) == Settled(picture=PICTURE)
    assert isinstance(decided({"is_being_written": True, "examination": CUT}, after=60), LookAgain)


@pytest.mark.parametrize(("changes", "reason"), FAULTS)
@pytest.mark.parametrize(
    ("looks", "delay"), [(0, 5), (1, 15), (2, 60), (3, 300), (4, 600), (5, 600), (99, 600)]
)
def test_what_is_incomplete_is_looked_at_again(
    changes: dict[str, Any], reason: str, looks: int, delay: int
) -> None:
    """A picture that is not all there is looked at again, ever more rarely, with what is wrong with it."""
    assert decided(changes, looks=looks) == LookAgain(at=NOW + timedelta(seconds=delay), reason=reason)


@pytest.mark.parametrize(("changes", "reason"), FAULTS)
def test_patience_ends(changes: dict[str, Any], reason: str) -> None:
    """A picture that stays incomplete for as long as the owner waits is given up with its reason."""
    assert decided(changes, looks=9, after=1800) == NeverComplete(reason=reason)
    assert isinstance(decided(changes, looks=9, after=1799), LookAgain)


@given(
    evidence=evidences,
    looks=st.integers(0, 100),
    waited=st.integers(-3600, 100_000).map(lambda seconds: timedelta(seconds=seconds)),
    patience=st.integers(0, 7200).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_nothing_incomplete_is_ever_settled(
    evidence: Evidence, looks: int, waited: timedelta, patience: timedelta
) -> None:
    """No patience, clock or number of looks makes half a picture, or one being written, be paid for."""
    now = NOW + waited
    verdict = decide_settling(evidence, looks=looks, first_look=NOW, now=now, patience=patience)

    match verdict:
        case Settled():
            assert evidence.examination == verdict.picture
            assert evidence.size
            assert not evidence.ends_in_zeros or waited >= timedelta(seconds=5)
            assert not evidence.is_being_written or waited >= timedelta(seconds=60)
            assert not evidence.has_holes or waited >= timedelta(seconds=60)
            assert not verdict.picture.has_empty_space or waited >= timedelta(seconds=60)
        case LookAgain():
            assert timedelta() < verdict.at - now <= timedelta(seconds=600)
            assert verdict.at - now >= timedelta(seconds=5) or verdict.at == NOW + patience
        case NeverComplete():
            assert waited >= patience
            assert verdict.reason


def test_the_last_look_comes_when_patience_ends() -> None:
    """The long delays do not stretch the owner's patience."""
    verdict = decided({"examination": CUT}, looks=4, after=1700)

    assert isinstance(verdict, LookAgain)
    assert verdict.at == NOW + timedelta(minutes=30)


def test_what_is_too_large_is_refused_at_once() -> None:
    """A photo above the owner's limit is refused by its size alone, with both figures; one at it is not."""
    excess = find_excess(60_500_000, 50_000_000)

    assert excess == TooLarge(reason="it has 60.5 MB, allowed are 50.0 MB: export it smaller")
    assert find_excess(50_000_000, 50_000_000) is None
    assert decided({"examination": excess, "ends_in_zeros": True, "has_holes": True}) == excess


def test_what_is_too_large_may_still_be_written() -> None:
    """While another program writes to a photo that is too large it is left where it is."""
    excess = find_excess(60_500_000, 50_000_000)

    assert isinstance(decided({"examination": excess, "is_being_written": True}), LookAgain)
