"""`prune`: old history goes, what was paid for stays known; with a daemon and without one."""

import sqlite3
from contextlib import closing

import pytest
from cli_house import CliHouse, picture

from waiting import eventually

HOURS = 3


def age(house: CliHouse) -> None:
    """Have everything be some hours older."""
    with closing(sqlite3.connect(house.state / "journal.sqlite3")) as connection:
        for table, columns in {
            "jobs": ("created", "submitted", "received", "delivered", "ended"),
            "attempts": ("started", "ended"),
            "bundles": ("seen", "settled"),
        }.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = {column} - {HOURS * 3600}")  # noqa: S608
        connection.commit()


def lived(house: CliHouse) -> None:
    """Have two photos edited, some hours ago."""
    house.drop("beach.jpg", picture(1), "grayscale")
    house.drop("trip/lake.jpg", picture(2), "brighter")
    assert house.until_idle().code == 0
    age(house)


def count(house: CliHouse, table: str) -> int:
    """Count rows."""
    with closing(sqlite3.connect(house.state / "journal.sqlite3")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


@pytest.mark.parametrize("runs", [True, False])
def test_history_goes_and_nothing_is_paid_twice(house: CliHouse, *, runs: bool) -> None:
    """I6, I7: after all history went, costs are the same, and the same photo comes again for nothing."""
    lived(house)
    before, spent = house.run("costs", "--json").json(), house.status()["spend"]
    first = house.run("jobs", "--json").json()[0]["id"]
    words = ("prune", "--older-than", "1h", "--yes")

    if runs:
        with house.daemon():
            done = house.run(*words)
            assert eventually(lambda: count(house, "jobs") == 0)
    else:
        done = house.run(*words)

    assert done.code == 0, done.err
    assert [count(house, one) for one in ("jobs", "bundles", "edits", "attempts", "paid")] == [0, 0, 0, 0, 2]
    assert house.run("costs", "--json").json() == before
    assert house.status()["spend"] == spent
    told = house.run("show", first)
    assert (told.code, "are not kept any more" in told.err) == (1, True)
    assert "was made by retouchd" in house.run("explain", str(house.outbox / "beach.jpg")).out
    assert house.run("doctor", "--verify").code == 0
    house.drop("again/beach.jpg", picture(1), "grayscale")
    assert "for $0" in house.run("explain", str(house.inbox / "again" / "beach.jpg")).out
    assert house.until_idle().code == 0
    assert (house.outbox / "again" / "beach.jpg").read_bytes() == (house.outbox / "beach.jpg").read_bytes()
    assert house.run("costs", "--json").json() == before


def test_what_is_gone_needs_a_person_as_ever(house: CliHouse) -> None:
    """Where picture and answer are gone, a photo whose history went is held, as it is with its history."""
    lived(house)
    assert house.run("prune", "--keep", "0", "--older-than", "1h", "--yes").code == 0
    (house.outbox / "beach.jpg").unlink()

    house.drop("beach.jpg", picture(1), "grayscale")
    house.until_idle()

    (job,) = house.status()["jobs"]
    assert job["state"] == "held"
    assert "paid for before" in job["reason"]


def test_what_was_let_go_is_not_read_back(house: CliHouse) -> None:
    """A history that is whole knows what it has let go: reading back adds nothing and counts none twice."""
    lived(house)
    before = house.run("costs", "--json").json()
    assert house.run("prune", "--older-than", "1h", "--yes").code == 0

    done = house.run("doctor", "--rebuild-journal")

    assert "The history knew all of it." in done.out, done.out
    assert house.run("costs", "--json").json() == before


def test_how_much_it_would_be(house: CliHouse) -> None:
    """A dry run changes nothing; what is too young, or asked about and refused, stays."""
    lived(house)

    told = house.run("prune", "--older-than", "1h", "--dry-run")
    young = house.run("prune", "--older-than", "30d")
    nobody = house.run("prune", "--keep", "1")
    settings = house.run("prune")

    assert "The details of 2 jobs (2 photos) would be let go." in told.out
    assert "nothing was changed" in young.out
    assert (nobody.code, "add --yes" in nobody.err) == (1, True)
    assert "nothing was changed" in settings.out
    assert count(house, "jobs") == 2


@pytest.mark.parametrize("text", ["soon", "-1", "90x"])
def test_what_is_no_age(house: CliHouse, text: str) -> None:
    """What is no age is refused with examples."""
    lived_or_not = house.run("prune", "--older-than", text, "--yes")

    assert lived_or_not.code == 1
    assert "valid: for example 90d" in lived_or_not.err


def test_the_newest_stay(house: CliHouse) -> None:
    """All but so many go, the oldest first."""
    lived(house)
    newest = house.run("jobs", "--json").json()[-1]["id"]

    house.run("prune", "--keep", "1", "--yes")

    assert [one["id"] for one in house.run("jobs", "--json").json()] == [newest]


def test_the_file_shrinks(house: CliHouse) -> None:
    """Without a daemon the history takes no more room afterwards than what is left of it."""
    lived(house)
    with closing(sqlite3.connect(house.state / "journal.sqlite3")) as connection:
        connection.execute("UPDATE jobs SET detail = hex(zeroblob(500000))")
        connection.commit()

    told = house.run("prune", "--older-than", "1h", "--yes").out

    assert (house.state / "journal.sqlite3").stat().st_size < 1_000_000
    assert "MB now; before it was 2." in told
