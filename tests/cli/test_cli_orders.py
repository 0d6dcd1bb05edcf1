"""`pause`, `resume` and `retry`, with a daemon and without one."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_house import CliHouse, Ended, picture, refusing, run_on_terminal

from retouchd.adapters.clock import SystemClock
from retouchd.adapters.durable import Durable
from retouchd.adapters.journal.journal import SqliteJournal
from retouchd.cli.giving import wait_for_answer
from retouchd.core.jobs import JobState
from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually


def on_terminal(house: CliHouse, *words: str, answers: Mapping[str, str]) -> Ended:
    """Run a command on a terminal."""
    whole = ("--config", str(house.config), *words)
    return run_on_terminal(*whole, answers=answers, cwd=house.place, environ=house.environ)


def spoil(house: CliHouse, name: str, prompt: str, status: int) -> str:
    """Have a photo lost or refused by the service, and give its job."""
    with ScriptedServer(refusing) as server:
        house.drop(name, picture(len(name)), prompt)
        ended = house.until_idle(RETOUCHD_ENDPOINT__BASE_URL=f"{server.url}/api/v1")
    assert ended.code == status, ended.err
    job: str = house.run("jobs", "--json").json()[-1]["id"]
    return job


def states(house: CliHouse) -> list[str]:
    """Give the states of all jobs."""
    return [job["state"] for job in house.run("jobs", "--json").json()]


def test_a_running_daemon_is_paused_and_goes_on(house: CliHouse) -> None:
    """The daemon obeys within a second, and the status tells who paused it and why."""
    with house.daemon() as process:
        paused = house.run("pause", "lunch")
        status = house.status()
        screen = house.run("status").out
        second = house.process("run")
        house.drop("beach.jpg", picture(1), "grayscale")
        resumed = house.run("resume")
        assert eventually((house.outbox / "beach.jpg.json").exists)

    assert (paused.code, resumed.code) == (0, 0)
    assert paused.out.startswith("Paused: nothing is sent; what is under way is finished.\nTo go on: ")
    assert status["daemon"]["state"] == "paused"
    assert status["daemon"]["pid"] == process.pid
    assert status["pauses"][0]["detail"] == "lunch"
    assert "You paused it: lunch." in screen
    assert "but sends nothing" in screen
    assert second.code == 75
    assert "another retouchd" in second.err
    assert resumed.out == "Resumed.\n"


def test_status_and_explain_of_a_running_daemon(house: CliHouse) -> None:
    """While it runs, screens tell what is arriving, and that it is ready."""
    with house.daemon(RETOUCHD_WATCH__SETTLE_SECONDS="30"):
        house.drop("beach.jpg", picture(1), "grayscale")
        assert eventually(lambda: house.status()["counts"]["arriving"] == 1)
        explained = house.run("explain", "beach.jpg", "--json").json()
        screen = house.run("status").out

    assert explained["state"] == "arriving"
    assert "beach.jpg is still arriving (1 kB, last change" in explained["sentences"][0]
    assert ", and ready." in screen
    assert "1 still arriving" in screen


def test_a_backlog_has_places(house: CliHouse) -> None:
    """What waits behind others says which place it has; what is gone or changed says so too."""
    with house.daemon():
        house.run("pause")
        for number in range(9):
            house.drop(f"{number}.jpg", picture(number), "grayscale")
        # Two looks may be under way when enough are ready.
        assert eventually(lambda: house.counts("ready", "queued") in ([7, 2], [8, 1]))
    explained = [house.run("explain", f"{number}.jpg", "--json").json() for number in range(9)]
    (house.inbox / "0.txt").write_text("brighter")
    queued = next(one["path"] for one in explained if one["state"] == "queued")
    (house.root / queued).unlink()

    places = [one["queue"]["place"] for one in explained]
    assert sorted(places) == list(range(1, 10))
    assert "You changed the photo or its prompt" in house.run("explain", "0.jpg").out
    assert "is not in the inbox any more; nothing was sent" in house.run("explain", queued).out


def test_a_damaged_history_is_told_in_a_sentence(house: CliHouse) -> None:
    """A history that cannot be read ends in a sentence, whatever is wrong with it."""
    journal = house.state / "journal.sqlite3"
    whole = journal.read_bytes()
    page = int.from_bytes(whole[16:18])
    # The first page, which lists the tables, stays whole: it opens, and fails when it is read.
    journal.write_bytes(whole[:page] + b"\xff" * (len(whole) - page))
    damaged = house.run("status")
    journal.unlink()
    journal.mkdir()
    unreadable = house.run("status")

    assert (damaged.code, unreadable.code) == (1, 1)
    assert "the history is damaged" in damaged.err
    assert "cannot be read" in unreadable.err
    assert "sudo -u" in unreadable.err


def test_without_a_daemon_pauses_are_set_and_lifted_here(house: CliHouse) -> None:
    """Nobody needs to be running for a pause to be remembered."""
    house.run("pause")
    paused = house.status()["pauses"]
    wrong = house.run("resume", "budget")
    resumed = house.run("resume", "operator")

    assert [pause["reason"] for pause in paused] == ["operator"]
    assert "Nothing was paused for budget." in wrong.out
    assert resumed.out == "Resumed.\n"
    assert house.status()["pauses"] == []


def test_an_unknown_reason_is_refused_with_the_valid_ones(house: CliHouse) -> None:
    """A typing error does not end in silence."""
    done = house.run("resume", "buget\n")

    assert done.code == 1
    assert r'"buget\n" is no reason for a pause; valid: offline, rate_limited' in done.err


@pytest.mark.parametrize("runs", [True, False])
def test_a_failed_photo_is_brought_back_and_tried_again(house: CliHouse, *, runs: bool) -> None:
    """`retry` of a failed job puts the photo back into the inbox, with a daemon and without one."""
    job = spoil(house, "beach.jpg", "refuse it", 1)
    assert (house.failed / "beach.jpg").exists()

    if runs:
        with house.daemon():
            done = house.run("retry", job[:5])
            assert eventually((house.outbox / "beach.jpg.json").exists)
    else:
        done = house.run("retry", job[:5])
        assert (house.inbox / "beach.jpg").exists()
        assert house.until_idle().code == 0

    assert done.code == 0, done.err
    assert "is brought back to the inbox" in done.out
    assert states(house) == ["failed", "done"]


def test_a_failed_photo_that_is_gone_cannot_be_brought_back(house: CliHouse) -> None:
    """What is not in failed/ any more is told, not passed over."""
    job = spoil(house, "beach.jpg", "refuse it", 1)
    (house.failed / "beach.jpg").unlink()
    (house.failed / "beach.txt").unlink()

    done = house.run("retry", job)

    assert done.code == 1
    assert "failed/beach.jpg is not there any more: drop photo and prompt into the inbox again" in done.err


def test_a_failed_photo_whose_place_is_taken_stays(house: CliHouse) -> None:
    """When another photo or prompt lies in the inbox by now, nothing is brought to it (I2)."""
    job = spoil(house, "beach.jpg", "refuse it", 1)
    (house.inbox / "beach.txt").write_text("another prompt")

    done = house.run("retry", job)

    assert done.code == 1
    assert "inbox/beach.txt is there already" in done.err
    assert (house.failed / "beach.jpg").exists()


def test_a_changed_photo_is_not_brought_back(house: CliHouse) -> None:
    """What somebody has changed in failed/ is another photo."""
    job = spoil(house, "beach.jpg", "refuse it", 1)
    (house.failed / "beach.jpg").write_bytes(picture(99))

    done = house.run("retry", job)

    assert done.code == 1
    assert "was changed since" in done.err


def test_a_photo_that_cannot_be_brought_back_now_is_told(house: CliHouse) -> None:
    """An inbox that is not mounted is said, and the photo is brought back when it is there again."""
    job = spoil(house, "beach.jpg", "refuse it", 1)
    mark = house.inbox / ".retouchd-root"
    content = mark.read_bytes()
    mark.unlink()
    refused = house.run("retry", job)
    mark.write_bytes(content)
    twice = house.run("retry", job)

    assert (refused.code, twice.code) == (1, 1)
    assert "brought back when that is in order" in refused.err
    assert "being brought back to the inbox already" in twice.err
    assert (house.failed / "beach.jpg").exists()
    with house.daemon():
        assert eventually((house.outbox / "beach.jpg.json").exists)


def test_show_tells_who_allowed_to_pay_once_more(house: CliHouse) -> None:
    """A payment that was allowed by a person is told with its moment."""
    job = spoil(house, "beach.jpg", "lose it", 1)
    house.run("retry", job, "--yes")

    assert "You allowed to pay once more on " in house.run("show", job).out
    (given,) = house.run("show", job, "--json").json()["permissions"]
    assert (given["number"], given["job"], given["why"]) == (2, job, "retried")


def test_retry_asks_before_it_may_pay_once_more(house: CliHouse) -> None:
    """A lost answer was perhaps paid: without a terminal --yes is asked for, on one a question is."""
    job = spoil(house, "beach.jpg", "lose it", 1)

    alone = house.run("retry", job)
    refused = on_terminal(house, "retry", job, answers={"[y/N]": "n"})
    after_no = states(house)
    agreed = on_terminal(house, "retry", job, answers={"[y/N]": "y"})

    assert alone.code == 1
    assert "Perhaps paid; $" in alone.err
    assert "add --yes" in alone.err
    assert (refused.code, after_no) == (1, ["held"])
    assert "Nothing was changed." in refused.out
    assert agreed.code == 0
    assert house.until_idle().code == 0
    assert states(house) == ["done"]


def test_retry_with_yes_asks_nobody(house: CliHouse) -> None:
    """--yes is the permission to pay once more."""
    job = spoil(house, "beach.jpg", "lose it", 1)

    done = house.run("retry", job, "--yes")

    assert done.code == 0
    assert f"Job {job} is tried again." in done.out
    assert states(house) == ["ready"]


def test_what_cannot_be_retried_is_refused_without_a_question(house: CliHouse) -> None:
    """A job that is done stays done: exit 1 with the daemon's own sentence, running or not."""
    house.drop("beach.jpg", picture(1), "grayscale")
    with house.daemon():
        assert eventually(lambda: house.counts("done") == [1])
        job = house.run("jobs", "--json").json()[0]["id"]
        by_daemon = house.run("retry", job)
    alone = house.run("retry", job)

    assert (by_daemon.code, alone.code) == (1, 1)
    assert f"job {job} is done" in by_daemon.err
    assert alone.err == by_daemon.err


