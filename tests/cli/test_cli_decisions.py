"""`cancel` and `resolve`, with a daemon and without one."""

import os
from pathlib import Path

import pytest
from cli_house import CliHouse, picture, refusing

from servers import ScriptedServer
from waiting import eventually


def spoil(house: CliHouse, name: str, prompt: str) -> str:
    """Have a photo lost or put off by the service, and give its job."""
    with ScriptedServer(refusing) as server:
        house.drop(name, picture(len(name)), prompt)
        house.until_idle(RETOUCHD_ENDPOINT__BASE_URL=f"{server.url}/api/v1")
    job: str = house.run("jobs", "--json").json()[-1]["id"]
    return job


def show(house: CliHouse, job: str) -> dict[str, object]:
    """Give everything about a job."""
    fields: dict[str, object] = house.run("show", job, "--json").json()
    return fields


@pytest.mark.parametrize("runs", [True, False])
def test_a_lost_answer_is_given_up(house: CliHouse, *, runs: bool) -> None:
    """The photo goes to failed/ with a note on decision and money, whether a daemon runs or not."""
    job = spoil(house, "beach.jpg", "lose it")
    words = ("resolve", job[:5], "--discard")

    if runs:
        with house.daemon():
            done = house.run(*words)
            assert eventually((house.failed / "beach.jpg").exists)
    else:
        done = house.run(*words)

    note = (house.failed / "beach.jpg.error.txt").read_text()
    status = house.status()
    assert done.code == 0, done.err
    assert "is cancelled; perhaps paid; $" in done.out
    assert "counts as spent" in note
    assert 'given up with "retouchd resolve --discard"' in note
    assert (house.failed / "beach.txt").exists()
    assert status["counts"]["held"] == 0
    assert status["spend"]["unknown_usd"] == 0
    assert status["spend"]["today_usd"] > 0
    assert "Cancelled: " in house.run("show", job).out


@pytest.mark.parametrize("runs", [True, False])
def test_a_found_picture_is_handed_in(house: CliHouse, *, runs: bool) -> None:
    """The picture is delivered untouched, with metadata that say who handed it in; the file stays (I7)."""
    job = spoil(house, "beach.jpg", "lose it")
    found = house.place / "found.png"
    found.write_bytes(picture(77, "PNG"))
    words = ("resolve", job, "--accept", str(found))

    if runs:
        with house.daemon():
            done = house.run(*words)
            assert eventually((house.done / "beach.jpg").exists)
    else:
        done = house.run(*words)

    metadata = house.run("show", job, "--json").json()
    assert done.code == 0, done.err
    assert (house.outbox / "beach.png").read_bytes() == found.read_bytes()
    assert "a person handed this picture in" in (house.outbox / "beach.png.json").read_text()
    assert (house.done / "beach.jpg").exists()
    assert metadata["state"] == "done"
    assert metadata["calls"][0]["charged_usd"] == metadata["calls"][0]["first_reserved_usd"] > 0
    assert len(metadata["calls"]) == 1


def test_only_whole_pictures_are_taken(house: CliHouse) -> None:
    """A file that is no whole picture, or no file at all, is refused with the reason; nothing changes."""
    job = spoil(house, "beach.jpg", "lose it")
    cut, pipe = house.place / "cut.jpg", house.place / "pipe.jpg"
    cut.write_bytes(picture(1)[:200])
    other = house.place / "other.png"
    other.write_bytes(picture(1, "BMP"))
    os.mkfifo(pipe)
    cases = {
        cut: "cut.jpg cannot be taken: ",
        other: "other.png cannot be taken: it is BMP, save it as PNG or JPEG",
        pipe: "it is no file",
        Path("/nowhere.png"): "cannot be read",
    }
    for path, told in cases.items():
        done = house.run("resolve", job, "--accept", str(path))
        assert (done.code, told in done.err) == (1, True), done.err
    large = house.place / "large.jpg"
    # A whole picture with room for a comment before its end.
    whole = picture(1)
    comment = b"\xff\xfe\xff\xff" + b"x" * 0xFFFD
    large.write_bytes(whole[:2] + comment * 16 + whole[2:])
    refused = house.run(
        "resolve", job, "--accept", str(large), RETOUCHD_ENDPOINT__MAX_ANSWER_BYTES=str(2**20)
    )

    assert "more than endpoint.max_answer_bytes allows" in refused.err
    assert show(house, job)["state"] == "held"


