"""SIGKILL at the moments of a call that the service controls, and what the next start makes of it (I8).

However far a call got: it is never made again by itself, and what came whole is delivered.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from invariants import check_all
from misbehaving import MisbehavingService, answer_to, order_for, paid, picture_reply
from stage import find_word, large_picture
from workshop import KEY, OpenShop, Running, Workshop, picture

from retouchd.adapters.durable import Durable
from retouchd.adapters.spool.store import AnswerSpool
from retouchd.core.values import AttemptId
from servers import Exchange, reply_bytes
from waiting import eventually

_HEAD: Final = b"HTTP/1.1 200 OK\r\n"
_SMALL: Final = picture(1, "PNG")

Moment = Callable[[Exchange, Callable[[], None]], None]
"""What a service does with a call; it kills its client by the function that it gets."""


class Killing:
    """A service that kills its client at a moment of its own; further calls get a picture.

    Args:
        act: What it does with the first call.
    """

    def __init__(self, place: Path, act: Moment) -> None:
        self._daemon: list[Running] = []
        self._is_known = threading.Event()
        self.service = MisbehavingService(
            {"beach": (paid(lambda exchange: act(exchange, self._kill)),)}, place / "ledger.jsonl"
        )

    def watch(self, daemon: Running) -> None:
        """Say whom to kill."""
        self._daemon.append(daemon)
        self._is_known.set()

    def _kill(self) -> None:
        assert self._is_known.wait(10)
        self._daemon[0].process.kill()
        self._daemon[0].process.wait()

    def cut(self, shop: Workshop) -> None:
        """Run a daemon until it is killed."""
        daemon = shop.start()
        self.watch(daemon)
        daemon.process.wait(20)


def check_end(shop: Workshop, killing: Killing, state: str) -> None:
    """Start once more: the photo ends so, the service was asked once, and all invariants hold."""
    code = shop.until_idle().code
    (attempt,) = shop.attempts()

    assert (shop.states(), code) == ([state], 0 if state == "done" else 1)
    assert len(killing.service.calls("beach")) == 1
    assert killing.service.ledger.charged_twice() == []
    if state == "unknown_outcome":
        assert attempt["reserved"] == attempt["first_reserved"] > 0
    else:
        assert (attempt["reserved"], attempt["charged"] > 0) == (0, True)
    assert find_word(shop, KEY) == []
    check_all(shop)


def in_the_request(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when half of the request was read."""
    exchange.read_body(at_most=int(exchange.request.headers["content-length"]) // 2)
    kill()


def before_the_answer(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when the whole request was read."""
    exchange.read_request()
    kill()


def in_the_status_line(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when a part of the status line was sent."""
    exchange.read_request()
    exchange.send(_HEAD[:8])
    exchange.pause(0.1)
    kill()


def in_the_headers(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when the status line was sent."""
    exchange.read_request()
    exchange.send(_HEAD)
    exchange.pause(0.1)
    kill()


def in_the_answer(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when half of the answer was sent."""
    reply = reply_bytes(200, answer_to(exchange))
    exchange.send(reply[: len(reply) // 2])
    exchange.pause(0.1)
    kill()


def before_the_last_byte(exchange: Exchange, kill: Callable[[], None]) -> None:
    """Kill when all of the answer but its last byte was sent."""
    exchange.send(reply_bytes(200, answer_to(exchange))[:-1])
    exchange.pause(0.1)
    kill()


MOMENTS = [
    in_the_request,
    before_the_answer,
    in_the_status_line,
    in_the_headers,
    in_the_answer,
    before_the_last_byte,
]


@pytest.mark.parametrize("act", MOMENTS)
def test_call_that_a_kill_cuts_is_held(open_shop: OpenShop, tmp_path: Path, act: Moment) -> None:
    """A call that was under way may have been paid: it is held, and never made again by itself (I5, I8)."""
    killing = Killing(tmp_path, act)
    with killing.service.server:
        shop = open_shop(killing.service.base_url)
        shop.drop("beach.png", large_picture() if act is in_the_request else _SMALL, order_for("beach"))
        killing.cut(shop)

        assert [job["state"] for job in shop.jobs()] == ["submitting"]
        check_all(shop)
        check_end(shop, killing, "unknown_outcome")


WHOLE = [
    pytest.param(lambda shop: list((shop.state / "spool").glob("*.answer")), id="answer durable"),
    pytest.param(lambda shop: shop.outputs(), id="picture published"),
    pytest.param(lambda shop: list(shop.outbox.glob("*.json")), id="metadata published"),
    pytest.param(lambda shop: shop.in_folder(shop.done), id="on the way to done"),
]


@pytest.mark.parametrize("is_reached", WHOLE)
def test_answer_that_came_whole_is_delivered_after_a_kill(
    open_shop: OpenShop, tmp_path: Path, is_reached: Callable[[Workshop], object]
) -> None:
    """Once the answer is durable a kill costs nothing: the next start delivers it, unasked (I7, I8)."""
    killing = Killing(tmp_path, lambda exchange, _kill: picture_reply(exchange))
    with killing.service.server:
        shop = open_shop(killing.service.base_url)
        shop.drop("beach.png", _SMALL, order_for("beach"))
        daemon = shop.start()
        assert eventually(lambda: is_reached(shop), 20, every_seconds=0.001)
        daemon.process.kill()
        daemon.process.wait()

        check_all(shop)
        check_end(shop, killing, "done")


def test_kill_as_soon_as_the_answer_is_out_delivers_or_holds(open_shop: OpenShop, tmp_path: Path) -> None:
    """When the kill comes as the answer does: delivered if it is in the spool, else held (I8)."""

    def kill_at_once(exchange: Exchange, kill: Callable[[], None]) -> None:
        exchange.send(reply_bytes(200, answer_to(exchange)))
        kill()

    killing = Killing(tmp_path, kill_at_once)
    with killing.service.server:
        shop = open_shop(killing.service.base_url)
        shop.drop("beach.png", _SMALL, order_for("beach"))
        killing.cut(shop)
        is_there = AnswerSpool(shop.state / "spool", Durable()).find(AttemptId(1)) is not None

        check_end(shop, killing, "done" if is_there else "unknown_outcome")
