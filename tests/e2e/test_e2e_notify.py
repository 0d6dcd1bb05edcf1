"""A real daemon tells people what happens, by a real program and over the net."""

import json
import signal
from pathlib import Path
from typing import Any

from workshop import KEY, OpenShop, Workshop, picture

from retouchd.core.records import Verb
from retouchd.simulator.server import Simulator
from servers import Exchange, ScriptedServer, reply_bytes
from waiting import eventually

QUICK = {"notify__batch_seconds": 1}


class Mailbox:
    """A hook that keeps what it is told, a file for each message, and the environment that it runs in."""

    def __init__(self, place: Path) -> None:
        self.folder = place / "mailbox"
        self.folder.mkdir()
        self.hook = place / "hook"
        self.hook.write_text(
            f"#!/bin/sh\ncat > {self.folder}/$$.part; cat /proc/$$/environ > {self.folder}/$$.env\n"
            f"mv {self.folder}/$$.part {self.folder}/$(date +%s%N).json\n"
        )
        self.hook.chmod(0o755)

    def messages(self) -> list[dict[str, Any]]:
        """Give what it was told so far, in order."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def topics(self) -> list[str]:
        """Give what it was told of."""
        return [one["event"] for one in self.messages()]

    def told(self, topic: str, number: int = 1) -> dict[str, Any]:
        """Wait until it was told of this so often, and give the last of these."""
        assert eventually(lambda: self.topics().count(topic) >= number, 20), self.topics()
        return [one for one in self.messages() if one["event"] == topic][number - 1]


def drop_some(shop: Workshop, numbers: range) -> None:
    """Drop photos, each with its prompt."""
    for number in numbers:
        shop.drop(f"n{number}.jpg", picture(number), f"notify {number}")


def test_thirty_photos_make_few_messages(open_shop: OpenShop, simulator: Simulator, tmp_path: Path) -> None:
    """Thirty photos and one in doubt are told in a report and another message; I9: no hook sees the key."""
    mailbox = Mailbox(tmp_path)
    shop = open_shop(simulator.base_url, notify__hook=str(mailbox.hook), **QUICK)
    drop_some(shop, range(30))
    shop.drop("pair.png", picture(200, "PNG"))
    shop.drop("pair.jpg", picture(201), "which one", "pair.txt")
    with shop.running():
        needs = mailbox.told("needs_you")
        assert eventually(lambda: shop.states() == ["done"] * 30, 20)
        mailbox.told("idle")
    reports = [one for one in mailbox.messages() if one["event"] == "idle"]

    assert sum(report["counts"]["done"] for report in reports) == 30
    assert abs(sum(report["cost_usd"] for report in reports) - 30 * 0.016) < 0.01
    assert needs["number"] == 2
    assert "pair.txt fits pair.jpg and pair.png" in needs["text"]
    assert len(mailbox.messages()) <= 5
    environments = b"".join(path.read_bytes() for path in mailbox.folder.glob("*.env"))
    assert environments
    assert not any(word in environments for word in (KEY.encode(), b"DENCH", b"RETOUCHD_", b"NOTIFY_SOCKET"))


def test_pauses_and_limits_are_told(open_shop: OpenShop, simulator: Simulator, tmp_path: Path) -> None:
    """A person's pause, its end, four fifths of a limit, and the limit itself reach whoever listens."""
    mailbox = Mailbox(tmp_path)
    # One after the other five are paid for, which is four fifths: what stands is looked at, not what stood.
    one_by_one = {"limits__concurrency": 1, "limits__max_concurrency": 1, "budget__per_day_usd": 0.1}
    shop = open_shop(simulator.base_url, notify__hook=str(mailbox.hook), **one_by_one, **QUICK)
    with shop.running():
        shop.command(Verb.PAUSE, "for lunch")
        paused = mailbox.told("paused")
        shop.command(Verb.RESUME)
        mailbox.told("resumed")
        drop_some(shop, range(40, 48))
        limit = mailbox.told("limit")

    assert paused["pauses"][0]["detail"] == "for lunch"
    assert limit["limits"][0]["about"] == "per_day"


