"""Behaviours by the phase of a call: while connecting, while sending, after sending, while answering.

The dividing line is whether the whole body went out. Photos that are larger than every socket's buffers show
on which side of it a call broke.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from answers import refusal_reply
from behaviour import Behaviour, Money, pausing, retried, unknown, unreadable
from behaviours_refused import PAGE
from misbehaving import answer_to, free

from servers import Exchange, Script, reply_bytes, sending

# So short that a test need not wait, and so long that a busy machine keeps them.
SHORT_TIMEOUTS: Final = {
    "endpoint.connect_timeout_seconds": 2,
    "endpoint.write_timeout_seconds": 2,
    "endpoint.answer_timeout_seconds": 3,
    "endpoint.total_timeout_seconds": 6,
}
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


def breaking_at(share: float, then: Callable[[Exchange], None]) -> Script:
    """Give a script that reads only this share of the body."""

    def script(exchange: Exchange) -> None:
        length = int(exchange.read_head().headers["content-length"])
        exchange.read_body(at_most=int(length * share))
        # Whatever has room in the sockets' buffers is there by then, or never.
        exchange.pause(0.1)
        then(exchange)

    return script


def close(exchange: Exchange) -> None:
    """Close at once."""


def early(reply: bytes, then: Callable[[Exchange], None]) -> Script:
    """Give a script that answers when it has read the prompt, and no more of the body."""

    def script(exchange: Exchange) -> None:
        exchange.send(reply)
        then(exchange)

    return script


def reset_at_head(exchange: Exchange) -> None:
    """Reset when the head was read: a reset at once may come before the connection stands."""
    exchange.read_head()
    exchange.reset()


def close_soon(exchange: Exchange) -> None:
    """Close so late that the reset does not overtake what was sent."""
    exchange.pause(0.3)


def drain(exchange: Exchange) -> None:
    """Read the rest of the request all the same."""
    exchange.read_request()


def silent_after(*pieces: bytes) -> Script:
    """Give a script that takes the whole request, says this, and then nothing more."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        for piece in pieces:
            exchange.send(piece)
        exchange.wait_for_end()

    return script


def dripping(make_reply: Callable[[Exchange], bytes], pause_seconds: float) -> Script:
    """Give a script whose reply comes byte by byte, and never to its end in time."""

    def script(exchange: Exchange) -> None:
        exchange.read_request()
        exchange.drip(make_reply(exchange), pause_seconds)

    return script


def flood(exchange: Exchange) -> None:
    """Be a script that says 100 Continue as long as anybody listens."""
    exchange.read_request()
    while True:
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)
        exchange.pause(0.1)


def _slow() -> Iterator[Behaviour]:
    yield unknown("silence after the request", silent_after())
    yield unknown("silence after half a status line", silent_after(b"HTTP/1.1 2"))
    yield unknown("headers that drip", dripping(lambda _: b"HTTP/1.1 200 OK\r\nX-Odd: " + b"x" * 999, 0.1))
    yield unknown("100 without end", flood)
    held = partial(unreadable, outcome="unreadable")
    yield held("silence after the headers", silent_after(_HEAD))
    yield held("silence in the middle of the answer", silent_after(_HEAD, b'{"ok": true, "b64_json": "QUJD'))
    yield held(
        "an answer that drips",
        dripping(lambda one: reply_bytes(200, answer_to(one)), 0.02),
        says="longer than",
    )
    endless = dripping(lambda one: b"HTTP/1.1 200 OK\r\n\r\n" + answer_to(one), 0.02)
    yield held("an answer without a length that drips", endless, says="longer than")


def _sending() -> Iterator[Behaviour]:
    unsent = partial(retried, row="not sent", outcome="interrupted", is_large=True)
    ends = {"reset": Exchange.reset, "close": close, "silence": Exchange.stall}
    for name, then in ends.items():
        for share in (0.0, 0.5):
            yield unsent(f"{name} at {share:.0%} of the body", breaking_at(share, then))
        # What is left is in the sockets' buffers by then: the client has sent it, so that nobody knows.
        last = breaking_at(0.999, then)
        yield unknown(f"{name} just before the body's end", last, is_large=True)


def _early() -> Iterator[Behaviour]:
    refused = partial(pausing, row="auth", outcome="auth", pause="key_refused", is_large=True)
    limited = partial(retried, row="rate limit", outcome="rate_limit", pause="rate_limited", is_large=True)
    auth, limit = refusal_reply(401, "invalid_api_key"), refusal_reply(429, "slow", {"Retry-After": "1"})
    yield refused("early 401, then closed", early(auth, close_soon))
    yield refused("early 401, then read to the end", early(auth, drain))
    yield refused("early 401, then silence", early(auth, Exchange.stall))
    yield limited("early 429, then closed", early(limit, close_soon))
    yield limited("early 429, then read to the end", early(limit, drain))
    unsent = partial(retried, row="not sent", outcome="interrupted", is_large=True)
    yield unsent("early 500 of something in front", early(reply_bytes(500, PAGE), close_soon))
    yield unsent("early 504 of something in front", early(reply_bytes(504, PAGE), close_soon))
    yield unsent("early garbage", early(b"no HTTP at all\r\n\r\n", close_soon))


def _door() -> Iterator[tuple[str, Script, Behaviour]]:
    unsent = partial(
        Behaviour, row="not sent", acts=(), outcomes=("interrupted", "answered"), calls=1, is_large=True
    )
    yield "a reset", reset_at_head, unsent(name="a connection that is reset at the head")
    yield "a close", close, unsent(name="a connection that is closed at once")
    yield "silence", Exchange.stall, unsent(name="a connection of which nothing is read")


def _too_large() -> Iterator[Behaviour]:
    once = partial(retried, row="too large", outcome="too_large", is_large=True)
    refused = refusal_reply(413, "request_too_large")
    yield once("413 of the service", sending(refused))
    yield once("413 of something in front", sending(reply_bytes(413, PAGE)))
    yield once("early 413, then closed", early(refused, close_soon))
    yield once("early 413, then read to the end", early(refused, drain))
    twice = partial(Behaviour, row="too large", is_large=True)
    yield twice(
        name="413 twice",
        acts=(free(sending(refused)), free(sending(refused))),
        outcomes=("too_large", "too_large"),
        state="failed",
        money=Money.NOTHING,
        says="too large",
    )
    untaken = free(breaking_at(0.5, Exchange.reset))
    outcomes = ("interrupted", "too_large", "answered")
    yield twice(name="a large photo that is not taken twice", acts=(untaken, untaken), outcomes=outcomes)


TOO_LARGE: Final = tuple(_too_large())
SLOW: Final = tuple(_slow())
SENDING: Final = (*_sending(), *_early())
DOORS: Final = tuple(_door())
