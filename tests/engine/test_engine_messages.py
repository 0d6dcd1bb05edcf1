"""People are told what happens: each thing once, also after a crash, and at nobody's cost."""

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from engine_house import POLICY, House, ToldTime, bundle_of, wish_of

from notebook import Notebook
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.views import JournalView
from retouchd.adapters.notify.memory import MEMORY_NAME, MemoryFile
from retouchd.companions import NotifierRemover
from retouchd.core.bundles import Standing
from retouchd.core.jobs import HoldReason
from retouchd.core.leftovers import LEFTOVERS, Leftovers
from retouchd.core.messages import Sender
from retouchd.core.money import Caps, Money
from retouchd.core.outgoing import Outgoing
from retouchd.core.pauses import PauseReason, begin_pause
from retouchd.core.status import notice_rows
from retouchd.core.telling import Policy
from retouchd.core.topics import Topic
from retouchd.core.ways import Failure
from retouchd.notifier import Means, Notifier
from retouchd.reporting import Outlook, report_status
from retouchd.settings import load_settings
from waiting import eventually

EVERYTHING = frozenset(Topic) - {Topic.TEST}
SOON = Policy(topics=EVERYTHING, batch=timedelta(seconds=0.04))


class RunningTime(ToldTime):
    """A clock that goes on by itself, and that a test sets forward."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = time.monotonic()

    def now(self) -> datetime:
        """Give the wall time."""
        return super().now() + timedelta(seconds=time.monotonic() - self._begun)


class Listener:
    """A way that keeps what it was told, and can be made to fail or to hang."""

    shown = "listener"

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.failure: Failure | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()

    def find_fault(self) -> str:
        """Find none."""
        return ""

    def send(self, outgoing: Outgoing) -> Failure | None:
        """Take a message."""
        self.goes_on.wait(20)
        if self.failure is None:
            self.heard.append({**outgoing.message.document, "text": outgoing.text})
        return self.failure

    def topics(self) -> list[str]:
        """Give what it was told of."""
        return [one["event"] for one in self.heard]

    def told(self, topic: str) -> dict[str, Any]:
        """Wait until it was told of this, and give that."""
        assert eventually(lambda: topic in self.topics()), self.topics()
        return next(one for one in self.heard if one["event"] == topic)


class FullDisk(Durable):
    """A disk that takes nothing."""

    def fsync(self, descriptor: int) -> None:
        """Refuse."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Bureau:
    """A house of which somebody is told."""

    def __init__(self, place: Path) -> None:
        (place / "state").mkdir()
        config = place / "config.toml"
        config.write_text(
            f'[folders]\nroot = "{place}"\nstate = "{place / "state"}"\n[budget]\nper_day_usd = 10\n'
        )
        caps = Caps(per_job=Money(10**7), per_day=Money(10**7), per_month=Money(10**9))
        self.house = House(place / "state", replace(POLICY, caps=caps), RunningTime())
        self.settings = load_settings(config, {})
        self.listener = Listener()
        self.log = Notebook()
        self.hurried: list[float] = []
        self.file = MemoryFile(place / "state", Durable())
        self.share_answers = threading.Event()
        self.share_answers.set()

    def find_ways(self) -> dict[str, Listener]:
        """Give the one way, as soon as the share answers on which it is written down."""
        assert self.share_answers.wait(20)
        return {"hook": self.listener}

    def notifier(self, policy: Policy = SOON, memory: MemoryFile | None = None) -> Notifier:
        """Give one that tells."""
        return Notifier(
            Means(
                settings=lambda: self.settings,
                policy=policy,
                sender=Sender(host="nas", root="/srv"),
                find_ways=self.find_ways,
                memory=memory or self.file,
                hurry=self.hurried.append,
                now=self.house.clock.now,
                log=self.log,
            )
        )

    @contextmanager
    def telling(self, policy: Policy = SOON) -> Iterator[Listener]:
        """Have somebody told for as long as the context lasts."""
        notifier = self.notifier(policy)
        notifier.start()
        yield self.listener
        notifier.finish()

    def pass_by(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.house.clock.pass_by(seconds)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """Give a bureau with nothing in its history."""
    opened = Bureau(tmp_path)
    yield opened
    opened.house.close()


def test_addresses_on_a_share_that_hangs_hold_up_nobody(bureau: Bureau) -> None:
    """The daemon begins without them; what happens meanwhile is told as soon as they can be read."""
    bureau.share_answers.clear()
    with bureau.telling(replace(SOON, topics=frozenset({Topic.DONE}))) as listener:
        bureau.pass_by()
        house = bureau.house
        house.file(house.deliver(house.answer(house.accept("a.jpg", wish_of("a"))[0])))
        bureau.share_answers.set()

        assert listener.told("done")


def test_a_batch_is_reported(bureau: Bureau) -> None:
    """When all is over one message tells what was delivered, failed and needs somebody, cost and time."""
    house = bureau.house
    policy = replace(SOON, topics=frozenset({Topic.IDLE}))
    with bureau.telling(policy) as listener:
        bureau.pass_by()
        jobs = [house.accept(f"{name}.jpg", wish_of(name))[0] for name in ("a", "b", "c")]
        house.fail("d.jpg")
        house.hold(jobs[2], HoldReason.UNKNOWN_OUTCOME)
        for job in jobs[:2]:
            house.answer(job)
            bureau.pass_by()
            house.deliver(house.job(job))
            house.file(job)
        told = listener.told("idle")

    assert told["subject"] == "retouchd: finished: 2 delivered, 1 failed, 1 needs you"
    assert told["counts"] == {"done": 2, "failed": 1, "cancelled": 0, "needs_you": 1}
    assert told["cost_usd"] == 0.02
    assert [one["source"] for one in told["jobs"]] == ["d.jpg", "a.jpg", "b.jpg"]
    assert 0 <= told["seconds"] < 30
    assert listener.topics() == ["idle"]


def test_each_thing_is_told_in_its_own_words(bureau: Bureau) -> None:
    """A failure, a hold, a photo in doubt, and what was delivered are told with their reasons."""
    house = bureau.house
    with bureau.telling() as listener:
        house.fail("f.jpg")
        (held,) = house.accept("h.jpg", wish_of("h"))
        house.hold(held, HoldReason.UNKNOWN_OUTCOME)
        doubtful = house.see(bundle_of("x.jpg", standing=Standing.AMBIGUOUS))
        bureau.pass_by()
        needs, failed = listener.told("needs_you"), listener.told("failed")

    assert failed["text"].startswith("f.jpg: ")
    assert [one["id"] for one in needs["jobs"]] == [held.id, None]
    assert f"(retouchd show {held.id})" in needs["text"]
    assert needs["jobs"][1]["source"] == str(doubtful.path)
    assert needs["number"] == 2


def test_what_happened_while_nothing_ran_is_told_once(bureau: Bureau) -> None:
    """I8: what was told stays told over a restart, and what was not is told then."""
    house = bureau.house
    with bureau.telling() as listener:
        house.fail("first.jpg")
        bureau.pass_by()
        listener.told("failed")
    assert listener.topics() == ["failed", "idle"] or listener.topics() == ["idle", "failed"]
    listener.heard.clear()
    house.fail("second.jpg")

    with bureau.telling() as listener:
        assert [one["source"] for one in listener.told("failed")["jobs"]] == ["second.jpg"]

    listener.heard.clear()
    with bureau.telling():
        pass
    assert listener.heard == []


def test_a_crash_between_sending_and_noting_repeats_at_most(bureau: Bureau, tmp_path: Path) -> None:
    """I8: a message stands in the file before it leaves: a crash has it sent once more, and never lost."""
    house = bureau.house
    bureau.listener.goes_on.clear()
    policy = replace(SOON, topics=frozenset({Topic.FAILED}))
    notifier = bureau.notifier(policy)
    notifier.start()
    house.fail("f.jpg")
    bureau.pass_by()
    path = tmp_path / "state" / MEMORY_NAME
    assert eventually(lambda: b"f.jpg" in path.read_bytes())
    at_the_crash = path.read_bytes()
    bureau.listener.goes_on.set()
    notifier.finish()
    first = [one["id"] for one in bureau.listener.heard]
    path.write_bytes(at_the_crash)

    with bureau.telling(policy) as listener:
        assert eventually(lambda: len(listener.heard) > len(first))

    assert {one["id"] for one in listener.heard} == set(first)


def test_pauses_and_limits_are_told(bureau: Bureau) -> None:
    """Why nothing is sent, that it goes on, and that four fifths of a limit are used."""
    house = bureau.house
    with bureau.telling() as listener:
        with house.act():
            house.board.begin(begin_pause(PauseReason.OPERATOR, "for lunch", house.clock.now()))
        paused = listener.told("paused")
        bureau.pass_by(600)
        with house.act():
            house.board.end(PauseReason.OPERATOR)
        resumed = listener.told("resumed")
        with house.act():
            house.journal.allow("2026-11-23", Money(600_000), house.clock.now())
        house.submit(house.accept("a.jpg")[0])
        limit = listener.told("limit")

    assert [one["reason"] for one in paused["pauses"]] == ["operator"]
    assert resumed["text"].startswith("It was paused for 10 min.")
    assert limit["limits"][0]["about"] == "per_day"


def test_what_lacks_its_prompt_for_a_day_is_told(bureau: Bureau) -> None:
    """A photo without a prompt and a prompt without a photo are told once a day has gone by."""
    house = bureau.house
    with bureau.telling() as listener:
        house.see(bundle_of("lonely.jpg", standing=Standing.LACKS_PROMPT))
        with house.act():
            leftovers = Leftovers(hints=("orphan.txt belongs to no photo.",))
            house.journal.set_note(LEFTOVERS, leftovers.as_text())
        path = bureau.settings.places().state / MEMORY_NAME
        assert eventually(lambda: b"orphan.txt" in path.read_bytes())
        bureau.pass_by(24 * 3600 + 1)
        told = listener.told("no_prompt")

    assert told["number"] == 1
    assert "lonely.jpg: waits for its prompt: add lonely.txt beside it." in told["text"]
    assert "orphan.txt belongs to no photo." in told["text"]


def test_a_way_that_is_shut_is_tried_again(bureau: Bureau) -> None:
    """A failure is logged once for each reason; the message is kept over a restart, and sent in the end."""
    bureau.listener.failure = Failure(reason="no line", said="words")
    with bureau.telling(replace(SOON, topics=frozenset({Topic.FAILED}))) as listener:
        bureau.house.fail("f.jpg")
        bureau.pass_by()
        assert eventually(lambda: "notice.not_sent" in bureau.log.events())
        bureau.pass_by(31)
        assert eventually(lambda: bureau.log.events().count("notice.answered") == 2)
    assert bureau.log.events().count("notice.not_sent") == 1
    listener.failure = None
    bureau.pass_by(3600)

    with bureau.telling(replace(SOON, topics=frozenset({Topic.FAILED}))):
        assert listener.told("failed")["number"] == 1

    assert bureau.hurried == [8.0, 8.0]


def test_what_can_never_be_sent_is_given_up(bureau: Bureau) -> None:
    """A hook that is missing costs its message, which the log tells."""
    bureau.listener.failure = Failure(reason="is missing", is_final=True)
    with bureau.telling(replace(SOON, topics=frozenset({Topic.FAILED}))):
        bureau.house.fail("f.jpg")
        bureau.pass_by()
        assert eventually(lambda: "notice.given_up" in bureau.log.events())

    memory = bureau.file.read()
    assert memory is not None
    assert memory.waiting == ()


def test_a_state_folder_that_takes_nothing_costs_no_photo(bureau: Bureau, tmp_path: Path) -> None:
    """A full disk is what people want to hear of: they are told, each thing once, and the log says it."""
    notifier = bureau.notifier(memory=MemoryFile(tmp_path / "state", FullDisk()))

    notifier.start()
    bureau.house.fail("f.jpg")
    assert bureau.listener.told("failed")
    bureau.listener.told("idle")
    notifier.finish()

    assert sorted(bureau.listener.topics()) == ["failed", "idle"]
    assert bureau.log.events().count("notice.not_sent") == 1


def test_one_that_was_never_started_ends(bureau: Bureau) -> None:
    """A daemon that stops before it began has nobody to wait for."""
    bureau.notifier().finish()

    assert bureau.listener.heard == []


def test_where_nobody_wants_messages_nothing_is_remembered(bureau: Bureau, tmp_path: Path) -> None:
    """Switched off and on again, what happened meanwhile is not told."""
    with bureau.telling():
        pass
    remover = NotifierRemover(bureau.file, bureau.log)
    remover.start()
    remover.finish()
    bureau.house.fail("meanwhile.jpg")

    with bureau.telling() as listener:
        pass

    assert listener.heard == []
    missing = NotifierRemover(MemoryFile(tmp_path / "none", Durable()), bureau.log)
    missing.start()
    assert bureau.log.events() == ["notice.not_sent"]


def test_the_status_notices_what_was_forgotten(bureau: Bureau) -> None:
    """From a day on the status names the photo that has waited the longest for its prompt."""
    house = bureau.house
    house.see(bundle_of("lonely.jpg", standing=Standing.LACKS_PROMPT))

    def noticed() -> list[str]:
        with closing(JournalView.open_for_reading(bureau.settings.places().journal)) as view:
            moments = house.clock.moments()
            outlook = Outlook(
                view=view, settings=bureau.settings, holder=None, moments=moments, is_paused=False
            )
            return [words for _title, words in notice_rows(report_status(outlook, ()))]

    before = noticed()
    bureau.pass_by(24 * 3600)

    assert before == []
    (words,) = noticed()
    assert words.startswith("inbox/: lonely.jpg waits for its prompt: add lonely.txt beside it. It has been")
