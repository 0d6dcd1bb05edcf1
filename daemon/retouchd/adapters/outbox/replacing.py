"""Putting a staged file in the place of an earlier one; what anybody else puts there meanwhile is kept."""

from contextlib import suppress
from pathlib import Path

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import sync_folder, translated_folder
from retouchd.adapters.modes import NOT_OFFERED
from retouchd.adapters.outbox.contents import holds
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.removal import withdraw
from retouchd.adapters.outbox.staging import StagedFile, publish_staged
from retouchd.core.errors import NameTakenError
from retouchd.core.values import Sha256


def replace_staged(
    complete: StagedFile, path: Path, earlier: Sha256, *, names: Names, durable: Durable
) -> None:
    """Give a staged file the name of an earlier one that has this hash, durably.

    Raises:
        NameTakenError: Another file has the name by now; it stays.
        FolderMissingError: The folder cannot be written.
    """
    with translated_folder("publish", path):
        if _exchange(complete, path, earlier, durable):
            return
    # A crash after this line leaves the name free until the next try.
    withdraw(path, complete.folder, earlier, durable)
    publish_staged(complete, path, names, durable)


def _exchange(complete: StagedFile, path: Path, earlier: Sha256, durable: Durable) -> bool:
    """Replace in one step; False where the system cannot, or nothing is there to be replaced."""
    folder = complete.folder
    try:
        durable.exchange(complete.temporary, path.name, folder=folder)
    except FileNotFoundError:
        return False
    except OSError as exc:
        if exc.errno not in NOT_OFFERED:
            raise
        return False
    # A crash from here on leaves the new file under its name, and the earlier one as the temporary.
    is_earlier = False
    try:
        is_earlier = holds(complete.temporary, folder, earlier)
    finally:
        if not is_earlier:
            durable.exchange(complete.temporary, path.name, folder=folder)
            sync_folder(folder, durable)
    if not is_earlier:
        raise NameTakenError(operation="publish", path=path, reason="it was changed just now")
    # A power cut before this line may bring back the earlier one, whole.
    sync_folder(folder, durable)
    with suppress(FileNotFoundError):
        durable.unlink(complete.temporary, folder=folder)
    return True