def test_a_daemon_that_does_not_answer_is_not_waited_for_long(house: CliHouse) -> None:
    """A daemon that is busy obeys later, and the command says so instead of waiting."""
    journal = SqliteJournal.open(house.state / "journal.sqlite3", Durable())
    with journal.transaction():
        command = journal.give_command(Verb.PAUSE, "", SystemClock().now())

    answer = wait_for_answer(journal, command, 0.05)
    journal.close()

    assert "it obeys as soon as it can" in answer


def test_orders_and_screens_before_init_say_how_to_begin(tmp_path: Path) -> None:
    """Without a history there is nothing to show and nothing to order."""
    house = CliHouse(tmp_path, "http://127.0.0.1:9/api/v1")

    for words in (["status"], ["jobs"], ["pause"], ["explain", "x.jpg"]):
        done = house.run(*words)
        assert done.code == 1
        assert "nothing was done here yet: begin with " in done.err


def test_job_states_are_all_known_to_the_list(house: CliHouse) -> None:
    """The list takes every state and refuses others with the valid ones."""
    assert house.run("jobs", "--state", JobState.HELD.value).out == "No jobs that are needs you.\n"
    assert house.run("jobs", "--state", "odd").code == 2
    assert house.run("jobs").out == "No jobs yet.\n"
