"""What the scanner reads of the journal, through a connection of its own."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from retouchd.adapters.journal.journal import SqliteJournal


class KnownBundles:
    """The live bundles as they are durable; fits the scanner's Protocol Known."""

    def __init__(self, path: Path) -> None:
        self._journal = SqliteJournal.open_for_reading(path)

    def in_folder(self, folder: PurePosixPath) -> Mapping[str, str]:
        """Give the digest of each live bundle of this very folder by its key."""
        return self._journal.live_in_folder(folder)

    def folders(self) -> Iterable[PurePosixPath]:
        """Give the folders that have live bundles."""
        return self._journal.folders_with_live_bundles()

    def close(self) -> None:
        """Close the connection."""
        self._journal.close()
