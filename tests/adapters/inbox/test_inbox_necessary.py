"""Quiet, lease, end mark and structure: each is needed, as about some writers the other three are wrong.

Real files and the evidence that is really taken of them; only our own clock is in the test's hands. Each test
shows a half-written photo that three of the four would let pass, and that it is taken once it is all there.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pytest
from PIL import Image

from retouchd.adapters.folder import Folder
from retouchd.adapters.images.structure import examine
from retouchd.adapters.inbox.evidence import OpenedSource, open_file
from retouchd.adapters.inbox.signatures import Inodes
from retouchd.core.arrival import is_look_due
from retouchd.core.pictures import Incomplete, PhotoFormat, Picture
from retouchd.core.records import BundleRecord, BundleState, Moments
from retouchd.core.settling import Evidence, LookAgain, Settled, decide_settling
from retouchd.core.values import BundleId, Signature

NAME: Final = "beach.jpg"
QUIET_SECONDS: Final = 2.0
NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Longer than quiet, and longer than any look at what is there takes.
STALL_SECONDS: Final = 3.0


def photo(seed: int = 0, kind: str = "JPEG") -> bytes:
    """Give a photo whose data is long enough to be cut anywhere; another seed gives another size."""
    pixels = bytes((n * 7919 + seed * 31) % 251 for n in range(3 * 96 * 64))
    file = io.BytesIO()
    Image.frombytes("RGB", (96, 64), pixels).save(file, kind, quality=95)
    return file.getvalue() + b"+" * seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What each of the four says of a file: whether it may be taken."""

    quiet: bool
    lease: bool
    end: bool
    structure: bool


ALL: Final = Judgement(quiet=True, lease=True, end=True, structure=True)


