"""Whose turn it is: the inbox's top folders take turns, so that a large one keeps no small one waiting."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import PurePosixPath
from typing import Final, TypeVar

from retouchd.core.bundles import JOB_SUFFIX

_T = TypeVar("_T")
_TOP: Final = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Who is asked for.

    Attributes:
        limit: How many at most.
        last: The top folder that had its turn last; None before the first.
        without: Top folders that are passed over.
    """

    limit: int
    last: PurePosixPath | None = None
    without: Collection[PurePosixPath] = ()


def top_folder(folder: PurePosixPath) -> PurePosixPath:
    """Give the top folder of the inbox that a folder belongs to.

    The photos directly in the inbox are one such group, and the folders there that each are one job, too.
    """
    if not folder.parts:
        return _TOP
    top, *below = folder.parts
    return _TOP if not below and top.lower().endswith(JOB_SUFFIX) else PurePosixPath(top)


def in_turn(waiting: Iterable[Sequence[_T]], limit: int) -> list[_T]:
    """Give the first of each, then the second of each, and so on; reads no more of `waiting` than needed."""
    rows = islice((row for row in waiting if row), limit)
    rounds = zip_longest(*([(one,) for one in row] for row in rows), fillvalue=())
    return list(islice(chain.from_iterable(chain.from_iterable(rounds)), limit))
