"""How a file's status becomes the Signature that the whole program compares files by.

One place, since the scan and an open file must never disagree about the same file.
"""

import os
from enum import Enum

from retouchd.core.values import Signature


class Inodes(Enum):
    """Whether the inode numbers of a file system mean anything."""

    KEPT = "kept"
    INVENTED = "invented"


def signature_of(status: os.stat_result, inodes: Inodes) -> Signature:
    """Give the signature; its inode is 0 where inode numbers are invented."""
    return Signature(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino if inodes is Inodes.KEPT else 0,
    )
