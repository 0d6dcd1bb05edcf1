"""`try`: one photo now, with a daemon and without one, under the same limits as all others."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from cli_house import PATIENCE_SECONDS, PROGRAM, CliHouse, picture, refusing

from retouchd.core.statusfile import STATUS_FILE_NAME
from servers import ScriptedServer
from waiting import eventually


def photo(house: CliHouse, name: str = "my photo.jpg", seed: int = 1) -> str:
    """Put a photo somewhere, not into the inbox."""
    path = house.place / name
    path.write_bytes(picture(seed))
    return str(path)


def below(folder: Path) -> list[str]:
    """Give the names below a folder but for marks and what tells the status."""
    ours = {".retouchd-root", STATUS_FILE_NAME}
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in ours]
    return sorted(str(path.relative_to(folder)) for path in paths)


@pytest.mark.parametrize("runs", [True, False])
def test_a_photo_is_edited_now(house: CliHouse, *, runs: bool) -> None:
    """The result's path, cost and time are printed; the photo stays where it is (I2)."""
    mine = photo(house)
    words = ("try", mine, "grayscale", "--quality", "low", "--format", "webp")

    if runs:
        with house.daemon():
            done = house.process(*words)
    else:
        done = house.process(*words)

    first, second = done.out.splitlines()
    assert done.code == 0, done.err
    assert first.startswith("Trying my photo.jpg: about $0.")
    assert second.startswith(f"{house.outbox}/try/my photo.webp   $0.")
    assert second.endswith(" s")
    assert Path(mine).read_bytes() == picture(1)
    assert below(house.outbox) == ["try/my photo.webp", "try/my photo.webp.json"]
    assert eventually(lambda: below(house.inbox) == [])
    assert house.counts("done") == [1]


def test_without_a_daemon_no_other_photo_is_touched(house: CliHouse) -> None:
    """Photos that wait in the inbox are neither sent nor moved (I5)."""
    house.drop("other.jpg", picture(2), "grayscale")

    done = house.process("try", photo(house), "grayscale")

    assert done.code == 0, done.err
    assert below(house.inbox) == ["other.jpg", "other.txt"]
    assert len(house.run("jobs", "--json").json()) == 1


def test_the_same_try_again_is_free(house: CliHouse) -> None:
    """The same photo and prompt is not paid for twice, and the way to another version is told (I7)."""
    house.process("try", photo(house), "grayscale")

    again = house.process("try", photo(house), "grayscale")

    assert again.code == 0, again.err
    assert "my photo-2.jpg   $0.00" in again.out
    assert "you got that picture again for $0. Another: " in again.out


def test_what_goes_wrong_is_told_in_a_sentence(house: CliHouse) -> None:
    """A refusal, a lost answer and a pause each end with why and what to do."""
    with ScriptedServer(refusing) as server:
        environ = {"RETOUCHD_ENDPOINT__BASE_URL": f"{server.url}/api/v1"}
        refused = house.process("try", photo(house), "refuse it", **environ)
        lost = house.process("try", photo(house), "lose it", **environ)
        later = house.process("try", photo(house), "later", **environ)

    assert [refused.code, lost.code, later.code] == [1, 1, 4]
    assert "Failed: the service refuses this request (400)" in refused.err
    assert "Needs you: the answer was lost" in lost.err
    assert "The photo stays in inbox/try/" in later.err
    assert "goes on when retouchd runs" in later.err


def test_a_paused_daemon_is_told_before_anything_is_done(house: CliHouse) -> None:
    """Nothing is put into the inbox of a daemon that sends nothing."""
    with house.daemon():
        house.run("pause", "lunch")
        done = house.process("try", photo(house), "grayscale")

    assert done.code == 4
    assert "nothing was done: You paused it: lunch." in done.err
    assert below(house.inbox) == []


def test_what_cannot_be_tried_is_refused_before_anything_is_done(house: CliHouse) -> None:
    """No photo, no prompt, an option that is none, no key: a sentence each, and nothing in the inbox."""
    mine, text = photo(house), house.place / "text.jpg"
    text.write_text("no picture, but a text that is long enough")
    cases = {
        (mine, " "): "say what to change",
        (str(text), "x"): "cannot be taken: it is text and no picture",
        (str(house.place), "x"): "it is no file",
        ("/nowhere.jpg", "x"): "cannot be read",
        (mine, "x", "--quality", "odd"): 'quality must be "auto", "low", "medium" or "high"',
    }
    for words, told in cases.items():
        done = house.process("try", *words)
        assert (done.code, told in done.err) == (1, True), done.err
    assert house.process("try", mine, "x", DENCH_API_KEY="").code == 78
    assert below(house.inbox) == []


def test_a_try_is_left_and_goes_on(house: CliHouse) -> None:
    """Whoever stops waiting is told that the daemon goes on, and it does."""
    with house.daemon(RETOUCHD_WATCH__SETTLE_SECONDS="1.5"):
        waiting = subprocess.Popen(
            [*PROGRAM, "--config", str(house.config), "try", photo(house), "grayscale"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=house.environ,
        )
        assert eventually((house.inbox / "try/my photo.jpg").exists)
        os.kill(waiting.pid, signal.SIGINT)
        out, _err = waiting.communicate(timeout=PATIENCE_SECONDS)
        assert eventually((house.outbox / "try/my photo.jpg.json").exists)

    assert waiting.returncode == 130
    assert b"It goes on without you" in out


def test_a_try_never_takes_a_name_that_is_there(house: CliHouse) -> None:
    """A photo or prompt that lies in the folder already is not overwritten: the next number is taken (I2)."""
    house.drop("try/my photo.jpg", picture(5))
    house.drop("try/my photo-2.jpg.txt", b"mine")

    done = house.process("try", photo(house), "grayscale")

    assert done.code == 0, done.err
    assert below(house.inbox) == ["try/my photo-2.jpg.txt", "try/my photo.jpg"]
    assert "try/my photo-3.jpg" in below(house.outbox)
