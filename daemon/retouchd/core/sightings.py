"""What the scanner of the inbox tells the engine: bundles that are new or gone, and troubles with folders.

Values alone; how they are found out belongs to the inbox adapter, what follows from them to the engine.
"""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from retouchd.core.bundles import Bundle
from retouchd.core.errors import FileTroubleError
from retouchd.core.leftovers import Leftovers
from retouchd.core.watching import Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is different in one folder from what is known; the same news may be told more than once.

    Attributes:
        seen: Bundles that are new or have changed, and no others.
        gone: The keys of live bundles whose photo is not there any more.
        marked: When the first event of this folder came since the look before, on the monotonic clock; None
            when no event told of it.
    """

    folder: PurePosixPath
    seen: tuple[Bundle, ...] = ()
    gone: tuple[str, ...] = ()
    marked: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinished:
    """A scan of the whole inbox has ended; all its news has been told.

    Attributes:
        number: Grows by at least one with each scan; a scan that was broken off leaves its number out.
        seconds: How long it took.
        folders: Folders that were read.
        leftovers: What is never sent.
        troubles: What could not be read, for people; the first few only.
    """

    number: int
    seconds: float
    folders: int
    leftovers: Leftovers = field(default_factory=Leftovers)
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTrouble:
    """A folder cannot be worked with now; told once, and again only when the reason changes.

    Attributes:
        which: "inbox", "outbox" and so on.
        detail: What is wrong, for people.
        error: What the check raised: NoRoomError for a full disk, FolderMissingError for most others.
    """

    which: str
    detail: str
    error: FileTroubleError


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderBack:
    """A folder that was in trouble can be worked with again."""

    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChanged:
    """Changes are noticed in this way from now on.

    Attributes:
        manners: The inbox's, and after it those of the mounts below that have another.
        failure: Why events cannot be had or do not arrive; empty when they do or are not wanted.
    """

    manners: tuple[Manner, ...]
    failure: str = ""


Sighting = News | ScanFinished | FolderTrouble | FolderBack | WatchChanged
"""Anything that the scanner reports."""
