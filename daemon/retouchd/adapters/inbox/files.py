"""The inbox as the worker that claims a bundle sees it: one folder again, one file opened, the mark.

Scanning all of it and watching it are the scanner's business.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.folder import Folder
from retouchd.adapters.identity import Identity
from retouchd.adapters.inbox.evidence import HashedImage, OpenedSource, OpenFile, open_file
from retouchd.adapters.inbox.mounts import KnownGround
from retouchd.adapters.inbox.scan import Scan
from retouchd.adapters.inbox.sheets import SheetReader
from retouchd.adapters.marks import check_mark
from retouchd.core.bundles import Bundle, FormingRules
from retouchd.core.errors import FileTroubleError, SourceGoneError
from retouchd.core.values import Sha256

# A client's attribute cache hides another machine's writes for some seconds (NFS: 3 s at least by default).
_NETWORK_QUIET_SECONDS: Final = 5.0


class InboxFolder:
    """The inbox's files; fits the engine's Inbox.

    Args:
        root: The inbox.
        identity: What its mark must say.
        rules: What belongs together.
        settle_seconds: How long a bundle must not have changed on a local file system.
    """

    def __init__(self, root: Path, identity: Identity, rules: FormingRules, settle_seconds: float) -> None:
        self._folder = Folder(root)
        self._ground = KnownGround(self._folder.root)
        self._identity = identity
        self._rules = rules
        self._sheets = SheetReader(self._folder)
        self._settle_seconds = settle_seconds

    def adopt(self, rules: FormingRules, settle_seconds: float) -> None:
        """Go by these from now on; from any thread."""
        self._rules, self._settle_seconds = rules, settle_seconds

    def form_bundle(self, folder: PurePosixPath, key: str) -> Bundle | None:
        """Look at the folder again and give the bundle as it is now, or None when its photo is gone.

        Raises:
            FolderMissingError: The inbox is not there, so that nothing can be said about its photos.
            FileTroubleError: The folder, or a file that could belong to the bundle, cannot be looked at.
        """
        scan = Scan(self._folder, self._ground.now(), self._rules, self._sheets)
        view = scan.read_for(folder, key)
        if view is None:
            self.check_mark()
            return None
        formed = scan.form(view)
        if key in formed.unclear:
            reason = "; ".join(view.troubles)
            raise FileTroubleError(operation="look at", path=folder / key, reason=reason)
        bundle = next((bundle for bundle in formed.bundles if bundle.key == key), None)
        if bundle is None:
            self.check_mark()
        return bundle

    @contextmanager
    def open_source(self, path: PurePosixPath) -> Iterator[OpenedSource]:
        """Open one file.

        Raises:
            FolderMissingError: The inbox is not there, so that nothing can be said about its files.
            SourceGoneError: It is not there, or no regular file, or below a link.
            FileTroubleError: It cannot be read.
        """
        inodes = self._ground.now().inodes(self._folder.root / path.parent)
        with self._opened(path) as opened:
            yield OpenedSource(opened, self._folder, path, inodes)

    @contextmanager
    def open_image(self, path: PurePosixPath, expected: Sha256) -> Iterator[HashedImage]:
        """Open one picture for sending; raises as `open_source` does."""
        with self._opened(path) as opened:
            yield HashedImage(opened.descriptor, self._folder.root / path, expected)

    def check_mark(self) -> None:
        """Make sure that the inbox is there and is ours.

        Raises:
            FolderMissingError: The folder or its mark is missing, or the mark is another's.
        """
        check_mark(self._folder, self._identity)

    def quiet_seconds(self, folder: PurePosixPath) -> float:
        """Give how long a bundle in this folder must not have changed: longer on network mounts."""
        seconds = self._settle_seconds
        if self._ground.now().is_network(self._folder.root / folder):
            return max(seconds, _NETWORK_QUIET_SECONDS)
        return seconds

    @contextmanager
    def _opened(self, path: PurePosixPath) -> Iterator[OpenFile]:
        try:
            opened = open_file(self._folder, path)
        except SourceGoneError:
            # On a share that is not mounted no file is there; that is not the same as deleted.
            self.check_mark()
            raise
        try:
            yield opened
        finally:
            os.close(opened.descriptor)
