"""History that is let go: what was paid for is remembered, and nothing that is decided differs by it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from engine_house import POLICY, House, states, wish_of
from hypothesis import given, settings
from hypothesis import strategies as st

from durable import CuttingDurable, When, run_until_cut
from retouchd.adapters.journal.views import JournalView
from retouchd.core.edits import Wish
from retouchd.core.errors import CommandRefusedError
from retouchd.core.history import HistoryPolicy, LetGo
from retouchd.core.jobs import HoldReason, Job, JobState
from retouchd.core.money import Caps, Money
from retouchd.core.pauses import PauseReason
from retouchd.core.periods import period_of
from retouchd.core.pruning import KeepPolicy
from retouchd.core.records import Verb
from retouchd.core.values import AttemptId, EditId, Sha256
from retouchd.engine.history import Archivist, find_wanted
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.pruning import Pruner, PruneWatch

NOTHING_KEPT: Final = HistoryPolicy(age=timedelta())
FREE: Final = replace(POLICY, caps=Caps(per_job=None, per_day=None, per_month=None))
ROWS: Final = ("bundles", "jobs", "edits", "attempts", "permissions")


class HereDesk(Mailbox):
    """A desk that answers at once, in the transaction of a house."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house

    def ask(self, work: Callable[..., object], /, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        """Do it here."""
        with self._house.act():
            return work(*args, **kwargs)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """All offices."""
    with closing(House(tmp_path)) as opened:
        yield opened


def let_go(house: House, kept: frozenset[AttemptId] = frozenset()) -> LetGo:
    """Let two hours pass, and go of everything that is past, three jobs at a time."""
    house.clock.pass_by(7200)
    bounds = NOTHING_KEPT.bounds(house.clock.now(), house.journal.newest_job())
    after: int | None = 0
    found = LetGo()
    while after is not None:
        with house.act():
            passage = house.journal.let_go_past(bounds, kept, after, 3)
        after, found = passage.reached, found + passage.let_go
    return found


def rows(house: House) -> list[int]:
    """Count the rows of history."""
    connection = house.journal.connection
    return [connection.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ROWS]  # noqa: S608


def make(house: House, name: str, wish: Wish) -> Job:
    """Have a photo edited, delivered and filed."""
    (job,) = house.accept(name, wish)
    return house.file(house.deliver(house.answer(job)))


@contextmanager
def viewing(house: House) -> Iterator[JournalView]:
    """Look at a house's history as screens do."""
    path = house.journal.connection.execute("PRAGMA database_list").fetchone()["file"]
    with closing(JournalView.open_for_reading(Path(path))) as view:
        yield view


def costs(house: House) -> list[object]:
    """Give what `costs` prints."""
    with viewing(house) as view:
        return list(view.cost_lines())


def excess_on(house: House, day: str) -> Money:
    """Give by how much a day's pictures cost more than was set aside."""
    with viewing(house) as view:
        return view.excess_on(day)


def test_a_photo_that_was_let_go_is_not_paid_for_again(house: House) -> None:
    """I7: the same photo with the same prompt is given again for nothing after all of its history went."""
    first = make(house, "beach.jpg", wish_of())
    before = costs(house)
    assert let_go(house) == LetGo(photos=1, jobs=1)
    assert rows(house) == [0] * len(ROWS)

    (again,) = house.accept("beach.jpg", wish_of())

    assert again.state is JobState.RECEIVED
    assert again.reused_from == first.id
    with house.act():
        owner = house.deliveries.find_owner(again)
    assert owner.output == first.output
    assert costs(house) == before


def test_what_is_asked_back_stays(house: House) -> None:
    """A photo that is on its way back to the inbox is not forgotten before it is there."""
    job = make(house, "beach.jpg", wish_of())
    with house.act():
        house.journal.ask_for_return(job.bundle, 2, house.clock.now())

    assert let_go(house) == LetGo()
    with house.act():
        house.journal.end_return(job.bundle)
    assert let_go(house) == LetGo(photos=1, jobs=1)


def test_what_is_set_aside_stays(house: House) -> None:
    """I6: what may still be charged for counts for the limits, so its call is not let go."""
    job = make(house, "beach.jpg", wish_of())
    assert job.answer is not None
    call = house.journal.get_attempt(job.answer)
    house.journal.update_attempt(replace(call, reserved=Money(1)))

    assert let_go(house) == LetGo()
    house.journal.update_attempt(call)
    assert let_go(house) == LetGo(photos=1, jobs=1)


def test_what_cost_more_than_was_set_aside_is_told_all_the_same(house: House) -> None:
    """What a day's pictures cost above their reservations is known after they were let go, and once back."""
    job = make(house, "beach.jpg", wish_of())
    assert job.answer is not None
    call = house.journal.get_attempt(job.answer)
    house.journal.update_attempt(replace(call, charged=Money(call.first_reserved.micro + 5)))
    (day,) = house.journal.connection.execute("SELECT day FROM attempts").fetchone()
    told = [excess_on(house, day)]

    let_go(house)
    told.append(excess_on(house, day))
    house.accept("beach.jpg", wish_of())
    told.append(excess_on(house, day))

    assert told == [Money(5)] * 3


def test_a_copy_that_is_gone_needs_a_person_as_ever(house: House) -> None:
    """Where the picture is gone the photo is held as it always was, and trying it again is a permission."""
    make(house, "beach.jpg", wish_of())
    let_go(house)
    (again,) = house.accept("beach.jpg", wish_of())
    with house.act():
        house.deliveries.hold_output_gone(again.id)

    assert house.job(again).hold is HoldReason.OUTPUT_GONE
    assert "/retouchd/" in house.job(again).detail
    with house.act():
        house.operator.obey_all()
        house.operator._about_job["retry"](house.job(again))  # noqa: SLF001 - what the command does
    assert house.job(again).state is JobState.READY
    assert house.permission(again) == 2


def test_what_failed_unpaid_is_forgotten(house: House) -> None:
    """A photo that was refused for nothing begins anew, and nothing of it is left."""
    house.fail("beach.jpg")
    let_go(house)

    assert rows(house) == [0] * len(ROWS)
    assert house.journal.connection.execute("SELECT count(*) FROM paid").fetchone()[0] == 0
    assert states(house, *house.accept("beach.jpg", wish_of("beach.jpg"))) == [JobState.READY]


def test_what_is_not_over_stays(house: House) -> None:
    """What needs a person, waits, or is paid for and shared by somebody who waits, is no history yet."""
    house.lose(house.accept("held.jpg", wish_of("held"))[0])
    house.accept("ready.jpg", wish_of("ready"))
    make(house, "shared.jpg", wish_of("shared"))
    house.accept("again.jpg", wish_of("shared"))

    assert let_go(house) == LetGo()


def test_what_has_a_kept_answer_stays(house: House) -> None:
    """An answer that is kept keeps its history: else nobody would know whose it is."""
    job = make(house, "beach.jpg", wish_of())
    assert job.answer is not None

    assert let_go(house, frozenset({job.answer})) == LetGo()
    assert let_go(house) == LetGo(photos=1, jobs=1)


def test_who_paid_goes_with_who_shared(house: House) -> None:
    """Of two that got one picture the one that paid stays as long as the other; then both go."""
    first = make(house, "beach.jpg", wish_of())
    house.clock.pass_by(86_400)
    (second,) = house.accept("copy.jpg", wish_of())
    house.file(house.deliver(second))
    house.clock.pass_by(7200)
    policy = HistoryPolicy(age=timedelta(hours=20))
    bounds = policy.bounds(house.clock.now(), house.journal.newest_job())

    with house.act():
        assert house.journal.let_go_past(bounds, (), 0, 10).let_go == LetGo()

    assert house.journal.count_past(NOTHING_KEPT.bounds(house.clock.now(), 2), ()) == LetGo(photos=2, jobs=2)
    assert let_go(house) == LetGo(photos=2, jobs=2)
    assert house.journal.find_let_go(first.id[:8]) == first.id
    assert house.journal.find_let_go("zzzz") is None


def test_two_that_each_paid_for_something_the_other_shares_go_together(house: House) -> None:
    """What is tied crosswise is let go at once, or it would never be."""
    takes = [wish_of(take=1), wish_of(take=2)]
    one, two = house.accept("beach.jpg", *takes)
    with house.act():
        house.moves.give_up(one.id, "too large")
    house.file(house.deliver(house.answer(two)))
    fresh, shared = house.accept("beach.jpg", *takes)
    house.deliver(house.answer(fresh))
    house.file(house.deliver(shared))

    assert let_go(house) == LetGo(photos=2, jobs=4)
    assert rows(house) == [0] * len(ROWS)


def test_numbers_and_calls_are_never_used_twice(house: House) -> None:
    """A job that is made after all others were let go is still the newest, and so is its call."""
    first = make(house, "beach.jpg", wish_of())
    let_go(house)

    second = house.submit(house.accept("other.jpg", wish_of("other"))[0])

    assert house.journal.newest_job() == 2
    assert first.answer is not None
    assert second.answer is not None
    assert second.answer > first.answer


def test_own_pictures_are_recognised_for_ever(house: House) -> None:
    """A result that lands in an inbox is not edited again by itself, however long ago it was made."""
    job = make(house, "beach.jpg", wish_of())
    let_go(house)

    assert house.journal.was_delivered(Sha256("e" * 64))
    assert not house.journal.was_delivered(Sha256("d" * 64))
    assert job.output is not None
    assert house.journal.outputs_at(job.output.path, job.id) == {Sha256("e" * 64)}


def test_commands_go_after_a_while(house: House) -> None:
    """What people once typed is no history."""
    with house.act():
        house.journal.give_command("pause", "", house.clock.now())  # type: ignore[arg-type]
    house.clock.pass_by(60)
    with house.act():
        house.journal.tidy_orders(house.clock.now() - timedelta(hours=1), 10)
        assert len(house.journal.commands()) == 1
        house.journal.tidy_orders(house.clock.now(), 10)
        assert house.journal.commands() == []


def play(house: House, step: tuple[int, str]) -> object:
    """Carry out one step of a life and give what people and the ledger see of it."""
    which, how = step
    wish = wish_of(f"prompt {which % 3}", take=1 + which // 3)
    (job,) = house.accept(f"{which}.jpg", wish)
    begun = job.state
    if begun is JobState.RECEIVED:
        house.file(house.deliver(job))
    elif begun is JobState.READY and how == "answer":
        house.file(house.deliver(house.answer(job)))
    elif begun is JobState.READY and how == "refuse":
        with house.act():
            house.moves.give_up(job.id, "it is too large")
        house.file(job)
    elif begun is JobState.READY and how == "lose":
        lost = house.lose(job)
        with house.act():
            house.operator._about_job["discard"](lost)  # noqa: SLF001 - what the command does
            house.board.end(PauseReason.UNKNOWN_OUTCOMES)
        house.file(lost)
    else:
        with house.act():
            house.operator._about_job["cancel" if begun is JobState.READY else "discard"](house.job(job))  # noqa: SLF001
        house.file(job)
    period = period_of(house.clock.now(), house.office.policy.calendar)
    return (
        begun,
        house.job(job).state,
        None if job.reused_from is None else "shared",
        house.permission(house.job(job)),
        costs(house),
        house.journal.spent(job.edit or EditId(0), period),
        house.journal.report_spend(period),
        house.journal.last_period(),
        house.journal.last_take(wish.fingerprint),
        house.journal.newest_attempt(),
        house.journal.newest_job(),
        str(house.job(job).stem),
    )


STEPS = st.tuples(st.integers(0, 5), st.sampled_from(["answer", "refuse", "lose", "cancel"]))


@settings(max_examples=40)
@given(st.lists(st.tuples(STEPS, st.booleans()), max_size=8))
def test_letting_go_changes_no_decision_and_no_sum(life: list[tuple[tuple[int, str], bool]]) -> None:
    """I6, I7: who lets go of all history again and again pays, shares and counts exactly as who keeps it."""
    with (
        TemporaryDirectory() as one,
        TemporaryDirectory() as other,
        closing(House(Path(one), FREE)) as keeping,
        closing(House(Path(other), FREE)) as forgetting,
    ):
        for step, lets_go in life:
            assert play(keeping, step) == play(forgetting, step)
            keeping.clock.pass_by(7200)
            if lets_go:
                let_go(forgetting)
            else:
                forgetting.clock.pass_by(7200)
            assert costs(keeping) == costs(forgetting)


def test_names_stay_as_they_are(house: House) -> None:
    """A new picture gets the number that it would have got: an earlier output keeps its name for ever."""
    make(house, "beach.jpg", wish_of())
    let_go(house)

    (job,) = house.accept("beach.jpg", wish_of("other"))

    assert job.stem == PurePosixPath("beach-2")


def archivist_of(house: House) -> Archivist:
    """Give who lets go, with a desk that answers at once."""
    desk = HereDesk(house)
    return Archivist(desk, house.office)


def test_history_goes_by_itself(tmp_path: Path) -> None:
    """What the owner's settings let go goes with the look through the spool, and is told once."""
    policy = replace(
        POLICY,
        history=HistoryPolicy(age=timedelta(days=10)),
        keep=KeepPolicy(age=timedelta(days=1), room=10**9),
    )
    with closing(House(tmp_path, policy)) as house:
        make(house, "beach.jpg", wish_of())
        desk = HereDesk(house)
        pruner = Pruner(desk, house.office, house.spool, archivist_of(house))
        pruner.prune()
        house.clock.pass_by(timedelta(days=11).total_seconds())
        assert rows(house)[1] == 1

        pruner.prune()
        pruner.prune()

        assert rows(house) == [0] * len(ROWS)
        assert house.log.events().count("history.let_go") == 1


def test_a_long_history_goes_step_by_step(house: House) -> None:
    """More than one step's worth goes in several turns, and the next look goes on where one ended."""
    for number in range(60):
        house.fail(f"{number}.jpg")
    house.clock.pass_by(7200)
    house.office.policy = replace(POLICY, history=HistoryPolicy(jobs=0))
    commits = house.journal.connection.total_changes

    assert archivist_of(house).let_go(()) == LetGo(photos=60, jobs=60)
    assert house.journal.connection.total_changes > commits
    assert house.journal.count_failed_ever() == 60


def test_a_person_wants_less_history(house: House) -> None:
    """What a person asks for is done by the next look, however the settings stand, and only once."""
    make(house, "beach.jpg", wish_of())
    house.clock.pass_by(7200)
    wanted = HistoryPolicy(age=timedelta(hours=1))
    watch = PruneWatch(house.office, house.under_way)
    for task in watch.choose():
        house.under_way.end(task)
    assert list(watch.choose()) == []
    with house.act():
        answer = house.operator.obey(Verb.PRUNE, wanted.as_text())

    (task,) = watch.choose()
    desk = HereDesk(house)
    found = Pruner(desk, house.office, house.spool, archivist_of(house)).prune()
    house.under_way.end(task)

    assert "within minutes" in answer
    assert found == LetGo(photos=1, jobs=1)
    assert list(watch.choose()) == []


def test_less_history_is_wanted_until_all_answers_are_looked_at(house: House) -> None:
    """More files than go in one step: what a person asked for is not taken for done after the first."""
    make(house, "beach.jpg", wish_of())
    for number in range(1000, 1500):
        (house.spool._folder / f"{number}.came").touch()  # noqa: SLF001 - what removals left that were cut
    house.clock.pass_by(7200)
    with house.act():
        house.operator.obey(Verb.PRUNE, HistoryPolicy(age=timedelta(hours=1)).as_text())
    pruner = Pruner(HereDesk(house), house.office, house.spool, archivist_of(house))

    first = pruner.prune()
    with house.act():
        wanted = find_wanted(house.office)

    assert (first, wanted is not None) == (LetGo(), True)
    assert pruner.prune() == LetGo(photos=1, jobs=1)


@pytest.mark.parametrize("argument", ["", "{}", "[1]", '{"seconds": 1e400, "jobs": 1}', "null"])
def test_what_is_no_amount_is_refused(house: House, argument: str) -> None:
    """A command that another version left, or that somebody made up, lets go of nothing."""
    with house.act(), pytest.raises(CommandRefusedError):
        house.operator.obey(Verb.PRUNE, argument)


def test_a_spool_in_trouble_stops_nothing(house: House) -> None:
    """What a person wants is tried once, not over and over, while the spool cannot be read."""
    with house.act():
        house.operator.obey(Verb.PRUNE, HistoryPolicy(jobs=0).as_text())
    (house.spool._folder).rename(house.spool._folder.with_name("away"))  # noqa: SLF001 - a disk that is gone

    found = Pruner(HereDesk(house), house.office, house.spool, archivist_of(house)).prune()

    assert found == LetGo()
    with house.act():
        assert find_wanted(house.office) is None


def test_places_that_are_never_free_are_told_again(house: House) -> None:
    """What could not be taken in is not kept for ever: past ten thousand places all are told again."""
    for number in range(10_001):
        house.intake._miss(PurePosixPath(f"{number % 3}"), f"{number}.jpg")  # noqa: SLF001 - years of news

    assert sorted(house.told_again) == [PurePosixPath(f"{number}") for number in range(3)]
    assert house.intake._missed == set()  # noqa: SLF001


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("at", [1, 2])
def test_a_crash_while_it_is_let_go_forgets_nothing(tmp_path: Path, at: int, when: When) -> None:
    """I7, I8: cut at any step, what was paid for is known, once, and the next look goes on."""
    with closing(House(tmp_path)) as house:
        for number in range(5):
            make(house, f"{number}.jpg", wish_of(f"prompt {number}"))
        before = costs(house)
        clock = house.clock
    with closing(House(tmp_path, clock=clock, durable=(cut := CuttingDurable(99, when)))) as cutting:
        cut.steps_left = at
        run_until_cut(lambda: let_go(cutting))
        assert cut.happened

    with closing(House(tmp_path, clock=clock)) as house:
        assert costs(house) == before
        let_go(house)
        assert rows(house) == [0] * len(ROWS)
        assert costs(house) == before
        again = [house.accept(f"{one}.jpg", wish_of(f"prompt {one}"))[0].state for one in range(5)]
        assert again == [JobState.RECEIVED] * 5
