"""Putting a copy of a photo into the inbox with its prompt, as a careful person does: the photo last.

The photo itself is only read, and nothing that lies in the inbox is ever overwritten.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.folder import Folder
from retouchd.adapters.images import structure
from retouchd.adapters.outbox.contents import pieces_of
from retouchd.adapters.outbox.names import Names
from retouchd.adapters.outbox.staging import publish_staged, staged
from retouchd.core.bundles import is_photo_name
from retouchd.core.errors import CommandRefusedError, NameTakenError
from retouchd.core.naming import numbered, safe_stem
from retouchd.core.pictures import Incomplete, Picture
from retouchd.core.records import PhotoPlace
from retouchd.core.values import fold_name, printable

# Photos that are tried lie in a folder of their own.
FOLDER: Final = PurePosixPath("try")
_TAG: Final = "try"


@contextmanager
def opened_photo(photo: Path) -> Iterator[tuple[int, Picture]]:
    """Open a photo for reading alone, and say what picture it is.

    Raises:
        CommandRefusedError: It cannot be read, or is no whole picture.
    """
    try:
        # Not blocking: a pipe of that name must not keep the command waiting.
        descriptor = os.open(photo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        message = f"{printable(photo)} cannot be read: {exc.strerror}"
        raise CommandRefusedError(message) from exc
    try:
        yield descriptor, _examine(descriptor, photo)
    finally:
        os.close(descriptor)


def _examine(descriptor: int, photo: Path) -> Picture:
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    examined = structure.examine(descriptor) if is_file else Incomplete(reason="it is no file")
    if isinstance(examined, Incomplete):
        message = f"{printable(photo)} cannot be taken: {examined.told}"
        raise CommandRefusedError(message)
    return examined


def drop_copy(inbox: Path, photo: Path, texts: Iterable[tuple[str, str]]) -> PhotoPlace:
    """Put a copy of a photo into the inbox under a name of its own, and give its place.

    A crash in between leaves a prompt file without a photo, which nothing is done with.

    Args:
        texts: Suffix and content of each file that belongs to the photo: ".txt" for the prompt.

    Raises:
        CommandRefusedError: The photo cannot be read.
        FileTroubleError: The inbox cannot be written.
    """
    with (
        opened_photo(photo) as (descriptor, picture),
        Folder(inbox).open_or_make(FOLDER, Durable()) as folder,
    ):
        suffix = photo.suffix if is_photo_name(photo.name) else picture.format.suffix
        names = (f"{numbered(safe_stem(photo.stem), number)}{suffix}" for number in count(1))
        known = Names()
        free = (name for name in names if not _is_used(inbox / FOLDER / name, folder, known))
        contents = [*((end, text.encode()) for end, text in texts), ("", b"".join(pieces_of(descriptor)))]
        name = next(name for name in free if _try_name(inbox / FOLDER / name, folder, contents, known))
    return PhotoPlace(folder=FOLDER, key=fold_name(name))


def _is_used(path: Path, folder: int, known: Names) -> bool:
    return any(known.is_taken(path.with_name(f"{path.name}{end}"), folder) for end in ("", ".txt", ".toml"))


def _try_name(path: Path, folder: int, contents: Iterable[tuple[str, bytes]], known: Names) -> bool:
    """Put the files there one after the other; False when somebody took the name meanwhile."""
    for end, content in contents:
        target, durable = path.with_name(f"{path.name}{end}"), Durable()
        try:
            with staged(folder=folder, path=target, tag=_TAG, pieces=[content], durable=durable) as file:
                publish_staged(file, target, known, durable)
        except NameTakenError:
            return False
    return True
