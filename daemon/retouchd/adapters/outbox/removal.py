"""Removing a name of somebody else's folder without ever removing what was put there a moment ago.

The name is first taken aside to a dot-name of our own, which nobody else writes to; what is there then is
compared, and either removed or put back. The dot-name can be told from the name alone, so that what a crash
left aside is found again.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import is_there, sync_folder, translated_folder
from retouchd.adapters.modes import NOT_OFFERED
from retouchd.adapters.outbox import contents
from retouchd.adapters.outbox.contents import Compared, holds
from retouchd.adapters.outbox.staging import give_name, temporary_name
from retouchd.core.errors import FileTroubleError, SourceChangedError, SourceGoneError
from retouchd.core.values import Sha256, printable

_TAG: Final = "aside"


def is_aside(path: Path, folder: int) -> bool:
    """Say whether an earlier run left a file under the dot-name."""
    return is_there(temporary_name(path.name, _TAG, folder), folder)


def recover_name(path: Path, folder: int, sha256: Sha256, durable: Durable) -> str:
    """Give the name under which the file is to be looked for: its own, or the dot-name of an earlier run.

    What an earlier run took aside by mistake, and had no time to put back, is put back here.

    Raises:
        FileTroubleError: It cannot be put back since the name is taken again; a person must look.
    """
    if not is_aside(path, folder):
        return path.name
    aside = path.with_name(temporary_name(path.name, _TAG, folder))
    if holds(aside.name, folder, sha256):
        return aside.name
    put_back(aside, folder, path, folder, durable)
    sync_folder(folder, durable)
    return path.name


def remove(name: str, path: Path, folder: int, compared: Compared, durable: Durable) -> None:
    """Remove a name durably if it still leads to what was compared.

    Args:
        name: Where the file is, as `recover_name` gave it.
        path: What it is called otherwise.
        folder: The folder's descriptor.
        compared: The file, which is whole and durable elsewhere, or not wanted any more.
        durable: Carries out the durable steps.

    Raises:
        SourceChangedError: Another file has the name now; it is still there.
        FileTroubleError: That other file cannot be put back; it is said where it lies.
    """
    aside = path.with_name(temporary_name(path.name, _TAG, folder))
    if name != aside.name and not _take_aside(name, aside.name, folder, durable):
        return
    # A crash from here on leaves the file, whole, under the dot-name, where the next call finds it.
    if not compared.is_at(aside.name, folder):
        put_back(aside, folder, path, folder, durable)
        sync_folder(folder, durable)
        reason = "another file has taken its place"
        raise SourceChangedError(operation="file", path=path, reason=reason)
    durable.unlink(aside.name, folder=folder)
    # A power cut before this line may bring the dot-name back; the next call removes it again.
    sync_folder(folder, durable)


def withdraw(path: Path, folder: int, sha256: Sha256, durable: Durable) -> None:
    """Remove a file of our own again, durably, if its hash is still this one.

    Raises:
        FileTroubleError: As `remove` raises it, or it cannot be read.
    """
    # Anything else that has the name now is not ours to remove, and not wanted gone.
    with suppress(SourceGoneError, SourceChangedError), translated_folder("withdraw", path):
        name = recover_name(path, folder, sha256, durable)
        with contents.compared(name, folder, sha256, path) as found:
            remove(name, path, folder, found, durable)


def bring_back(path: Path, folder: int, durable: Durable) -> None:
    """Give a file its name again, durably, that a crash left aside while it was withdrawn.

    Raises:
        FileTroubleError: The name is taken again; it is said where the file lies.
    """
    if is_aside(path, folder):
        aside = path.with_name(temporary_name(path.name, _TAG, folder))
        put_back(aside, folder, path, folder, durable)
        sync_folder(folder, durable)


def put_back(lies_at: Path, lies_in: int, path: Path, folder: int, durable: Durable) -> None:
    """Give a file that was moved by mistake its name again, without clobbering.

    Raises:
        FileTroubleError: The name is taken again; it is said where the file lies.
    """
    try:
        give_name(lies_at.name, path.name, earlier_folder=lies_in, folder=folder, durable=durable)
    except FileExistsError as exc:
        if not is_one_file(lies_at.name, lies_in, path.name, folder):
            reason = f"{printable(path)} is taken again; move one of them away"
            raise FileTroubleError(operation="put back", path=lies_at, reason=reason) from exc
        # A crash between the two steps of `give_name` left it with both names.
        durable.unlink(lies_at.name, folder=lies_in)


def _take_aside(name: str, aside: str, folder: int, durable: Durable) -> bool:
    """Rename to the dot-name, which is free; False when somebody else removed the file: that was the aim."""
    try:
        durable.rename_exclusive(name, aside, source_folder=folder, target_folder=folder)
    except FileNotFoundError:
        return False
    except OSError as exc:
        if exc.errno not in NOT_OFFERED:
            raise
        durable.rename(name, aside, source_folder=folder, target_folder=folder)
    return True


def is_one_file(name: str, folder: int, other: str, other_folder: int) -> bool:
    """Say whether two names lead to one file; OSError when one of them leads nowhere."""
    here = os.stat(name, dir_fd=folder, follow_symlinks=False)
    there = os.stat(other, dir_fd=other_folder, follow_symlinks=False)
    return os.path.samestat(here, there)
