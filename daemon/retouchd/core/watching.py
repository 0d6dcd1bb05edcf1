"""How changes below the inbox are noticed, and why: by the system's events, or by looking again and again.

Rules over what the mounts are and what the owner wants. Reading the mounts and watching belong to the inbox
adapter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from retouchd.core.values import printable

# The journal's note that says why events do not arrive, for commands beside a running daemon.
FAILURE_NOTE: Final = "watch_failure"
# Another one that says since when a look at the inbox does not end.
SILENT_NOTE: Final = "inbox_silent_since"
# Even a slow NAS lists thousands of photos within this.
LONGEST_LOOK_SECONDS: Final = 60.0

_FOLLOWS_CONFIGURATION: Final = "the configuration says so"


class WatchMode(StrEnum):
    """How changes in the inbox are noticed."""

    AUTO = "auto"
    EVENTS = "events"
    POLLING = "polling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How changes in one folder, and in all below it that has no manner of its own, are noticed.

    Attributes:
        folder: Its absolute path; from outside, so not yet safe to print.
        mode: Events or polling, never auto.
        why: For people.
    """

    folder: PurePosixPath
    mode: WatchMode
    why: str


def choose_manners(
    inbox: PurePosixPath, wish: WatchMode, networks: Mapping[PurePosixPath, str], failure: str
) -> tuple[Manner, ...]:
    """Give the inbox's manner, and after it those of the mounts below that have another.

    Args:
        inbox: Its absolute path, without links.
        wish: What the configuration says.
        networks: The type of each network file system, by its mount point below the inbox or, when the inbox
            itself lies on one, by the inbox.
        failure: Why events cannot be had or do not arrive; empty as long as they do.
    """
    own = _choose_own(inbox, wish, networks, failure)
    if own.mode is WatchMode.POLLING or wish is WatchMode.EVENTS:
        return (own,)
    polled = (_poll_network(point, networks[point]) for point in _outermost(networks))
    return (own, *polled)


def find_manner(manners: Sequence[Manner], path: PurePosixPath) -> Manner:
    """Give the manner that a path at or below the inbox is noticed by."""
    holding = (manner for manner in manners if path.is_relative_to(manner.folder))
    return max(holding, key=lambda manner: len(manner.folder.parts), default=manners[0])


def describe_manner(manner: Manner, rescan_seconds: float, poll_seconds: float) -> str:
    """Say how changes are noticed, how often all is looked through, and why."""
    folder = printable(manner.folder)
    if manner.mode is WatchMode.POLLING:
        return f"{folder} is looked through every {poll_seconds:g} s ({manner.why})"
    return f"{folder} is watched by events ({manner.why}), and looked through every {rescan_seconds:g} s"


def _choose_own(
    inbox: PurePosixPath, wish: WatchMode, networks: Mapping[PurePosixPath, str], failure: str
) -> Manner:
    if wish is WatchMode.POLLING:
        return Manner(folder=inbox, mode=WatchMode.POLLING, why=_FOLLOWS_CONFIGURATION)
    if wish is WatchMode.AUTO and inbox in networks:
        return _poll_network(inbox, networks[inbox])
    if failure:
        return Manner(folder=inbox, mode=WatchMode.POLLING, why=failure)
    told = _FOLLOWS_CONFIGURATION if wish is WatchMode.EVENTS else "the file system tells of changes"
    return Manner(folder=inbox, mode=WatchMode.EVENTS, why=told)


def _poll_network(folder: PurePosixPath, fs_type: str) -> Manner:
    why = f"{fs_type} does not tell what other machines change"
    return Manner(folder=folder, mode=WatchMode.POLLING, why=why)


def _outermost(points: Mapping[PurePosixPath, str]) -> Iterator[PurePosixPath]:
    return (point for point in sorted(points) if points.keys().isdisjoint(point.parents))
