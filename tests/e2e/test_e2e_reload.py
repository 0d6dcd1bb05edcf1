"""A real daemon reads its configuration and key again: by SIGHUP, by command, and at any time."""

import os
import pty
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from answers import good, good_reply, refusal_reply
from gate import Gate
from invariants import check_all, check_asked_once
from workshop import OpenShop, Running, Workshop, picture

from retouchd.core.reloading import READING_NOTE, Reading
from retouchd.core.statusfile import STATUS_FILE_NAME
from servers import Exchange, Script, ScriptedServer, reply_bytes
from waiting import eventually

NOWHERE = "http://127.0.0.1:9/api/v1"


def reread(daemon: Running, event: str = "config.reloaded") -> dict[str, Any]:
    """Have the configuration read again, and give what the log tells of it."""
    before = len(daemon.told(event))
    daemon.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: len(daemon.told(event)) > before), daemon.told("thread.crashed")
    return daemon.told(event)[-1]


def drop(shop: Workshop, *names: str) -> None:
    """Drop photos with prompts of their own."""
    for name in names:
        shop.drop(f"{name}.jpg", picture(sum(name.encode())), f"make it {name}")


def taking(key: str) -> Script:
    """Give a script that takes calls with one key alone."""

    def script(exchange: Exchange) -> None:
        request = exchange.read_request()
        if request.headers["authorization"] != f"Bearer {key}":
            exchange.send(refusal_reply(401, "invalid_api_key"))
        elif request.method == "GET":
            exchange.send(reply_bytes(204))
        else:
            exchange.send(good_reply())

    return script


def test_a_limit_that_is_raised_lifts_the_pause_and_a_lower_one_stops(open_shop: OpenShop) -> None:
    """A raised limit counts at once, and a lowered one before the next call; nothing is paid beyond (I6)."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", budget__per_day_usd=0.01)
        drop(shop, "beach")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="budget")

            shop.configure(budget__per_day_usd=5)
            told = reread(daemon)
            assert eventually(lambda: shop.outputs() == ["beach.jpg"])
            shop.configure(budget__per_day_usd=0.02)
            reread(daemon)
            drop(shop, "lake")
            assert eventually(lambda: shop.pauses() == ["budget"])

        assert told["changed"] == {"budget.per_day_usd": "0.01 -> 5"}
        assert shop.pauses() == ["budget"]
        assert len(server.requests) == 1
        check_all(shop)


def test_a_call_under_way_is_finished_as_it_was_begun(open_shop: OpenShop) -> None:
    """Another service and folder there count for the next call; the one under way is delivered (I5, I6)."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script) as first, ScriptedServer(good()) as second:
        shop = open_shop(f"{first.url}/api/v1", limits__concurrency=1, limits__max_concurrency=1)
        drop(shop, "beach", "lake")
        with shop.running() as daemon:
            assert eventually(lambda: first.requests and first.requests[0].complete)
            shop.configure(
                endpoint__base_url=f"{second.url}/api/v1",
                defaults__save_folder="/elsewhere",
            )
            reread(daemon)
            gate.open()
            assert eventually(lambda: len(shop.outputs()) == 2)

        paths = [attempt["save_path"] for attempt in shop.attempts()]
        assert [path.split("/")[1] for path in paths] == ["retouchd", "elsewhere"]
        check_all(shop)
    assert (len(first.requests), len(second.requests)) == (1, 1)
    check_asked_once([*first.requests, *second.requests])


def test_a_pattern_and_a_level_count_at_once(open_shop: OpenShop) -> None:
    """A photo that is ignored from now on is none any more; the log tells as much as is asked for by now."""
    shop = open_shop(NOWHERE)
    shop.drop("lonely.jpg", picture(1))
    with shop.running() as daemon:
        assert eventually(lambda: [row["state"] for row in shop.bundles()] == ["lacks_prompt"])
        shop.configure(watch__ignore=["lonely*"], log__level="debug")
        reread(daemon)
        assert eventually(lambda: shop.bundles() == [])
        daemon.wait_for("inbox.scanned")
        shop.configure(watch__ignore=[], log__level="info")
        reread(daemon)

        assert eventually(lambda: [row["state"] for row in shop.bundles()] == ["lacks_prompt"])


