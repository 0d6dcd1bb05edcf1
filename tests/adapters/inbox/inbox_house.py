"""What the tests of the inbox share: a strangers' place, a scanner with a little engine behind it."""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from fuse_share import can_mount
from retouchd.adapters.inbox.cadence import ScanPolicy
from retouchd.adapters.inbox.watch import Scanner
from retouchd.core.sightings import News, ScanFinished, Sighting
from retouchd.core.watching import WatchMode
from waiting import eventually

NOBODY: Final = 65534
TOP: Final = PurePosixPath()

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else or mount")

needs_mounts = pytest.mark.skipif(not can_mount(), reason="only root can mount, and FUSE is needed")

_libc = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH: Final = 2

EVENTS: Final = ScanPolicy(mode=WatchMode.EVENTS, rescan_seconds=600)
POLLING: Final = ScanPolicy(mode=WatchMode.POLLING, poll_seconds=0.05)
# Events, and full scans so often that the ticks, which watch over the watch, come often too.
BUSY: Final = ScanPolicy(mode=WatchMode.EVENTS, rescan_seconds=0.05, poll_seconds=0.05)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act as a user without rights for a while."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_place() -> Iterator[Path]:
    """Give a new folder which other users can reach, as they can't reach pytest's."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place)


@contextmanager
def dead_mount(path: Path) -> Iterator[None]:
    """Mount upon a file or folder what nobody serves any more, as a NAS that is gone leaves it."""
    kind = "40000" if path.is_dir() else "100000"
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode={kind},user_id=0,group_id=0"
    _mount("fuse", path, options)
    os.close(server)
    try:
        yield
    finally:
        unmount(path)


@contextmanager
def mounted(path: Path) -> Iterator[None]:
    """Mount an empty file system upon a folder; the body may unmount it."""
    _mount("tmpfs", path, "")
    try:
        yield
    finally:
        _libc.umount2(bytes(path), _MNT_DETACH)


def unmount(path: Path) -> None:
    """Take the uppermost mount away, even if it is in use."""
    if _libc.umount2(bytes(path), _MNT_DETACH) != 0:
        raise OSError(ctypes.get_errno(), "umount2", str(path))


def _mount(kind: str, path: Path, options: str) -> None:
    arguments = (kind.encode(), bytes(path), kind.encode(), 0, options.encode())
    if _libc.mount(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "mount", str(path))


class Engine:
    """Takes what the scanner tells, and knows afterwards what it was told."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self.known: dict[PurePosixPath, dict[str, str]] = {}
        self.crashes: list[Exception] = []

    def report(self, sighting: Sighting) -> None:
        """Take one sighting in."""
        if isinstance(sighting, News):
            live = self.known.setdefault(sighting.folder, {})
            live.update({bundle.key: bundle.digest for bundle in sighting.seen})
            for key in sighting.gone:
                del live[key]
        self.sightings.append(sighting)

    def in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
        """Give the live bundles of one folder."""
        return dict(self.known.get(folder, {}))

    def folders(self) -> list[PurePosixPath]:
        """Give the folders with live bundles."""
        return [folder for folder, live in self.known.items() if live]

    def places(self) -> set[str]:
        """Give the paths of the live bundles, by their keys."""
        return {str(folder / key) for folder, live in dict(self.known).items() for key in dict(live)}

    def told(self, kind: type) -> list[Sighting]:
        """Give what was told of one kind."""
        return [sighting for sighting in self.sightings if isinstance(sighting, kind)]

    def gone(self) -> list[str]:
        """Give the keys that were told to be gone."""
        return [key for news in self.sightings if isinstance(news, News) for key in news.gone]


def make_scanner(
    inbox: Path,
    engine: Engine,
    policy: ScanPolicy,
    checks: Mapping[str, Callable[[], None]] | None = None,
) -> Scanner:
    """Make a scanner that tells the little engine."""
    return Scanner(
        inbox,
        report=engine.report,
        known=engine,
        policy=policy,
        checks=checks or {},
        report_crash=engine.crashes.append,
    )


@contextmanager
def scanning(
    inbox: Path,
    engine: Engine,
    policy: ScanPolicy,
    checks: Mapping[str, Callable[[], None]] | None = None,
) -> Iterator[Scanner]:
    """Run a scanner; its first scan has ended when the body begins."""
    scanner = make_scanner(inbox, engine, policy, checks)
    scanner.start()
    try:
        assert eventually(lambda: engine.told(ScanFinished))
        yield scanner
    finally:
        scanner.stop()
