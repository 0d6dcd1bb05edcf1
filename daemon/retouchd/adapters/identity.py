"""Who this state folder is: the ids of its journal and of the inbox, in a file beside the journal.

By it a journal that takes the place of a lost one is known to own the same folders as that, and no others.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    Folder,
    create_fresh,
    find_regular,
    sync_folder,
    translated,
    translated_folder,
    write_whole,
)

IDENTITY_NAME: Final = "identity"
_TEMPORARY_NAME: Final = "identity.tmp"
_MAX_BYTES: Final = 4096
_TOP: Final = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The ids that the marks of inbox and outbox must name."""

    journal_id: str
    inbox_id: str


def read_identity(state: Path) -> Identity | None:
    """Give what was written, or None when there is nothing or it cannot be understood.

    Raises:
        FileTroubleError: The file or the folder cannot be read.
    """
    folder = Folder(state)
    with folder.open(_TOP) as descriptor, translated("read", folder.root / IDENTITY_NAME):
        file = find_regular(IDENTITY_NAME, descriptor)
        if file is None:
            return None
        with os.fdopen(file, "rb") as opened:
            return _parse(opened.read(_MAX_BYTES))


def write_identity(state: Path, identity: Identity, durable: Durable) -> None:
    """Write it durably; an earlier one is replaced in one step.

    Raises:
        FileTroubleError: It cannot be written.
    """
    folder = Folder(state)
    content = json.dumps({"journal_id": identity.journal_id, "inbox_id": identity.inbox_id}) + "\n"
    with folder.open(_TOP) as descriptor, translated_folder("write", folder.root / IDENTITY_NAME):
        file = create_fresh(_TEMPORARY_NAME, descriptor, 0o600)
        try:
            write_whole(file, content.encode("ascii"))
            # A crash up to here leaves the earlier one; the next start writes this one again.
            durable.fsync(file)
        finally:
            os.close(file)
        durable.rename(_TEMPORARY_NAME, IDENTITY_NAME, source_folder=descriptor, target_folder=descriptor)
        sync_folder(descriptor, durable)


def _parse(content: bytes) -> Identity | None:
    try:
        fields = json.loads(content)
        return Identity(journal_id=str(fields["journal_id"]), inbox_id=str(fields["inbox_id"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