class Watcher:
    """Sees the file, as the scanner does, and judges it, as a worker does; time is told."""

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)
        self._seconds = 0.0
        self._seen: Signature | None = None
        self._quiet_from = 0.0

    def see(self) -> None:
        """Scan."""
        with self._opened() as source:
            if source.signature() != self._seen:
                self._seen = source.signature()
                self._quiet_from = self._moments().monotonic + QUIET_SECONDS

    def wait(self, seconds: float) -> None:
        """Let time pass, seeing the file all the while."""
        self.see()
        self._seconds += seconds
        self.see()

    def evidence(self) -> Evidence:
        """Open the file and take the evidence."""
        with self._opened() as source:
            return Evidence(
                size=source.signature().size,
                is_being_written=source.is_being_written(),
                ends_in_zeros=source.ends_in_zeros(),
                has_holes=source.has_holes(),
                examination=examine(source.descriptor()),
            )

    def judge(self) -> Judgement:
        """Ask the four, each for itself."""
        evidence = self.evidence()
        return Judgement(
            quiet=self._is_quiet(),
            lease=not evidence.is_being_written,
            end=not evidence.ends_in_zeros,
            structure=isinstance(evidence.examination, Picture),
        )

    def takes(self, **wrong: Any) -> bool:
        """Say whether the file would be taken now; of what is given the evidence is believed to be that."""
        evidence = replace(self.evidence(), **wrong)
        verdict = decide_settling(evidence, looks=0, first_look=NOW, now=NOW, patience=timedelta(minutes=30))
        assert isinstance(verdict, Settled | LookAgain)
        return self._is_quiet() and isinstance(verdict, Settled)

    def _is_quiet(self) -> bool:
        record = BundleRecord(
            id=BundleId(1),
            folder=PurePosixPath(),
            key=NAME,
            photo=NAME,
            digest="",
            state=BundleState.ARRIVING,
            detail="",
            seen=NOW,
        )
        return is_look_due(record, self._quiet_from, self._moments())

    def _moments(self) -> Moments:
        return Moments(now=NOW + timedelta(seconds=self._seconds), monotonic=100.0 + self._seconds)

    @contextmanager
    def _opened(self) -> Iterator[OpenedSource]:
        file = open_file(self._folder, PurePosixPath(NAME))
        try:
            yield OpenedSource(file, self._folder, PurePosixPath(NAME), Inodes.KEPT)
        finally:
            os.close(file.descriptor)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give where the photo is going to be."""
    return tmp_path / NAME


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    """Give who watches it."""
    return Watcher(tmp_path)


def test_quiet_is_needed_for_who_saves_twice(path: Path, watcher: Watcher) -> None:
    """A program that saves a whole photo, closes it, and saves again a second later: only quiet says no."""
    path.write_bytes(photo(1))
    watcher.wait(1.0)

    assert watcher.judge() == replace(ALL, quiet=False)
    assert not watcher.takes()

    path.write_bytes(photo(2))
    watcher.wait(1.9)
    assert not watcher.takes()
    watcher.wait(0.2)
    assert watcher.takes()
    assert path.read_bytes() == photo(2)


def test_lease_is_needed_for_who_writes_over_a_whole_photo(path: Path, watcher: Watcher) -> None:
    """A program that holds a whole photo open and is going to rewrite it in place: only the lease says no."""
    path.write_bytes(photo(1))
    with path.open("r+b") as file:
        watcher.wait(STALL_SECONDS)

        assert watcher.judge() == replace(ALL, lease=False)
        assert not watcher.takes()
        assert watcher.takes(is_being_written=False)
        file.write(photo(2))
        file.truncate()
    watcher.wait(STALL_SECONDS)
    assert watcher.takes()


def test_lease_is_needed_for_who_leaves_the_middle_for_later(path: Path, watcher: Watcher) -> None:
    """A download in segments stalls with begin and end of a JPEG: nothing shows a hole in its data."""
    whole = photo()
    middle = len(whole) // 2
    with path.open("wb") as file:
        file.write(whole[:middle] + bytes(512) + whole[middle + 512 :])
        file.flush()
        watcher.wait(STALL_SECONDS)

        assert watcher.judge() == replace(ALL, lease=False)
        assert not watcher.takes()
        assert watcher.takes(is_being_written=False)
        file.seek(middle)
        file.write(whole[middle : middle + 512])
    watcher.wait(STALL_SECONDS)
    assert watcher.takes()
    assert path.read_bytes() == whole


def test_end_is_needed_for_space_that_was_set_aside(path: Path, watcher: Watcher) -> None:
    """A copier sets the size first and opens the file for each piece; what a phone appends is still to come.

    The photo in it is whole by its structure, nobody has it open, and nothing changes while the line stalls.
    """
    film = b"ftypmp42" + bytes(range(1, 256)) * 40
    path.write_bytes(photo() + bytes(len(film)))
    watcher.wait(STALL_SECONDS)

    assert watcher.judge() == replace(ALL, end=False)
    assert not watcher.takes()
    assert watcher.takes(ends_in_zeros=False)
    with path.open("r+b") as file:
        file.seek(-len(film), os.SEEK_END)
        file.write(film)
    watcher.wait(STALL_SECONDS)
    assert watcher.takes()


@pytest.mark.parametrize(
    ("kind", "cut"),
    [
        pytest.param("JPEG", lambda whole: whole[: len(whole) * 2 // 3], id="truncated"),
        pytest.param(
            "PNG",
            lambda whole: whole[: len(whole) // 3] + bytes(512) + whole[len(whole) // 3 + 512 :],
            id="zeros in the middle",
        ),
    ],
)
def test_structure_is_needed_for_what_an_interrupted_copy_leaves(
    path: Path, watcher: Watcher, kind: str, cut: Any
) -> None:
    """A half file that is renamed in with a time of 1970, closed and at rest: only its structure says no."""
    temporary = path.with_name(".beach.jpg.Xy12")
    temporary.write_bytes(cut(photo(kind=kind)))
    os.utime(temporary, (0, 0))
    temporary.rename(path)
    watcher.wait(STALL_SECONDS)

    assert watcher.judge() == replace(ALL, structure=False)
    assert not watcher.takes()
    assert watcher.takes(examination=Picture(format=PhotoFormat.JPEG, width=96, height=64))
    assert isinstance(watcher.evidence().examination, Incomplete)
    temporary.write_bytes(photo(kind=kind))
    os.utime(temporary, (0, 0))
    temporary.rename(path)
    watcher.wait(STALL_SECONDS)
    assert watcher.takes()


def test_a_writer_that_stalls_in_reserved_space_is_seen_by_three(path: Path, watcher: Watcher) -> None:
    """The commonest slow copy is no close call: lease, end and structure all say no while it stalls."""
    whole = photo()
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, len(whole))
        file.write(whole[:2048])
        file.flush()
        watcher.wait(STALL_SECONDS)

        assert watcher.judge() == Judgement(quiet=True, lease=False, end=False, structure=False)
        file.write(whole[2048:])
    watcher.wait(STALL_SECONDS)
    assert watcher.takes()
