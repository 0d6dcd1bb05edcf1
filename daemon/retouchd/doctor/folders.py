"""Whether this user can do in each folder what retouchd does there."""

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from retouchd.adapters.durable import Durable
from retouchd.adapters.foothold import Standing, look_at_folder, try_folder
from retouchd.adapters.outbox.probe import ensure_publishing_works
from retouchd.adapters.startup import check_folders
from retouchd.core.errors import RetouchdError, StartRefusedError
from retouchd.core.findings import Finding, fine, wrong
from retouchd.core.values import printable
from retouchd.doctor.case import Case, own_user, shown_user

NAME: Final = "folders"
SUSPECT: Final = (
    "a share below one of the folders probably does not answer: look at its server, or unmount it (umount -l)"
)
_OTHER_REMEDIES: Final = {
    errno.EROFS: "it is mounted read-only: remount it, or name it in ReadWritePaths= of the service's unit",
    errno.ENOSPC: "the disk is full: make room there",
    errno.EDQUOT: "this user's quota is used up: make room, or have it raised",
    errno.ESTALE: "the server has forgotten the share: mount it again",
    errno.EIO: "the disk or the share fails: look at the system's log (dmesg)",
    errno.ENOTCONN: "the share's connection is gone: mount it again",
    errno.EHOSTDOWN: "the share's server is down",
}


def examine_folders(case: Case) -> Iterator[Finding]:
    """Try each folder."""
    places = case.places
    folders = places.by_name
    faults = [fault for name, path in folders.items() if (fault := _examine(case, name, path))]
    yield from faults
    if faults:
        return
    yield fine(
        NAME,
        f"create, rename and remove as {own_user()}",
        folders={name: str(path) for name, path in folders.items()},
        uid=os.geteuid(),
        gid=os.getegid(),
    )
    yield from _examine_nesting(folders)
    yield from _examine_publishing((places.outbox, places.done, places.failed))
    yield _examine_moves(places.inbox, {"done": places.done, "failed": places.failed})


def _examine(case: Case, name: str, path: Path) -> Finding | None:
    try:
        standing = look_at_folder(path)
    except OSError as exc:
        text = f"folders.{name} ({printable(path)}) cannot be used: {exc.strerror}"
        return wrong(NAME, text, _remedy_for_missing(case, exc), folder=str(path))
    try:
        try_folder(path, Durable())
    except OSError as exc:
        owner = f"it belongs to {shown_user(standing.uid)}, group {standing.gid}, mode {standing.mode:04o}"
        told = f"folders.{name} ({printable(path)}) cannot be written to by {own_user()}"
        text = f"{told}: {exc.strerror}; {owner}"
        remedy = _OTHER_REMEDIES.get(exc.errno or 0) or _remedy_for_rights(path, standing)
        return wrong(NAME, text, remedy, folder=str(path), mode=f"{standing.mode:04o}", uid=standing.uid)
    return None


def _remedy_for_missing(case: Case, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"mount the disk or share that it is on, or make it with {case.command('init')}"
    if error.errno == errno.EACCES:
        return "let this user into the folders above it (chmod o+x or a group), or into the service's sandbox"
    return _OTHER_REMEDIES.get(error.errno or 0, "name another folder in the configuration")


def _remedy_for_rights(path: Path, standing: Standing) -> str:
    uid = os.geteuid()
    if standing.uid == uid:
        return f"chmod u+rwx {printable(path)}"
    return f"sudo chown {uid}:{os.getegid()} {printable(path)}, or run retouchd as {shown_user(standing.uid)}"


def _examine_nesting(folders: Mapping[str, Path]) -> Iterator[Finding]:
    try:
        check_folders(folders)
    except StartRefusedError as exc:
        yield from (wrong(NAME, line, "name folders apart from each other") for line in str(exc).splitlines())


def _examine_publishing(folders: tuple[Path, ...]) -> Iterator[Finding]:
    mounts = {folder.stat().st_dev: folder for folder in folders}
    for folder in mounts.values():
        try:
            ensure_publishing_works(folder, Durable())
        except RetouchdError as exc:
            yield wrong(NAME, str(exc), "use a folder on another file system")


def _examine_moves(inbox: Path, cabinets: Mapping[str, Path]) -> Finding:
    device = look_at_folder(inbox).device
    apart = [name for name, path in cabinets.items() if look_at_folder(path).device != device]
    if not apart:
        return fine(NAME, "originals are moved to done and failed by renaming", copied=[])
    text = (
        f"originals are copied to {' and '.join(apart)}, compared, and only then removed from the inbox,"
        " since that is another disk or share: sure, but slower"
    )
    return fine(NAME, text, copied=apart)
