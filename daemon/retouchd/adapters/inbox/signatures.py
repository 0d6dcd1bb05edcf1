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
    """Give the signature; its inode is 0 where inode numbers are invented.

    The time of change of a file with several names says of none of them that it changed: to file it under
    one name changes it under all. Its time of modification stands there twice.
    """
    return Signature(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_mtime_ns if status.st_nlink > 1 else status.st_ctime_ns,
        inode=status.st_ino if inodes is Inodes.KEPT else 0,
    )
