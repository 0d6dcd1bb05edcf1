"""Messages on their way out: when each is tried again on its way, and when it is given up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from retouchd.core.messages import Message

# Longer than a router's restart or a night without a line matters to nobody: `status` tells all of it.
_GIVEN_UP_AFTER: Final = timedelta(hours=6)
_FIRST_DELAY: Final = timedelta(seconds=30)
_LONGEST_DELAY: Final = timedelta(minutes=30)
# A way that is shut must not fill the disk.
_MOST_WAITING: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on one way.

    Attributes:
        way: The way's name, which tells no secret.
        missed: How many earlier ones could not be sent on this way.
    """

    message: Message
    way: str
    made: datetime
    tries: int = 0
    next_try: datetime
    missed: int = 0

    @property
    def text(self) -> str:
        """What people read."""
        if not self.missed:
            return self.message.text
        earlier = "An earlier message" if self.missed == 1 else f"{self.missed} earlier messages"
        return f"{self.message.text}\n{earlier} could not be sent; retouchd status tells all."


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What is on its way, the oldest first, and what was given up to make it so."""

    waiting: tuple[Outgoing, ...]
    given_up: tuple[Outgoing, ...] = ()


def add_messages(
    waiting: Iterable[Outgoing], messages: Sequence[Message], ways: Sequence[str], now: datetime
) -> Queue:
    """Put messages on every way; of too many on one way the oldest are given up.

    What waits for a way that is not named waits as long as any: the list of ways may just be unreadable.
    """
    known = list(waiting)
    strangers = [one for one in known if one.way not in ways and now - one.made <= _GIVEN_UP_AFTER]
    fresh = [
        Outgoing(message=message, way=way, made=now, next_try=now) for message in messages for way in ways
    ]
    queues = [_bound([one for one in [*known, *fresh] if one.way == way]) for way in ways]
    return Queue(
        waiting=(*(one for queue in queues for one in queue.waiting), *strangers),
        given_up=tuple(one for queue in queues for one in queue.given_up),
    )


def _bound(waiting: list[Outgoing]) -> Queue:
    dropped = waiting[: max(0, len(waiting) - _MOST_WAITING)]
    kept = waiting[len(dropped) :]
    return Queue(waiting=tuple(_with_missed(kept, dropped)), given_up=tuple(dropped))


def _with_missed(kept: Sequence[Outgoing], dropped: Sequence[Outgoing]) -> list[Outgoing]:
    missed = sum(1 + one.missed for one in dropped)
    return [replace(one, missed=one.missed + missed) if one is kept[0] else one for one in kept]


def find_due(waiting: Iterable[Outgoing], ways: Iterable[str], now: datetime) -> list[Outgoing]:
    """Give what is to be sent now; of each way only the oldest, so that they come in their order."""
    first: dict[str, Outgoing] = {}
    for one in waiting:
        first.setdefault(one.way, one)
    return [first[way] for way in ways if way in first and first[way].next_try <= now]


def note_sent(waiting: Iterable[Outgoing], sent: Outgoing) -> Queue:
    """Take out what was sent."""
    return Queue(waiting=tuple(one for one in waiting if one is not sent))


def note_failure(waiting: Sequence[Outgoing], failed: Outgoing, now: datetime, *, is_final: bool) -> Queue:
    """Have what could not be sent tried again later, or give it up.

    Args:
        is_final: Another try would be of no use.
    """
    if is_final or now - failed.made > _GIVEN_UP_AFTER:
        others = [one for one in waiting if one is not failed]
        same_way = [one for one in others if one.way == failed.way]
        heir = _with_missed(same_way[:1], [failed])
        return Queue(
            waiting=tuple(heir[0] if same_way and one is same_way[0] else one for one in others),
            given_up=(failed,),
        )
    delay = min(_FIRST_DELAY * 2**failed.tries, _LONGEST_DELAY)
    later = replace(failed, tries=failed.tries + 1, next_try=now + delay)
    return Queue(waiting=tuple(later if one is failed else one for one in waiting))
