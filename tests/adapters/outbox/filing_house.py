"""The folders that the tests of outbox and filing work on, and what they ask of them."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from retouchd.adapters.durable import Durable
from retouchd.adapters.identity import Identity
from retouchd.adapters.marks import Mark, write_mark
from retouchd.adapters.modes import Modes
from retouchd.adapters.outbox.filing import FilingCabinets
from retouchd.adapters.outbox.publish import OutboxFolder
from retouchd.core.values import Cabinet, Sha256

PHOTO = b"\x89PNG the photo that was dropped" * 100
PICTURE = b"\x89PNG the picture that was paid for" * 100
STRANGER = b"somebody else's file"
INBOX_ID = "inbox-1"
IDENTITY = Identity(journal_id="journal-1", inbox_id=INBOX_ID)
MARK = Mark(inbox_id=INBOX_ID, owner="journal-1", host="nas", since=datetime(2026, 1, 31, tzinfo=UTC))
UMASK = Modes()


def sha256(content: bytes) -> Sha256:
    """Hash bytes as the journal has them."""
    return Sha256(hashlib.sha256(content).hexdigest())


class House:
    """Inbox, outbox, done and failed in one place, or the inbox in another."""

    def __init__(self, root: Path, inbox: Path | None = None) -> None:
        self.root = root
        self.inbox = inbox or root / "inbox"
        self.outbox, self.done, self.failed = root / "outbox", root / "done", root / "failed"
        for folder in (self.inbox, self.outbox, self.done, self.failed):
            folder.mkdir(parents=True, exist_ok=True)
        write_mark(self.outbox, MARK, Durable())

    def open_outbox(self, durable: Durable | None = None, modes: Modes = UMASK) -> OutboxFolder:
        """Give the outbox as a new process would."""
        return OutboxFolder(self.outbox, durable or Durable(), IDENTITY, modes)

    def open_cabinets(self, durable: Durable | None = None, modes: Modes = UMASK) -> FilingCabinets:
        """Give the filing cabinets as a new process would."""
        return FilingCabinets(
            inbox=self.inbox,
            done=self.done,
            failed=self.failed,
            durable=durable or Durable(),
            modes=modes,
        )

    def deliver(self, path: str, content: bytes = PICTURE, durable: Durable | None = None) -> None:
        """Stage and publish one output, in two pieces."""
        outbox = self.open_outbox(durable)
        with outbox.stage(PurePosixPath(path), "job1", iter([content[:9], content[9:]])) as staged:
            outbox.publish(staged, PurePosixPath(path))

    def file(self, source: str = "a.png", target: str | None = None, durable: Durable | None = None) -> None:
        """Move one photo to done/."""
        with self.open_cabinets(durable).moving(Cabinet.DONE) as trolley:
            trolley.move(PurePosixPath(source), sha256(PHOTO), PurePosixPath(target or source))

    def drop(self, name: str = "a.png", content: bytes = PHOTO) -> Path:
        """Put a photo into the inbox."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def copies(self, content: bytes) -> list[Path]:
        """Give every file that holds these bytes, whole."""
        folders = (self.inbox, self.done, self.failed)
        return [path for folder in folders for path in files(folder) if path.read_bytes() == content]


def files(folder: Path) -> Iterator[Path]:
    """Give every regular file below a folder, dot-names too."""
    for place, _folders, names in os.walk(folder):
        yield from (
            path for path in map(Path(place).joinpath, names) if path.is_file() and not path.is_symlink()
        )


def shown(folder: Path) -> list[str]:
    """Give the names that people see in a folder, and dot-names that should not have been left."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".retouchd-root")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Go on without root's rights, which no permission binds."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
