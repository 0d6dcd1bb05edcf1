"""Files that several live bundles use, so that each is filed with the last of them."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from retouchd.adapters.journal.codec import to_bytes
from retouchd.adapters.journal.table import Table
from retouchd.core.values import BundleId, fold_name


class SharingTable(Table):
    """Fits a part of the engine's Protocol Names."""

    def share_files(self, bundle: BundleId, paths: Iterable[PurePosixPath | str]) -> None:
        """Note which files a bundle uses that others may use, too; what was noted before is forgotten."""
        wanted = {to_bytes(path) for path in paths}
        noted = self.connection.execute("SELECT path FROM shared_files WHERE bundle = ?", (bundle,))
        if wanted == {row["path"] for row in noted}:
            return  # Written again it would be one more change for the disk to wait for.
        self.connection.execute("DELETE FROM shared_files WHERE bundle = ?", (bundle,))
        self.connection.executemany(
            "INSERT INTO shared_files VALUES (?, ?)", [(path, bundle) for path in wanted]
        )

    def is_left_to_others(self, path: PurePosixPath, bundle: BundleId) -> bool:
        """Say whether a file stays when a bundle is filed, since another one uses it, or is that photo."""
        row = self.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM shared_files WHERE path = :path AND bundle <> :bundle)"
            " OR EXISTS (SELECT 1 FROM bundles WHERE folder = :folder AND key = :key AND id <> :bundle"
            "  AND state NOT IN ('filed', 'detached')) AS is_left",
            {
                "path": to_bytes(path),
                "bundle": bundle,
                "folder": to_bytes(path.parent),
                "key": to_bytes(fold_name(path.name)),
            },
        ).fetchone()
        return bool(row["is_left"])
