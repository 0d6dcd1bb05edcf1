"""The daemon's premises: its folders looked at, its state folder locked, its journal opened."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.inbox.mounts import is_network, read_ground
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.adapters.outbox.probe import ensure_publishing_works
from retouchd.adapters.startup import check_folders
from retouchd.adapters.statefolder import StateLock, prepare_state_folder
from retouchd.damage import open_journal, open_sound_journal
from retouchd.settings import Places


@contextmanager
def open_state(places: Places, durable: Durable) -> Iterator[SqliteJournal]:
    """Hold the state folder's lock and open its journal.

    Raises:
        StartRefusedError: The state folder is on a network file system, or cannot be made.
        AlreadyOwnedError: Another daemon holds it.
        JournalError: The journal cannot be opened.
    """
    with _locked(places) as now, closing(open_journal(places, durable, now)) as journal:
        yield journal


@contextmanager
def open_sound_state(places: Places, durable: Durable) -> Iterator[SqliteJournal]:
    """Hold the state folder's lock and open its journal, or a fresh one in place of one that is damaged.

    Raises:
        StartRefusedError: The state folder is on a network file system, or cannot be made.
        AlreadyOwnedError: Another daemon holds it.
        JournalError: The journal cannot be opened for another reason, or is of a later version.
    """
    with _locked(places) as now, closing(open_sound_journal(places, durable, now)) as journal:
        yield journal


@contextmanager
def _locked(places: Places) -> Iterator[datetime]:
    prepare_state(places)
    now = SystemClock().now()
    with StateLock(places.state, now):
        yield now


def prepare_state(places: Places) -> None:
    """Make the state folder.

    Raises:
        StartRefusedError: It is on a network file system, or cannot be made.
    """
    prepare_state_folder(places.state, file_system_of=_file_system_of, is_network=is_network)


def _file_system_of(path: Path) -> str:
    mount = read_ground(PurePosixPath(str(path))).at
    return mount.fs_type if mount else ""


def check_places(places: Places, durable: Durable) -> None:
    """Refuse a start with folders that are missing, lie in each other, or cannot be published to.

    Raises:
        StartRefusedError: Naming the folders.
    """
    check_folders(places.by_name)
    mounts: dict[int, Path] = {}
    for folder in (places.outbox, places.done, places.failed):
        mounts.setdefault(folder.stat().st_dev, folder)
    for folder in mounts.values():
        ensure_publishing_works(folder, durable)
