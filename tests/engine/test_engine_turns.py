"""The inbox's top folders take turns, in being looked at and in being sent."""

from dataclasses import replace
from pathlib import PurePosixPath

from engine_house import House, bundle_of, wish_of

from retouchd.core.jobs import Job
from retouchd.engine.crew import Look, Send


def see(house: House, *paths: str) -> None:
    """Have photos arrive in this order."""
    for path in map(PurePosixPath, paths):
        house.see(replace(bundle_of(path.name), folder=path.parent))


def accept(house: House, *paths: str) -> list[Job]:
    """Have photos become ready in this order."""
    return [
        job
        for path in map(PurePosixPath, paths)
        for job in house.accept(path.name, wish_of(str(path)), folder=path.parent)
    ]


def look_on(house: House, turns: int) -> list[str]:
    """Look at one after the other, and give their paths."""
    looked_at = []
    for _ in range(turns):
        for task in house.choose():
            if isinstance(task, Look):
                looked_at.append(str(task.record.path))
                with house.act():
                    house.journal.forget_bundle(task.record.id)
            house.under_way.end(task)
    return looked_at


def send_on(house: House, turns: int) -> list[str]:
    """Send one after the other, and give where their outputs belong."""
    sent = []
    for _ in range(turns):
        for task in house.choose():
            if isinstance(task, Send):
                sent.append(str(task.job.stem))
                house.answer(house.job(task.job))
            house.under_way.end(task)
    return sent


def test_a_large_folder_keeps_no_small_one_from_being_looked_at(house: House) -> None:
    """One photo that comes after a whole wedding is looked at in the next round."""
    see(house, *(f"wedding/{number}.jpg" for number in range(20)), "menu/1.jpg", "1.jpg")
    house.clock.pass_by(3)

    assert set(look_on(house, 2)[:4]) >= {"menu/1.jpg", "1.jpg"}


def test_within_a_folder_the_oldest_is_looked_at_first(house: House) -> None:
    """Turns change nothing in the order of one folder."""
    paths = [f"wedding/{number}.jpg" for number in (5, 3, 4, 1)]
    see(house, *paths)
    house.clock.pass_by(3)

    assert look_on(house, 3) == paths


def test_a_large_folder_keeps_no_small_one_from_being_sent(house: House) -> None:
    """Of many that are ready in one folder no second one is sent before the first of another."""
    accept(house, *(f"wedding/{number}.jpg" for number in range(20)), "menu/1.jpg", "1.jpg")

    sent = send_on(house, 4)

    assert set(sent[:3]) == {"1", "menu/1", "wedding/0"}
    assert sent[3:5] == ["wedding/1", "wedding/2"]


def test_the_round_goes_on_where_it_was(house: House) -> None:
    """With two at once each of four folders has had its turn after two rounds, and none of them two."""
    accept(house, *(f"{folder}/{number}.jpg" for folder in "dcba" for number in range(3)))

    sent = send_on(house, 2)

    assert len(sent) >= 4
    assert [PurePosixPath(one).parent.name for one in sent[:4]] == ["a", "b", "c", "d"]


def test_many_that_are_ready_in_one_folder_keep_no_other_from_being_looked_at(house: House) -> None:
    """I11: after a whole folder was tried again at once, the others still have their turns, one each."""
    accept(house, *(f"wedding/{number}.jpg" for number in range(50)))
    see(house, "wedding/new.jpg", "menu/1.jpg", "menu/2.jpg", "1.jpg")
    house.clock.pass_by(3)

    assert sorted(look_on(house, 1)) == ["1.jpg", "menu/1.jpg"]


def test_no_more_is_looked_at_ahead_however_many_folders_there_are(house: House) -> None:
    """As long as each of enough folders has one that is ready, no further one is looked at."""
    accept(house, *(f"{number}/1.jpg" for number in range(50)))
    see(house, "new/1.jpg")
    house.clock.pass_by(3)

    assert look_on(house, 1) == []


def test_what_a_person_hurried_needs_no_turn(house: House) -> None:
    """It goes before all others, wherever it lies and whoever had the last turn."""
    accept(house, *(f"a/{number}.jpg" for number in range(5)), "b/1.jpg")
    accept(house, "z/mine.jpg")
    with house.act():
        record = house.journal.find_live(PurePosixPath("z"), "mine.jpg")
        assert record is not None
        house.journal.mark_urgent(record.id)

    assert send_on(house, 1)[0] == "z/mine"
