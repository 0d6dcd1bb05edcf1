"""Kept answers are let go when nobody needs them, and never before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from engine_house import POLICY, House, filing_of

from retouchd.core.jobs import HoldReason, Job, JobEvent
from retouchd.core.outcomes import Answered, Envelope
from retouchd.core.pruning import KeepPolicy
from retouchd.core.values import AttemptId
from retouchd.engine.calls import Reply
from retouchd.engine.history import Archivist
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.pruning import Pruner, PruneWatch
from strategies import LABEL

MONTH = timedelta(days=31).total_seconds()


class HereDesk(Mailbox):
    """A desk that answers at once, in the transaction of a house."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def ask(self, work: Callable[..., object], /, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        """Do it here."""
        with self._house.act():
            return work(*args, **kwargs)


def pruner_of(house: House) -> Pruner:
    """Give who prunes."""
    desk = HereDesk(house)
    return Pruner(desk, house.office, house.spool, Archivist(desk, house.office))


def prune(house: House, pruner: Pruner | None = None) -> list[int]:
    """Prune, and give what is kept."""
    (pruner or pruner_of(house)).prune()
    return list(house.spool.attempts())


def done(house: House, name: str = "beach.jpg") -> Job:
    """Bring a photo to its end, with its answer in the spool."""
    (job,) = house.accept(name)
    received = house.answer(job)
    house.deliver(received)
    return house.file(received)


def test_an_answer_is_kept_for_its_time(house: House) -> None:
    """For thirty days the answer of a photo that is done can be given again, then it goes."""
    done(house)
    assert prune(house) == [1]

    house.clock.pass_by(MONTH)

    assert prune(house) == []
    assert house.log.events().count("spool.pruned") == 1
    assert "spool.unknown" not in house.log.events()


@pytest.mark.parametrize("stage", ["received", "delivered", "held", "unreadable"])
def test_an_answer_that_is_needed_is_never_let_go(house: House, stage: str) -> None:
    """I7: what is not filed yet needs its answer, and what is held is evidence, however old it is."""
    (job,) = house.accept("beach.jpg")
    match stage:
        case "received":
            house.answer(job)
        case "delivered":
            house.deliver(house.answer(job))
        case "held":
            house.lose(job)
        case _:
            house.hold(job, HoldReason.UNREADABLE_ANSWER)
    house.clock.pass_by(MONTH)

    assert prune(house) == [1]


def test_an_answer_that_somebody_shares_is_needed(house: House) -> None:
    """I7: a copy that is about to be delivered may need the answer of a photo that was done long ago."""
    first = done(house)
    house.clock.pass_by(MONTH)
    house.accept("again.jpg")

    assert prune(house) == [1]
    assert first.answer == 1


def test_a_call_that_cost_nothing_leaves_nothing(house: House) -> None:
    """What a crash left in the spool of a refusal goes at once, whatever becomes of its job."""
    (job,) = house.accept("beach.jpg")
    refused = Reply(end=Answered(status=429, elapsed_seconds=1.0), envelope=Envelope(code="slow_down"))
    house.book(job, refused)
    assert house.spool.attempts() == [1]

    assert prune(house) == []


def test_an_answer_of_nobody_is_never_let_go(house: House) -> None:
    """I7: what the journal does not know may have been paid for: it stays, and is told once."""
    house.spool.begin(AttemptId(77), LABEL)
    pruner = pruner_of(house)
    house.clock.pass_by(MONTH)

    assert prune(house, pruner) == [77]
    assert prune(house, pruner) == [77]
    assert house.log.events().count("spool.unknown") == 1


def test_a_job_that_was_given_up_lets_its_answer_go(house: House) -> None:
    """Who discards a held job needs its evidence no more."""
    (job,) = house.accept("beach.jpg")
    held = house.lose(job)
    with house.act():
        house.moves.apply(held, JobEvent.CANCELLED)
    house.clock.pass_by(MONTH)

    assert prune(house) == []


def test_it_is_looked_at_the_start_and_every_hour(house: House) -> None:
    """Looking through the spool costs little, and is not done all the time."""
    watch = PruneWatch(house.office, house.under_way)
    (task,) = watch.choose()
    house.clock.pass_by(4000)
    assert list(watch.choose()) == [], "one is under way"

    house.under_way.end(task)

    (task,) = watch.choose()
    house.under_way.end(task)
    house.clock.pass_by(10)
    assert list(watch.choose()) == []


@pytest.mark.parametrize(("days", "filings"), [(0, 1), (30, 100)])
def test_many_filings_are_reason_enough(tmp_path: Path, days: int, filings: int) -> None:
    """A busy day fills no disk; where nothing is kept one filing is enough, once it has ended."""
    house = House(tmp_path, replace(POLICY, keep=KeepPolicy(age=timedelta(days=days), room=1)))
    watch = PruneWatch(house.office, house.under_way)
    house.under_way.end(next(watch.choose()))
    for _ in range(filings - 1):
        watch.note_filing()
    assert list(watch.choose()) == []
    filing = filing_of(1)
    house.under_way.take(filing)
    watch.note_filing()
    assert list(watch.choose()) == []

    house.under_way.end(filing)

    assert len(list(watch.choose())) == 1
    house.close()


def test_what_is_filed_while_the_first_look_is_made_is_looked_at_again(tmp_path: Path) -> None:
    """After a crash a photo is filed during the look at the start: its answer does not stay for an hour."""
    house = House(tmp_path, replace(POLICY, keep=KeepPolicy(age=timedelta(0), room=1)))
    watch = PruneWatch(house.office, house.under_way)
    filing = filing_of(1)
    house.under_way.take(filing)
    watch.note_filing()
    house.under_way.end(next(watch.choose()))
    assert list(watch.choose()) == []

    house.under_way.end(filing)

    assert len(list(watch.choose())) == 1
    house.close()


def test_a_spool_that_cannot_be_read_is_told(house: House, tmp_path: Path) -> None:
    """A trouble with the folder is no reason to stop."""
    (tmp_path / "spool").rename(tmp_path / "elsewhere")

    pruner_of(house).prune()

    assert "spool.troubled" in house.log.events()


def test_what_a_cut_removal_left_goes_with_the_next_look(house: House) -> None:
    """Parts of an answer that was let go, and of which nobody knows any more, stay no longer than that."""
    folder = house.spool._folder  # noqa: SLF001 - what a crash leaves
    (folder / "77.fetched").write_bytes(b"x")
    (folder / "78.part").write_bytes(b"x")

    prune(house)

    assert sorted(one.name for one in folder.iterdir()) == ["78.part"]
    assert house.log.events() == ["spool.unknown"]
