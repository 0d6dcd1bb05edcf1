"""Which file systems the inbox lies on, by /proc/self/mountinfo: no call that a dead server could hang.

What follows from it (polling, longer quiet, inode numbers that mean nothing) is decided by those who ask.
"""

import os
import re
import select
import threading
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from retouchd.adapters.inbox.signatures import Inodes

_MOUNTINFO: Final = Path("/proc/self/mountinfo")
# The kernel writes blank, tab, newline, backslash and # so.
_OCTAL_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
# Id, parent, device, root, mount point, options and the dash that ends the optional fields.
_FIELDS_BEFORE_DASH: Final = 6

# On these another machine can change files, and inotify hears only of what this machine does.
_NETWORK_TYPES: Final = frozenset(
    {"nfs", "nfs3", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "gfs2", "ocfs2", "lustre"}
    | {"9p", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "davfs", "fuse"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One mount.

    Attributes:
        point: Absolute path of the mount point; bytes that are no UTF-8 are surrogate escapes.
        fs_type: As the kernel names it: "ext4", "nfs4", "fuse.sshfs".
    """

    mount_id: int
    parent_id: int
    point: str
    fs_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The mounts that matter for one folder.

    Attributes:
        at: The mount that the folder itself is on; None when the table does not tell.
        below: Those that can be seen below it.
    """

    at: Mount | None
    below: tuple[Mount, ...]

    def is_network(self, path: PurePath) -> bool:
        """Say whether a path, the folder's own or one below it, is on a network file system."""
        holding = [mount for mount in self.below if _holds(mount.point, str(path))]
        mount = max(holding, key=lambda mount: len(mount.point), default=self.at)
        return mount is not None and is_network(mount.fs_type)

    def inodes(self, path: PurePath) -> Inodes:
        """Say whether inode numbers at this path mean anything."""
        return Inodes.INVENTED if self.is_network(path) else Inodes.KEPT

    def networks(self, folder: PurePath) -> Mapping[PurePosixPath, str]:
        """Give the type of each network file system: by mount point, or by the folder if it is on one."""
        places = {mount.point: mount.fs_type for mount in self.below}
        if self.at is not None:
            places[str(folder)] = self.at.fs_type
        return {PurePosixPath(point): fs_type for point, fs_type in places.items() if is_network(fs_type)}


def is_network(fs_type: str) -> bool:
    """Say whether events on a file system of this type cannot be relied on.

    FUSE file systems count, whatever is behind them; fuseblk, a local NTFS or exFAT disk, does not.
    """
    return fs_type in _NETWORK_TYPES or fs_type.startswith("fuse.")


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Give the mounts of a mountinfo text in its order; lines that are none are left out."""
    # Not splitlines: a mount point may contain the other characters that it splits at.
    parsed = (_parse_line(line) for line in text.split("\n"))
    return tuple(mount for mount in parsed if mount is not None)


def find_ground(mounts: Sequence[Mount], folder: PurePath) -> Ground:
    """Give the mounts that matter for a folder, which must be an absolute path without links."""
    children = _children(mounts)
    path = str(folder)
    below = (mount for mount in mounts if mount.point != path and _holds(path, mount.point))
    # What has been mounted over cannot be seen.
    seen = tuple(mount for mount in below if _mount_at(children, mount.point) is mount)
    return Ground(at=_mount_at(children, path), below=seen)


class KnownGround:
    """The mounts that matter for a folder, from any thread; read again only when the kernel's table changed.

    It is asked for with each file that is opened, and mounts hardly ever change: to have the kernel write
    the table and to read it takes eight calls, to ask whether it is another one takes one.

    Args:
        folder: An absolute path without links.
        mountinfo: The table.
    """

    def __init__(self, folder: PurePath, mountinfo: Path = _MOUNTINFO) -> None:
        self._folder = folder
        self._mountinfo = mountinfo
        # The kernel tells each descriptor once of a change: who is told must also have read.
        self._lock = threading.Lock()
        self._changes = select.poll()
        self._is_told = self._open()
        self._ground = read_ground(folder, mountinfo)

    def now(self) -> Ground:
        """Give the mounts as they are now."""
        with self._lock:
            if not self._is_told or self._changes.poll(0):
                # A change from here on is told by the next poll, be it in what is read or not.
                self._ground = read_ground(self._folder, self._mountinfo)
            return self._ground

    def _open(self) -> bool:
        """Have changes told by a descriptor that is closed with this; False where there is no table."""
        try:
            table = os.open(self._mountinfo, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        weakref.finalize(self, os.close, table)
        # No other event: a table can always be read.
        self._changes.register(table, select.POLLPRI)
        return True


def read_ground(folder: PurePath, mountinfo: Path = _MOUNTINFO) -> Ground:
    """Give the mounts that matter for a folder as they are now; none where there is no mountinfo."""
    try:
        content = mountinfo.read_bytes()
    except OSError:  # A container may hide /proc; a local disk is the likeliest then.
        content = b""
    return _find_in(os.fsdecode(content), folder)


# Each scan of a folder asks for it.
@lru_cache(8)
def _find_in(mountinfo: str, folder: PurePath) -> Ground:
    return find_ground(parse_mounts(mountinfo), folder)


def _parse_line(line: str) -> Mount | None:
    fields = line.split(" ")
    try:
        dash = fields.index("-", _FIELDS_BEFORE_DASH)
        return Mount(
            mount_id=int(fields[0]),
            parent_id=int(fields[1]),
            point=_unescape(fields[4]),
            fs_type=_unescape(fields[dash + 1]),
        )
    except (ValueError, IndexError):
        return None


def _unescape(text: str) -> str:
    return _OCTAL_ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def _children(mounts: Iterable[Mount]) -> Mapping[int | None, Sequence[Mount]]:
    """Give the mounts by their parent's id; None for those whose parent this process cannot see."""
    mounts = tuple(mounts)
    ids = {mount.mount_id for mount in mounts}
    children = defaultdict(list)
    for mount in mounts:
        is_top = mount.parent_id not in ids or mount.parent_id == mount.mount_id
        children[None if is_top else mount.parent_id].append(mount)
    return children


def _mount_at(children: Mapping[int | None, Sequence[Mount]], path: str) -> Mount | None:
    """Go down as the kernel does: the first mount point on the way leads over, deeper ones are hidden."""
    here = None
    holding = [mount for mount in children.get(None, ()) if _holds(mount.point, path)]
    while holding:
        here = min(reversed(holding), key=lambda mount: len(mount.point))
        holding = [mount for mount in children.get(here.mount_id, ()) if _holds(mount.point, path)]
    return here


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
