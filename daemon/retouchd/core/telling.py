"""When which message is due: what happened, what of it was told already, and what people want to hear of.

Rules alone. The journal is the source: what was told is compared with what is, so that nothing is lost in a
crash; and what happens while a message waits for its turn comes with it, so that hundreds of photos make a
handful of messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from retouchd.core.pauses import PauseReason
from retouchd.core.telling_pauses import Bout, PauseNews, follow_pauses
from retouchd.core.topics import WAITED_LONG, Ended, Topic

# What each of these tells of has ended at a moment, up to which all was told.
BY_END: Final = (Topic.DONE, Topic.FAILED, Topic.IDLE)
# While one thing leads to the next (twenty photos refused alike) the first message waits for the others.
_LINGER: Final = timedelta(seconds=10)
# However long it goes on, nobody hears of the same topic more often than this after a while.
_LONGEST_GAP: Final = timedelta(hours=1)
# Whatever happened was looked at so soon after, unless a message took that long to send.
_LATEST_LOOK: Final = timedelta(minutes=2)
# What only time makes due is looked for this often.
_LOOK_AGAIN: Final = timedelta(minutes=10)


class LimitKey(NamedTuple):
    """A limit of which four fifths are used: another one each day and month, and when it was changed."""

    cap: str
    period: str
    micro: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a topic was told of late.

    Attributes:
        since: Since when something waits to be told; None when nothing does.
        last: When a message was made.
        gap: How long after that no other one is.
    """

    since: datetime | None = None
    last: datetime | None = None
    gap: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told; kept durably.

    Attributes:
        topics: What was listened for; another one begins with what happens from then on.
        ended_up_to: Up to when what ended was told, by topic.
        lacking_up_to: Photos that were seen up to then were told to lack their prompt.
        needs: What needs a person, each with a mark that changes with the reason.
        hints: Since when each hint on the inbox stands there; None once it was told.
    """

    topics: frozenset[Topic] = frozenset()
    ended_up_to: Mapping[Topic, datetime] = field(default_factory=dict)
    lacking_up_to: datetime | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, datetime | None] = field(default_factory=dict)
    limits: frozenset[LimitKey] = frozenset()
    pauses: Mapping[PauseReason, Bout] = field(default_factory=dict)
    paces: Mapping[Topic, Pace] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is, at one moment.

    Attributes:
        ended: By topic, after `Told.ended_up_to`.
        newest_end: When the last job ended at all.
        lacking: Photos without a prompt, seen after `Told.lacking_up_to` and longer ago than WAITED_LONG.
        needs: What needs a person, each with its mark.
        limits: Limits of which four fifths are used.
        periods: The day and the month that count now.
        is_working: Something is under way or waits for its turn.
    """

    now: datetime
    ended: Mapping[Topic, Ended]
    newest_end: datetime | None
    lacking: Ended
    needs: Mapping[str, str]
    hints: frozenset[str]
    limits: frozenset[LimitKey]
    periods: frozenset[str]
    pauses: PauseNews
    is_working: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What people want to hear of.

    Attributes:
        batch: What happens within this time after a message is told in one.
        is_last: The daemon ends: what waits for more of its kind waits no longer.
    """

    topics: frozenset[Topic]
    batch: timedelta
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message that is to be made now.

    Attributes:
        after: What ended, or was seen, after this moment is meant; None where no moment counts.
        until: And up to this one.
        names: What is meant by name: keys of needs, hints or reasons of pauses.
    """

    topic: Topic
    after: datetime | None = None
    until: datetime | None = None
    names: tuple[str, ...] = ()
    limits: tuple[LimitKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be told now.

    Attributes:
        told: As it is once the messages are durable.
        look_at: When to look again if nothing happens until then.
    """

    told: Told
    due: tuple[Due, ...]
    look_at: datetime


def begin_listening(told: Told, facts: Facts, topics: frozenset[Topic]) -> Told:
    """Give what counts as told before anything was: of what is newly wanted, all that happened before."""
    fresh, now = topics - told.topics, facts.now
    ends = {topic: facts.newest_end or now for topic in BY_END if topic in fresh}
    kept = {topic: moment for topic, moment in told.ended_up_to.items() if topic in topics}
    begun = replace(told, topics=topics, ended_up_to=kept | ends)
    if Topic.NEEDS_YOU in fresh:
        begun = replace(begun, needs=dict(facts.needs))
    if Topic.NO_PROMPT in fresh:
        begun = replace(begun, lacking_up_to=now - WAITED_LONG, hints=dict.fromkeys(facts.hints))
    return begun


def decide(told: Told, facts: Facts, policy: Policy) -> Verdict:
    """Say what is to be told now, and what will have been told then.

    Args:
        facts: Read with what `set_back` gives of what was told.
    """
    desk = _Desk(set_back(told, facts.now), facts, policy)
    desk.take_ends()
    desk.take_idleness()
    desk.take_needs()
    desk.take_waiting()
    desk.take_limits()
    desk.take_pauses()
    return desk.verdict()


class _Desk:
    """One decision in the making."""

    def __init__(self, told: Told, facts: Facts, policy: Policy) -> None:
        self._told = told
        self._facts = facts
        self._policy = policy
        self._due: list[Due] = []
        self._looks = [facts.now + _LOOK_AGAIN]

    def verdict(self) -> Verdict:
        """Give what was decided, without what nobody wants to hear."""
        due = tuple(one for one in self._due if one.topic in self._policy.topics)
        return Verdict(told=self._told, due=due, look_at=min(self._looks))

    def take_ends(self) -> None:
        """Tell what was delivered and what failed."""
        for topic in (Topic.DONE, Topic.FAILED):
            ended = self._facts.ended.get(topic, Ended())
            if self._is_time(topic, is_news=ended.number > 0, linger=_LINGER):
                self._tell_ended(topic, ended)

    def take_idleness(self) -> None:
        """Report when all that was under way is over, and stays so for a while."""
        ended = self._facts.ended.get(Topic.IDLE, Ended())
        is_over = ended.number > 0 and not self._facts.is_working
        if self._is_time(Topic.IDLE, is_news=is_over, linger=self._policy.batch):
            self._tell_ended(Topic.IDLE, ended)

    def _tell_ended(self, topic: Topic, ended: Ended) -> None:
        after = self._told.ended_up_to.get(topic)
        self._due.append(Due(topic=topic, after=after, until=ended.newest))
        moment = ended.newest or self._facts.now
        self._told = replace(self._told, ended_up_to={**self._told.ended_up_to, topic: moment})

    def take_needs(self) -> None:
        """Tell what needs a person, each once for each reason."""
        needs = self._facts.needs if Topic.NEEDS_YOU in self._policy.topics else {}
        known = {name: mark for name, mark in self._told.needs.items() if name in needs}
        news = tuple(name for name, mark in needs.items() if known.get(name) != mark)
        if self._is_time(Topic.NEEDS_YOU, is_news=bool(news), linger=_LINGER):
            self._due.append(Due(topic=Topic.NEEDS_YOU, names=news))
            known = dict(needs)
        self._told = replace(self._told, needs=known)

    def take_waiting(self) -> None:
        """Tell which photos have waited a day for their prompt, and which hints have stood there as long."""
        if Topic.NO_PROMPT not in self._policy.topics:
            return
        now, lacking = self._facts.now, self._facts.lacking
        hints = {hint: self._told.hints.get(hint, now) for hint in sorted(self._facts.hints)}
        ripe = tuple(hint for hint, since in hints.items() if since and since <= now - WAITED_LONG)
        is_news = bool(lacking.number or ripe)
        if self._is_time(Topic.NO_PROMPT, is_news=is_news, linger=_LINGER):
            after = self._told.lacking_up_to
            self._due.append(Due(topic=Topic.NO_PROMPT, after=after, until=lacking.newest, names=ripe))
            hints |= dict.fromkeys(ripe)
            self._told = replace(self._told, lacking_up_to=lacking.newest or after)
        self._told = replace(self._told, hints=hints)

    def take_limits(self) -> None:
        """Tell of each limit once a day or month that four fifths of it are used."""
        known = frozenset(key for key in self._told.limits if key.period in self._facts.periods)
        news = self._facts.limits - known
        if news:
            self._due.append(Due(topic=Topic.LIMIT, limits=tuple(sorted(news))))
        self._told = replace(self._told, limits=known | news)

    def take_pauses(self) -> None:
        """Tell of pauses that last, and of their ends."""
        outcome = follow_pauses(self._told.pauses, self._facts.pauses, self._facts.now)
        for topic, reasons in ((Topic.PAUSED, outcome.begun), (Topic.RESUMED, outcome.ended)):
            if reasons:
                self._due.append(Due(topic=topic, names=tuple(sorted(reasons))))
        self._looks += outcome.looks
        self._told = replace(self._told, pauses=outcome.bouts)

    def _is_time(self, topic: Topic, *, is_news: bool, linger: timedelta) -> bool:
        """Say whether a message about a topic is made now, and keep its pace."""
        pace, now = self._told.paces.get(topic, Pace()), self._facts.now
        pace = replace(pace, since=(pace.since or now) if is_news else None)
        due_at = _due_at(pace, min(linger, self._policy.batch))
        is_due = due_at is not None and (due_at <= now or self._policy.is_last)
        if is_due:
            pace = _after_message(pace, now, self._policy.batch)
        elif due_at is not None:
            self._looks.append(due_at)
        self._told = replace(self._told, paces={**self._told.paces, topic: pace})
        return is_due


def _due_at(pace: Pace, linger: timedelta) -> datetime | None:
    if pace.since is None:
        return None
    soon = pace.since + linger
    return soon if pace.last is None else max(soon, pace.last + pace.gap)


def _after_message(pace: Pace, now: datetime, batch: timedelta) -> Pace:
    """Wait twice as long before the next one while it goes on, and start anew after some rest."""
    goes_on = pace.last is not None and now < pace.last + 2 * max(pace.gap, batch)
    gap = min(max(2 * pace.gap, batch), max(batch, _LONGEST_GAP)) if goes_on else batch
    return Pace(last=now, gap=gap)


def set_back(told: Told, now: datetime) -> Told:
    """Give what was told as a clock that was set back would have it: nothing was told in the future.

    What ended while the clock was ahead may be told a second time when that time comes, and so may what ended
    just before it was set.
    """
    lacking = told.lacking_up_to
    return replace(
        told,
        lacking_up_to=lacking and min(lacking, now - WAITED_LONG),
        ended_up_to={
            topic: moment if moment <= now else now - _LATEST_LOOK
            for topic, moment in told.ended_up_to.items()
        },
        hints={hint: since and min(since, now) for hint, since in told.hints.items()},
        paces={topic: _pace_set_back(pace, now) for topic, pace in told.paces.items()},
    )


def _pace_set_back(pace: Pace, now: datetime) -> Pace:
    since = pace.since and min(pace.since, now)
    return Pace(since=since) if pace.last and pace.last > now else replace(pace, since=since)