def test_a_new_key_and_its_new_file_count_at_once(open_shop: OpenShop, tmp_path: Path) -> None:
    """After 401 another key in another file is read, tried and taken; neither key is told (I9)."""
    for name, key in (("old", "first-key"), ("new", "second-key")):
        (tmp_path / name).write_text(key)
        (tmp_path / name).chmod(0o600)
    with ScriptedServer(taking("second-key")) as server:
        shop = open_shop(f"{server.url}/api/v1", endpoint__api_key_file=str(tmp_path / "old"))
        drop(shop, "beach")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="key_refused")
            shop.configure(endpoint__api_key_file=str(tmp_path / "new"))
            told = reread(daemon)
            assert eventually(lambda: shop.outputs() == ["beach.jpg"])
        ended = daemon.wait()

    assert told["has_new_key"]
    assert "first-key" not in ended.text
    assert "second-key" not in ended.text


Spoil = Callable[[Workshop], object]


def _misspell(shop: Workshop) -> None:
    shop.configure(budget__per_day_usd=7, budget__per_week_usd=3, watch__settle_seconds=-1)


def _lose_key(shop: Workshop) -> None:
    shop.configure(budget__per_day_usd=7, endpoint__api_key_file=str(shop.place / "nothing"))


def _cut(shop: Workshop) -> None:
    shop.config.write_text('[budget]\nper_day_usd = "unl')


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (_misspell, ["watch.settle_seconds", "budget.per_week_usd"]),
        (_lose_key, ["the key cannot be read from"]),
        (_cut, ["is not valid TOML"]),
        (lambda shop: shop.config.unlink(), ["cannot be read: No such file"]),
    ],
    ids=["misspelt", "key lost", "half written", "missing"],
)
def test_a_bad_configuration_changes_nothing_and_says_why(
    open_shop: OpenShop, spoil: Spoil, faults: list[str]
) -> None:
    """All of the old counts on; every fault is told until it is put right."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", budget__per_day_usd=0.01)
        good_one = shop.config.read_text()
        drop(shop, "beach")
        with shop.running() as daemon:
            daemon.wait_for("pause.began", reason="budget")
            spoil(shop)
            told = reread(daemon, "config.refused")
            assert len(told["faults"]) == len(faults)
            assert all(fault in line for fault, line in zip(faults, told["faults"], strict=True))
            (note,) = shop.rows("SELECT value FROM meta WHERE name = ?", READING_NOTE)
            assert Reading.from_text(note["value"]).faults == tuple(told["faults"])
            assert shop.pauses() == ["budget"]

            shop.config.write_text(good_one)
            reread(daemon)

            told_after = shop.status()["configuration"]
        assert not server.requests
    assert told_after == {"refused": None, "faults": [], "needs_restart": [], "unread": []}


def test_what_needs_a_restart_is_told_and_stays(open_shop: OpenShop, tmp_path: Path) -> None:
    """Other folders count after a restart, however often they are read; all else counts at once."""
    with ScriptedServer(good()) as server:
        shop = open_shop(f"{server.url}/api/v1", output__name="{stem}")
        other = tmp_path / "other"
        with shop.running() as daemon:
            shop.configure(folders__done=str(other), output__name="new-{stem}")
            told = reread(daemon)
            pending = daemon.wait_for("config.needs_restart")
            reread(daemon)
            status, screen = shop.status()["configuration"], " ".join(shop.type("status").split())
            drop(shop, "beach")
            assert eventually((shop.done / "beach.jpg").exists)

    assert told["changed"] == {"output.name": "{stem} -> new-{stem}"}
    assert pending["key"] == "folders.done"
    assert str(other) in pending["detail"]
    assert status == {"refused": None, "faults": [], "needs_restart": ["folders.done"], "unread": []}
    assert f"folders.done was changed to {other}" in screen
    assert shop.outputs() == ["new-beach.jpg"]
    assert not other.exists()


def test_who_works_beside_the_engine_follows(open_shop: OpenShop) -> None:
    """The status file goes and comes again, and numbers are told on a port, without a new start."""
    shop = open_shop(NOWHERE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    status_file = shop.outbox / STATUS_FILE_NAME
    with shop.running() as daemon:
        assert eventually(status_file.exists)
        shop.configure(output__status_file=False, metrics__port=port)
        reread(daemon)
        assert eventually(lambda: not status_file.exists())
        assert eventually(lambda: b"retouchd_" in scrape(port))
        shop.configure(output__status_file=True, metrics__port=0)
        reread(daemon)
        assert eventually(status_file.exists)

        assert eventually(lambda: scrape(port) == b"")


def scrape(port: int) -> bytes:
    """Give what is told on a port; nothing while nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
            told: bytes = reply.read()
            return told
    except OSError:
        return b""