def test_a_killed_daemon_tells_afterwards(open_shop: OpenShop, simulator: Simulator, tmp_path: Path) -> None:
    """I8: killed before it told anything, the next start tells what happened, the one after it no more."""
    mailbox = Mailbox(tmp_path)
    shop = open_shop(simulator.base_url, notify__hook=str(mailbox.hook), notify__batch_seconds=600)
    with shop.running() as daemon:
        drop_some(shop, range(60, 63))
        assert eventually(lambda: shop.states() == ["done"] * 3, 20)
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait()
    assert mailbox.messages() == []

    shop.until_idle()
    first = mailbox.messages()
    shop.until_idle()

    assert [one["event"] for one in first] == ["idle"]
    assert first[0]["counts"]["done"] == 3
    assert mailbox.messages() == first


def test_a_hook_that_hangs_holds_up_no_photo(
    open_shop: OpenShop, simulator: Simulator, tmp_path: Path
) -> None:
    """While a hook hangs photos are delivered, the daemon ends, and nothing of the hook is left."""
    hook = tmp_path / "hangs"
    hook.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.part; mv {tmp_path}/pid.part {tmp_path}/pid; sleep 600\n"
    )
    hook.chmod(0o755)
    shop = open_shop(simulator.base_url, notify__hook=str(hook), notify__hook_timeout_seconds=1, **QUICK)
    with shop.running() as daemon:
        shop.command(Verb.PAUSE)
        assert eventually((tmp_path / "pid").exists)
        shop.command(Verb.RESUME)
        drop_some(shop, range(70, 72))
        assert eventually(lambda: shop.states() == ["done"] * 2, 20)
        failed = daemon.wait_for("notice.not_sent")

    assert failed["detail"] == "was ended after 1 s"
    assert eventually(lambda: not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists())


def test_an_address_is_told_and_stands_in_no_log(
    open_shop: OpenShop, simulator: Simulator, tmp_path: Path
) -> None:
    """I9: a message goes to an address whose secret is in no log and on no screen; `notify` tries it."""

    def take(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.send(reply_bytes(404 if b"refuse" in exchange.request.path.encode() else 200))

    with ScriptedServer(take) as server:
        urls = tmp_path / "urls"
        urls.write_text(
            f"json://127.0.0.1:{server.port}/very-secret\njson://127.0.0.1:{server.port}/refuse\n"
        )
        urls.chmod(0o600)
        shop = open_shop(simulator.base_url, notify__urls_file=str(urls), log__level="debug", **QUICK)
        shown, tried = shop.type("notify"), shop.type("notify", "--test")
        shop.drop("n90.jpg", picture(90), "notify 90")
        ended = shop.until_idle()
        told = [json.loads(request.body)["title"] for request in server.requests if "very" in request.path]

    assert told == ["retouchd: this is a test", "retouchd: finished: 1 delivered"]
    assert "json://…\njson://…\nTold: failed, needs_you" in shown
    assert "ok    json://…" in tried
    assert "FAIL  json://…: " in tried
    assert "404" in tried
    assert "1 of 2 ways did not take the message" in tried
    assert ended.told("notice.sent", topic="idle", way="json://…")
    everything = shown + tried + ended.text + shop.type("config")
    assert not any(word in everything for word in ("very-secret", "refuse\n", str(server.port)))


def test_without_a_way_nobody_is_told(open_shop: OpenShop, simulator: Simulator) -> None:
    """Off by default: nothing is remembered, and `notify` says what to set."""
    shop = open_shop(simulator.base_url)
    shop.until_idle()

    assert not (shop.state / "told.json").exists()
    assert "Nobody is told anything: set notify.hook or notify.urls_file" in shop.type("notify")
    assert "nobody is told anything" in shop.type("notify", "--test")