def test_resolve_wants_to_know_which(house: CliHouse) -> None:
    """Neither or both of the two ways is a question, not a decision."""
    job = spoil(house, "beach.jpg", "lose it")

    for words in ([], ["--discard", "--accept", "x.png"]):
        done = house.run("resolve", job, *words)
        assert done.code == 1
        assert "say one of the two" in done.err


@pytest.mark.parametrize("runs", [True, False])
def test_what_would_be_tried_later_is_cancelled(house: CliHouse, *, runs: bool) -> None:
    """A photo that waits is given up, moved to failed/, and simply sent when it is put back."""
    with ScriptedServer(refusing) as server, house.daemon(RETOUCHD_ENDPOINT__BASE_URL=f"{server.url}/api/v1"):
        house.drop("beach.jpg", picture(1), "later")
        assert eventually(lambda: house.counts("deferred") == [1])
        job = house.run("jobs", "--json").json()[-1]["id"]
        if runs:
            done = house.run("cancel", job)
            assert eventually((house.failed / "beach.jpg").exists)
    if not runs:
        done = house.run("cancel", job)
    twice = house.run("cancel", job)

    assert done.code == 0, done.err
    assert "is cancelled; nothing was paid; its photo goes to failed/" in done.out
    assert "nothing was paid" in (house.failed / "beach.jpg.error.txt").read_text()
    assert (twice.code, "is cancelled already" in twice.err) == (1, True)
    for name in ("beach.txt", "beach.jpg"):
        (house.failed / name).rename(house.inbox / name)
    house.run("resume")
    assert house.until_idle().code == 0
    assert (house.outbox / "beach.jpg").exists()
    assert show(house, house.run("jobs", "--json").json()[-1]["id"])["permissions"] == []


@pytest.mark.parametrize("runs", [True, False])
def test_another_version_is_made_of_what_is_done(house: CliHouse, *, runs: bool) -> None:
    """`redo` brings photo and prompt back from done/ and has a second picture made, paid for (I2)."""
    house.drop("trip/beach.jpg", picture(1), "grayscale")
    assert house.until_idle().code == 0
    job = house.run("jobs", "--json").json()[0]["id"]

    if runs:
        with house.daemon():
            done = house.run("redo", job)
            assert eventually(lambda: house.counts("done") == [2])
    else:
        done = house.run("redo", job)
        assert (house.inbox / "trip/beach.txt").exists()
        assert house.until_idle().code == 0

    second = show(house, house.run("jobs", "--json").json()[1]["id"])
    assert done.code == 0, done.err
    assert "It is paid for: " in done.out
    assert (second["output"], second["reused_from"]) == ("trip/beach-2.jpg", None)
    assert (house.outbox / "trip/beach.jpg").exists()
    assert (house.done / "trip/beach.jpg").exists()


def test_another_version_says_what_stands_in_the_way(house: CliHouse) -> None:
    """Originals that are gone, changed, or whose place is taken are told before anything moves."""
    house.drop("beach.jpg", picture(1), "grayscale")
    house.until_idle()
    job = house.run("jobs", "--json").json()[0]["id"]
    (house.inbox / "beach.txt").write_text("another")
    taken = house.run("redo", job)
    (house.inbox / "beach.txt").unlink()
    (house.done / "beach.jpg").write_bytes(picture(2))
    changed = house.run("redo", job)
    (house.done / "beach.jpg").unlink()
    gone = house.run("redo", job)

    assert [taken.code, changed.code, gone.code] == [1, 1, 1]
    assert "inbox/beach.txt is there already" in taken.err
    assert "was changed since" in changed.err
    assert "is not there any more" in gone.err
    assert house.counts("done") == [1]


@pytest.mark.parametrize("command", ["cancel", "resolve", "retry", "redo"])
def test_help_teaches_by_an_example(house: CliHouse, command: str) -> None:
    """Whoever asks how a command is used is shown it."""
    assert f"retouchd {command} k7f3" in house.run(command, "--help").out