def test_the_command_says_what_has_changed(open_shop: OpenShop) -> None:
    """`retouchd reload` answers with what counts now; before it the status says what was not read yet."""
    shop = open_shop(NOWHERE)
    idle = shop.type("reload")
    with shop.running():
        same = shop.type("reload")
        shop.configure(budget__per_day_usd=25, retry__max_attempts=2)
        unread, listed = shop.status()["configuration"]["unread"], " ".join(shop.type("config").split())
        changed = shop.type("reload")
        read = shop.status()["configuration"]["unread"]
        shop.configure(endpoint__api_key_file="/nowhere/key")
        refused = shop.type("reload")
        shop.config.write_text("half a [")
        broken = shop.type("reload")

    assert "does not run" in idle
    assert "nothing in it has changed" in same
    assert unread == ["retry.max_attempts", "budget.per_day_usd"]
    assert "note: retry.max_attempts, budget.per_day_usd were changed" in listed
    assert read == []
    assert "budget.per_day_usd: 10 -> 25, at once." in changed
    assert "retry.max_attempts: 4 -> 2, at once." in changed
    assert "the key cannot be read from /nowhere/key" in refused
    assert "goes on with the configuration that it has read before" in refused
    assert "is not valid TOML" in broken


def test_it_can_come_at_any_time(open_shop: OpenShop) -> None:
    """While it starts, twice in a row, and while it stops: nothing ends, and nothing is begun anew."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script) as server:
        shop = open_shop(f"{server.url}/api/v1")
        drop(shop, "beach")
        daemon = shop.start()
        daemon.wait_for("daemon.started")
        for _ in range(20):
            daemon.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: server.requests and server.requests[0].complete)
        daemon.wait_for("config.reloaded")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_for("daemon.stopping")
        shop.configure(budget__per_day_usd=0)
        daemon.process.send_signal(signal.SIGHUP)
        gate.open()
        ended = daemon.wait()

    assert ended.code == 0, ended.text
    assert shop.outputs() == ["beach.jpg"]
    assert not any("budget.per_day_usd" in line["changed"] for line in ended.told("config.reloaded"))
    assert len(ended.told("daemon.stopping")) == 1


def test_one_that_comes_while_the_daemon_ends_does_no_harm(open_shop: OpenShop) -> None:
    """Whoever asks for it until the process is gone sees it end in order, to its last instant."""
    shop = open_shop(NOWHERE)
    with shop.running() as daemon:
        daemon.process.send_signal(signal.SIGTERM)

        while daemon.process.poll() is None:
            daemon.process.send_signal(signal.SIGHUP)

        assert daemon.wait().code == 0
        assert daemon.told("daemon.stopped")


def test_a_run_until_idle_reads_it_again_too(open_shop: OpenShop) -> None:
    """SIGHUP does not end a one-shot run: it goes on by what is configured now."""
    gate = Gate(good_reply())
    with ScriptedServer(gate.script, good()) as server:
        shop = open_shop(f"{server.url}/api/v1", limits__concurrency=1, limits__max_concurrency=1)
        drop(shop, "beach", "lake")
        daemon = shop.start("--until-idle")
        assert eventually(lambda: server.requests and server.requests[0].complete)
        shop.configure(output__keep_signed_url=True)
        reread(daemon)
        gate.open()
        ended = daemon.wait()

    assert ended.code == 0, ended.text
    assert len(shop.outputs()) == 2


def test_closing_the_terminal_ends_a_daemon_that_was_started_on_it(open_shop: OpenShop) -> None:
    """On a terminal SIGHUP reads again; when the terminal is closed the daemon ends in order, with 0."""
    shop = open_shop(NOWHERE, log__format="json")
    master, terminal = pty.openpty()
    # What leads a session of its own and opens a terminal is controlled by it, as by the one of a login.
    shop.before = ["setsid", "sh", "-c", 'exec "$@" <"$0"', os.ttyname(terminal)]
    daemon = shop.start()
    daemon.wait_for("watch.started")
    reread(daemon)

    os.close(terminal)
    os.close(master)
    ended = daemon.wait()

    assert ended.code == 0, ended.text
    assert ended.told("daemon.stopping", signal="SIGHUP")
