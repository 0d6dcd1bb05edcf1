"""When which message is due."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retouchd.core.pauses import Pause, PauseReason
from retouchd.core.telling import (
    BY_END,
    Due,
    Facts,
    LimitKey,
    Policy,
    Told,
    begin_listening,
    decide,
    set_back,
)
from retouchd.core.telling_pauses import PauseNews
from retouchd.core.topics import WAITED_LONG, Ended, Topic
from strategies import NOW

BATCH = timedelta(seconds=60)
EVERYTHING = frozenset(Topic) - {Topic.TEST}
POLICY = Policy(topics=EVERYTHING, batch=BATCH)
STEP = timedelta(seconds=5)
LIMIT = LimitKey("per_day", "2026-11-23", 10_000_000)


def facts_at(now: datetime, **known: Any) -> Facts:
    """Give facts of a moment at which nothing happens but what is named."""
    nothing: dict[str, Any] = {
        "ended": {},
        "newest_end": None,
        "lacking": Ended(),
        "needs": {},
        "hints": frozenset(),
        "limits": frozenset(),
        "periods": frozenset({"2026-11-23", "2026-11"}),
        "pauses": PauseNews(),
        "is_working": False,
    }
    return Facts(now=now, **{**nothing, **known})


@dataclass
class World:
    """What happens, and who is told of it, as the notifier does it."""

    policy: Policy = POLICY
    now: datetime = NOW
    ends: list[tuple[datetime, Topic]] = field(default_factory=list)
    lacking: list[datetime] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    heard: list[Due] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.told = begin_listening(self.told, self.facts(), self.policy.topics)

    def end(self, topic: Topic, number: int = 1) -> None:
        """Have jobs end now."""
        self.now += timedelta(microseconds=1)
        self.ends += [(self.now, topic)] * number

    def facts(self) -> Facts:
        """Give what the journal would tell."""
        ended = {topic: self._ended(topic) for topic in BY_END if topic in self.told.ended_up_to}
        newest = max((moment for moment, _ in self.ends), default=None)
        return facts_at(self.now, ended=ended, newest_end=newest, lacking=self._lacking(), **self.known)

    def _ended(self, wanted: Topic) -> Ended:
        after = self.told.ended_up_to[wanted]
        found = [
            moment
            for moment, topic in self.ends
            if after < moment <= self.now and wanted in {topic, Topic.IDLE}
        ]
        return Ended(number=len(found), newest=max(found, default=None))

    def _lacking(self) -> Ended:
        after = self.told.lacking_up_to
        found = [one for one in self.lacking if after and after < one <= self.now - WAITED_LONG]
        return Ended(number=len(found), newest=max(found, default=None))

    def look(self) -> list[Due]:
        """Look once."""
        self.told = set_back(self.told, self.now)
        verdict = decide(self.told, self.facts(), self.policy)
        self.told = verdict.told
        self.heard += verdict.due
        return list(verdict.due)

    def pass_by(self, time: timedelta) -> list[Due]:
        """Let time pass, with a look now and then, and give what was told."""
        before, end = len(self.heard), self.now + time
        while self.now < end:
            self.now = min(self.now + max(STEP, time / 200), end)
            self.look()
        return self.heard[before:]

    def counted(self, topic: Topic) -> int:
        """Count how many ends of this kind the messages about it told of, in all."""
        return sum(
            due.after < moment <= due.until
            for due in self.heard
            if due.topic is topic and due.after and due.until
            for moment, kind in self.ends
            if topic in {kind, Topic.IDLE}
        )


def topics(heard: list[Due]) -> list[str]:
    """Give what messages are about."""
    return [due.topic.value for due in heard]


def test_nothing_of_the_past_is_told() -> None:
    """Whoever switches messages on is told what happens from then on."""
    world = World(
        ends=[(NOW, Topic.FAILED)],
        lacking=[NOW - WAITED_LONG],
        known={"needs": {"a": "1"}, "hints": frozenset({"b is a RAW file."})},
    )

    assert world.pass_by(timedelta(hours=30)) == []


def test_what_is_newly_wanted_begins_with_now() -> None:
    """A topic that is switched on later begins with what happens then; the others go on where they were."""
    quiet = replace(POLICY, topics=frozenset({Topic.FAILED}))
    world = World(policy=quiet, ends=[(NOW, Topic.DONE)])
    world.now += STEP
    world.end(Topic.FAILED)
    world.known = {"needs": {"a": "1"}}

    world.told = begin_listening(world.told, world.facts(), EVERYTHING)
    world.policy = POLICY

    assert topics(world.pass_by(timedelta(minutes=1))) == ["failed"]
    assert world.told.topics == EVERYTHING


def test_what_nobody_wants_is_not_told() -> None:
    """Only what is wanted is told, and nothing is remembered of the rest."""
    world = World(policy=replace(POLICY, topics=frozenset({Topic.LIMIT})))
    world.end(Topic.FAILED)
    world.known = {"needs": {"a": "1"}, "hints": frozenset({"b"})}

    assert world.pass_by(timedelta(hours=30)) == []
    assert (world.told.needs, world.told.hints, world.told.ended_up_to) == ({}, {}, {})


def test_the_first_message_comes_soon_and_the_next_ones_later() -> None:
    """A failure is told within seconds; what fails while that is fresh comes together a minute later."""
    world = World(policy=replace(POLICY, topics=frozenset({Topic.FAILED})))
    world.end(Topic.FAILED)
    assert topics(world.pass_by(timedelta(seconds=15))) == ["failed"]

    for _ in range(3):
        world.pass_by(STEP)
        world.end(Topic.FAILED)

    assert topics(world.pass_by(timedelta(seconds=60))) == ["failed"]
    assert world.counted(Topic.FAILED) == 4


def test_500_photos_make_a_handful_of_messages() -> None:
    """Five hundred photos, of which many fail and many need a person, are told in a few messages."""
    world = World(known={"is_working": True})
    for number in range(500):
        world.end(Topic.FAILED if number % 5 == 0 else Topic.DONE)
        if number % 3 == 0:
            world.known["needs"] = {**world.known.get("needs", {}), f"job{number}": "1"}
        world.pass_by(timedelta(seconds=10))
    world.known["is_working"] = False
    world.pass_by(timedelta(hours=2))

    told = topics(world.heard)
    assert {one: told.count(one) for one in told}.keys() == {"done", "failed", "needs_you", "idle"}
    assert max(told.count(one) for one in told) <= 8
    assert (world.counted(Topic.FAILED), world.counted(Topic.DONE)) == (100, 400)
    assert world.counted(Topic.IDLE) == 500
    names = [name for due in world.heard for name in due.names]
    assert sorted(names) == sorted(world.known["needs"])


def test_a_report_comes_when_all_has_been_over_for_a_while() -> None:
    """No report while anything is under way, or when it is but between two photos."""
    world = World(policy=replace(POLICY, topics=frozenset({Topic.IDLE})))
    world.end(Topic.DONE)
    assert world.pass_by(timedelta(seconds=50)) == []

    world.known = {"is_working": True}
    assert world.pass_by(timedelta(minutes=5)) == []

    world.known = {"is_working": False}
    assert world.pass_by(timedelta(seconds=50)) == []
    assert topics(world.pass_by(timedelta(seconds=20))) == ["idle"]
    assert world.pass_by(timedelta(hours=5)) == []


def test_the_end_of_the_daemon_waits_for_nothing() -> None:
    """What waits for more of its kind is told when the daemon ends."""
    world = World()
    world.end(Topic.FAILED)
    assert world.look() == []

    world.policy = replace(POLICY, is_last=True)

    assert topics(world.look()) == ["failed", "idle"]
    assert world.look() == []


def test_what_needs_a_person_is_told_again_only_when_it_changed() -> None:
    """The same photo is told once; again when it needs somebody for another reason, or once more."""
    world = World()
    world.known = {"needs": {"a": "1"}}
    (first,) = world.pass_by(timedelta(minutes=5))
    assert (first.topic, first.names) == (Topic.NEEDS_YOU, ("a",))

    world.known = {"needs": {"a": "1", "b": "1"}}
    assert [due.names for due in world.pass_by(timedelta(minutes=5))] == [("b",)]
    world.known = {"needs": {"a": "2", "b": "1"}}
    assert [due.names for due in world.pass_by(timedelta(minutes=5))] == [("a",)]
    world.known = {"needs": {"a": "2"}}
    assert world.pass_by(timedelta(minutes=5)) == []
    world.known = {"needs": {"a": "2", "b": "1"}}
    assert [due.names for due in world.pass_by(timedelta(minutes=5))] == [("b",)]


def test_a_photo_that_has_waited_a_day_is_told_once() -> None:
    """A photo without a prompt, and a hint that stands there, are told after 24 hours, together and once."""
    world = World()
    world.pass_by(timedelta(minutes=1))
    world.lacking = [world.now, world.now + timedelta(seconds=2)]
    world.known = {"hints": frozenset({"x.cr2 is a camera RAW file."})}
    world.look()

    assert world.pass_by(timedelta(hours=23, minutes=59)) == []
    (due,) = world.pass_by(timedelta(minutes=5))

    assert (due.topic, due.names, due.until) == (
        Topic.NO_PROMPT,
        ("x.cr2 is a camera RAW file.",),
        world.lacking[1],
    )
    assert world.pass_by(timedelta(hours=30)) == []


def test_a_hint_alone_is_told() -> None:
    """A prompt without a photo is told though no photo lacks its prompt."""
    world = World()
    world.known = {"hints": frozenset({"a.txt belongs to no photo."})}

    (due,) = world.pass_by(timedelta(hours=25))

    assert (due.names, due.until) == (("a.txt belongs to no photo.",), None)


def test_a_limit_is_told_once_a_day() -> None:
    """Four fifths of a limit are told once a day, however spending goes, and anew the next day."""
    world = World()
    world.known = {"limits": frozenset({LIMIT})}
    assert [due.limits for due in world.pass_by(STEP)] == [(LIMIT,)]
    world.known = {"limits": frozenset()}
    world.pass_by(STEP)
    world.known = {"limits": frozenset({LIMIT})}
    assert world.pass_by(STEP) == []

    tomorrow = LIMIT._replace(period="2026-11-24")
    world.known = {"limits": frozenset({tomorrow}), "periods": frozenset({"2026-11-24"})}

    assert [due.limits for due in world.pass_by(STEP)] == [(tomorrow,)]
    assert world.told.limits == {tomorrow}


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    """After the clock was a year ahead, what happens now is told now."""
    world = World()
    world.now += timedelta(days=365)
    world.end(Topic.FAILED)
    world.lacking = [world.now]
    world.known = {"hints": frozenset({"b"})}
    world.pass_by(timedelta(minutes=5))
    world.now = NOW + timedelta(hours=1)
    world.end(Topic.FAILED)

    assert topics(world.pass_by(timedelta(minutes=2))) == ["failed", "idle"]


def test_a_photo_without_prompt_is_told_by_the_clock_that_counts() -> None:
    """What was told of while the clock was a year ahead hides nobody who waits for a day now."""
    world = World()
    world.now += timedelta(days=365)
    world.lacking = [world.now - WAITED_LONG]
    ahead = topics(world.pass_by(timedelta(minutes=5)))
    world.now = NOW + timedelta(hours=1)
    world.lacking = [world.now]

    assert ahead == ["no_prompt"]
    assert topics(world.pass_by(timedelta(hours=25))) == ["no_prompt"]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["failed", "done", "hold", "free", "work", "rest", "crash"]), st.integers(0, 40)
        ),
        max_size=25,
    )
)
def test_everything_is_told(happenings: list[tuple[str, int]]) -> None:
    """Whatever happens when, each end and each need is told once; a crash in between at most repeats some."""
    world = World()
    needs: dict[str, str] = {}
    wanted: list[str] = []
    for number, (what, wait) in enumerate(happenings):
        match what:
            case "failed" | "done":
                world.end(Topic(what), number % 3 + 1)
            case "hold":
                needs[f"job{number}"] = "1"
                wanted.append(f"job{number}")
            case "free":
                # Not those that nobody had time to hear of: what is over is not told any more.
                needs = {name: mark for name, mark in needs.items() if name not in _told_names(world)}
            case "crash":
                # Nothing durable is lost: what was told stands in the file before a message leaves.
                world.told = begin_listening(world.told, world.facts(), world.policy.topics)
            case _:
                world.known["is_working"] = what == "work"
        world.known["needs"] = dict(needs)
        world.pass_by(wait * STEP)
    world.known["is_working"] = False
    world.pass_by(timedelta(hours=3))

    assert world.counted(Topic.FAILED) == sum(topic is Topic.FAILED for _, topic in world.ends)
    assert world.counted(Topic.DONE) == sum(topic is Topic.DONE for _, topic in world.ends)
    assert world.counted(Topic.IDLE) == len(world.ends)
    assert sorted(_told_names(world)) == sorted(wanted)


def _told_names(world: World) -> list[str]:
    return [name for due in world.heard for name in due.names]


@pytest.mark.parametrize("wait", [timedelta(seconds=3), timedelta(minutes=30)])
def test_the_next_look_is_known(wait: timedelta) -> None:
    """What only time makes due is looked at when its time comes, and not later than in ten minutes."""
    facts = facts_at(NOW, needs={"a": "1"})
    told = begin_listening(Told(), facts_at(NOW), EVERYTHING)

    verdict = decide(told, facts, replace(POLICY, batch=wait))

    assert verdict.look_at == NOW + min(wait, timedelta(seconds=10))
    assert decide(told, facts_at(NOW), POLICY).look_at == NOW + timedelta(minutes=10)


def test_a_pause_is_told() -> None:
    """A pause and its end are told by their reasons, each once."""
    world = World()
    world.known = {"pauses": PauseNews(pauses=(Pause(reason=PauseReason.OPERATOR, detail="", since=NOW),))}
    world.pass_by(timedelta(minutes=5))
    world.known = {}
    world.pass_by(timedelta(minutes=5))

    assert [(due.topic, due.names) for due in world.heard] == [
        (Topic.PAUSED, ("operator",)),
        (Topic.RESUMED, ("operator",)),
    ]
