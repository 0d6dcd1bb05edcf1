"""From a path that somebody typed to what lies there: in which of our folders, and what kind of thing."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from retouchd.core.ignore import IgnorePattern, IgnoreRules
from retouchd.settings import Places


class Where(Enum):
    """In which folder a path leads."""

    INBOX = "inbox"
    OUTBOX = "outbox"
    DONE = "done"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place.

    Attributes:
        relative: Below its folder; of a path elsewhere, the whole path.
    """

    where: Where
    relative: PurePosixPath
    path: Path

    @property
    def shown(self) -> str:
        """The place as people write it, not yet safe to print."""
        if self.where is Where.ELSEWHERE:
            return str(self.path)
        return str(PurePosixPath(self.where.value) / self.relative)


def find_spot(typed: Path, places: Places) -> Spot:
    """Give the place that is meant: relative to here, to the inbox, or to what the inbox lies in."""
    spots = [_locate(path, places) for path in _candidates(typed, places)]
    ours = [spot for spot in spots if spot.where is not Where.ELSEWHERE]
    there = [spot for spot in ours if os.path.lexists(spot.path)]
    return next(iter([*there, *ours, *spots]))


def _candidates(typed: Path, places: Places) -> Iterator[Path]:
    # Whoever stands in the inbox means what lies there; `..` is resolved as a shell shows it.
    for base in (Path.cwd(), places.inbox.parent, places.inbox):
        yield Path(os.path.normpath(base / typed))


def _locate(path: Path, places: Places) -> Spot:
    roots = {
        Where.INBOX: places.inbox,
        Where.OUTBOX: places.outbox,
        Where.DONE: places.done,
        Where.FAILED: places.failed,
    }
    for where, root in roots.items():
        for seen, real in ((path, root), (_resolve_folder(path), Path(os.path.realpath(root)))):
            if seen.is_relative_to(real):
                return Spot(where=where, relative=PurePosixPath(seen.relative_to(real)), path=seen)
    return Spot(where=Where.ELSEWHERE, relative=PurePosixPath(path), path=path)


def _resolve_folder(path: Path) -> Path:
    """Resolve links on the way to a file, not the file: what it links to is another file."""
    return Path(os.path.realpath(path.parent)) / path.name


def find_ignored(spot: Spot, rules: IgnoreRules) -> tuple[str, IgnorePattern] | None:
    """Give the first part of a path that is never looked at, with its pattern, or None when there is none."""
    is_folder = _is_folder(spot.path)
    for part in spot.relative.parts[: None if is_folder else -1]:
        pattern = rules.find_for_folder(part)
        if pattern is not None:
            return part, pattern
    pattern = None if is_folder else rules.find_for_file(spot.path.name)
    return (spot.path.name, pattern) if pattern is not None else None


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:  # It is not there, or its name is longer than a name can be.
        return False
