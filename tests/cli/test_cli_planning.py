"""`plan`: what would be sent, at what cost, and that nothing is."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_house import PROGRAM, CliHouse, picture

from fuse_share import Share, can_mount
from waiting import eventually


def contents(house: CliHouse) -> dict[Path, bytes]:
    """Give every file of the folders, and the history without what SQLite needs for reading."""
    files = [*house.root.rglob("*"), house.state / "journal.sqlite3"]
    return {path: path.read_bytes() for path in files if path.is_file()}


def plan(house: CliHouse, *words: str, **environ: str) -> Any:
    """Give a plan as JSON."""
    return house.run("plan", *words, "--json", **environ).json()


def test_a_plan_adds_up_and_changes_nothing(house: CliHouse) -> None:
    """Photos with prompts are added up by folder; the others are counted; no file is touched."""
    house.drop("beach.jpg", picture(1), "grayscale")
    house.drop("trip/lake.jpg", picture(2), "warmer")
    house.drop("trip/sea.jpg", picture(3), "warmer")
    house.drop("lonely.jpg", picture(4))
    house.drop("odd.jpg", picture(5), "+++\nno options\n+++\nwarmer")
    house.drop("empty.jpg", picture(6), "")
    house.drop("DSC_1.NEF", b"raw")
    (house.inbox / "many.toml").write_text('prompt = "warmer"\nvariants = 3\n')
    house.drop("many.jpg", picture(7))
    before = contents(house)

    screen = house.run("plan")
    fields = plan(house)

    assert contents(house) == before
    assert (screen.code, fields["photos"], fields["pictures"]) == (0, 4, 6)
    assert [one["folder"] for one in fields["folders"]] == ["", "trip"]
    assert [one["prompts"] for one in fields["folders"]] == [2, 1]
    assert 0 < fields["about_usd"] < fields["at_most_usd"]
    assert fields["left_out"]["without_prompt"] == 2
    assert fields["left_out"]["needs_you"] == 1
    assert fields["left_out"]["not_photos"] == 1
    assert "2 photos in trip/ with one prompt: about $0." in screen.out
    assert "2 photos (4 pictures) in the inbox with 2 prompts" in screen.out
    assert "All together 4 photos (6 pictures)" in screen.out
    assert "Nothing was sent." in screen.out
    assert "Not in this plan: 2 without prompt, 1 need you, 1 not photos." in screen.out
    assert "retouchd is not running" in screen.out


def test_a_plan_of_one_place(house: CliHouse) -> None:
    """A folder or a photo of the inbox is planned alone; anything else is refused."""
    house.drop("beach.jpg", picture(1), "grayscale")
    house.drop("trip/lake.jpg", picture(2), "warmer")

    assert plan(house, "inbox/trip")["photos"] == 1
    assert plan(house, "beach.jpg")["photos"] == 1
    assert [one["folder"] for one in plan(house, "trip/lake.jpg")["folders"]] == ["trip"]
    refused = house.run("plan", "/etc")
    assert (refused.code, "is not in the inbox" in refused.err) == (1, True)
    assert "Nothing would be sent." in house.run("plan", "nowhere").out


def test_a_plan_beside_a_daemon_counts_what_waits(house: CliHouse) -> None:
    """What is a job by now is counted once, with what waits for the same photo and what needs a person."""
    with house.daemon():
        house.run("pause")
        house.drop("beach.jpg", picture(1), "grayscale")
        house.drop("again.jpg", picture(1), "grayscale")
        assert eventually(lambda: house.counts("ready", "waiting") == [1, 1])
        house.drop("new.jpg", picture(3), "warmer")
        fields = plan(house)
        screen = house.run("plan").out

    assert (fields["photos"], fields["left_out"]["paid_before"]) == (2, 1)
    assert [pause["reason"] for pause in fields["pauses"]] == ["operator"]
    assert "Paused now: " in screen
    assert "retouchd is not running" not in screen


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("PER_DAY_USD=0.02", "spreads it over "),
        ("PER_DAY_USD=0", "forbids it"),
        ("PER_MONTH_USD=0.03", "This month's limit of $0.03 leaves $0.03"),
        ("PER_JOB_USD=0.001", "3 cost more than budget.per_job_usd"),
    ],
)
def test_a_plan_tells_what_limits_it(house: CliHouse, limit: str, told: str) -> None:
    """The limit that binds is told with how to go beyond it."""
    for number in range(3):
        house.drop(f"{number}.jpg", picture(number), f"warmer {number}")
    name, _, value = limit.partition("=")

    out = house.run("plan", **{f"RETOUCHD_BUDGET__{name}": value}).out

    assert told in out
    if "DAY" in name:
        assert "To allow about all of it today: retouchd allow 1 --today" in out


def test_a_plan_rests_on_what_was_measured(house: CliHouse) -> None:
    """After calls were answered their usual time is told instead of an assumption."""
    house.drop("beach.jpg", picture(1), "grayscale")
    assert "assumed until some were measured" in house.run("plan").out
    house.until_idle()
    house.drop("lake.jpg", picture(2), "grayscale")

    assert "as measured here" in house.run("plan").out


def test_an_inbox_that_is_not_there_is_told(house: CliHouse) -> None:
    """A share that is not mounted has no plan."""
    (house.inbox / ".retouchd-root").unlink()

    done = house.run("plan")

    assert (done.code, done.out) == (1, "")


@pytest.mark.skipif(not can_mount(), reason="mounting needs root and /dev/fuse")
def test_a_share_that_does_not_answer_is_named_in_time(house: CliHouse, tmp_path: Path) -> None:
    """`plan` and `explain` end and say what hangs: nothing else would end them, not even Ctrl-C."""
    far, point = tmp_path / "far", house.inbox / "nas"
    far.mkdir()
    point.mkdir()
    with Share(point, far) as share:
        share.block()
        try:
            commands = [("plan",), ("plan", str(point)), ("explain", str(point / "beach.jpg"))]
            running = [
                subprocess.Popen(
                    [*PROGRAM, "--config", str(house.config), *words],
                    env=house.environ,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
                for words in commands
            ]
            told = [process.communicate(timeout=60) for process in running]
        finally:
            share.unblock()

    assert [process.returncode for process in running] == [1, 1, 1]
    assert all(out == b"" for out, _ in told)
    assert all(b"a share below the inbox probably does not answer" in err for _, err in told)
