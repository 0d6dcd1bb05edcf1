"""What waits, taken in turn over the inbox's top folders, read off indexes however much of it there is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Final, Generic, TypeVar

from retouchd.adapters.journal.codec import to_bytes
from retouchd.core.turns import Turns, in_turn

T = TypeVar("T")
# Each costs some 50 microseconds in the engine's thread, which nobody may keep waiting.
_MOST_FOLDERS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Generic[T]):
    """How to ask for what waits.

    Attributes:
        oldest: Gives what is due, the oldest first, as many as are asked for.
        oldest_in: Gives the same of one top folder.
        next_top: Gives the first top folder after another one in which anything waits, due or not.
        folder_of: Gives the top folder of one.
    """

    oldest: Callable[[], Sequence[T]]
    oldest_in: Callable[[bytes], Sequence[T]]
    next_top: Callable[[bytes], bytes | None]
    folder_of: Callable[[T], PurePosixPath]


def choose_in_turn(waiting: Waiting[T], turns: Turns) -> list[T]:
    """Give what is due, one of each top folder in turn, beginning after the one that had its turn last."""
    found = waiting.oldest()
    oldest = [one for one in found if waiting.folder_of(one) not in turns.without]
    if len(found) < turns.limit:
        return oldest  # All of them can have their turn.
    without = {to_bytes(top) for top in turns.without}
    tops = islice(_all_around(waiting.next_top, turns), _MOST_FOLDERS)
    chosen = in_turn((waiting.oldest_in(top) for top in tops if top not in without), turns.limit)
    # Else those of which nothing is due could keep out whoever comes after them.
    return [*chosen, *(one for one in oldest if one not in chosen)][: turns.limit]


def _all_around(next_top: Callable[[bytes], bytes | None], turns: Turns) -> Iterator[bytes]:
    """Give each top folder once, from the one after the last on and around to it."""
    last = b"" if turns.last is None else to_bytes(turns.last)
    top = next_top(last)
    while top is not None:
        yield top
        top = next_top(top)
    top = next_top(b"")
    while top is not None and top <= last:
        yield top
        top = next_top(top)
