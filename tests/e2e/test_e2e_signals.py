"""Signals to a real daemon: finish what is under way, hurry, stop at once when idle, and cost nothing."""

import ctypes
import signal
import time
from pathlib import Path

import pytest
from answers import good, good_reply
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, picture

from retouchd.core.records import Verb
from servers import ScriptedServer
from waiting import eventually


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_idle_is_quick(open_shop: OpenShop, number: signal.Signals) -> None:
    """A signal to an idle daemon ends it within about a second, with 0."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    daemon = shop.start()
    daemon.wait_for("watch.started")

    begun = time.monotonic()
    ended = daemon.stop(number)

    assert ended.code == 0, ended.text
    assert time.monotonic() - begun < 2.0
    assert ended.told("daemon.stopping", signal=number.name)
    assert not ended.told("worker.crashed")


def test_a_signal_that_another_thread_takes_is_obeyed(open_shop: OpenShop) -> None:
    """The system may hand a signal to any thread; the one that obeys it is woken at once."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    daemon = shop.start()
    daemon.wait_for("watch.started")
    main = daemon.process.pid
    others = [int(task.name) for task in Path(f"/proc/{main}/task").iterdir() if int(task.name) != main]

    assert ctypes.CDLL(None).tgkill(main, others[0], signal.SIGTERM) == 0

    # Without being woken it sleeps for half a minute.
    assert daemon.wait(15.0).code == 0


def test_first_signal_finishes_what_is_under_way(open_shop: OpenShop) -> None:
    """After SIGTERM the call under way is finished and delivered, and nothing new is sent (I5)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1)
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start()
        assert eventually(lambda: server.requests and server.requests[0].complete)
        shop.drop("other.jpg", picture(2), "make it morning")
        daemon.wait_for("job.queued", source="other.jpg")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for("daemon.stopping")

        gate.open()
        ended = daemon.wait()

        assert ended.code == 0, ended.text
        assert shop.states() == ["done", "ready"] or shop.states() == ["delivered", "ready"]
        assert shop.outputs() == ["beach.jpg"]
        assert len(server.requests) == 1
        check_all(shop)
        assert shop.until_idle().code == 0
    assert len(server.requests) == 2
    check_asked_once(server.requests)


def test_second_signal_cuts_the_call_and_holds_it(open_shop: OpenShop) -> None:
    """A second signal ends the call: its outcome is unknown, it is held, and it is not sent again (I5)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start()
        assert eventually(lambda: server.requests and server.requests[0].complete)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for("daemon.stopping")

        begun = time.monotonic()
        ended = daemon.stop()

        assert time.monotonic() - begun < 5.0
        assert ended.code == 0, ended.text
        assert shop.states() == ["unknown_outcome"]
        assert shop.attempts()[0]["reserved"] > 0
        assert shop.until_idle().code == 1
        gate.open()
    assert len(server.requests) == 1
    check_all(shop)
    check_asked_once(server.requests)


def test_kill_during_a_call_holds_it(open_shop: OpenShop) -> None:
    """SIGKILL in the midst of a call: the next start holds the photo and asks for nothing (I5, I8)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1")
        shop.drop("beach.jpg", picture(1), "make it evening")
        daemon = shop.start()
        assert eventually(lambda: server.requests and server.requests[0].complete)
        daemon.process.kill()
        daemon.process.wait()
        gate.open()

        ended = shop.until_idle()

    assert ended.code == 1, ended.text
    assert shop.states() == ["unknown_outcome"]
    assert ended.told("recovery.finished", calls_cut=1)
    assert len(server.requests) == 1
    check_all(shop)
    check_asked_once(server.requests)


def test_idle_daemon_costs_nothing(open_shop: OpenShop) -> None:
    """An idle daemon, with one photo held and one without a prompt, uses hardly any processor time."""
    shop = open_shop("http://127.0.0.1:9/api/v1", budget__per_job_usd=0.001)
    shop.drop("lonely.jpg", picture(1))
    shop.drop("dear.jpg", picture(2), "make it evening")
    with shop.running() as daemon:
        daemon.wait_for("job.held")
        # Whatever the start left to do is done by then.
        assert not eventually(lambda: False, 1.0)
        before = daemon.cpu_seconds()

        assert not eventually(lambda: False, 3.0)

        assert daemon.cpu_seconds() - before < 0.15


def test_paused_daemon_with_work_costs_nothing(open_shop: OpenShop) -> None:
    """A daemon that is paused with work before it sleeps too: what is due and may not begin is no alarm."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    with shop.running() as daemon:
        shop.command(Verb.PAUSE)
        for number in range(8):
            shop.drop(f"{number}.jpg", picture(number), f"make it {number}")
        assert eventually(lambda: shop.states().count("ready") >= 6)
        assert not eventually(lambda: False, 1.0)
        before = daemon.cpu_seconds()

        assert not eventually(lambda: False, 3.0)

        assert daemon.cpu_seconds() - before < 0.15
    assert shop.pauses() == ["operator"]


def test_second_daemon_is_refused(open_shop: OpenShop) -> None:
    """A second daemon on the same state folder ends with 75: two would both pay."""
    shop = open_shop("http://127.0.0.1:9/api/v1")
    with shop.running():
        ended = shop.until_idle()

    assert ended.code == 75


def test_one_shot_run_begins_nothing_after_its_time(open_shop: OpenShop) -> None:
    """After its time a one-shot run finishes its call, begins no other, and does not spin meanwhile."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1)
        for number in range(3):
            shop.drop(f"{number}.jpg", picture(number), f"wish {number}")
        daemon = shop.start("--until-idle", "--timeout", "2")
        assert eventually(lambda: server.requests and server.requests[0].complete)
        assert eventually(lambda: daemon.cpu_seconds() > 0)
        begun = daemon.cpu_seconds()
        time.sleep(3)  # the run's time passes while its call is under way
        spent = daemon.cpu_seconds() - begun

        gate.open()
        ended = daemon.wait()

        assert ended.code == 4, ended.text
        assert len(server.requests) == 1
        assert spent < 0.5
        assert len(shop.outputs()) == 1
        check_all(shop)
