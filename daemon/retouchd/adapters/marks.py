"""The mark `.retouchd-root`: whose inbox or outbox a folder is, and that it is mounted at all.

Whether a mark is the right one is for those who ask; here it is read and written.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import (
    Folder,
    create_fresh,
    open_regular,
    sync_folder,
    translated_folder,
    write_whole,
)
from retouchd.adapters.identity import Identity
from retouchd.core.errors import FolderMissingError

MARK_NAME: Final = ".retouchd-root"
# A mark has about 200 bytes; a larger file is no mark, and nobody's memory is filled with it.
_MARK_BYTES: Final = 4096
_TEMPORARY_NAME: Final = ".~.retouchd-root.mark.tmp"
_TOP: Final = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a marked folder says of itself.

    Attributes:
        inbox_id: The same in an inbox and in its outbox.
        owner: The id of the journal whose daemon may work here.
        host: The machine which that journal is on, for people.
        since: When the owner took it; timezone-aware.
    """

    inbox_id: str
    owner: str
    host: str
    since: datetime

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.inbox_id, self.owner, self.host)):
            message = "a mark's ids and host are texts"
            raise ValueError(message)
        if not (self.inbox_id and self.owner):
            message = "a mark names its inbox and its owner"
            raise ValueError(message)
        if self.since.tzinfo is None:
            message = "a mark's time has a time zone"
            raise ValueError(message)


def check_mark(folder: Folder, identity: Identity) -> None:
    """Make sure that a folder is there and is ours.

    Raises:
        FolderMissingError: The folder or its mark is missing, or the mark is another inbox's or owner's.
    """
    with folder.open(_TOP) as descriptor:
        check_mark_in(descriptor, folder.root, identity)


def check_mark_in(descriptor: int, root: Path, identity: Identity) -> None:
    """Make sure that an open folder is ours; raises as `check_mark` does."""
    fault = _find_fault(_read_in(descriptor, root / MARK_NAME), identity)
    if fault:
        raise FolderMissingError(operation="use", path=root, reason=fault)


def _find_fault(mark: Mark | None, identity: Identity) -> str:
    if mark is None:
        return f"its mark {MARK_NAME} is not there; it is probably not mounted"
    if mark.inbox_id != identity.inbox_id:
        return "its mark says that it belongs to another inbox"
    if mark.owner != identity.journal_id:
        since = f"{mark.since:%-d %B %Y}"
        return f"it belongs to retouchd on {mark.host} now (since {since}); two would both pay"
    return ""


def read_mark(root: Path) -> Mark | None:
    """Give the mark of a folder, or None when the folder is there without one.

    Raises:
        FolderMissingError: The folder is not there, or what has the mark's name is no mark (a file that
            is still being synchronised, say): in words, and nothing was followed.
    """
    folder = Folder(root)
    with folder.open(_TOP) as descriptor:
        return _read_in(descriptor, folder.root / MARK_NAME)


def _read_in(descriptor: int, path: Path) -> Mark | None:
    with translated_folder("read", path):
        try:
            mark = open_regular(MARK_NAME, descriptor)
        except FileNotFoundError:
            return None
        try:
            content = os.read(mark, _MARK_BYTES + 1)
        finally:
            os.close(mark)
    try:
        return _parse(content)
    except ValueError as exc:
        reason = "it is not a mark of retouchd"
        raise FolderMissingError(operation="read", path=path, reason=reason) from exc


def write_mark(root: Path, mark: Mark, durable: Durable) -> None:
    """Write the mark of a folder durably; an earlier mark is replaced in one step.

    Raises:
        FolderMissingError: The folder is not there or cannot be written.
        NoRoomError: The disk is full.
    """
    folder = Folder(root)
    with folder.open(_TOP) as descriptor, translated_folder("write", folder.root / MARK_NAME):
        file = create_fresh(_TEMPORARY_NAME, descriptor)
        try:
            write_whole(file, _render(mark))
            # A crash up to here leaves the earlier mark and a temporary that the next write replaces.
            durable.fsync(file)
        finally:
            os.close(file)
        # A crash after this line leaves the new mark; a power cut before the next one leaves either.
        durable.rename(_TEMPORARY_NAME, MARK_NAME, source_folder=descriptor, target_folder=descriptor)
        sync_folder(descriptor, durable)


def _render(mark: Mark) -> bytes:
    content = {
        "inbox_id": mark.inbox_id,
        "owner": mark.owner,
        "host": mark.host,
        "since": mark.since.isoformat(timespec="seconds"),
    }
    return (json.dumps(content, indent=2) + "\n").encode("ascii")


def _parse(content: bytes) -> Mark:
    """Give the mark, or raise ValueError for anything else."""
    if len(content) > _MARK_BYTES:
        message = "too long for a mark"
        raise ValueError(message)
    try:
        fields = json.loads(content)
        since = datetime.fromisoformat(fields["since"])
        return Mark(inbox_id=fields["inbox_id"], owner=fields["owner"], host=fields["host"], since=since)
    except (KeyError, TypeError, RecursionError) as exc:
        message = "not the fields of a mark"
        raise ValueError(message) from exc
