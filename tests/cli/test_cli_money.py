"""`allow`, `costs`, and what the status tells about money."""

from pathlib import Path

import pytest
from cli_house import CliHouse, picture

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
