"""`allow`, `costs`, and what the status tells about money."""

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from cli_house import CliHouse, picture

from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.core.money import Money
from retouchd.core.values import Fingerprint, JobId
from retouchd.simulator.server import Simulator
from waiting import eventually

# One picture of this house sets aside $0.024 and costs less.
ONE_A_DAY = "[budget]\nper_day_usd = 0.03\n"


@pytest.fixture
def thrifty(tmp_path: Path, simulator: Simulator) -> CliHouse:
    """A house whose limit of the day is reached after one picture."""
    house = CliHouse(tmp_path, simulator.base_url)
    assert house.run("init").code == 0
    house.configure(simulator.base_url, ONE_A_DAY)
    for number in range(2):
        house.drop(f"{number}.jpg", picture(number), "grayscale")
    return house


@pytest.mark.parametrize("runs", [True, False])
def test_a_word_for_today_lets_photos_go_on(thrifty: CliHouse, *, runs: bool) -> None:
    """At the day's limit the rest waits with the way on; `allow` frees it at once, running or not."""
    if runs:
        with thrifty.daemon():
            assert eventually(lambda: [one["reason"] for one in thrifty.status()["pauses"]] == ["budget"])
            lifted = thrifty.run("resume")
            allowed = thrifty.run("allow", "--today", "$5")
            assert eventually(lambda: thrifty.counts("done") == [2])
    else:
        assert thrifty.until_idle().code == 4
        lifted = thrifty.run("resume")
        allowed = thrifty.run("allow", "5.00", "--today")
        assert thrifty.status()["pauses"] == []
        assert thrifty.until_idle().code == 0

    way_on = 'today\'s limit of $0.03 is reached; to go on now: "retouchd allow 1 --today"'
    assert lifted.out == f"Still paused (budget): {way_on}.\n"
    assert allowed.code == 0, allowed.err
    assert allowed.out.startswith("Today's limit is $5.00 now; $0.0")
    assert thrifty.status()["spend"]["caps"]["per_day_usd"] == 5.0
    assert " of $5.00 (your word for today)" in thrifty.run("status").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["25"], 'write "retouchd allow 25 --today"'),
        (["unlimited", "--today"], 'put per_day_usd = "unlimited" under [budget] into the configuration'),
        (["-5", "--today"], '"-5" is no amount; valid: dollars from 0 to 1000000'),
        (["nan", "--today"], '"nan" is no amount'),
        (["1e9", "--today"], '"1e9" is no amount'),
    ],
)
def test_what_cannot_be_allowed_is_refused(house: CliHouse, words: list[str], told: str) -> None:
    """Only an amount for today is allowed, and the refusal says how to write what was meant."""
    done = house.run("allow", *words)

    assert done.code == 1
    assert told in done.err
    assert house.status()["spend"]["caps"]["per_day_usd"] == 10.0


def test_the_status_tells_when_most_is_spent(thrifty: CliHouse) -> None:
    """From four fifths of a limit on the status says so, for people and for programs."""
    assert thrifty.until_idle().code == 4
    spent = thrifty.status()["spend"]["today_usd"]
    assert thrifty.status()["spend"]["notice"] == []
    thrifty.run("allow", f"{spent * 1.2:.6f}", "--today")

    (notice,) = thrifty.status()["spend"]["notice"]

    assert notice["about"] == "per_day"
    assert "of today's limit of $0.02 is used or set aside" in notice["text"]
    assert f"Notice     {notice['text']}." in thrifty.run("status").out


def test_costs_add_up(lived_in: CliHouse) -> None:
    """By day and folder, by month and in all: the same money, as the status tells it (I6)."""
    rows = list(csv.DictReader(StringIO(lived_in.run("costs", "--csv").out)))
    told = lived_in.run("costs", "--json").json()
    spend = lived_in.status()["spend"]

    # The same photo lies in the inbox and in trip/; whichever has its turn first is paid for.
    assert {""} <= {row["folder"] for row in rows} <= {"", "trip"}
    assert list(rows[0]) == ["day", "folder", "charged_usd", "set_aside_usd", "unclear_usd", "calls"]
    for column, key in {
        "charged": "today_usd",
        "set_aside": "reserved_usd",
        "unclear": "unknown_usd",
    }.items():
        exact = sum(Decimal(row[f"{column}_usd"]) for row in rows)
        assert float(exact) == spend[key] == told["total"][f"{column}_usd"]
        assert all(len(row[f"{column}_usd"].partition(".")[2]) == 6 for row in rows)
    assert spend["unknown_usd"] > 0
    assert told["months"][0]["charged_usd"] == spend["month_usd"]
    assert sum(int(row["calls"]) for row in rows) == told["total"]["calls"] > 4


def test_costs_on_a_screen(lived_in: CliHouse) -> None:
    """Months, days and folders stand below each other, and people read none of the words from inside."""
    out = lived_in.run("costs").out

    heads = [line for line in out.splitlines() if not line.startswith(" ")]
    assert heads[:3] == ["Months", "Days", "Folders"]
    assert "  the inbox itself  " in out
    total = next(line for line in heads if line.startswith("All"))
    assert total.split()[1:4] == [
        str(Money.from_usd(lived_in.status()["spend"][key]))
        for key in ("today_usd", "reserved_usd", "unknown_usd")
    ]
    assert not {"reserved", "reservation", "journal", "ledger", "held"} & set(out.lower().split())


def test_costs_before_anything_was_sent(house: CliHouse) -> None:
    """A new house owes nothing, and says so instead of showing an empty table."""
    assert house.run("costs").out == "Nothing was sent yet, so nothing was paid.\n"
    assert house.run("costs", "--csv").out == "day,folder,charged_usd,set_aside_usd,unclear_usd,calls\n"
    assert house.run("costs", "--json").json()["lines"] == []


def test_long_costs_fit_a_screen(house: CliHouse) -> None:
    """Of a long history the newest days and dearest folders are shown; the CSV has a row for each."""
    journal = SqliteJournal.open(house.state / "journal.sqlite3", Durable())
    with journal.transaction():
        for number in range(40):
            journal.connection.execute(
                "INSERT INTO attempts (edit, job, number, permission, day, month, top_folder, save_path,"
                " started, first_reserved, reserved, charged, request_ids)"
                " VALUES (?, 'x', 1, 1, ?, '2026-01', ?, '', 0, 0, ?, ?, '{}')",
                (
                    journal.add_edit(Fingerprint(f"{number:064}"), 1, JobId("x")).id,
                    f"2026-01-{number % 20 + 1:02}",
                    f'folder {number}, "\x1b'.encode() + b"\xff",
                    number,
                    1_000_000 * number + 1,
                ),
            )
    journal.close()

    out = house.run("costs").out
    rows = list(csv.reader(StringIO(house.run("costs", "--csv").out)))[1:]

    assert "and 6 more: " in out
    assert "and 30 more: " in out
    assert len(out.splitlines()) < 40
    assert out.index("2026-01-20") < out.index("2026-01-19")
    assert out.index("folder 39") < out.index("folder 38")
    assert len(rows) == 40
    assert [row[1] for row in rows if row[0] == "2026-01-20"] == [
        rf'folder {number}, "\x1b\udcff' for number in (19, 39)
    ]
    assert sum(Decimal(row[2]) for row in rows) == Decimal("780.000040")
    assert "\x1b" not in out
