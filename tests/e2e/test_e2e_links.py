"""Answers with nothing but a link, met by a real daemon: links cost nothing and are never calls."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from answers import answer_body, result
from invariants import check_all, check_asked_once
from workshop import OpenShop, Workshop, picture

from servers import Exchange, Script, ScriptedServer, reply_bytes


@contextmanager
def service(*links: Script) -> Iterator[ScriptedServer]:
    """Open a service whose answers have nothing but a link; the n-th download is the n-th script's."""
    left = list(links)

    def serve(exchange: Exchange) -> None:
        request = exchange.read_request()
        if request.method == "GET":
            (left.pop(0) if len(left) > 1 else left[0])(exchange)
            return
        link = f"http://{request.headers['host']}/x.jpg?token=capability"
        prompt = json.loads(request.body)["prompt"]
        exchange.send(reply_bytes(200, answer_body(prompt=prompt, b64_json=None, signedUrl=link)))

    with ScriptedServer(serve) as server:
        yield server


def giving(status: int, body: bytes = b"") -> Script:
    """Give a script that answers a request that was read."""
    return lambda exchange: exchange.send(reply_bytes(status, body))


def downloads(server: ScriptedServer) -> int:
    """Give how often the link was followed."""
    return sum(request.method == "GET" for request in server.requests)


def shop_for(open_shop: OpenShop, server: ScriptedServer) -> Workshop:
    """Open a workshop with one photo."""
    shop = open_shop(f"{server.url}/api/v1")
    shop.drop("beach.jpg", picture(1), "make it evening")
    return shop


def check_secret(shop: Workshop, text: str) -> None:
    """Check that nobody who reads the log or the results gets the link."""
    assert "capability" not in text + str(shop.jobs())
    assert all(b"capability" not in path.read_bytes() for path in shop.outbox.rglob("*") if path.is_file())


def test_a_picture_comes_by_its_link(open_shop: OpenShop) -> None:
    """A link that fails at first is followed again by itself; the picture is paid for once (I5, I7)."""
    with service(giving(503), giving(200, result())) as server:
        shop = shop_for(open_shop, server)

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert (shop.outbox / "beach.jpg").read_bytes() == result()
    assert "downloaded by the signedUrl" in str(shop.metadata("beach.jpg")["oddities"])
    assert downloads(server) == 2
    check_asked_once(server.requests)
    check_all(shop)
    check_secret(shop, ended.text)


def test_a_link_that_leads_nowhere_needs_a_person(open_shop: OpenShop) -> None:
    """When the link gives nothing either, both faults are told, and nothing is called again (I7)."""
    with service(giving(404, b"<html>gone")) as server:
        shop = shop_for(open_shop, server)

        first, second = shop.until_idle(), shop.until_idle()

    assert (first.code, second.code) == (1, 1), first.text
    assert shop.states() == ["unreadable_answer"]
    assert "it has no picture, and its picture cannot be downloaded: the answer to it was 404" in str(
        shop.jobs()
    )
    assert downloads(server) == 1
    check_asked_once(server.requests)
    check_all(shop)
    check_secret(shop, first.text + second.text)


def test_i8_a_kill_while_downloading_leads_to_another_download(open_shop: OpenShop) -> None:
    """I8: a daemon that is killed in the midst of a download downloads again, and never calls again (I7)."""
    is_asked = threading.Event()

    def begin_only(exchange: Exchange) -> None:
        exchange.send(reply_bytes(200, result())[:-100])
        is_asked.set()
        exchange.wait_for_end()

    with service(begin_only, giving(200, result())) as server:
        shop = shop_for(open_shop, server)
        daemon = shop.start()
        assert is_asked.wait(20)
        daemon.process.kill()
        daemon.wait()

        ended = shop.until_idle()

    assert ended.code == 0, ended.text
    assert (shop.outbox / "beach.jpg").read_bytes() == result()
    assert "downloaded by the signedUrl" in str(shop.metadata("beach.jpg")["oddities"])
    assert downloads(server) == 2
    check_asked_once(server.requests)
    check_all(shop)
    check_secret(shop, ended.text)
